//! import lib/fixed.wgsl
// Angles and rotations in integers. An angle is a u32 of which 2^32 are one turn; a quaternion
// is vec4<i32>(x, y, z, w) in Q2.30 with w the scalar part.

/// sin(2 pi a / 2^32) in Q2.30 within 2^-25. Exactly odd; exact at 0, a quarter, a half and three quarters.
fn sin_turn(a: u32) -> i32 {
    let turned = magnitude(i32(a));                    // sin(-a) = -sin(a)
    let x = min(turned, 0x80000000u - turned);         // sin(half - a) = sin(a); x / 2^30 in [0, 1] quarters
    let z = mul_high(x << 1u, x << 1u);                // x^2, Q30
    let rest = mul_high(x << 1u, (0x40000000u - z) << 1u); // x (1 - z), Q30
    // sin(pi/2 x) = x + x (1 - z) Q(z): the form makes both ends exact. Q is minimax, its error 2^-28.
    let z16 = (z + 8192u) >> 14u;                      // <= 2^16
    let q2 = 37927u - ((z16 * 1264u) >> 16u);          // Q23, positive
    let q1 = 322839856u - ((z16 * q2) >> 7u);          // Q32; z16 q2 < 2^31.3
    let q0 = 2451551381u - mul_high(z << 1u, q1 << 1u); // Q32; q1 < 2^29
    return with_sign(x + mul_high(rest, q0), i32(a));
}

/// cos(2 pi a / 2^32) in Q2.30 within 2^-25. Exactly even, and exact at the four quarters.
fn cos_turn(a: u32) -> i32 {
    return sin_turn(a + 0x40000000u);
}

/// The angle of (x, y) from the x axis towards the y axis, within 2^-21 turn. Exact on the axes and
/// diagonals; 0 for (0, 0); atan2_turn(-y, x) = -atan2_turn(y, x) modulo one turn.
fn atan2_turn(y: i32, x: i32) -> u32 {
    let ax = magnitude(x);
    let ay = magnitude(y);
    let ratio = div_wide(vec2<u32>(0u, min(ax, ay)), max(ax, ay)); // Q32, saturated on the diagonal
    let t = select(ratio >> 2u, 0x40000000u, ax == ay);            // Q30, in [0, 1]
    let z = mul_high(t << 1u, t << 1u);
    let rest = mul_high(t << 1u, (0x40000000u - z) << 1u);
    // atan(t) / 2 pi = t / 8 + t (1 - z) Q(z), z = t^2, exact at both ends. Q is minimax, its error 2^-21.7 turn.
    // Each product of z16 <= 2^16 and a 16-bit coefficient fits 32 bits, and each difference is positive.
    let z16 = (z + 8192u) >> 14u;
    let q3 = 54066u - ((z16 * 15257u) >> 16u);   // Q23
    let q2 = 50257u - ((z16 * q3) >> 17u);       // Q22
    let q1 = 39388u - ((z16 * q2) >> 17u);       // Q21
    let q0 = 146677727u - ((z16 * q1) >> 5u);    // Q32
    let octant = select((t >> 1u) + (mul_high(rest << 2u, q0)), 0u, ax == 0u && ay == 0u);
    let quadrant = select(octant, 0x40000000u - octant, ay > ax);
    let half = select(quadrant, 0x80000000u - quadrant, x < 0);
    return select(half, 0u - half, y < 0);
}

/// Componentwise Q2.30 product of two vectors, rounded to nearest.
fn mul3_q30(a: vec3<i32>, b: vec3<i32>) -> vec3<i32> {
    return vec3<i32>(mul_q30_round(a.x, b.x), mul_q30_round(a.y, b.y), mul_q30_round(a.z, b.z));
}

fn mul4_q30(a: vec4<i32>, b: vec4<i32>) -> vec4<i32> {
    return vec4<i32>(mul3_q30(a.xyz, b.xyz), mul_q30_round(a.w, b.w));
}

/// Cross product of a Q2.30 vector and any other, in the unit of the other; within 1 unit.
fn cross_q30(a: vec3<i32>, b: vec3<i32>) -> vec3<i32> {
    return mul3_q30(a.yzx, b.zxy) - mul3_q30(a.zxy, b.yzx);
}

/// Hamilton product (rotate by b, then by a), within 2 units of 2^-30, for |a| |b| < 2.
fn quat_mul(a: vec4<i32>, b: vec4<i32>) -> vec4<i32> {
    let flip = vec4<i32>(1, 1, 1, -1);
    return mul4_q30(a.wwww, b) + mul4_q30(flip * a.xyzx, b.wwwx)
         + mul4_q30(flip * a.yzxy, b.zxyy) - mul4_q30(a.zxyz, b.yzxz);
}

/// v turned by the unit quaternion q, in the unit of v, for |v| <= 2^29;
/// each component within 6 units + 2^-25 |v|, the latter because |q| is 1 only within 2^-26.
fn quat_rotate(q: vec4<i32>, v: vec3<i32>) -> vec3<i32> {
    let twice = cross_q30(q.xyz, v) << vec3<u32>(1u); // |twice| <= 2^30
    return v + mul3_q30(q.www, twice) + cross_q30(q.xyz, twice);
}

/// q / |q|, each component within 2^-26; the identity for zero.
fn quat_normalize(q: vec4<i32>) -> vec4<i32> {
    return select(unit_q30(q), vec4<i32>(0, 0, 0, 0x40000000), all(q == vec4<i32>()));
}
