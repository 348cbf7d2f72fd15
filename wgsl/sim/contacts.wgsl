//! import lib/fixed.wgsl
//! import lib/grid.wgsl
// Contacts between spheres (or discs, where FLAT) with restitution, layers and masks. Every body
// sums what all its contacts do to it from the state before the pass; both sides of a pair compute
// mirrored values, so momentum is kept to the last bit of a single contact.

/// Share of the correction that falls to the first body, Q16; 0 <= a, b < 2^24, not both 0.
fn share(a: i32, b: i32) -> i32 {
    let sum = u32(a) + u32(b);
    let shift = 16u - min(countLeadingZeros(sum), 16u); // brings the sum below 2^16
    return i32(((u32(a) >> shift) << 16u) / max(sum >> shift, 1u));
}

fn dot_q16(a: vec3<i32>, b: vec3<i32>) -> i32 {
    return mul_q16(a.x, b.x) + mul_q16(a.y, b.y) + mul_q16(a.z, b.z);
}

fn times_q16(v: vec3<i32>, f: i32) -> vec3<i32> {
    // Towards zero, so that the two bodies of a pair get opposite values.
    return vec3<i32>(
        with_sign(u32(mul_q16(i32(magnitude(v.x)), f)), v.x),
        with_sign(u32(mul_q16(i32(magnitude(v.y)), f)), v.y),
        with_sign(u32(mul_q16(i32(magnitude(v.z)), f)), v.z),
    );
}

fn collides(a: u32, b: u32) -> bool {
    // Low 16 bits: layers the body is in; high 16 bits: layers it meets.
    return ((a & 0xffffu) & (b >> 16u)) != 0u && ((b & 0xffffu) & (a >> 16u)) != 0u;
}

/// Only what has a body and a velocity takes part.
fn is_member(slot: u32) -> bool {
    return (tick.shared_mask & REQUIRED) == REQUIRED || (entity[slot].y & REQUIRED) == REQUIRED;
}

fn each(index: u32) {
    if (index >= grid_start[GRID_CELLS]) { return; }
    let own = grid_record[index];
    let slot = u32(own.w);
    if (!is_member(slot)) { return; }
    let me = body[slot];
    let mine = contact_motion[index];
    if (me.radius <= 0) { return; }
    let id = entity[slot].x;
    let area = grid_area(own.xyz, GRID_REACH);
    var push = vec3<i32>(0);
    var kick = vec3<i32>(0);
    var touching = 0;
    for (var k = 0u; k < area.rows; k++) {
        let span = grid_span(area, k);
        for (var i = span.x; i < span.y; i++) {
            let other = grid_record[i];
            var d = own.xyz - other.xyz; // wraps where far apart; the next line then rejects it or not, alike for both
            if (FLAT) { d.y = 0; }
            let reach = me.radius + body[u32(other.w)].radius; // radii below 2^19: 8 m
            if (i == index || any(vec3<u32>(abs(d)) >= vec3<u32>(u32(reach)))) { continue; }
            let fine = vec3<u32>(FINE);
            let near = (d + ((d >> vec3<u32>(31u)) & vec3<i32>((1 << FINE) - 1))) >> fine; // towards zero
            let d2 = u32(near.x * near.x + near.y * near.y + near.z * near.z); // each below 2^15
            let limit = u32(reach) >> FINE;
            if (d2 >= limit * limit) { continue; }
            let it = body[u32(other.w)];
            if (!is_member(u32(other.w)) || !collides(me.collision, it.collision)) { continue; }
            let theirs = contact_motion[i];
            let other_id = entity[u32(other.w)].x;
            var n = normalize_q30(d) / 16384; // Q16
            if (d2 == 0u) { n = vec3<i32>(select(-65536, 65536, id < other_id), 0, 0); }
            let w = select(32768, share(mine.w, theirs.w), mine.w + theirs.w > 0);
            let depth = reach - i32(isqrt(d2) << FINE);
            let speed = dot_q16(mine.xyz - theirs.xyz, n); // negative while they approach
            touching += 1;
            if (mine.w > 0) {
                push += times_q16(n, mul_q16(depth, w));
                if (speed < 0) {
                    let bounce = select(0, max(me.restitution, it.restitution), -speed > REST_SPEED);
                    let gain = mul_q16(-speed, 65536 + bounce);
                    kick += times_q16(n, mul_q16(gain, w));
                }
            }
            if (id < other_id && -speed > EVENT_SPEED) {
                emit_contact(Contact(id, other_id, -speed));
            }
        }
    }
    if (touching == 0) { return; }
    // Several contacts at once share: their corrections overlap (Jacobi with over-relaxation 1.5).
    let relax = min(65536, 98304 / touching);
    push = times_q16(push, mul_q16(relax, STIFFNESS));
    position[slot].xyz = own.xyz + push;
    velocity[slot].xyz = mine.xyz + times_q16(kick, relax);
}
