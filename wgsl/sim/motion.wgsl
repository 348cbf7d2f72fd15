//! import lib/fixed.wgsl
// Moves entities: gravity, damping, speed limit, position, reflection at the bounds of the world.
// exact_step makes any whole number of seconds at constant velocity (or acceleration) exact.

/// v * keep / 2^16 towards zero, so that motion dies out; 0 <= keep <= 2^16.
fn damp(v: i32, keep: u32) -> i32 {
    let m = mul_wide(magnitude(v), keep);
    return with_sign((m.y << 16u) | (m.x >> 16u), v);
}

fn fall(g: i32) -> i32 {
    return exact_step(g, tick.phase, u32(RATE));
}

fn each(slot: u32) {
    let before = velocity[slot].xyz;
    var v = before;
    if (GRAVITY_X != 0 || GRAVITY_Y != 0 || GRAVITY_Z != 0) {
        v += vec3<i32>(fall(GRAVITY_X), fall(GRAVITY_Y), fall(GRAVITY_Z));
    }
    if (KEEP != 65536) {
        v = vec3<i32>(damp(v.x, u32(KEEP)), damp(v.y, u32(KEEP)), damp(v.z, u32(KEEP)));
    }
    if (MAX_SPEED > 0) {
        v = clamp_length_q16(v, MAX_SPEED);
    }
    let rate = u32(RATE);
    var p = position[slot].xyz + vec3<i32>(
        exact_step(v.x, tick.phase, rate),
        exact_step(v.y, tick.phase, rate),
        exact_step(v.z, tick.phase, rate),
    );
    if (BOUNDED) {
        let low = vec3<i32>(LOW_X, LOW_Y, LOW_Z);
        let high = vec3<i32>(HIGH_X, HIGH_Y, HIGH_Z);
        let under = p < low;
        let over = p > high;
        v = select(v, -v, (under & (v < vec3<i32>(0))) | (over & (v > vec3<i32>(0))));
        // Differences are taken only where p is outside, by at most a tick's travel.
        p = select(p, low + (low - p), under);
        p = select(p, high - (p - high), over);
        p = clamp(p, low, high);
    }
    position[slot].xyz = p;
    if (any(v != before)) { velocity[slot].xyz = v; }
}
