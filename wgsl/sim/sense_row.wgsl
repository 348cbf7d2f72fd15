//! import lib/grid.wgsl
//! import lib/root.wgsl
// Rows of a search, cut to the circle: the corners of the square around it hold a fifth of all.

/// How far a coordinate is outside of a cell's stretch of an axis; the outermost cells have no end.
fn gap_to_cell(v: i32, cell: i32, count: i32, low: i32, shift: u32) -> u32 {
    let begin = (cell + (low >> shift)) << shift;
    let end = begin + (1 << shift);
    let under = select(0u, bitcast<u32>(begin - v), cell > 0 && v < begin); // exact: wraps to u32
    let over = select(0u, bitcast<u32>(v - end), cell < count - 1 && v > end);
    return under | over;
}

/// `grid_span` without what is further than `radius` (at most 2^22) from p for sure.
fn row_span(area: GridArea, k: u32, p: vec3<i32>, radius: i32) -> vec2<u32> {
    if (GRID_WRAP) { return grid_span(area, k); }
    let y = area.low.y + i32(k) % area.size.y;
    let z = area.low.z + i32(k) / area.size.y;
    // In 2^-6 m, the radius rounded up and the gaps down: squares stay below 2^25.
    let r = u32(radius >> 10u) + 1u;
    let gap_y = gap_to_cell(p.y, y, GRID_Y, GRID_LOW_Y, GRID_SHIFT_Y) >> 10u;
    let gap_z = gap_to_cell(p.z, z, GRID_Z, GRID_LOW_Z, GRID_SHIFT_Z) >> 10u;
    if (max(gap_y, gap_z) > r || gap_y * gap_y + gap_z * gap_z > r * r) { return vec2<u32>(0u); }
    let half = i32(isqrt(r * r - gap_y * gap_y - gap_z * gap_z) + 1u) << 10u;
    let last = area.low.x + area.size.x - 1;
    let west = grid_raw(max(p.x, half - 0x7fffffff) - half, GRID_LOW_X, GRID_SHIFT_X);
    let east = grid_raw(min(p.x, 0x7fffffff - half) + half, GRID_LOW_X, GRID_SHIFT_X);
    let row = grid_index(vec3<i32>(0, y, z));
    let first = u32(clamp(west, area.low.x, last));
    return vec2<u32>(grid_start[row + first], grid_start[row + u32(clamp(east, area.low.x, last)) + 1u]);
}

/// The row of an area in which a place lies.
fn own_row(area: GridArea, place: vec3<i32>) -> i32 {
    var cell = grid_raw_cell(place);
    if (!GRID_WRAP) { cell = grid_fit(cell); }
    let at = clamp(cell - area.low, vec3<i32>(0), area.size - 1);
    return (at.z * area.size.y + at.y) * select(1, 2, GRID_WRAP);
}
