//! import sim/sense_list.wgsl
// Searches that several threads of a workgroup share: each leaves what it found, the first of them
// joins it. What comes of it does not depend on the number of parts, for entries differ and sums commute.
// With PARTS = 1 nothing is shared, and SHARED is 1, for memory that is not used makes a pass slower.

/// What a search, or a part of one, has found.
struct Found {
    list: List,
    teams: vec4<u32>, // how many of two teams each, 16 bits: a search looks at fewer than 2^16
    count: u32,
}

var<workgroup> found_of: array<Found, SHARED>; // 128 bytes each

/// How many threads look for one agent: a power of two, so that a workgroup holds whole searches.
fn parts_of(due: u32, threads: u32) -> u32 {
    var parts = 1u;
    while (parts < u32(PARTS) && 2u * parts * due <= threads) { parts *= 2u; }
    return parts;
}

/// Leave what a thread found for the first of its search; a barrier must follow.
fn share(lane: u32, part: u32, found: Found) {
    if (part > 0u) { found_of[lane] = found; }
}

/// What the first thread of a search and those after it have found together.
fn found_by(lane: u32, parts: u32, own: Found) -> Found {
    var all = own;
    for (var part = 1u; part < parts; part++) {
        let more = found_of[lane + part];
        all.teams += more.teams;
        all.count += more.count;
        all.list = joined(all.list, more.list.near);
        if (SEEN > 4) { all.list = joined(all.list, more.list.far); }
    }
    return all;
}

/// A list with four more entries, of which some may be nobody.
fn joined(list: List, more: Four) -> List {
    var out = list;
    for (var i = 0u; i < 4u && more.index[i] != NOBODY; i++) {
        out = inserted(out, vec2<u32>(more.high[i], more.low[i]), more.index[i]);
    }
    return out;
}
