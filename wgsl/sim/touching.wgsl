//! import lib/fixed.wgsl
//! import lib/grid.wgsl
// Which bodies touch: the same test for counting contacts and for resolving them.

struct Touch {
    d: vec3<i32>, // from the other body to this one
    d2: u32,      // its squared length, in units of 2^FINE
    depth: i32,   // how far the bodies overlap; 0 where they do not touch
}

/// Only what has a body and a velocity takes part.
fn is_member(slot: u32) -> bool {
    return (tick.shared_mask & REQUIRED) == REQUIRED || (entity[slot].y & REQUIRED) == REQUIRED;
}

/// Low 16 bits: layers a body is in; high 16 bits: layers it meets.
fn collides(a: u32, b: u32) -> bool {
    return ((a & 0xffffu) & (b >> 16u)) != 0u && ((b & 0xffffu) & (a >> 16u)) != 0u;
}

/// The contact of two records with the bodies `me` and `it`.
fn touch(own: vec4<i32>, other: vec4<i32>, me: Body, it: Body) -> Touch {
    let none = Touch(vec3<i32>(0), 0u, 0);
    if (me.radius <= 0 || it.radius <= 0) { return none; }
    // What the grid cannot find for one of the two may not count for the other.
    let reach = min(me.radius + it.radius, GRID_REACH); // radii below 2^19: 8 m
    var d = own.xyz - other.xyz; // wraps where far apart, alike for both
    if (FLAT) { d.y = 0; }
    if (any(vec3<u32>(abs(d)) >= vec3<u32>(u32(reach)))) { return none; }
    let fine = vec3<u32>(FINE);
    let near = (d + ((d >> vec3<u32>(31u)) & vec3<i32>((1 << FINE) - 1))) >> fine; // towards zero
    let d2 = u32(near.x * near.x + near.y * near.y + near.z * near.z); // each below 2^15
    let limit = u32(reach) >> FINE;
    if (d2 >= limit * limit) { return none; }
    if (!is_member(u32(other.w)) || !collides(me.collision, it.collision)) { return none; }
    return Touch(d, d2, reach - i32(isqrt(d2) << FINE));
}
