// Where each slot goes when the storage itself is sorted by cell: members of the grid as their
// records lie, then entities without a position, then dead slots.
fn each(index: u32) {
    if (index < grid_start[GRID_CELLS]) {
        destination[u32(grid_record[index].w)] = index;
    }
    let mask = entity[index].y;
    if ((mask & REQUIRED) == REQUIRED) { return; }
    let cell = select(GRID_CELLS, GRID_CELLS + 1u, mask == 0u);
    destination[index] = grid_start[cell] + grid_rank[index];
}
