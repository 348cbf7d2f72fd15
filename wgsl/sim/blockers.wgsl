// Lists the boxes and the clouds that were found, one workgroup for each kind. If there are more
// than the list holds, those with the smallest entity indices stay: the first index that has to go
// is found digit by digit (radix selection), so that thread order cannot be seen.
const LANES = WORKGROUP_SIZE;
const DIGIT = 9u;            // three digits of 9 bits: entity indices are below 2^26
const BINS = 1u << DIGIT;
const MAX_RADIUS = 64 << 16u; // metres, so that lib/sight.wgsl can bound its products

var<workgroup> bins: array<atomic<u32>, BINS>;
var<workgroup> limit: u32;   // the first index that is left out, as far as it is known
var<workgroup> rank: u32;    // its rank among those that share the digits known
var<workgroup> listed: atomic<u32>;

/// Slot of the i-th entity that was found.
fn found_slot(kind: u32, i: u32) -> u32 {
    if (kind == 0u) { return blockers_barrier[i]; }
    return blockers_smoke[i];
}

/// Add up how many indices there are by their digit at `shift`, of those that share the digits above.
fn count_digits(kind: u32, found: u32, shift: u32, lane: u32) {
    for (var i = lane; i < found; i += LANES) {
        let id = entity[found_slot(kind, i)].x;
        if ((id >> shift) >> DIGIT == (limit >> shift) >> DIGIT) {
            atomicAdd(&bins[(id >> shift) & (BINS - 1u)], 1u);
        }
    }
}

/// The digit of the limit at `shift`: the bin in which the rank falls.
fn find_digit(shift: u32) {
    var left = rank;
    var digit = 0u;
    for (; digit < BINS - 1u; digit++) {
        let here = atomicLoad(&bins[digit]);
        if (left < here) { break; }
        left -= here;
    }
    rank = left;
    limit |= digit << shift;
}

fn put(at: u32, v: vec3<i32>, w: i32) {
    blockers_list[4u * at] = v.x;
    blockers_list[4u * at + 1u] = v.y;
    blockers_list[4u * at + 2u] = v.z;
    blockers_list[4u * at + 3u] = w;
}

/// Write one entity to place n of its kind. Corners stop at the ends of the range.
fn list_entity(kind: u32, slot: u32, n: u32) {
    let p = position[slot].xyz;
    if (kind == 0u) {
        let half = barrier[slot].half;
        let at = 1u + 2u * (u32(STATIC_BOXES) + n);
        put(at, max(p, vec3<i32>(-0x7fffffff - 1) + half) - half, 0);
        put(at + 1u, min(p, vec3<i32>(0x7fffffff) - half) + half, 0);
    } else {
        put(1u + 2u * u32(MAX_BOXES) + n, p, min(smoke[slot].radius, MAX_RADIUS));
    }
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let kind = group.x; // 0: boxes, 1: smoke
    let room = select(u32(MAX_BOXES - STATIC_BOXES), u32(MAX_SMOKES), kind == 1u);
    let found = u32(blockers_list[2u + kind]);
    let full = found > room;
    if (lane == 0u) {
        limit = 0u;
        rank = room;
        atomicStore(&listed, 0u);
    }
    for (var digit = 3u; digit > 0u; digit--) {
        let shift = (digit - 1u) * DIGIT;
        for (var bin = lane; bin < BINS; bin += LANES) { atomicStore(&bins[bin], 0u); }
        workgroupBarrier();
        if (full) { count_digits(kind, found, shift, lane); }
        workgroupBarrier();
        if (full && lane == 0u) { find_digit(shift); }
        workgroupBarrier();
    }
    for (var i = lane; i < found; i += LANES) {
        let slot = found_slot(kind, i);
        if (full && entity[slot].x >= limit) { continue; }
        list_entity(kind, slot, atomicAdd(&listed, 1u));
    }
    if (lane == 0u) {
        let before = select(u32(STATIC_BOXES), 0u, kind == 1u);
        blockers_list[kind] = i32(before + min(found, room));
        blockers_list[2u + kind] = 0;
        if (full) { emit_blockers_overflow(BlockersOverflow(kind, found - room)); }
    }
}
