//! import lib/root.wgsl
// Fixed-point arithmetic in integers only, so that every adapter computes the same bits.
// Q16.16 and Q2.30 are i32 with 16 and 30 fraction bits. i32 sums and products wrap.

/// Q16.16 product, rounded towards minus infinity, modulo 2^32 (2^16 in value).
fn mul_q16(a: i32, b: i32) -> i32 {
    // a_low * b_low < 2^32; the other two terms are whole multiples of the result's unit.
    let low = (u32(a) & 0xffffu) * (u32(b) & 0xffffu);
    return (a >> 16u) * b + (a & 0xffff) * (b >> 16u) + i32(low >> 16u);
}

/// floor((a b + bias 2^16) / 2^30) modulo 2^32, for 0 <= bias <= 2^14.
fn mul_q30_biased(a: i32, b: i32, bias: i32) -> i32 {
    // |a_high * b_low| <= 2^15 (2^16 - 1), so that cross and middle stay below 2^31 - 2^15 + 1.
    let a_low = a & 0xffff;
    let a_high = a >> 16u;
    let b_low = b & 0xffff;
    let b_high = b >> 16u;
    let low = (u32(a_low) * u32(b_low)) >> 16u;
    let cross = a_high * b_low + i32(low);
    let middle = a_low * b_high + (cross & 0xffff);
    return ((a_high * b_high + (cross >> 16u)) << 2u) + ((middle + bias) >> 14u);
}

/// Q2.30 product, rounded towards minus infinity, modulo 2^32 (4 in value).
fn mul_q30(a: i32, b: i32) -> i32 {
    return mul_q30_biased(a, b, 0);
}

/// Q2.30 product rounded to nearest, halves upwards: no bias, for chains of rotations.
fn mul_q30_round(a: i32, b: i32) -> i32 {
    return mul_q30_biased(a, b, 8192);
}

/// Q16.16 quotient, truncated towards zero, saturating. b = 0 saturates by the sign of a; 0/0 = 0.
fn div_q16(a: i32, b: i32) -> i32 {
    if (a == 0) {
        return 0;
    }
    let n = magnitude(a);
    let negative = (a ^ b) < 0;
    let q = div_wide(vec2<u32>(n << 16u, n >> 16u), magnitude(b));
    let bounded = min(q, select(0x7fffffffu, 0x80000000u, negative));
    return with_sign(bounded, select(1, -1, negative));
}

/// Q16.16 product rounded towards zero, modulo 2^32, so that the product of -a and b is -(a b).
fn mul_q16_trunc(a: i32, b: i32) -> i32 {
    let m = mul_wide(magnitude(a), magnitude(b));
    return with_sign((m.y << 16u) | (m.x >> 16u), a ^ b);
}

/// v * f, each product rounded towards zero.
fn scale_q16(v: vec3<i32>, f: i32) -> vec3<i32> {
    return vec3<i32>(mul_q16_trunc(v.x, f), mul_q16_trunc(v.y, f), mul_q16_trunc(v.z, f));
}

/// Dot product, each product rounded towards zero; the caller bounds the sum.
fn dot_q16(a: vec3<i32>, b: vec3<i32>) -> i32 {
    return mul_q16_trunc(a.x, b.x) + mul_q16_trunc(a.y, b.y) + mul_q16_trunc(a.z, b.z);
}

/// Displacement (Q16.16 m) in tick `phase` of a second, for velocity v (any i32, Q16.16 m/s):
/// floor(v (phase + 1) / rate) - floor(v phase / rate), so that `rate` ticks in a row make exactly v.
/// 0 <= phase < rate <= 1000. Pass rate as an override constant: both divisions become multiplications.
fn exact_step(v: i32, phase: u32, rate: u32) -> i32 {
    let sign = v >> 31u;
    let whole = i32(u32(v ^ sign) / rate) ^ sign; // floor(v / rate), since ~v = -v - 1
    let part = u32(v) - u32(whole) * rate;        // 0 <= part < rate
    let due = (part * phase) % rate + part;       // part * phase < 10^6 < 2^20
    return whole + select(0, 1, due >= rate);
}

/// floor of the Euclidean length, in the unit of d; exact for every i32 (below 2^31 sqrt(3) < 2^32).
fn length_q16(d: vec3<i32>) -> u32 {
    return isqrt_wide(square_wide(d));
}

/// d / |d| in Q2.30, each component within 2^-26; zero for zero; normalize_q30(-d) = -normalize_q30(d).
fn normalize_q30(d: vec3<i32>) -> vec3<i32> {
    return unit_q30(vec4<i32>(d, 0)).xyz;
}

/// v where |v| <= limit, else v scaled down: the length is then in [limit - 5, limit] units and no component
/// grows or changes sign. A negative limit counts as 0.
fn clamp_length_q16(v: vec3<i32>, limit: i32) -> vec3<i32> {
    let bound = u32(max(limit, 0));
    let square = square_wide(v);
    if (!less_wide(mul_wide(bound, bound), square)) {
        return v;
    }
    // isqrt + 1 > |v| > bound, so that ratio < 2^32 is rounded down and the length never exceeds the bound.
    let ratio = div_wide(vec2<u32>(0u, bound), isqrt_wide(square) + 1u);
    return vec3<i32>(
        with_sign(mul_high(magnitude(v.x), ratio), v.x),
        with_sign(mul_high(magnitude(v.y), ratio), v.y),
        with_sign(mul_high(magnitude(v.z), ratio), v.z),
    );
}

/// (reach - dist) / dist in Q14 for dist = sqrt(max(d2, 1)) and reach < 2^16, in one unit of your choice.
/// Within 2^-14 (1 + reach / dist). Multiply a difference by it with scale_q14 to push two bodies apart.
fn push_scale(d2: u32, reach: u32) -> i32 {
    let inverse = inverse_root(d2);
    // reach * mantissa < 2^32; the ratio is at most 2^16 (1 + 2^-14), below 2^31 in Q14.
    return i32((reach * inverse.mantissa) >> (inverse.shift - 14u)) - 16384;
}

/// d * scale / 2^14 rounded towards zero, so that scale_q14(-d) = -scale_q14(d), for |d * scale| < 2^31 each.
/// With scale = push_scale(d2, reach) and |d|^2 = d2 the product is at most 2^14 max(reach, dist) (1 + 2^-13).
fn scale_q14(d: vec3<i32>, scale: i32) -> vec3<i32> {
    let p = d * scale;
    return (p + ((p >> vec3<u32>(31u)) & vec3<i32>(16383))) >> vec3<u32>(14u);
}
