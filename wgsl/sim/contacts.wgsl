//! import sim/touching.wgsl
// Contacts between spheres (or discs, where FLAT) with restitution, layers and masks. Every body
// sums what all its contacts do to it from the state before the pass. Each pair's correction is
// divided by the larger of its two numbers of contacts, so that what one body gains the other
// loses, and that no cluster of contacts gains energy (Jacobi with averaging).

/// Share of the correction that falls to the first body, Q16; 0 <= a, b < 2^24, not both 0.
fn share(a: i32, b: i32) -> i32 {
    let sum = u32(a) + u32(b);
    let shift = 16u - min(countLeadingZeros(sum), 16u); // brings the sum below 2^16
    return i32(((u32(a) >> shift) << 16u) / max(sum >> shift, 1u));
}

fn each(index: u32) {
    if (index >= grid_start[GRID_CELLS]) { return; }
    let own = grid_record[index];
    let slot = u32(own.w);
    if (!is_member(slot)) { return; }
    let mine = contact_motion[index];
    if (mine.w == 0) { return; }
    let me = body[slot];
    let id = entity[slot].x;
    var push = vec3<i32>(0);
    var kick = vec3<i32>(0);
    var walk = walk_around(own);
    for (var n = 0; n < mine.w; n++) {
        let met = next_touch(&walk, index, own, me);
        let other = u32(grid_record[met.record].w);
        let it = body[other];
        let theirs = contact_motion[met.record];
        let other_id = entity[other].x;
        var normal = normalize_q30(met.d) / 16384; // Q16
        if (met.d2 == 0u) { normal = vec3<i32>(select(-65536, 65536, id < other_id), 0, 0); }
        let speed = dot_q16(mine.xyz - theirs.xyz, normal); // negative while they approach
        if (id < other_id && -speed > EVENT_SPEED) {
            emit_contact(Contact(id, other_id, -speed));
        }
        let several = max(mine.w, theirs.w);
        let weight = share(me.inverse_mass, it.inverse_mass);
        // Positions may be over-relaxed (1.5), velocities not: that would add energy.
        let ease = mul_q16(min(65536, 98304 / several), STIFFNESS);
        push += scale_q16(normal, mul_q16(mul_q16(met.depth, weight), ease));
        if (speed < 0) {
            let bounce = select(0, max(me.restitution, it.restitution), -speed > REST_SPEED);
            let gain = mul_q16(-speed, 65536 + bounce) / several;
            kick += scale_q16(normal, mul_q16(gain, weight));
        }
    }
    if (me.inverse_mass <= 0) { return; }
    position[slot].xyz += push;
    velocity[slot].xyz += kick;
}
