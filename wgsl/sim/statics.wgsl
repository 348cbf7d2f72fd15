//! import lib/fixed.wgsl
// Static geometry: boxes and planes, three vectors of numbers each.
//   box:   (centre, 0)           (half size, restitution)          (layers and mask, 0, 0, 0)
//   plane: (unit normal Q16, 1)  (offset, 0, 0, restitution)       (layers and mask, 0, 0, 0)

/// A body among static shapes, with the hardest impact so far.
struct Motion {
    p: vec3<i32>,
    v: vec3<i32>,
    impact: i32, // speed into the shape, Q16.16
    shape: u32,
}

/// Move out of a shape by `depth` along the unit normal n (Q16), and reflect what moves into it.
fn respond(m: Motion, n: vec3<i32>, depth: i32, restitution: i32, friction: i32) -> Motion {
    var out = m;
    out.p += scale_q16(n, depth);
    let speed = dot_q16(m.v, n);
    if (speed < 0) {
        out.impact = max(m.impact, -speed);
        let bounce = select(0, restitution, -speed > REST_SPEED);
        let slide = m.v - scale_q16(n, speed); // what is left of the motion along the surface
        out.v = scale_q16(slide, 65536 - friction) - scale_q16(n, mul_q16_trunc(speed, bounce));
    }
    return out;
}

/// Unit axis along which a point inside a box is nearest to the outside (w: how far), Q16.
fn way_out(d: vec3<i32>, half: vec3<i32>) -> vec4<i32> {
    let left = half - abs(d);
    var axis = vec4<i32>(select(65536, -65536, d.x < 0), 0, 0, left.x);
    if (left.z < axis.w) { axis = vec4<i32>(0, 0, select(65536, -65536, d.z < 0), left.z); }
    if (!FLAT && left.y < axis.w) { axis = vec4<i32>(0, select(65536, -65536, d.y < 0), 0, left.y); }
    return axis;
}

fn meet_box(m: Motion, radius: i32, a: vec4<i32>, b: vec4<i32>, friction: i32) -> Motion {
    var d = m.p - a.xyz;
    if (FLAT) { d.y = 0; }
    let nearest = clamp(d, -b.xyz, b.xyz);
    let gap = d - nearest;
    if (all(gap == vec3<i32>(0))) {
        let axis = way_out(d, b.xyz);
        return respond(m, axis.xyz, axis.w + radius, b.w, friction);
    }
    if (any(vec3<u32>(abs(gap)) >= vec3<u32>(u32(radius)))) { return m; }
    let depth = radius - i32(length_q16(gap));
    if (depth <= 0) { return m; }
    return respond(m, normalize_q30(gap) / 16384, depth, b.w, friction);
}

fn meet_plane(m: Motion, radius: i32, a: vec4<i32>, b: vec4<i32>, friction: i32) -> Motion {
    // Half distances stay below 2^31 wherever the body is; what is deeper than 4 km comes out by that.
    let half = dot_q16(m.p / 2, a.xyz) - b.x / 2;
    if (half >= radius) { return m; }
    let depth = radius - 2 * max(half, -(1 << 28u));
    if (depth <= 0) { return m; }
    return respond(m, a.xyz, depth, b.w, friction);
}

/// Low 16 bits: layers something is in; high 16 bits: layers it meets.
fn collides(a: u32, b: u32) -> bool {
    return ((a & 0xffffu) & (b >> 16u)) != 0u && ((b & 0xffffu) & (a >> 16u)) != 0u;
}

/// Meet every shape that the layers and masks let it meet, in the order of declaration.
fn meet_statics(p: vec3<i32>, v: vec3<i32>, radius: i32, collision: u32) -> Motion {
    var m = Motion(p, v, 0, 0u);
    for (var i = 0u; i < STATIC_COUNT; i++) {
        if (!collides(collision, u32(static_shape[3u * i + 2u].x))) { continue; }
        let a = static_shape[3u * i];
        let b = static_shape[3u * i + 1u];
        let before = m.impact;
        if (a.w == 0) {
            m = meet_box(m, radius, a, b, FRICTION);
        } else {
            m = meet_plane(m, radius, a, b, FRICTION);
        }
        if (m.impact > before) { m.shape = i; }
    }
    return m;
}
