//! import sim/combat_way.wgsl
// Sends agents straight to where their orders lead.
fn each(slot: u32) {
    let walks = can_walk(entity[slot].y);
    let step = take_step(slot, select(NO_PATH, 0u, walks));
    if (step.kind == AS_IT_WAS) { return; }
    if (walks && any(goal[slot].position != step.place)) { goal[slot].position = step.place; }
    if (step.kind == WALKS && walks) {
        let speed = of_ability(order[slot].ability, FIELD_SPEED);
        if (speed > 0 && goal[slot].speed != speed) { goal[slot].speed = speed; }
    }
    if (step.kind == IS_DOWN && has_velocity(slot)) { velocity[slot].xyz = vec3<i32>(0); }
}
