//! import sim/nav_line.wgsl
// The way down a flow field: its next cell, the farthest one in sight, and where beside it to walk.
const AHEAD = 24u; // cells of the way that are looked at
const LANES = 4u;  // beside each other, by entity index
const LANE = 48;   // width of one in 1/64 of a cell

/// A cell and what the way over it costs.
struct Way {
    cell: vec2<i32>,
    cost: u32,
}

/// Distance of a cell from the target of the field that begins at `base`.
fn distance_at(base: u32, cell: vec2<i32>) -> u32 {
    if (any(cell < vec2<i32>(0)) || any(cell >= vec2<i32>(NAV_X, NAV_Z))) { return NAV_FAR; }
    return nav_field[base + nav_index(cell)];
}

fn better(best: Way, cell: vec2<i32>, cost: u32) -> Way {
    if (cost < best.cost) { return Way(cell, cost); }
    return best;
}

/// The next cell of a shortest way; of several the first in a fixed order, those across first.
fn next_cell(base: u32, c: vec2<i32>) -> vec2<i32> {
    let weight = select(1u, 3u, nav_kind(c) != OPEN);
    let x = vec2<i32>(1, 0);
    let z = vec2<i32>(0, 1);
    let sides = vec4<u32>(
        distance_at(base, c + x), distance_at(base, c - x),
        distance_at(base, c + z), distance_at(base, c - z),
    );
    let free = sides < vec4<u32>(NAV_FAR); // beside a cell with a way, exactly those that are not solid
    var best = Way(c, NAV_FAR);
    if (free.x && free.z) { best = better(best, c + x + z, distance_at(base, c + x + z) + 7u * weight); }
    if (free.y && free.z) { best = better(best, c - x + z, distance_at(base, c - x + z) + 7u * weight); }
    if (free.x && free.w) { best = better(best, c + x - z, distance_at(base, c + x - z) + 7u * weight); }
    if (free.y && free.w) { best = better(best, c - x - z, distance_at(base, c - x - z) + 7u * weight); }
    best = better(best, c + x, sides.x + 5u * weight);
    best = better(best, c - x, sides.y + 5u * weight);
    best = better(best, c + z, sides.z + 5u * weight);
    return better(best, c - z, sides.w + 5u * weight).cell;
}

/// The cell to walk to from a place: the last of the way ahead to which the line is free, found by
/// halving; at least the next one. The distance of the first cell is above 0 and not NAV_FAR.
fn cell_ahead(base: u32, place: vec2<i32>) -> vec2<i32> {
    var way: array<vec2<i32>, AHEAD>;
    var cell = nav_cell(place);
    var count = 0u;
    for (; count < AHEAD && distance_at(base, cell) > 0u; count++) {
        cell = next_cell(base, cell);
        way[count] = cell;
    }
    var near = 0u;
    var far = count;
    var probe = count - 1u;
    while (probe > near) {
        if (is_straight(place, nav_middle(way[probe]))) { near = probe; } else { far = probe; }
        probe = (near + far) / 2u;
    }
    return way[near];
}

/// Where to walk for a cell ahead: some lanes to the right of its middle if the line there is free, so
/// that those who come the other way find room and not all aim at one point.
fn lane_ahead(place: vec2<i32>, cell: vec2<i32>, id: u32) -> vec2<i32> {
    let middle = nav_middle(cell);
    let d = middle - place; // at most 2^11 along each axis
    let length = max(max(abs(d.x), abs(d.y)), 1);
    for (var shift = LANE * (1 + i32(id % LANES)); shift > 0; shift -= LANE) {
        let aside = middle + vec2<i32>(-d.y, d.x) * shift / length;
        let inside = clamp(aside, vec2<i32>(0), vec2<i32>(NAV_X, NAV_Z) * NAV_PARTS - 1);
        if (is_straight(place, inside)) { return inside; }
    }
    return middle;
}
