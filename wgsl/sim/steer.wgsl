//! import lib/fixed.wgsl
// Turns velocities towards goals: the wish is the goal's speed straight at it, less on arrival.
fn each(slot: u32) {
    var d = goal[slot].position - position[slot].xyz;
    if (FLAT) { d.y = 0; }
    // On the last metres the speed falls with the distance, by 2/s; the shift bounds the product.
    let brake = i32(min(length_q16(d), 0x1fffffffu)) * 2;
    let speed = min(goal[slot].speed, brake);
    let toward = normalize_q30(d);
    let wish = vec3<i32>(mul_q30(toward.x, speed), mul_q30(toward.y, speed), mul_q30(toward.z, speed));
    var v = velocity[slot].xyz;
    var change = wish - v;
    if (FLAT) { change.y = 0; }
    v += vec3<i32>(mul_q16(change.x, GAIN), mul_q16(change.y, GAIN), mul_q16(change.z, GAIN));
    velocity[slot].xyz = v;
}
