//! import lib/fixed.wgsl
// Moves entities that nothing accelerates and nothing bounds.
fn each(slot: u32) {
    let v = velocity[slot].xyz;
    let rate = u32(RATE);
    position[slot].xyz += vec3<i32>(
        exact_step(v.x, tick.phase, rate),
        exact_step(v.y, tick.phase, rate),
        exact_step(v.z, tick.phase, rate),
    );
}
