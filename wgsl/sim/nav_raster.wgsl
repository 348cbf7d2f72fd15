//! import sim/nav_cells.wgsl
// Marks the cells near boxes: tight in the low half of a word of 16 cells, solid in the high half.
// Each workgroup takes every GROUPS-th box, each lane some words of its rows.

/// First and last cells (xz) whose squares meet the open box from `low` to `high`, and those whose
/// middles do where `part` is half a cell; last < first where there are none. Units of the grid's low.
fn span(low: vec2<i32>, high: vec2<i32>, part: i32) -> vec4<i32> {
    let shift = vec2<u32>(u32(NAV_SHIFT));
    let first = max((low + part) >> shift, vec2<i32>(0));
    let last = min((high - part - 1) >> shift, vec2<i32>(NAV_X - 1, NAV_Z - 1));
    return vec4<i32>(first, last);
}

/// Those of the 16 cells from `start` on that lie between first and last.
fn row_bits(first: i32, last: i32, start: i32) -> u32 {
    let begin = u32(clamp(first - start, 0, 16));
    let end = u32(clamp(last + 1 - start, 0, 16));
    return ((1u << end) - 1u) & ~((1u << begin) - 1u);
}

/// A corner in units of the grid's low; beyond 64 m outside the area it does not matter where.
fn corner(p: vec3<i32>) -> vec2<i32> {
    let size = vec2<i32>(NAV_X, NAV_Z) << vec2<u32>(u32(NAV_SHIFT)); // at most 2^29
    let low = vec2<i32>(NAV_LOW_X, NAV_LOW_Z);                       // within 2^30
    return clamp(p.xz, low - (1 << 22u), low + size + (1 << 22u)) - low;
}

fn mark(low: vec3<i32>, high: vec3<i32>, lane: u32) {
    let begin = corner(low) - REACH;
    let end = corner(high) + REACH;
    let tight = span(begin, end, 0);
    let solid = span(begin, end, 1 << u32(NAV_SHIFT - 1));
    let rows = tight.w - tight.y + 1;
    let first = tight.x >> 4u;
    let words = (tight.z >> 4u) - first + 1;
    if (rows <= 0 || tight.z < tight.x) { return; }
    for (var i = i32(lane); i < rows * words; i += i32(WORKGROUP_SIZE)) {
        let z = tight.y + i / words;
        let word = first + i % words;
        var bits = row_bits(tight.x, tight.z, 16 * word);
        if (z >= solid.y && z <= solid.w) { bits |= row_bits(solid.x, solid.z, 16 * word) << 16u; }
        atomicOr(&nav_marks[z * (NAV_LANES / 2) + word], bits);
    }
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    if (group.x == 0u && lane == 0u) { nav_claim[NAV_FIELDS] = 0u; } // nothing has changed so far
    let count = blockers_list[0].x;
    for (var box = i32(group.x); box < count; box += GROUPS) {
        let low = blockers_list[1 + 2 * box].xyz;
        let high = blockers_list[2 + 2 * box].xyz;
        if (low.y < BAND_HIGH && high.y > BAND_LOW) { mark(low, high, lane); }
    }
}
