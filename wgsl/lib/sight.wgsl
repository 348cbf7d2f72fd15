//! import lib/root.wgsl
// Lines of sight against the list of blockers (engine/astraweave/sim/blockers.py), exact to the unit.
// A box or a ball blocks a segment if some point of it, ends included, is strictly inside. So what
// only touches a face, an edge or a ball blocks nothing, and who is inside sees nobody.

/// n / d < m / e, exact, for d, e > 0.
fn less_ratio(n: u32, d: u32, m: u32, e: u32) -> bool {
    return less_wide(mul_wide(n, e), mul_wide(m, d));
}

/// How a segment goes through the slabs of a box: along each axis it enters at enter / span of its
/// length and leaves at leave / span (Kay and Kajiya, SIGGRAPH 1986). 0 <= enter < span, and
/// 0 < leave <= span.
struct Slabs {
    enter: vec3<u32>,
    leave: vec3<u32>,
    span: vec3<u32>,
}

/// Whether it enters every slab before it leaves any, exact for all lengths.
fn crosses_slabs(s: Slabs) -> bool {
    return less_ratio(s.enter.x, s.span.x, s.leave.z, s.span.z)
        && less_ratio(s.enter.z, s.span.z, s.leave.x, s.span.x)
        && less_ratio(s.enter.x, s.span.x, s.leave.y, s.span.y)
        && less_ratio(s.enter.y, s.span.y, s.leave.x, s.span.x)
        && less_ratio(s.enter.z, s.span.z, s.leave.y, s.span.y)
        && less_ratio(s.enter.y, s.span.y, s.leave.z, s.span.z);
}

/// Whether the segment from a to b has a point strictly inside a box; exact over the whole range.
fn crosses_box(a: vec3<i32>, b: vec3<i32>, low: vec3<i32>, high: vec3<i32>) -> bool {
    let first = min(a, b);
    let last = max(a, b);
    if (any((last <= low) | (first >= high))) { return false; }
    let up = b >= a;
    let span = max(bitcast<vec3<u32>>(last - first), vec3<u32>(1u)); // differences wrap to u32: exact
    let near = bitcast<vec3<u32>>(select(a - high, low - a, up));
    let enter = select(vec3<u32>(0u), near, select(a > high, a < low, up));
    let leave = min(bitcast<vec3<u32>>(select(a - low, high - a, up)), span);
    // The upper 15 bits of each axis settle all but near ties: `more` is added where bits were dropped,
    // so that a length is at least its upper bits and at most those and `more`. Products stay < 2^31.
    let drop = max(firstLeadingBit(span), vec3<u32>(14u)) - 14u;
    let more = min(drop, vec3<u32>(1u));
    let e = enter >> drop;
    let l = leave >> drop;
    let s = span >> drop;
    if (any(e.xz * s.zx >= (l.zx + more.zx) * (s.xz + more.xz))) { return false; }
    var sure = all((e.xz + more.xz) * (s.zx + more.zx) < l.zx * s.xz);
    if (first.y <= low.y || last.y >= high.y) { // else the slab of y holds all of it
        if (any(e.xyzy * s.yxyz >= (l.yxyz + more.yxyz) * (s.xyzy + more.xyzy))) { return false; }
        sure &= all((e.xyzy + more.xyzy) * (s.yxyz + more.yxyz) < l.yxyz * s.xyzy);
    }
    return sure || crosses_slabs(Slabs(enter, leave, span));
}

/// u . v as a signed wide number, for |u . v| < 2^63.
fn dot_wide(u: vec3<i32>, v: vec3<i32>) -> vec2<u32> {
    var sum = vec2<u32>(0u);
    for (var i = 0u; i < 3u; i++) {
        let product = mul_wide(magnitude(u[i]), magnitude(v[i]));
        let negated = add_wide(~product, vec2<u32>(1u, 0u));
        sum = add_wide(sum, select(product, negated, (u[i] ^ v[i]) < 0));
    }
    return sum;
}

/// a * b of two unsigned wide numbers, exact: four words, the lowest first.
fn mul_wider(a: vec2<u32>, b: vec2<u32>) -> vec4<u32> {
    let low = mul_wide(a.x, b.x);
    let cross = add_wide(mul_wide(a.x, b.y), vec2<u32>(low.y, 0u)); // at most 2^64 - 2^32
    let middle = add_wide(mul_wide(a.y, b.x), vec2<u32>(cross.x, 0u));
    let carried = add_wide(vec2<u32>(cross.y, 0u), vec2<u32>(middle.y, 0u));
    let high = add_wide(mul_wide(a.y, b.y), carried);
    return vec4<u32>(low.x, middle.x, high);
}

/// Whether the segment from a to b has a point strictly inside a ball. |b - a| <= 2^30 along every
/// axis and 0 <= radius <= 2^22, so that squares of lengths stay below 2^62.
fn crosses_ball(a: vec3<i32>, b: vec3<i32>, centre: vec3<i32>, radius: i32) -> bool {
    let first = min(a, b);
    let last = max(a, b);
    let reach = vec3<u32>(u32(radius));
    let under = (centre < first) & (bitcast<vec3<u32>>(first - centre) >= reach);
    let over = (centre > last) & (bitcast<vec3<u32>>(centre - last) >= reach);
    if (any(under | over)) { return false; }
    let d = b - a;
    let m = centre - a; // from here on |m| < 2^30 + 2^22 along every axis
    let r2 = mul_wide(reach.x, reach.x);
    let m2 = square_wide(m);
    if (less_wide(m2, r2) || less_wide(square_wide(centre - b), r2)) { return true; }
    // The nearest point is between the ends if 0 < m . d < |d|^2; its squared distance from the
    // centre is |m|^2 - (m . d)^2 / |d|^2.
    let along = dot_wide(m, d);
    let d2 = square_wide(d);
    if ((along.y >> 31u) == 1u || !less_wide(along, d2)) { return false; }
    let gap = add_wide(add_wide(m2, ~r2), vec2<u32>(1u, 0u)); // |m|^2 - r^2 >= 0
    let left = mul_wider(gap, d2);
    let right = mul_wider(along, along);
    return less_wide(left.zw, right.zw) || (all(left.zw == right.zw) && less_wide(left.xy, right.xy));
}

/// Whether nothing that blocks sight lies between two places. Needs `blockers_list`; false for
/// places more than 16,384 m apart along an axis.
fn in_sight(a: vec3<i32>, b: vec3<i32>) -> bool {
    let apart = bitcast<vec3<u32>>(max(a, b) - min(a, b));
    if (any(apart > vec3<u32>(1u << 30u))) { return false; }
    let count = blockers_list[0];
    for (var i = 0; i < count.x; i++) {
        if (crosses_box(a, b, blockers_list[1 + 2 * i].xyz, blockers_list[2 + 2 * i].xyz)) {
            return false;
        }
    }
    for (var i = 0; i < count.y; i++) {
        let ball = blockers_list[513 + i];
        if (crosses_ball(a, b, ball.xyz, ball.w)) { return false; }
    }
    return true;
}
