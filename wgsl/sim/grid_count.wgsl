//! import lib/cell.wgsl
// Counts entities per cell; each learns its rank in its cell. Ranks depend on thread order, which
// nothing may observe. Entities outside the grid go to the cell after the last, dead slots to the next.
fn each(slot: u32) {
    var cell: u32 = GRID_CELLS;
    if ((tick.shared_mask & REQUIRED) == REQUIRED) {
        cell = grid_cell(position[slot].xyz);
    } else {
        let mask = entity[slot].y;
        if ((mask & REQUIRED) == REQUIRED) {
            cell = grid_cell(position[slot].xyz);
        } else if (mask == 0u) {
            cell = GRID_CELLS + 1u;
        }
    }
    grid_rank[slot] = atomicAdd(&grid_count[cell], 1u);
}
