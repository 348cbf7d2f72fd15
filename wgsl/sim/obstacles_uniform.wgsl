//! import sim/statics.wgsl
// Contacts of agents of one radius with static boxes and planes; they are in layer 1 and meet all.
fn each(slot: u32) {
    let p = position[slot].xyz;
    let v = velocity[slot].xyz;
    let after = meet_statics(p, v, RADIUS, 0xffff0001u);
    if (any(after.p != p)) { position[slot].xyz = after.p; }
    if (any(after.v != v)) { velocity[slot].xyz = after.v; }
}
