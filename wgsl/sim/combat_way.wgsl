//! import lib/fixed.wgsl
//! import sim/combat_body.wgsl
//! import sim/combat_order.wgsl
// Where orders lead: what `combat_walk` and `combat_walk_navigation` have in common.
const RETREAT = 8 << 16u; // metres ahead of who walks away
const STRAFE = 3 << 16u;  // and of who walks around its target

/// What an agent's order makes of its movement in this tick.
struct Step {
    kind: u32,
    place: vec3<i32>,
}
const AS_IT_WAS = 0u;
const WALKS = 1u; // to the place
const STOPS = 2u; // there
const IS_DOWN = 3u; // there

fn clamp_to_bounds(place: vec3<i32>) -> vec3<i32> {
    return clamp(place, vec3<i32>(LOW_X, LOW_Y, LOW_Z), vec3<i32>(HIGH_X, HIGH_Y, HIGH_Z));
}

/// Half the difference, in the plane, so that it cannot wrap.
fn half_way(a: vec3<i32>, b: vec3<i32>) -> vec3<i32> {
    return vec3<i32>(a.x / 2 - b.x / 2, 0, a.z / 2 - b.z / 2);
}

/// A place on the far side of an agent, seen from `it`.
fn away(me: vec3<i32>, it: vec3<i32>) -> vec3<i32> {
    var d = normalize_q30(half_way(me, it));
    if (all(d == vec3<i32>(0))) { d.x = 1 << 30u; }
    let place = clamp_to_bounds(me) + scale_q16(d / 16384, RETREAT);
    return clamp_to_bounds(vec3<i32>(place.x, me.y, place.z));
}

/// A place a few metres ahead on the circle around `it`; half of all agents go the other way round.
fn around(me: vec3<i32>, it: vec3<i32>, id: u32) -> vec3<i32> {
    let radius = half_way(clamp_to_bounds(me), clamp_to_bounds(it)); // below 2^30 along each axis
    let side = select(STRAFE, -STRAFE, (id & 1u) == 1u);
    let unit = normalize_q30(radius) / 16384;
    let ahead = radius + scale_q16(vec3<i32>(-unit.z, 0, unit.x), side / 2);
    let length = i32(min(length_q16(radius), (1u << 29u) - 1u));
    let place = clamp_to_bounds(it) / 2 + scale_q16(normalize_q30(ahead) / 16384, length);
    return clamp_to_bounds(vec3<i32>(2 * place.x, me.y, 2 * place.z));
}

fn is_near(me: vec3<i32>, place: vec3<i32>, ability: u32) -> bool {
    return length_q16(half_way(me, place)) <= u32(of_ability(ability, FIELD_ARRIVE) / 2);
}

fn finish(slot: u32, state: u32, reason: u32) {
    order[slot].state = state;
    order[slot].reason = reason;
}

/// Where an order that is under way, or has come to its end in this tick, leads; `barred`: why its
/// agent cannot walk, or 0.
fn take_way(slot: u32, id: u32, me: vec3<i32>, o: Order, barred: u32) -> Step {
    let walk = of_ability(o.ability, FIELD_WALK);
    let it = body_of(o.whom);
    if (walk == 0) { return Step(AS_IT_WAS, me); }
    let going = (o.state & STATE) == UNDER_WAY;
    if (walk == HOLD || !going) { return Step(STOPS, me); }
    if (walk != TO_PLACE && (it.w & THERE) == 0) {
        finish(slot, REFUSED, INVALID_TARGET);
        return Step(STOPS, me);
    }
    var place = o.place;
    if (walk != TO_PLACE) { place = it.xyz; }
    let near = is_near(me, place, o.ability);
    let arrives = walk == TO_PLACE || walk == TO_TARGET;
    if (near && arrives) {
        finish(slot, DONE, 0u);
    } else if ((o.state & OVER) != 0u) {
        finish(slot, REFUSED, PHYSICS_BLOCKED);
        return Step(STOPS, me);
    } else if (barred != 0u) {
        finish(slot, REFUSED, barred);
        return Step(STOPS, me);
    }
    if (near && (walk == TO_TARGET || walk == FOLLOW_TARGET)) { return Step(STOPS, me); }
    if (walk == FROM_TARGET) { place = away(me, it.xyz); }
    if (walk == AROUND_TARGET) { place = around(me, it.xyz, id); }
    return Step(WALKS, place);
}

/// The step of an agent in this tick. Forgets what the passes told each other in `Order.state`.
fn take_step(slot: u32, barred: u32) -> Step {
    let id = entity[slot].x;
    let me = combat_body[id];
    let o = order[slot];
    if ((me.w & UP) == 0) {
        end_order(slot);
        return Step(IS_DOWN, me.xyz);
    }
    let state = o.state & STATE;
    if (state != o.state) { order[slot].state = state; }
    if (state != UNDER_WAY && (o.state & OVER) == 0u) { return Step(AS_IT_WAS, me.xyz); }
    return take_way(slot, id, me.xyz, o, barred);
}

fn has_velocity(slot: u32) -> bool {
    return (entity[slot].y & HAS_VELOCITY) == HAS_VELOCITY;
}
