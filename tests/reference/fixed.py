"""NumPy twins of wgsl/lib: the same function names, the same bits.

Where a shader result is exact by definition (a floor, a saturated quotient) the twin computes it
another way, with 64-bit integers; where it is an approximation the twin repeats the shader's steps.
Arrays broadcast. A ``vec2<u32>`` (low, high) of the shaders is one ``uint64`` here, and a vector is
an array whose last axis has 3 or 4 components.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

I32 = NDArray[np.int32]
U32 = NDArray[np.uint32]
U64 = NDArray[np.uint64]
I64 = NDArray[np.int64]

U32_MAX = 0xFFFFFFFF


def _i64(value: ArrayLike) -> I64:
    return np.asarray(value).astype(np.int64)


def _u64(value: ArrayLike) -> U64:
    return np.asarray(value).astype(np.uint64)


def _wrap_i32(value: I64 | U64) -> I32:
    """Keep the low 32 bits, as i32 arithmetic does."""
    return value.astype(np.int64).astype(np.uint32).view(np.int32)


def _low(value: U64) -> U64:
    return value & np.uint64(U32_MAX)


def _zeros(value: U32) -> U64:
    """countLeadingZeros: the exponent of a float64 is exact for 32 bits."""
    return np.uint64(32) - _u64(np.frexp(value.astype(np.float64))[1])


# --- lib/wide.wgsl ----------------------------------------------------------------------------


def mul_wide(a: U32, b: U32) -> U64:
    """a * b, exact."""
    return _u64(a) * _u64(b)


def mul_high(a: U32, b: U32) -> U32:
    """floor(a * b / 2^32)."""
    return (mul_wide(a, b) >> np.uint64(32)).astype(np.uint32)


def add_wide(a: U64, b: U64) -> U64:
    """a + b modulo 2^64."""
    with np.errstate(over="ignore"):
        return np.add(a, b, dtype=np.uint64)


def less_wide(a: U64, b: U64) -> NDArray[np.bool_]:
    """a < b."""
    return np.less(a, b)


def shl_wide(v: U64, s: U32) -> U64:
    """v * 2^s modulo 2^64, for 0 <= s <= 63."""
    return v << _u64(s)


def shr_wide(v: U64, s: U32) -> U32:
    """The low word of floor(v / 2^s), for 0 <= s <= 63."""
    return _low(v >> _u64(s)).astype(np.uint32)


def div_wide(n: U64, d: U32) -> U32:
    """floor(n / d); 2^32 - 1 where the quotient is wider or d is 0."""
    divisor = _u64(d)
    quotient = n // np.maximum(divisor, np.uint64(1))
    saturated = np.where(divisor == 0, np.uint64(U32_MAX), quotient)
    return np.minimum(saturated, np.uint64(U32_MAX)).astype(np.uint32)


def magnitude(v: I32) -> U32:
    """|v|; 2^31 for the smallest i32."""
    return np.abs(_i64(v)).astype(np.uint32)


def with_sign(m: U32, like: I32) -> I32:
    """m with the sign of ``like``, modulo 2^32."""
    return _wrap_i32(np.where(np.asarray(like) < 0, -_i64(m), _i64(m)))


# --- lib/root.wgsl ----------------------------------------------------------------------------


def rsqrt_16(m: U32) -> U32:
    """2^31 / sqrt(m) for 2^30 <= m, with relative error <= 2^-14."""
    # int64 holds every step: the shader's products are bounded by 32 bits.
    t = _i64(m) >> 16
    y = 87246 - ((t * (107047 - ((t * 53425) >> 16))) >> 16)
    root = (t * y) >> 15
    e = ((1 << 31) - root * y) >> 13
    step = e + ((3 * e * e) >> 20)
    return (y + ((y * step) >> 19)).astype(np.uint32)


def rsqrt_31(m: U32) -> U32:
    """2^46 / sqrt(m) for 2^30 <= m, with relative error <= 2^-27."""
    y = _i64(rsqrt_16(m))
    e = (1 << 30) - _i64(mul_high(m, (y * y).astype(np.uint32)))
    return ((y << 15) + ((y * (e >> 2)) >> 14)).astype(np.uint32)


def isqrt(x: U32) -> U32:
    """floor(sqrt(x)): float64 holds x exactly and rounds its root correctly."""
    return np.floor(np.sqrt(np.asarray(x).astype(np.float64))).astype(np.uint32)


def isqrt_wide(v: U64) -> U32:
    """floor(sqrt(v)): the float64 root is within 2 units, and four comparisons settle it."""
    wide = np.asarray(v, dtype=np.uint64)
    guess = np.sqrt(wide.astype(np.float64)).astype(np.uint64)
    root = np.where(guess < 2, np.uint64(0), guess - np.uint64(2))
    for _ in range(4):
        above = np.minimum(root + np.uint64(1), np.uint64(U32_MAX))
        root = np.where(above * above <= wide, above, root)
    return root.astype(np.uint32)


def square_wide(d: I32) -> U64:
    """|d|^2 of vectors of shape (..., 3), exact."""
    m = _u64(magnitude(d))
    return np.asarray(m[..., 0] ** 2 + m[..., 1] ** 2 + m[..., 2] ** 2, dtype=np.uint64)


def unit_q30(v: I32) -> I32:
    """v / |v| in Q2.30 for vectors of shape (..., 4), each component within 2^-26; 0 for 0."""
    a = _u64(magnitude(v))
    top = a.max(axis=-1, keepdims=True).astype(np.uint32)
    zeros = _zeros(top)
    two = np.uint64(2)
    c = (a >> (two - np.minimum(zeros, two))) << (np.maximum(zeros, two) - two)
    high = c >> np.uint64(15)
    squares = high * high + ((high * (c & np.uint64(0x7FFF))) >> np.uint64(14))
    s = squares.sum(axis=-1, keepdims=True, dtype=np.uint64).astype(np.uint32)
    even = _zeros(s) & two
    # A zero vector has no root to take; any y gives zero for it.
    y = rsqrt_31(np.where(s == 0, 1 << 30, _u64(s) << even).astype(np.uint32))
    wide = _low(c << (np.uint64(1) + (even >> np.uint64(1)))).astype(np.uint32)
    return np.where(top == 0, np.int32(0), with_sign(mul_high(wide, y), v))


class InverseRoot(NamedTuple):
    """1 / sqrt(d2) = mantissa / 2^shift, with 2^15 < mantissa < 2^16 and 16 <= shift <= 31."""

    mantissa: U32
    shift: U32


def inverse_root(d2: U32) -> InverseRoot:
    """1 / sqrt(d2) with relative error <= 2^-14; d2 = 0 counts as 1."""
    square = np.maximum(d2, np.uint32(1))
    s = _zeros(square) & np.uint64(30)
    normal = (_u64(square) << s).astype(np.uint32)
    return InverseRoot(rsqrt_16(normal), (np.uint64(31) - (s >> np.uint64(1))).astype(np.uint32))


# --- lib/fixed.wgsl ---------------------------------------------------------------------------


def mul_q16(a: I32, b: I32) -> I32:
    """Q16.16 product, rounded towards minus infinity, modulo 2^32."""
    return _wrap_i32((_i64(a) * _i64(b)) >> 16)


def mul_q16_trunc(a: I32, b: I32) -> I32:
    """Q16.16 product, rounded towards zero, modulo 2^32."""
    product = (mul_wide(magnitude(a), magnitude(b)) >> np.uint64(16)).astype(np.uint32)
    return with_sign(product, np.asarray(a) ^ np.asarray(b))


def scale_q16(v: I32, f: I32) -> I32:
    """Vectors times scalars, each product rounded towards zero."""
    return mul_q16_trunc(v, np.asarray(f, np.int32)[..., None])


def dot_q16(a: I32, b: I32) -> I32:
    """Dot products, each product rounded towards zero, sums modulo 2^32."""
    return mul_q16_trunc(a, b).sum(axis=-1, dtype=np.int32)


def mul_q30(a: I32, b: I32) -> I32:
    """Q2.30 product, rounded towards minus infinity, modulo 2^32."""
    return _wrap_i32((_i64(a) * _i64(b)) >> 30)


def mul_q30_round(a: I32, b: I32) -> I32:
    """Q2.30 product, rounded to nearest (halves upwards), modulo 2^32."""
    return _wrap_i32((_i64(a) * _i64(b) + (1 << 29)) >> 30)


def div_q16(a: I32, b: I32) -> I32:
    """Q16.16 quotient, truncated towards zero, saturating; b = 0 saturates by the sign of a."""
    n, d = np.broadcast_arrays(_i64(a), _i64(b))
    quotient = (np.abs(n) << 16) // np.maximum(np.abs(d), 1)
    huge = np.where(d == 0, np.where(n == 0, 0, 1 << 31), quotient)
    signed = np.where((n < 0) != (d < 0), -huge, huge)
    return np.clip(signed, -(1 << 31), (1 << 31) - 1).astype(np.int32)


def exact_step(v: I32, phase: U32, rate: U32) -> I32:
    """Displacement (Q16.16 m) in tick ``phase`` of a second of ``rate`` ticks at v (Q16.16 m/s)."""
    # |v * rate| <= 2^31 * 1000 < 2^41.
    velocity, tick, ticks = _i64(v), _i64(phase), _i64(rate)
    return _wrap_i32(velocity * (tick + 1) // ticks - velocity * tick // ticks)


def length_q16(d: I32) -> U32:
    """floor of the Euclidean length of vectors of shape (..., 3), in the unit of d."""
    return isqrt_wide(square_wide(d))


def normalize_q30(d: I32) -> I32:
    """d / |d| in Q2.30 for vectors of shape (..., 3), each component within 2^-26; 0 for 0."""
    padded = np.concatenate([d, np.zeros_like(d[..., :1])], axis=-1)
    return unit_q30(padded)[..., :3]


def clamp_length_q16(v: I32, limit: I32) -> I32:
    """v of shape (..., 3) where |v| <= limit, else v scaled to a length in [limit - 5, limit]."""
    bound = np.maximum(_i64(limit), 0).astype(np.uint32)
    square = square_wide(v)
    over = mul_wide(bound, bound) < square
    length = _u64(isqrt_wide(square)) + np.uint64(1)
    ratio = div_wide(_u64(bound) << np.uint64(32), length.astype(np.uint32))
    scaled = with_sign(mul_high(magnitude(v), ratio[..., None]), v)
    return np.where(over[..., None], scaled, v)


def push_scale(d2: U32, reach: U32) -> I32:
    """(reach - dist) / dist in Q14 for dist = sqrt(max(d2, 1)) and reach < 2^16, in one unit."""
    inverse = inverse_root(d2)
    product = _u64(reach) * _u64(inverse.mantissa)
    return _wrap_i32(_i64(product >> (_u64(inverse.shift) - np.uint64(14))) - 16384)


def scale_q14(d: I32, scale: I32) -> I32:
    """d * scale / 2^14 rounded towards zero for d of shape (..., 3); products modulo 2^32."""
    p = _i64(_wrap_i32(_i64(d) * _i64(scale)[..., None]))
    return _wrap_i32((p + ((p >> 31) & 16383)) >> 14)


# --- lib/trig.wgsl ----------------------------------------------------------------------------


def sin_turn(a: U32) -> I32:
    """sin(2 pi a / 2^32) in Q2.30 within 2^-25."""
    angle = np.asarray(a).astype(np.uint32).view(np.int32)
    turned = _u64(magnitude(angle))
    x = np.minimum(turned, np.uint64(1 << 31) - turned)
    # Products of two Q31 numbers and one shift by 32 are the shader's mul_high(2 a, 2 b).
    z = (x * x) >> np.uint64(30)
    rest = (x * (np.uint64(1 << 30) - z)) >> np.uint64(30)
    z16 = (z + np.uint64(8192)) >> np.uint64(14)
    q2 = np.uint64(37927) - ((z16 * np.uint64(1264)) >> np.uint64(16))
    q1 = np.uint64(322839856) - ((z16 * q2) >> np.uint64(7))
    q0 = np.uint64(2451551381) - ((z * q1) >> np.uint64(30))
    return with_sign((x + ((rest * q0) >> np.uint64(32))).astype(np.uint32), angle)


def cos_turn(a: U32) -> I32:
    """cos(2 pi a / 2^32) in Q2.30 within 2^-25."""
    return sin_turn(_low(_u64(a) + np.uint64(1 << 30)).astype(np.uint32))


def atan2_turn(y: I32, x: I32) -> U32:
    """The angle of (x, y) as a binary angle (2^32 = one turn) within 2^-21 turn; 0 for (0, 0)."""
    ax, ay = magnitude(x), magnitude(y)
    ratio = div_wide(_u64(np.minimum(ax, ay)) << np.uint64(32), np.maximum(ax, ay))
    t = np.where(ax == ay, np.uint64(1 << 30), _u64(ratio) >> np.uint64(2))
    z = (t * t) >> np.uint64(30)
    rest = (t * (np.uint64(1 << 30) - z)) >> np.uint64(30)
    z16 = (z + np.uint64(8192)) >> np.uint64(14)
    q3 = np.uint64(54066) - ((z16 * np.uint64(15257)) >> np.uint64(16))
    q2 = np.uint64(50257) - ((z16 * q3) >> np.uint64(17))
    q1 = np.uint64(39388) - ((z16 * q2) >> np.uint64(17))
    q0 = np.uint64(146677727) - ((z16 * q1) >> np.uint64(5))
    octant = _i64((t >> np.uint64(1)) + ((rest * q0) >> np.uint64(30)))
    octant = np.where((ax == 0) & (ay == 0), 0, octant)
    quadrant = np.where(ay > ax, (1 << 30) - octant, octant)
    half = np.where(np.asarray(x) < 0, (1 << 31) - quadrant, quadrant)
    return np.where(np.asarray(y) < 0, -half, half).astype(np.uint32)


def mul3_q30(a: I32, b: I32) -> I32:
    """Componentwise Q2.30 product of vectors, rounded to nearest."""
    return mul_q30_round(a, b)


def mul4_q30(a: I32, b: I32) -> I32:
    """Componentwise Q2.30 product of quaternions, rounded to nearest."""
    return mul_q30_round(a, b)


def cross_q30(a: I32, b: I32) -> I32:
    """Cross product of a Q2.30 vector and any other, in the unit of the other; within 1 unit."""
    forward = mul3_q30(a[..., [1, 2, 0]], b[..., [2, 0, 1]])
    backward = mul3_q30(a[..., [2, 0, 1]], b[..., [1, 2, 0]])
    return _wrap_i32(_i64(forward) - _i64(backward))


def quat_mul(a: I32, b: I32) -> I32:
    """Hamilton product of (x, y, z, w), Q2.30 (turn by b, then a), within 2 units; |a| |b| < 2."""
    flip = np.array([1, 1, 1, -1])
    total = (
        _i64(mul4_q30(a[..., [3, 3, 3, 3]], b))
        + mul4_q30(_wrap_i32(flip * _i64(a[..., [0, 1, 2, 0]])), b[..., [3, 3, 3, 0]])
        + mul4_q30(_wrap_i32(flip * _i64(a[..., [1, 2, 0, 1]])), b[..., [2, 0, 1, 1]])
        - mul4_q30(a[..., [2, 0, 1, 2]], b[..., [1, 2, 0, 2]])
    )
    return _wrap_i32(total)


def quat_rotate(q: I32, v: I32) -> I32:
    """v turned by the unit quaternion q (Q2.30), within 6 units + 2^-25 |v| for |v| <= 2^29."""
    twice = _wrap_i32(_i64(cross_q30(q[..., :3], v)) << 1)
    turned = _i64(mul3_q30(q[..., 3:], twice)) + cross_q30(q[..., :3], twice)
    return _wrap_i32(_i64(v) + turned)


def quat_normalize(q: I32) -> I32:
    """q / |q| in Q2.30, each component within 2^-26; the identity for zero."""
    zero = np.all(np.asarray(q) == 0, axis=-1, keepdims=True)
    return np.where(zero, np.array([0, 0, 0, 1 << 30], np.int32), unit_q30(q))
