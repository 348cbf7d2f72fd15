//! import lib/cell.wgsl
// Writes each position with its slot to its place in cell order.
fn each(slot: u32) {
    let p = position[slot].xyz;
    let at = grid_start[grid_cell(p)] + grid_rank[slot];
    grid_record[at] = vec4<i32>(p, i32(slot));
}
