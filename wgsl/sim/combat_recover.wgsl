//! import lib/fixed.wgsl
// Morale recovers and changes, and nobody is left for the next tick to see (combat_traits.wgsl).
fn each(slot: u32) {
    let mask = entity[slot].y;
    if (mask == 0u) { return; }
    let id = entity[slot].x;
    combat_body[id].w = 0;
    let change = combat_morale[id];
    if (change != 0) { combat_morale[id] = 0; }
    if ((mask & HAS_MORALE) != HAS_MORALE) { return; }
    let before = morale[slot].level;
    var level = before;
    if (level < CALM) { level = min(CALM, level + exact_step(RECOVERY, tick.phase, u32(RATE))); }
    level = clamp(level + clamp(change, -65536, 65536), 0, 65536);
    if (level != before) { morale[slot].level = level; }
}
