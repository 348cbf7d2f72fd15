//! import lib/root.wgsl
// Lines of sight against the list of blockers (engine/astraweave/sim/blockers.py), exact to the unit.
// A box or a ball blocks a segment if some point of it, ends included, is strictly inside. So what
// only touches a face, an edge or a ball blocks nothing, and who is inside sees nobody.

/// n / d < m / e, exact, for d, e > 0.
fn less_ratio(n: u32, d: u32, m: u32, e: u32) -> bool {
    return less_wide(mul_wide(n, e), mul_wide(m, d));
}

/// Whether the segment from a to b has a point strictly inside a box; exact over the whole range.
fn crosses_box(a: vec3<i32>, b: vec3<i32>, low: vec3<i32>, high: vec3<i32>) -> bool {
    let first = min(a, b);
    let last = max(a, b);
    if (any((last <= low) | (first >= high))) { return false; }
    // Along each axis it enters at enter / span of its length and leaves at leave / span (slabs; Kay
    // and Kajiya, SIGGRAPH 1986). It crosses if it enters every slab before it leaves any.
    let up = b >= a;
    let span = max(bitcast<vec3<u32>>(last - first), vec3<u32>(1u)); // differences wrap to u32: exact
    let near = bitcast<vec3<u32>>(select(a - high, low - a, up));
    let enter = select(vec3<u32>(0u), near, select(a > high, a < low, up));
    let leave = min(bitcast<vec3<u32>>(select(a - low, high - a, up)), span);
    return less_ratio(enter.x, span.x, leave.z, span.z) && less_ratio(enter.z, span.z, leave.x, span.x)
        && less_ratio(enter.x, span.x, leave.y, span.y) && less_ratio(enter.y, span.y, leave.x, span.x)
        && less_ratio(enter.z, span.z, leave.y, span.y) && less_ratio(enter.y, span.y, leave.z, span.z);
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
