//! import sim/nav_cells.wgsl
// One row of a flow field at a time, by one workgroup: distances from the row before, and along the
// row. Each lane has eight columns.
const LANES = WORKGROUP_SIZE;
const FAR = vec4<u32>(NAV_FAR);

/// Eight cells of a row.
struct Run {
    a: vec4<u32>,
    b: vec4<u32>,
}

var<workgroup> edge: array<vec2<u32>, LANES>;      // first and last column of each lane, in the row before
var<workgroup> link: array<vec4<u32>, 2u * LANES>; // of each lane's columns, for the scan

/// What a step along an axis out of each of four cells costs.
fn step_costs(tight: u32, solid: u32) -> vec4<u32> {
    return select(select(vec4<u32>(5u), vec4<u32>(15u), nav_bits(tight)), FAR, nav_bits(solid));
}

/// Four cells, reached one after the other from one at distance `start`; NAV_FAR cannot be left.
fn along(cells: vec4<u32>, start: u32, costs: vec4<u32>) -> vec4<u32> {
    var v = cells;
    v.x = min(v.x, start + costs.x);
    v.y = min(v.y, v.x + costs.y);
    v.z = min(v.z, v.y + costs.z);
    v.w = min(v.w, v.z + costs.w);
    return v;
}

/// Both ways along eight cells, from those beside them.
fn along_both(cells: Run, left: u32, right: u32, costs: Run) -> Run {
    var v = cells;
    v.a = along(v.a, left, costs.a);
    v.b = along(v.b, v.a.w, costs.b);
    v.b = along(v.b.wzyx, right, costs.b.wzyx).wzyx;
    v.a = along(v.a.wzyx, v.b.x, costs.a.wzyx).wzyx;
    return v;
}

/// Eight cells relaxed from those straight before and across; `word` and `word_before` are of the map.
fn across(cells: Run, word: u32, costs: Run, before: Run, word_before: u32, lane: u32) -> Run {
    edge[lane] = vec2<u32>(before.a.x, before.b.w);
    workgroupBarrier();
    let beside = edge[max(lane, 1u) - 1u].y; // beyond the area all is solid: whatever that is
    let behind = edge[min(lane + 1u, LANES - 1u)].x;
    let shut = word_before >> 1u;            // solid cells straight before
    let left = word | shut | word_before;
    let right = (word | word_before) >> 2u | shut;
    let a = min(
        select(vec4<u32>(beside, before.a.xyz), FAR, nav_bits(left)),
        select(vec4<u32>(before.a.yzw, before.b.x), FAR, nav_bits(right)),
    );
    let b = min(
        select(vec4<u32>(before.a.w, before.b.xyz), FAR, nav_bits(left >> 4u)),
        select(vec4<u32>(before.b.yzw, behind), FAR, nav_bits(right >> 4u)),
    );
    // 7 for 5; a solid cell costs NAV_FAR, however it is reached.
    let a_way = min(before.a, a + select(vec4<u32>(2u), vec4<u32>(6u), costs.a == vec4<u32>(15u)));
    let b_way = min(before.b, b + select(vec4<u32>(2u), vec4<u32>(6u), costs.b == vec4<u32>(15u)));
    return Run(min(cells.a, a_way + costs.a), min(cells.b, b_way + costs.b));
}

/// Distances at the cells left and right of the lane's own, as far as they come from beyond: a scan
/// of minima over all lanes (Hillis and Steele, CACM 29, 1986). x, y: what arrives at the last column
/// from the left, and what it costs to get there from the column before the first; z, w: to the left.
fn from_beside(cells: Run, costs: Run, lane: u32) -> vec2<u32> {
    let most = max(costs.a, costs.b);
    let through = select(dot(costs.a + costs.b, vec4<u32>(1u)), NAV_FAR, any(most == FAR));
    var mine = vec4<u32>(cells.b.w, through, cells.a.x, through);
    var side = 0u;
    for (var reach = 1u; reach < LANES; reach *= 2u) {
        link[side + lane] = mine;
        workgroupBarrier();
        let left = link[side + max(lane, reach) - reach];
        let right = link[side + min(lane + reach, LANES - 1u)];
        let joined = vec4<u32>(
            min(mine.x, left.x + mine.y), left.y + mine.y, min(mine.z, right.z + mine.w), right.w + mine.w
        );
        if (lane >= reach) { mine = vec4<u32>(joined.xy, mine.zw); }
        if (lane + reach < LANES) { mine = vec4<u32>(mine.xy, joined.zw); }
        mine = min(mine, FAR);
        side = LANES - side;
    }
    link[side + lane] = mine;
    workgroupBarrier();
    let left = select(NAV_FAR, link[side + max(lane, 1u) - 1u].x, lane > 0u);
    let right = select(NAV_FAR, link[side + min(lane + 1u, LANES - 1u)].z, lane < LANES - 1u);
    return vec2<u32>(left, right);
}
