//! import lib/fixed.wgsl
//! import lib/random.wgsl
//! import sim/combat_body.wgsl
//! import sim/combat_order.wgsl
//! import sim/combat_walls.wgsl
// Checks the rules about target, place, distance and sight, and takes effect on the target.
const AT_SELF = 1;
const AT_ENEMY = 2;
const AT_ALLY = 3;
const AT_DOWNED_ALLY = 4;
const AT_ANYONE = 5;
const AT_PLACE = 6;
const HIT = 101u; // stream of random numbers

/// Whether a body is what an ability aims at.
fn suits(aims: i32, me: vec4<i32>, it: vec4<i32>) -> bool {
    let up = (it.w & UP) != 0;
    let mine = me.w / TEAM;
    let its = it.w / TEAM;
    let ours = mine == its && mine != 0;
    switch aims {
        case AT_ENEMY: { return up && mine != its && mine != 0 && its != 0; }
        case AT_ALLY: { return up && ours; }
        case AT_DOWNED_ALLY: { return (it.w & THERE) != 0 && !up && ours; }
        default: { return up; }
    }
}

/// Whether two places are more than `reach` apart, which is at most 2^30.
fn is_far(a: vec3<i32>, b: vec3<i32>, reach: i32) -> bool {
    let apart = bitcast<vec3<u32>>(max(a, b) - min(a, b));
    if (any(apart > vec3<u32>(u32(reach)))) { return true; }
    return less_wide(mul_wide(u32(reach), u32(reach)), square_wide(b - a));
}

fn is_outside(place: vec3<i32>) -> bool {
    return any(place < vec3<i32>(LOW_X, LOW_Y, LOW_Z)) || any(place > vec3<i32>(HIGH_X, HIGH_Y, HIGH_Z));
}

/// Whether an agent holds a weapon that an ability can be done with, if it has any.
fn is_armed(ability: u32, me: vec4<i32>) -> bool {
    let kinds = u32(of_ability(ability, FIELD_WEAPONS));
    let held = u32(me.w / WEAPON & WEAPONS);
    return kinds == 0u || held == 0u || (kinds >> (held - 1u) & 1u) == 1u;
}

/// Why a place or a body cannot be aimed at, apart from sight; 0: it can.
fn fault(ability: u32, aims: i32, me: vec4<i32>, it: vec4<i32>) -> u32 {
    if (aims == 0) { return 0u; }
    if (aims == AT_PLACE) {
        if (is_outside(it.xyz)) { return OUT_OF_BOUNDS; }
    } else if (!suits(aims, me, it)) {
        return INVALID_TARGET;
    }
    let reach = of_ability(ability, FIELD_REACH);
    if (reach > 0 && is_far(me.xyz, it.xyz, reach)) { return OUT_OF_BOUNDS; }
    if (aims == AT_PLACE) {
        let ground = vec3<i32>(it.x, above(it.y, EYE_PRONE), it.z);
        if (is_walled(ground, ground)) { return PHYSICS_BLOCKED; }
    }
    return 0u;
}

/// How many of the first `wanted` points of what it aims at are in sight, one after the other: the
/// place or the eyes, then half the height of the eyes.
fn count_seen(wanted: u32, aims: i32, me: vec4<i32>, it: vec4<i32>) -> u32 {
    var point = it.xyz;
    if (aims != AT_PLACE) { point = eyes_of(it); }
    var seen = 0u;
    while (seen < wanted) {
        if (!in_sight(eyes_of(me), point)) { break; }
        point.y = point.y / 2 + it.y / 2;
        seen++;
    }
    return seen;
}

/// Probability of a hit in Q16.
fn chance(ability: u32, me: vec4<i32>, it: vec4<i32>, covered: bool) -> i32 {
    let reach = of_ability(ability, FIELD_REACH);
    var p = of_ability(ability, FIELD_NEAR);
    if (reach > 0) { // then the distance is at most that
        let part = div_q16(i32(length_q16(it.xyz - me.xyz)), reach);
        p -= mul_q16(p - of_ability(ability, FIELD_FAR), part);
    }
    let posture = it.w & POSTURE;
    p = mul_q16(p, select(select(EXPOSED_PRONE, EXPOSED_CROUCH, posture == 1), EXPOSED_STAND, posture == 0));
    return select(p, mul_q16(p, EXPOSED_COVERED), covered);
}

/// Effects on a target; sums, which any order of agents leaves the same.
fn strike(ability: u32, id: u32, target_id: u32, me: vec4<i32>, it: vec4<i32>, covered: bool) {
    if ((it.w & MORTAL) != 0) {
        let roll = random_below(random4(tick.seed, tick.index, id, HIT).x, 65536u);
        let damage = of_ability(ability, FIELD_DAMAGE);
        if (damage > 0 && i32(roll) < chance(ability, me, it, covered)) {
            atomicAdd(&combat_damage[target_id], damage);
        }
        let gain = select(of_ability(ability, FIELD_REVIVE), of_ability(ability, FIELD_HEAL), (it.w & UP) != 0);
        if (gain > 0) { atomicAdd(&combat_gain[target_id], gain); }
    }
    let morale = of_ability(ability, FIELD_MORALE);
    if (morale != 0) { atomicAdd(&combat_morale[target_id], morale); }
}

fn each(slot: u32) {
    let o = order[slot];
    if ((o.state & CHECKED) == 0u || (o.state & STATE) == REFUSED) { return; }
    let id = entity[slot].x;
    let me = combat_body[id];
    let aims = of_ability(o.ability, FIELD_AIMS);
    let target_id = select(o.whom, id, aims == AT_SELF);
    var it = vec4<i32>(o.place, 0);
    if (aims != AT_PLACE) { it = body_of(target_id); }
    var reason = INSUFFICIENT_RESOURCE;
    if (is_armed(o.ability, me)) { reason = fault(o.ability, aims, me, it); }
    let wanted = select(1u, 2u, of_ability(o.ability, FIELD_DAMAGE) > 0);
    let looks = reason == 0u && of_ability(o.ability, FIELD_SIGHT) != 0;
    let seen = count_seen(select(0u, wanted, looks), aims, me, it);
    if (looks && seen == 0u) { reason = NO_LINE_OF_SIGHT; }
    if (reason != 0u) {
        order[slot].state = refusal(o);
        order[slot].reason = reason;
    } else if ((o.state & STRIKES) != 0u && aims != 0 && aims != AT_PLACE) {
        strike(o.ability, id, target_id, me, it, looks && seen < wanted);
    }
}
