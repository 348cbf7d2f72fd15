//! import sim/combat_way.wgsl
// Sends agents where their orders lead, on the ways that navigation finds.
const NO_ROUTE = 3u; // of Route.status

fn each(slot: u32) {
    let walks = can_walk(entity[slot].y);
    // What the route says is about where the agent was sent before this tick.
    let known = (order[slot].state & BEGAN) == 0u;
    let lost = walks && known && route[slot].status == NO_ROUTE;
    let step = take_step(slot, select(0u, NO_PATH, !walks || lost));
    if (step.kind == AS_IT_WAS) { return; }
    if (step.kind == IS_DOWN && has_velocity(slot)) { velocity[slot].xyz = vec3<i32>(0); }
    if (!walks) { return; }
    if (any(destination[slot].place != step.place)) { destination[slot].place = step.place; }
    if (step.kind != WALKS) { // at once: navigation comes too late for this tick
        if (any(goal[slot].position != step.place)) { goal[slot].position = step.place; }
        return;
    }
    let o = order[slot];
    let arrive = of_ability(o.ability, FIELD_ARRIVE);
    if (destination[slot].arrive != arrive) { destination[slot].arrive = arrive; }
    let speed = of_ability(o.ability, FIELD_SPEED);
    if (speed > 0 && goal[slot].speed != speed) { goal[slot].speed = speed; }
}
