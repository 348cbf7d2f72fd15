// The table of abilities, and how orders pass through the states of `OrderState`.
const IDLE = 0u;
const WAITING = 1u;
const UNDER_WAY = 2u;
const DONE = 3u;
const REFUSED = 4u;
const STATE = 7u; // bits of the state; those above last from one pass of a tick to another
const CHECKED = 8u;  // it begins or takes effect, so its rules have to hold
const STRIKES = 16u; // it takes effect
const BEGAN = 32u;   // in this tick
const OVER = 64u;    // it was under way and has come to its end

const OUT_OF_BOUNDS = 1u;
const COOLDOWN = 2u;
const NO_LINE_OF_SIGHT = 3u;
const INSUFFICIENT_RESOURCE = 4u;
const INVALID_TARGET = 5u;
const PHYSICS_BLOCKED = 6u;
const NO_PATH = 7u;
const UNKNOWN = 8u;

const TO_PLACE = 1;
const TO_TARGET = 2;
const FROM_TARGET = 3;
const AROUND_TARGET = 4;
const FOLLOW_TARGET = 5;
const HOLD = 6;

const FOREVER = 0x40000000u; // ticks; for orders that last until they have arrived

/// A column of an ability's row, for 1 <= ability <= ABILITIES.
fn of_ability(ability: u32, column: i32) -> i32 {
    return combat_ability[(ability - 1u) * FIELDS + u32(column)];
}

/// Ticks of a duration in milliseconds, at least 1 unless it is 0. At most 3.6e6 ms, so that the
/// product stays below 2^32.
fn ticks_of(milliseconds: i32) -> u32 {
    if (milliseconds < 0) { return FOREVER; }
    let ticks = (u32(milliseconds) * RATE + 500u) / 1000u;
    return select(ticks, 1u, ticks == 0u && milliseconds > 0);
}

/// Ticks left of an order, before this one is counted.
fn left_of(o: Order) -> u32 {
    if ((o.state & STATE) != WAITING) { return o.ticks; }
    return ticks_of(of_ability(o.ability, FIELD_WINDUP)) + ticks_of(of_ability(o.ability, FIELD_LASTS));
}

/// Whether an agent of this component mask has what it takes to walk.
fn can_walk(mask: u32) -> bool {
    let needed = u32(HAS_GOAL | HAS_DESTINATION | HAS_ROUTE);
    return (mask & needed) == needed;
}

/// Who is down does nothing.
fn end_order(slot: u32) {
    if ((order[slot].state | order[slot].ticks | order[slot].reason) == 0u) { return; }
    order[slot].state = IDLE;
    order[slot].ticks = 0u;
    order[slot].reason = 0u;
}

/// The state of an order that is refused now.
fn refusal(o: Order) -> u32 {
    return REFUSED | select(0u, OVER, (o.state & STATE) == UNDER_WAY);
}
