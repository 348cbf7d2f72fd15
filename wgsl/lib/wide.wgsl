// Sums, products and quotients of 64 bits in pairs of u32, because core WGSL has no u64.
// A wide number is vec2<u32>(low, high). Sums and products wrap as u32 does.

/// a * b, exact. Each partial sum is at most (2^16 - 1)^2 + 2 (2^16 - 1) = 2^32 - 1.
fn mul_wide(a: u32, b: u32) -> vec2<u32> {
    let a_low = a & 0xffffu;
    let a_high = a >> 16u;
    let b_low = b & 0xffffu;
    let b_high = b >> 16u;
    let low = a_low * b_low;
    let cross = a_high * b_low + (low >> 16u);
    let middle = a_low * b_high + (cross & 0xffffu);
    return vec2<u32>((middle << 16u) | (low & 0xffffu), a_high * b_high + (cross >> 16u) + (middle >> 16u));
}

/// floor(a * b / 2^32), exact; what is left of mul_wide when only the high word is used.
fn mul_high(a: u32, b: u32) -> u32 {
    return mul_wide(a, b).y;
}

/// a + b modulo 2^64.
fn add_wide(a: vec2<u32>, b: vec2<u32>) -> vec2<u32> {
    let low = a.x + b.x;
    return vec2<u32>(low, a.y + b.y + select(0u, 1u, low < a.x));
}

/// a < b.
fn less_wide(a: vec2<u32>, b: vec2<u32>) -> bool {
    return a.y < b.y || (a.y == b.y && a.x < b.x);
}

/// v * 2^s modulo 2^64, for 0 <= s <= 63. No single shift exceeds 31 bits.
fn shl_wide(v: vec2<u32>, s: u32) -> vec2<u32> {
    let part = s & 31u;
    let spill = (v.x >> 1u) >> (31u - part);
    let near = vec2<u32>(v.x << part, (v.y << part) | spill);
    return select(near, vec2<u32>(0u, near.x), s >= 32u);
}

/// The low word of floor(v / 2^s), for 0 <= s <= 63.
fn shr_wide(v: vec2<u32>, s: u32) -> u32 {
    let part = s & 31u;
    let spill = (v.y << 1u) << (31u - part);
    return select((v.x >> part) | spill, v.y >> part, s >= 32u);
}

/// One digit of base 2^16 of (rest * 2^16 + digit) / d, for d >= 2^31 and rest < d.
/// The estimate from the upper half of d is at most 2 too high (Knuth, TAOCP 2, 4.3.1, theorem B).
fn div_digit(rest: u32, digit: u32, d: u32) -> u32 {
    let d_high = d >> 16u;
    let d_low = d & 0xffffu;
    var q = min(rest / d_high, 0xffffu);
    var left = rest - q * d_high;
    var need = q * d_low;
    for (var i = 0u; i < 2u; i++) {
        // left >= 2^16 means left * 2^16 >= 2^32 > need, so the digit is right.
        let high = left < 0x10000u && need > ((left << 16u) | digit);
        q -= select(0u, 1u, high);
        left += select(0u, d_high, high);
        need -= select(0u, d_low, high);
    }
    return q;
}

/// floor(n / d), exact; 0xffffffff where the quotient has more than 32 bits or d is 0.
fn div_wide(n: vec2<u32>, d: u32) -> u32 {
    if (n.y >= d) {
        return 0xffffffffu;
    }
    let s = countLeadingZeros(d);
    let divisor = d << s;
    let top = shl_wide(n, s);
    let first = div_digit(top.y, top.x >> 16u, divisor);
    // The remainder is below the divisor, so that arithmetic modulo 2^32 finds it.
    let rest = ((top.y << 16u) | (top.x >> 16u)) - first * divisor;
    return (first << 16u) | div_digit(rest, top.x & 0xffffu, divisor);
}

/// |v|, exact for every i32: the magnitude of -2^31 is 2^31.
fn magnitude(v: i32) -> u32 {
    let sign = v >> 31u;
    return u32((v ^ sign) - sign);
}

/// m with the sign of `like`, for m <= 2^31 - 1 (2^31 too where `like` is negative).
fn with_sign(m: u32, like: i32) -> i32 {
    let sign = like >> 31u;
    return (i32(m) ^ sign) - sign;
}
