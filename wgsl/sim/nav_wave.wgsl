//! import sim/nav_sweep.wgsl
// Computes flow fields, one workgroup for each: the distance of every cell from the field's target.
// A step costs 5 along an axis and 7 across, where the cells on both sides are not solid, and three
// times that out of a tight cell, so that ways keep off the walls. Rows are swept to and fro along z
// (fast sweeping; Zhao, Mathematics of Computation 74, 2005), each one relaxed from the row before and
// then along itself, until no row changes any more. One thread owns eight columns, and barriers order
// the rest, so that there is one result even where the last sweep does not settle everything.
const ROWS = u32(NAV_Z);

var<workgroup> changed: array<atomic<u32>, ROWS>; // the sweep in which each row changed last
var<workgroup> answer: u32;

/// Row that comes i-th in a sweep.
fn row_of(i: u32, sweep: u32) -> u32 {
    return select(ROWS - 1u - i, i, (sweep & 1u) == 0u);
}

/// The first row from the i-th on that changed since the last sweep, or follows one that did: no other
/// can change. ROWS if there is none. The same for all lanes.
fn next_awake(i: u32, sweep: u32, lane: u32) -> u32 {
    workgroupBarrier();
    if (lane == 0u) {
        var next = i;
        var before = next > 0u && atomicLoad(&changed[row_of(next - 1u, sweep)]) + 1u >= sweep;
        while (next < ROWS && !before) {
            before = atomicLoad(&changed[row_of(next, sweep)]) + 1u >= sweep;
            next += u32(!before);
        }
        answer = next;
    }
    return workgroupUniformLoad(&answer);
}

/// One sweep over the rows that are awake, from the i-th on.
fn sweep_rows(base: u32, lane: u32, first: u32, sweep: u32) {
    var before = Run(FAR, FAR);
    var word_before = 0x3ffu; // beyond the area all is solid
    var i = first;
    while (i < ROWS) {
        let row = row_of(i, sweep);
        let at = row * LANES + lane;
        let word = nav_map[at];
        let old = Run(nav_field[base + 2u * at], nav_field[base + 2u * at + 1u]);
        let costs = Run(
            step_costs(word >> 16u, word >> 1u), step_costs(word >> 20u, word >> 5u)
        );
        var now = across(old, word, costs, before, word_before, lane);
        now = along_both(now, NAV_FAR, NAV_FAR, costs);
        let beside = from_beside(now, costs, lane);
        now = along_both(now, beside.x, beside.y, costs);
        if (any(now.a != old.a) || any(now.b != old.b)) {
            nav_field[base + 2u * at] = now.a;
            nav_field[base + 2u * at + 1u] = now.b;
            atomicStore(&changed[row], sweep);
        }
        let next = next_awake(i + 1u, sweep, lane);
        // A row behind others that sleep is awake because it changed itself: it needs nothing from them.
        let follows = next == i + 1u;
        before = Run(select(FAR, now.a, follows), select(FAR, now.b, follows));
        word_before = select(0x3ffu, word, follows);
        i = next;
    }
}

/// Whether the field has to be computed, or to be continued; asked by one lane.
fn is_due(field: u32) -> bool {
    let state = nav_state[field];
    if (!FIRST) { return state.z != 0u; }
    nav_state[field].y = state.x;
    nav_state[field].z = 0u;
    return state.x != 0u && (state.x != state.y || nav_claim[NAV_FIELDS] != 0u);
}

/// Distances before the first sweep: 0 at the target, unless it is solid.
fn begin(base: u32, lane: u32, aim: u32) {
    for (var row = 0u; row < ROWS; row++) {
        let at = row * LANES + lane;
        let solid = nav_map[at] >> 1u;
        let here = vec4<u32>(aim) - vec4<u32>(8u * at);
        let a = here == vec4<u32>(0u, 1u, 2u, 3u) & !nav_bits(solid);
        let b = here == vec4<u32>(4u, 5u, 6u, 7u) & !nav_bits(solid >> 4u);
        nav_field[base + 2u * at] = select(FAR, vec4<u32>(0u), a);
        nav_field[base + 2u * at + 1u] = select(FAR, vec4<u32>(0u), b);
    }
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let field = group.x;
    if (FIRST) { // marks are made anew at every tick
        for (var i = field * LANES + lane; i < ROWS * LANES / 2u; i += u32(NAV_FIELDS) * LANES) {
            nav_marks[i] = 0u;
        }
    }
    if (lane == 0u) { answer = u32(is_due(field)); }
    if (workgroupUniformLoad(&answer) == 0u) { return; }
    let base = 2u * field * ROWS * LANES;
    let aim = nav_state[field].x - 1u;
    if (FIRST) { begin(base, lane, aim); }
    for (var row = lane; row < ROWS; row += LANES) { // awake in the first two sweeps, 2 and 3
        atomicStore(&changed[row], select(0u, 2u, row == aim / (8u * LANES) || !FIRST));
    }
    var sweep = 2u;
    var first = next_awake(0u, sweep, lane);
    while (first < ROWS && sweep < u32(SWEEPS) + 2u) {
        sweep_rows(base, lane, first, sweep);
        sweep++;
        first = next_awake(0u, sweep, lane);
    }
    if (lane == 0u) { nav_state[field].z = select(0u, 1u, first < ROWS); }
}
