//! import lib/cell.wgsl
// Neighbour search over records (x, y, z, slot) that lie sorted by cell, row after row along x:
//     let area = grid_area(p, reach);
//     for (var k = 0u; k < area.rows; k++) {
//         let span = grid_span(area, k);
//         for (var i = span.x; i < span.y; i++) { let other = grid_record[i]; ... }
//     }
// finds everything that is at most `reach` away along each axis, once, and some things beyond.

/// The cells that a search looks at.
struct GridArea {
    low: vec3<i32>,
    size: vec3<i32>, // cells along each axis, at least 1
    rows: u32,       // stretches of records
}

/// The area around a position; reach is in the unit of positions, at most what the grid was made for.
fn grid_area(p: vec3<i32>, reach: i32) -> GridArea {
    // Clamped first, so that no sum wraps: the world ends at the ends of the range.
    var low = grid_raw_cell(max(p, vec3<i32>(reach - 0x7fffffff)) - reach);
    var high = grid_raw_cell(min(p, vec3<i32>(0x7fffffff - reach)) + reach);
    if (!GRID_WRAP) {
        low = grid_fit(low);
        high = grid_fit(high);
    }
    var size = high - low + 1;
    // An axis of one cell is looked at once, however far the search goes.
    let single = vec3<i32>(GRID_X, GRID_Y, GRID_Z) == vec3<i32>(1);
    low = select(low, vec3<i32>(0), single);
    size = select(size, vec3<i32>(1), single);
    let rows = u32(size.y * size.z);
    return GridArea(low, size, select(rows, 2u * rows, GRID_WRAP));
}

/// First and last + 1 of the k-th stretch of records; empty where first >= last.
/// In a hashed grid every row has a second stretch, for what wraps around its end.
fn grid_span(area: GridArea, k: u32) -> vec2<u32> {
    let row = i32(select(k, k >> 1u, GRID_WRAP));
    var cell = area.low;
    if (GRID_Y == 1) {
        cell.z += row;
    } else {
        cell.y += row % area.size.y;
        cell.z += row / area.size.y;
    }
    var first = cell.x;
    var last = cell.x + area.size.x - 1;
    if (GRID_WRAP) {
        cell = grid_fit(cell);
        first = cell.x;
        last = cell.x + area.size.x - 1;
        if ((k & 1u) == 1u) { // what lies beyond the end of the row
            if (last < GRID_X) { return vec2<u32>(0u, 0u); }
            first = 0;
            last = last - GRID_X;
        }
        last = min(last, GRID_X - 1);
    }
    let start = grid_index(vec3<i32>(0, cell.y, cell.z));
    return vec2<u32>(grid_start[start + u32(first)], grid_start[start + u32(last) + 1u]);
}
