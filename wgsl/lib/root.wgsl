//! import lib/wide.wgsl
// Square roots and their inverses in integers: a polynomial, one step that cubes the error,
// and for exact roots one correction. No table, no loop.

/// 2^31 / sqrt(m) for 2^30 <= m, with relative error <= 2^-14; 2^15 < result < 2^16.
fn rsqrt_16(m: u32) -> u32 {
    let t = m >> 16u; // drops at most 2^-14 of m, 2^-15 of the root
    // Minimax over w = t / 2^16 in [1/4, 1), Q16, error <= 2.5%: w (A1 - A2 w) < 0.83, so products fit 32 bits.
    let y = 87246u - ((t * (107047u - ((t * 53425u) >> 16u))) >> 16u);
    // e = 1 - t y^2, |e| <= 0.05: y (1 + e/2 + 3/8 e^2) leaves 5/16 e^3. t y < 2^31.1, hence the root is < 2^16.1.
    let root = (t * y) >> 15u;
    let e = i32(0x80000000u - root * y) >> 13u; // Q18, |e| < 2^14
    let step = e + ((3 * e * e) >> 20u);        // Q19
    return y + u32((i32(y) * step) >> 19u);     // |y step| < 2^30.8
}

/// 2^46 / sqrt(m) for 2^30 <= m, with relative error <= 2^-27; below 2^31.
fn rsqrt_31(m: u32) -> u32 {
    let y = rsqrt_16(m);
    let e = i32(0x40000000u - mul_high(m, y * y)); // Q30, |e| <= 2^-13, so that |y (e / 4)| < 2^31
    return (y << 15u) + u32((i32(y) * (e >> 2u)) >> 14u);
}

/// floor(sqrt(m)) for 2^30 <= m, and for m = 0.
fn isqrt_normal(m: u32) -> u32 {
    let y = rsqrt_16(m);
    let guess = ((m >> 16u) * y) >> 15u; // within 4 of the root
    // sqrt(m) = guess + rest / (2 guess), 1 / (2 guess) = y / 2^32; |rest| < 2^20, so the product is < 2^31.
    // Taking 2^-8 off makes the estimate never too high, and at most 1 too low (checked for every m).
    let rest = i32(m - guess * guess);
    let root = guess + u32((((rest >> 5u) - 8) * i32(y)) >> 27u);
    return root + select(0u, 1u, m - root * root > 2u * root);
}

/// floor(sqrt(x)), exact for every u32.
fn isqrt(x: u32) -> u32 {
    let s = countLeadingZeros(x) & 30u; // even, and 0 for x = 0
    return isqrt_normal(x << s) >> (s >> 1u);
}

/// floor(sqrt(v)), exact for every u64: the root of the upper word, then one digit of base 2^16
/// by division (Zimmermann, "Karatsuba Square Root", INRIA RR-3805, 1999).
fn isqrt_wide(v: vec2<u32>) -> u32 {
    if ((v.x | v.y) == 0u) {
        return 0u;
    }
    let s = select(countLeadingZeros(v.y), 32u + countLeadingZeros(v.x), v.y == 0u) & 62u;
    let n = shl_wide(v, s);
    let root = isqrt_normal(n.y); // 2^15 <= root < 2^16
    let top = ((n.y - root * root) << 15u) | (n.x >> 17u); // n.y - root^2 <= 2 root < 2^17
    let digit = min(top / root, 0xffffu);
    // (root 2^16 + digit)^2 > n exactly if left 2^16 + (low half of n) < digit^2 < 2^32; then the digit is 1 too high.
    let left = ((top - digit * root) << 1u) | ((n.x >> 16u) & 1u);
    let high = left < 0x10000u && ((left << 16u) | (n.x & 0xffffu)) < digit * digit;
    return (((root << 16u) | digit) - select(0u, 1u, high)) >> (s >> 1u);
}

/// |d|^2, exact: at most 3 * 2^62.
fn square_wide(d: vec3<i32>) -> vec2<u32> {
    let x = magnitude(d.x);
    let y = magnitude(d.y);
    let z = magnitude(d.z);
    return add_wide(add_wide(mul_wide(x, x), mul_wide(y, y)), mul_wide(z, z));
}

/// v / |v| in Q2.30, each component within 2^-26; zero for zero; unit_q30(-v) = -unit_q30(v).
fn unit_q30(v: vec4<i32>) -> vec4<i32> {
    let a = vec4<u32>(magnitude(v.x), magnitude(v.y), magnitude(v.z), magnitude(v.w));
    let top = max(max(a.x, a.y), max(a.z, a.w));
    if (top == 0u) {
        return vec4<i32>();
    }
    // Shift the largest component into [2^29, 2^30): then c^2 / 2^30 sums to s in [2^28 - 2^3, 2^32).
    let zeros = countLeadingZeros(top);
    let c = (a >> vec4<u32>(2u - min(zeros, 2u))) << vec4<u32>(max(zeros, 2u) - 2u);
    let high = c >> vec4<u32>(15u); // < 2^15
    let squares = high * high + ((high * (c & vec4<u32>(0x7fffu))) >> vec4<u32>(14u));
    let s = squares.x + squares.y + squares.z + squares.w;
    let even = countLeadingZeros(s) & 2u;
    let y = rsqrt_31(s << even);
    let wide = c << vec4<u32>(1u + (even >> 1u)); // < 2^32
    return vec4<i32>(
        with_sign(mul_high(wide.x, y), v.x),
        with_sign(mul_high(wide.y, y), v.y),
        with_sign(mul_high(wide.z, y), v.z),
        with_sign(mul_high(wide.w, y), v.w),
    );
}

/// 1 / sqrt(d2) = mantissa / 2^shift, with 2^15 < mantissa < 2^16 and 16 <= shift <= 31.
struct InverseRoot {
    mantissa: u32,
    shift: u32,
}

/// 1 / sqrt(d2) with relative error <= 2^-14, in 24 integer operations; d2 = 0 counts as 1.
fn inverse_root(d2: u32) -> InverseRoot {
    let square = max(d2, 1u);
    let s = countLeadingZeros(square) & 30u;
    return InverseRoot(rsqrt_16(square << s), 31u - (s >> 1u));
}
