//! import lib/grid.wgsl
//! import sim/sense_list.wgsl
//! import sim/sense_row.wgsl
//! import sim/sense_sight.wgsl
//! import sim/sense_view.wgsl
//! import sim/sense_share.wgsl
// What each agent sees: the nearest entities that match its filter, and how many of each team. Where
// fewer agents sense than there are threads, several threads share the rows of an agent's search.

struct Agent {
    place: vec3<i32>,
    record: u32,
    radius: i32,    // 0 to 2^22
    r2: vec2<u32>, // its square
    teams: u32,  // a bit for each team that it looks for, and bit 8 for no team
    layers: u32,
    kinds: u32,
    view: View,
    near: Near,
}

fn agent_of(record: u32, slot: u32) -> Agent {
    let own = sense_record[record];
    let asked = senses[slot];
    let side = (u32(own.w) >> 16u) & 15u;
    var teams = asked.teams & 0x1ffu;
    if (side < 8u && (asked.teams & 0x200u) != 0u) { teams |= 1u << side; }
    if (side < 8u && (asked.teams & 0x400u) != 0u) { teams |= 0xffu & ~(1u << side); }
    let view = view_around(sensed[slot].facing, asked.half_angle);
    let radius = clamp(asked.radius, 0, REACH);
    let r2 = square_of(vec3<u32>(u32(radius), 0u, 0u));
    return Agent(own.xyz, record, radius, r2, teams, asked.layers & 0xffffu, asked.kinds, view, Near(0u, 0u));
}

/// Squared distance of two places that are at most 2^22 apart along each axis.
fn apart(a: vec3<i32>, b: vec3<i32>) -> vec2<u32> {
    return square_of(vec3<u32>(max(a, b) - min(a, b)));
}

/// 1 if an agent would see what has this place and these traits if nothing were between them, or 0.
/// Without branches, for the threads of a group seldom agree.
fn would_see(agent: Agent, other: vec4<i32>) -> u32 {
    let gap = vec3<u32>(max(agent.place, other.xyz) - min(agent.place, other.xyz)); // exact: wraps to u32
    let d2 = square_of(gap); // right if no gap is longer than the radius
    let close = all(gap <= vec3<u32>(u32(agent.radius)))
        & (d2.x < agent.r2.x || (d2.x == agent.r2.x && d2.y <= agent.r2.y));
    let traits = u32(other.w);
    let wanted = ((agent.teams >> ((traits >> 16u) & 15u)) & 1u) != 0u && (traits & agent.layers) != 0u
        && ((traits >> 20u) & agent.kinds) == agent.kinds;
    return select(0u, 1u, close && wanted && in_view(agent.view, other.xz - agent.place.xz));
}

/// Count record i, which the agent sees, and put it into the list if it is near enough.
fn note(agent: Agent, i: u32, found: ptr<function, Found>) {
    let other = sense_record[i];
    let side = (u32(other.w) >> 16u) & 15u;
    let one = vec4<u32>(1u << ((side & 1u) << 4u));
    let teams = vec4<u32>(0u, 1u, 2u, 3u) == vec4<u32>(side >> 1u); // none for no team, 8
    (*found).teams += select(vec4<u32>(0u), one, teams);
    (*found).count += 1u;
    let d2 = apart(agent.place, other.xyz);
    if (d2.x <= select((*found).list.far.high.w, (*found).list.near.high.w, SEEN <= 4)) {
        (*found).list = inserted((*found).list, d2, sense_index[i]);
    }
}

/// Look at 1 to 32 records. All threads first do the cheap tests of all, then the costly ones of what
/// is left, so that none waits for another's; and four loads at once, for each takes long.
fn look_at(agent: Agent, first: u32, end: u32, found: ptr<function, Found>) {
    let eye = eye_of(agent.place);
    let hidden = (agent.near.boxes | agent.near.balls) != 0u;
    var hits = 0u;
    var low = eye;
    var high = eye;
    for (var i = first; i < end; i += 4u) {
        let a = sense_record[i];
        let b = sense_record[min(i + 1u, end - 1u)];
        let c = sense_record[min(i + 2u, end - 1u)];
        let d = sense_record[min(i + 3u, end - 1u)];
        hits |= (would_see(agent, a) | (would_see(agent, b) << 1u)
            | (would_see(agent, c) << 2u) | (would_see(agent, d) << 3u)) << (i - first);
        if (hidden) {
            low = min(low, eye_of(min(min(a.xyz, b.xyz), min(c.xyz, d.xyz))));
            high = max(high, eye_of(max(max(a.xyz, b.xyz), max(c.xyz, d.xyz))));
        }
    }
    hits &= 0xffffffffu >> (32u - (end - first));
    if (agent.record - first < end - first) { hits &= ~(1u << (agent.record - first)); } // itself
    if (hidden) { hits = unhidden(eye, agent.near, first, hits, low, high); }
    for (; hits != 0u; hits &= hits - 1u) {
        note(agent, first + firstTrailingBit(hits), found);
    }
}

/// Search from the agent's own row outwards: the nearest tend to come first, and what comes later
/// seldom enters the list. Of so many parts of a search this is one.
fn look(agent: Agent, part: u32, parts: u32) -> Found {
    var found = Found(List(nobody(), nobody()), vec4<u32>(0u), 0u);
    let area = grid_area(agent.place, agent.radius);
    let rows = i32(area.rows);
    let middle = own_row(area, agent.place);
    let steps = 2 * max(middle, rows - 1 - middle) + 1;
    for (var step = i32(part); step < steps; step += i32(parts)) {
        let row = middle + select((step + 1) / 2, -((step + 1) / 2), (step & 1) == 1);
        if (row < 0 || row >= rows) { continue; }
        let span = row_span(area, u32(row), agent.place, agent.radius);
        for (var i = span.x; i < span.y; i += 32u) { look_at(agent, i, min(i + 32u, span.y), &found); }
    }
    return found;
}

fn write(slot: u32, found: Found) {
    let near = kept(found.list.near, 0u);
    let far = kept(found.list.far, 4u);
    let even = found.teams & vec4<u32>(0xffffu);
    let odd = found.teams >> vec4<u32>(16u);
    sensed[slot].near = near.index;
    sensed[slot].far = far.index;
    sensed[slot].near_distance = distances(near);
    sensed[slot].far_distance = distances(far);
    sensed[slot].teams = vec4<u32>(even.x, odd.x, even.y, odd.y);
    sensed[slot].more_teams = vec4<u32>(even.z, odd.z, even.w, odd.w);
    sensed[slot].count = found.count;
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let due = sense_count[0];
    let parts = parts_of(due, groups.x * groups.y * WORKGROUP_SIZE);
    let first = (group.y * FOLD + group.x) * (WORKGROUP_SIZE / parts);
    if (first >= due) { return; } // the whole workgroup
    let number = first + lane / parts;
    let part = lane % parts;
    clear_sight(lane);
    workgroupBarrier();
    let who = sense_due[min(number, due - 1u)];
    var agent = agent_of(who.x, who.y);
    widen_sight(eye_of(agent.place), agent.radius);
    workgroupBarrier();
    pick_blockers(lane);
    workgroupBarrier();
    agent.near = blockers_near(eye_of(agent.place), agent.radius);
    let found = look(agent, part, parts);
    share(lane, part, found);
    workgroupBarrier();
    if (part == 0u && number < due) { write(who.y, found_by(lane, parts, found)); }
}
