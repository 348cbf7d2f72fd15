//! import lib/fixed.wgsl
//! import sim/combat_order.wgsl
// Counts cooldowns down, gives stamina back, and finds the orders that begin or take effect in this
// tick and whose cooldown and costs allow it.

/// The counter of an ability, after all eight were counted down.
fn count_down(slot: u32, counter: u32) -> u32 {
    let c = cooldowns[slot];
    let low = vec4<u32>(c.c0, c.c1, c.c2, c.c3);
    let high = vec4<u32>(c.c4, c.c5, c.c6, c.c7);
    if (all((low | high) == vec4<u32>(0u))) { return 0u; }
    let a = max(low, vec4<u32>(1u)) - 1u;
    let b = max(high, vec4<u32>(1u)) - 1u;
    cooldowns[slot] = Cooldowns(a.x, a.y, a.z, a.w, b.x, b.y, b.z, b.w);
    return select(a[counter & 3u], b[counter & 3u], counter > 3u);
}

/// STAMINA points a second, evenly.
fn regain(slot: u32) {
    let missing = stamina[slot].most - stamina[slot].points;
    let gain = min(missing, exact_step(STAMINA, tick.phase, u32(RATE)));
    if (stamina[slot].points < stamina[slot].most && gain > 0) { stamina[slot].points += gain; }
}

/// Whether an order takes effect with this many ticks left: after its windup, and in periods.
fn strikes(ability: u32, left: u32) -> bool {
    let lasts = ticks_of(of_ability(ability, FIELD_LASTS));
    let period = ticks_of(of_ability(ability, FIELD_PERIOD));
    if (left >= lasts || left == 0u || period == 0u) { return left == lasts; }
    return (lasts - left) % period == 0u;
}

fn can_pay(slot: u32, ability: u32) -> bool {
    let has = vec4<u32>(ammo[slot].rounds, ammo[slot].smokes, ammo[slot].charges, ammo[slot].kits);
    let price = vec4<i32>(
        of_ability(ability, FIELD_ROUNDS), of_ability(ability, FIELD_SMOKES),
        of_ability(ability, FIELD_CHARGES), of_ability(ability, FIELD_KITS),
    );
    let tired = stamina[slot].points < of_ability(ability, FIELD_STAMINA);
    return all(has >= vec4<u32>(price)) && !tired;
}

/// Whether an agent has what it takes to go where an ability leads.
fn can_go(slot: u32, ability: u32) -> bool {
    let walk = of_ability(ability, FIELD_WALK);
    return walk == 0 || walk == HOLD || can_walk(entity[slot].y);
}

fn each(slot: u32) {
    let o = order[slot];
    let known = o.ability - 1u < u32(ABILITIES);
    var counter = 0u;
    if (known) { counter = u32(of_ability(o.ability, FIELD_COUNTER)); }
    let wait = count_down(slot, counter);
    if (health[slot].points <= 0) {
        end_order(slot);
        return;
    }
    regain(slot);
    var state = o.state & STATE;
    let begins = state == WAITING;
    var reason = o.reason;
    if (begins && o.ability == 0u) {
        state = IDLE;
    } else if (begins || state == UNDER_WAY) {
        reason = 0u;
        if (!known) {
            reason = UNKNOWN;
        } else {
            let now = strikes(o.ability, left_of(o));
            if (begins && wait > 0u && of_ability(o.ability, FIELD_COOLDOWN) > 0) {
                reason = COOLDOWN;
            } else if ((begins || now) && !can_pay(slot, o.ability)) {
                reason = INSUFFICIENT_RESOURCE;
            } else if (begins && !can_go(slot, o.ability)) {
                reason = NO_PATH;
            }
            state |= select(0u, CHECKED, begins || now) | select(0u, STRIKES, now);
        }
        if (reason != 0u) { state = select(REFUSED, refusal(o), known); }
    }
    if (state != o.state) { order[slot].state = state; }
    if (reason != o.reason) { order[slot].reason = reason; }
}
