//! import sim/statics.wgsl
// Contacts of agents of one radius with static boxes and planes.
fn each(slot: u32) {
    let before = Motion(position[slot].xyz, velocity[slot].xyz);
    let after = meet_statics(before, RADIUS);
    if (any(after.p != before.p)) { position[slot].xyz = after.p; }
    if (any(after.v != before.v)) { velocity[slot].xyz = after.v; }
}
