//! import lib/fixed.wgsl
//! import lib/grid.wgsl
// Which bodies touch: the same test for counting contacts and for resolving them.

struct Touch {
    d: vec3<i32>, // from the other body to this one
    d2: u32,      // its squared length, in units of 2^FINE
    depth: i32,   // how far the bodies overlap; 0 where they do not touch
    record: u32,  // of the other body
}

/// Where a walk over the candidates around a body has come to.
struct Walk {
    area: GridArea,
    row: u32,
    at: u32,
    end: u32,
}

/// Only what has a body and a velocity takes part.
fn is_member(slot: u32) -> bool {
    return (tick.shared_mask & REQUIRED) == REQUIRED || (entity[slot].y & REQUIRED) == REQUIRED;
}

/// Low 16 bits: layers a body is in; high 16 bits: layers it meets.
fn collides(a: u32, b: u32) -> bool {
    return ((a & 0xffffu) & (b >> 16u)) != 0u && ((b & 0xffffu) & (a >> 16u)) != 0u;
}

/// The contact of a body with the one of record i.
fn touch(own: vec4<i32>, me: Body, i: u32) -> Touch {
    let none = Touch(vec3<i32>(0), 0u, 0, i);
    let other = grid_record[i];
    var d = own.xyz - other.xyz; // wraps where far apart, alike for both
    if (FLAT) { d.y = 0; }
    // What the grid cannot find for one of the two may not count for the other.
    if (any(vec3<u32>(abs(d)) >= vec3<u32>(u32(GRID_REACH)))) { return none; }
    let it = body[u32(other.w)];
    if (it.radius <= 0 || !is_member(u32(other.w))) { return none; }
    let reach = min(me.radius + it.radius, GRID_REACH); // radii below 2^19: 8 m
    let fine = vec3<u32>(FINE);
    let near = (d + ((d >> vec3<u32>(31u)) & vec3<i32>((1 << FINE) - 1))) >> fine; // towards zero
    let d2 = u32(near.x * near.x + near.y * near.y + near.z * near.z); // each below 2^15
    let limit = u32(reach) >> FINE;
    if (d2 >= limit * limit || any(abs(d) >= vec3<i32>(reach))) { return none; }
    if (!collides(me.collision, it.collision)) { return none; }
    return Touch(d, d2, reach - i32(isqrt(d2) << FINE), i);
}

fn walk_around(own: vec4<i32>) -> Walk {
    return Walk(grid_area(own.xyz, GRID_REACH), 0u, 0u, 0u);
}

/// The next contact of a walk; depth 0 at its end. Threads search in step and then work on what each
/// has found, so that the costly part runs once for each contact and not for each candidate.
fn next_touch(walk: ptr<function, Walk>, index: u32, own: vec4<i32>, me: Body) -> Touch {
    var found = Touch(vec3<i32>(0), 0u, 0, 0u);
    loop {
        while ((*walk).at < (*walk).end && found.depth == 0) {
            let i = (*walk).at;
            (*walk).at = i + 1u;
            if (i != index) { found = touch(own, me, i); }
        }
        if (found.depth > 0 || (*walk).row >= (*walk).area.rows) { break; }
        let span = grid_span((*walk).area, (*walk).row);
        (*walk).row += 1u;
        (*walk).at = span.x;
        (*walk).end = span.y;
    }
    return found;
}
