//! import sim/combat_order.wgsl
// Orders that passed the rules are paid for, change their own agent, and are counted down.

/// Start the cooldown of an ability; of two that share a counter the longer one lasts.
fn start_cooldown(slot: u32, ability: u32) {
    let ticks = ticks_of(of_ability(ability, FIELD_COOLDOWN));
    if (ticks == 0u) { return; }
    let c = cooldowns[slot];
    var all_of = array<u32, 8>(c.c0, c.c1, c.c2, c.c3, c.c4, c.c5, c.c6, c.c7);
    let counter = of_ability(ability, FIELD_COUNTER);
    all_of[counter] = max(all_of[counter], ticks);
    cooldowns[slot] = Cooldowns(
        all_of[0], all_of[1], all_of[2], all_of[3], all_of[4], all_of[5], all_of[6], all_of[7],
    );
}

/// What it costs; `combat_ready` saw that there is enough.
fn pay(slot: u32, ability: u32) {
    ammo[slot].rounds -= u32(of_ability(ability, FIELD_ROUNDS));
    ammo[slot].smokes -= u32(of_ability(ability, FIELD_SMOKES));
    ammo[slot].charges -= u32(of_ability(ability, FIELD_CHARGES));
    ammo[slot].kits -= u32(of_ability(ability, FIELD_KITS));
    stamina[slot].points -= of_ability(ability, FIELD_STAMINA);
}

/// Effects on the agent itself.
fn change_self(slot: u32, ability: u32) {
    if (of_ability(ability, FIELD_RELOAD) != 0) { ammo[slot].rounds = ammo[slot].most; }
    let missing = stamina[slot].most - stamina[slot].points;
    let rest = of_ability(ability, FIELD_REST);
    if (rest > 0 && stamina[slot].points < stamina[slot].most) {
        stamina[slot].points += min(rest, missing);
    }
    let posture = of_ability(ability, FIELD_POSTURE);
    if (posture > 0) { stance[slot].posture = u32(posture - 1); }
    let guard = of_ability(ability, FIELD_GUARD);
    if (guard > 0) {
        stance[slot].guard = u32(guard);
        stance[slot].ticks = ticks_of(of_ability(ability, FIELD_GUARD_LASTS));
    }
}

/// The state of an order that has `left` ticks; a walk may still find that it has arrived.
fn next_state(o: Order, left: u32) -> u32 {
    let began = select(0u, BEGAN, (o.state & STATE) == WAITING);
    if (left > 0u) { return UNDER_WAY | began; }
    let walk = of_ability(o.ability, FIELD_WALK);
    return OVER | began | select(DONE, UNDER_WAY, walk == TO_PLACE || walk == TO_TARGET);
}

fn each(slot: u32) {
    let o = order[slot];
    let state = o.state & STATE;
    if (state != WAITING && state != UNDER_WAY) { return; }
    if ((o.state & STRIKES) != 0u) {
        pay(slot, o.ability);
        start_cooldown(slot, o.ability);
        change_self(slot, o.ability);
    }
    let left = left_of(o);
    order[slot].state = next_state(o, left);
    order[slot].ticks = max(left, 1u) - 1u;
}
