//! import sim/combat_traits.wgsl
// Adds up what a tick did to an entity: who was down may be revived; else the damage that the guard
// lets through comes first, and who is still up is healed.
const BLOCK = 1u;
const PARRY = 3u;
const PRONE = 2u;

fn has_stance(slot: u32) -> bool {
    return (entity[slot].y & HAS_STANCE) == HAS_STANCE;
}

/// What a guard lets through.
fn guarded(slot: u32, damage: i32) -> i32 {
    if (damage == 0 || !has_stance(slot)) { return damage; }
    let guard = stance[slot].guard;
    if (guard == 0u || guard > PARRY) { return damage; }
    if (guard == BLOCK) { return damage - damage / 2; }
    if (guard == PARRY) { end_guard(slot); }
    return 0;
}

fn end_guard(slot: u32) {
    stance[slot].guard = 0u;
    stance[slot].ticks = 0u;
}

/// Who falls lies, and is down for the rest of the tick.
fn fall(slot: u32, id: u32) {
    health[slot].points = 0;
    combat_body[id].w &= ~UP;
    if (has_stance(slot)) {
        end_guard(slot);
        stance[slot].posture = PRONE;
    }
    emit_fell(Fell(id));
}

/// points + gain, at most `most` and never less than points.
fn raised(points: i32, gain: i32, most: i32) -> i32 {
    if (points >= most) { return points; }
    return points + min(gain, most - points);
}

fn each(slot: u32) {
    let id = entity[slot].x;
    let damage = max(combat_damage[id], 0);
    let gain = max(combat_gain[id], 0);
    if (damage == 0 && gain == 0) { return; }
    combat_damage[id] = 0;
    combat_gain[id] = 0;
    let h = health[slot];
    if (h.points <= 0) {
        if (gain > 0) { health[slot].points = raised(0, gain, h.most); }
        return;
    }
    let loss = guarded(slot, damage);
    if (damage > 0) { emit_struck(Struck(id, u32(min(loss, h.points)))); }
    if (loss >= h.points) {
        fall(slot, id);
    } else {
        health[slot].points = raised(h.points - loss, gain, h.most);
    }
}
