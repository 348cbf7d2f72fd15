//! import sim/statics.wgsl
// Contacts of bodies with static boxes and planes; the hardest of a tick is told as an event.
fn each(slot: u32) {
    let p = position[slot].xyz;
    let v = velocity[slot].xyz;
    if (body[slot].inverse_mass == 0) { return; }
    let after = meet_statics(p, v, body[slot].radius, body[slot].collision);
    if (any(after.p != p)) { position[slot].xyz = after.p; }
    if (any(after.v != v)) { velocity[slot].xyz = after.v; }
    if (after.impact > EVENT_SPEED) {
        emit_static_contact(StaticContact(entity[slot].x, after.shape, after.impact));
    }
}
