//! import lib/cell.wgsl
// Neighbour search over records (x, y, z, slot) that lie sorted by cell, row after row along x:
//     for (var k = 0u; k < GRID_SPANS; k++) {
//         let span = grid_span(cell, k);
//         for (var i = span.x; i < span.y; i++) { let other = grid_record[i]; ... }
//     }

/// First and last + 1 of the k-th stretch of candidates around a cell; empty where first >= last.
/// With GRID_WRAP every row has a second stretch, for what wraps around its end.
fn grid_span(cell: vec3<i32>, k: u32) -> vec2<u32> {
    let row = i32(select(k, k >> 1u, GRID_WRAP));
    let dy = row % (2 * GRID_REACH_Y + 1) - GRID_REACH_Y;
    let dz = row / (2 * GRID_REACH_Y + 1) - GRID_REACH_Z;
    var y = cell.y + dy;
    var z = cell.z + dz;
    var x0 = cell.x - GRID_REACH_X;
    var x1 = cell.x + GRID_REACH_X;
    if (GRID_WRAP) {
        y = y & (GRID_Y - 1);
        z = z & (GRID_Z - 1);
        if ((k & 1u) == 1u) { // the part beyond an end; at most one end, as GRID_X > 2 GRID_REACH_X
            if (x0 >= 0 && x1 < GRID_X) { return vec2<u32>(0u, 0u); }
            let turn = select(-GRID_X, GRID_X, x0 < 0);
            x0 += turn;
            x1 += turn;
        }
    } else if (y < 0 || y >= GRID_Y || z < 0 || z >= GRID_Z) {
        return vec2<u32>(0u, 0u);
    }
    let first = grid_index(vec3<i32>(max(x0, 0), y, z));
    let last = grid_index(vec3<i32>(min(x1, GRID_X - 1), y, z)) + 1u;
    return vec2<u32>(grid_start[first], grid_start[last]);
}
