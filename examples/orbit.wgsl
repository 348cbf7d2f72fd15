//! import lib/fixed.wgsl
// Accelerates each particle towards the y axis, in proportion to its distance.
fn each(slot: u32) {
    let away = position[slot].xyz * vec3<i32>(1, 0, 1);
    let pull = orbit[slot].pull / RATE;
    velocity[slot].xyz -= vec3<i32>(mul_q16(away.x, pull), 0, mul_q16(away.z, pull));
}
