//! import lib/fixed.wgsl
// Turns velocities towards goals: the wish is the goal's speed straight at it, less on arrival.
fn each(slot: u32) {
    var d = goal[slot].position / 2 - position[slot].xyz / 2; // halves, so that it cannot wrap
    if (FLAT) { d.y = 0; }
    // On the last metres the speed falls with the distance, by 2/s.
    let brake = i32(min(length_q16(d), 0x1fffffffu)) * 4;
    let speed = min(goal[slot].speed, brake);
    let toward = normalize_q30(d);
    let wish = scale_q16(toward / 16384, speed);
    let v = velocity[slot].xyz;
    var change = wish - v;
    if (FLAT) { change.y = 0; }
    velocity[slot].xyz = v + scale_q16(change, GAIN);
}
