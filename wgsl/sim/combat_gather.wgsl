//! import sim/combat_traits.wgsl
// Counts guards down, and writes down what agents see of each other in this tick.

fn has(mask: u32, bits: u32) -> bool {
    return (mask & bits) == bits;
}

/// Posture after the guard was counted down.
fn hold(slot: u32) -> i32 {
    let left = stance[slot].ticks;
    if (left > 0u) {
        stance[slot].ticks = left - 1u;
        if (left == 1u) { stance[slot].guard = 0u; }
    }
    return i32(min(stance[slot].posture, 2u));
}

fn each(slot: u32) {
    let mask = entity[slot].y;
    if (mask == 0u) { return; }
    var traits = 0;
    if (has(mask, HAS_STANCE)) { traits |= hold(slot); }
    if (!has(mask, HAS_POSITION)) { return; }
    if (!has(mask, HAS_HEALTH)) {
        traits |= UP;
    } else {
        traits |= MORTAL | select(0, UP, health[slot].points > 0);
    }
    if (has(mask, HAS_WEAPON)) { traits |= i32(min(weapon[slot].kind, 7u) + 1u) * WEAPON; }
    if (has(mask, HAS_TEAM)) { traits |= team_trait(team[slot].id); }
    combat_body[entity[slot].x] = vec4<i32>(position[slot].xyz, traits | THERE);
}
