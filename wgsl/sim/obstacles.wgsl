//! import sim/statics.wgsl
// Contacts of bodies with static boxes and planes.
fn each(slot: u32) {
    let before = Motion(position[slot].xyz, velocity[slot].xyz);
    if (body[slot].inverse_mass == 0) { return; }
    let after = meet_statics(before, body[slot].radius);
    if (any(after.p != before.p)) { position[slot].xyz = after.p; }
    if (any(after.v != before.v)) { velocity[slot].xyz = after.v; }
}
