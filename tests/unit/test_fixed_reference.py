"""The NumPy twins of wgsl/lib against exact Python integers and math, with the stated bounds."""

import math
import re
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.reference import fixed, random

WGSL = Path(__file__).resolve().parents[2] / "wgsl"
I32_MIN, I32_MAX, U32_MAX = -(1 << 31), (1 << 31) - 1, (1 << 32) - 1
ROWS = 200_000

# Magnitudes of every size: a uniform i32 is nearly always above 2^27.
i32 = st.integers(0, 31).flatmap(lambda n: st.integers(-(1 << n), (1 << n) - 1))
u32 = st.integers(0, 32).flatmap(lambda n: st.integers(0, (1 << n) - 1))
u64 = st.integers(0, 64).flatmap(lambda n: st.integers(0, (1 << n) - 1))
vector = st.tuples(i32, i32, i32)


def signed(*values: int) -> NDArray[np.int32]:
    return np.array(values, np.int32)


def unsigned(*values: int) -> NDArray[np.uint32]:
    return np.array(values, np.uint32)


def wide(value: int) -> NDArray[np.uint64]:
    return np.array([value], np.uint64)


def wrap(value: int) -> int:
    """The i32 with the low 32 bits of value."""
    return (value + (1 << 31)) % (1 << 32) - (1 << 31)


def random_vectors(components: int, seed: int) -> NDArray[np.int32]:
    """Rows of every length, in all directions, with some zero components."""
    rng = np.random.default_rng(seed)
    shape = (ROWS, components)
    v = rng.integers(I32_MIN, I32_MAX, shape, endpoint=True) >> rng.integers(0, 31, (ROWS, 1))
    return (v * (rng.random(shape) > 0.1)).astype(np.int32)


def unit_quaternions(seed: int) -> NDArray[np.int32]:
    q = fixed.quat_normalize(random_vectors(4, seed))
    assert np.all(np.any(q != 0, axis=-1))
    return q


# --- wide -------------------------------------------------------------------------------------


@given(u32, u32)
def test_products_of_two_words(a: int, b: int) -> None:
    assert fixed.mul_wide(unsigned(a), unsigned(b))[0] == a * b
    assert fixed.mul_high(unsigned(a), unsigned(b))[0] == a * b >> 32


@given(u64, u64, st.integers(0, 63))
def test_wide_sums_and_shifts(a: int, b: int, s: int) -> None:
    assert fixed.add_wide(wide(a), wide(b))[0] == (a + b) % (1 << 64)
    assert fixed.less_wide(wide(a), wide(b))[0] == (a < b)
    assert fixed.shl_wide(wide(a), unsigned(s))[0] == (a << s) % (1 << 64)
    assert fixed.shr_wide(wide(a), unsigned(s))[0] == (a >> s) % (1 << 32)


@given(u64, u32)
@example((1 << 64) - 1, U32_MAX)
@example(5, 0)
def test_div_wide_saturates(n: int, d: int) -> None:
    assert fixed.div_wide(wide(n), unsigned(d))[0] == (min(n // d, U32_MAX) if d else U32_MAX)


# --- products and quotients -------------------------------------------------------------------


@given(i32, i32)
@example(I32_MIN, I32_MIN)
@example(I32_MIN, I32_MAX)
@example(-1, 1)
def test_fixed_products_floor_and_wrap(a: int, b: int) -> None:
    x, y = signed(a), signed(b)
    assert fixed.mul_q16(x, y)[0] == wrap(a * b >> 16)
    assert fixed.mul_q30(x, y)[0] == wrap(a * b >> 30)
    assert fixed.mul_q30_round(x, y)[0] == wrap(
        math.floor(Fraction(a * b, 1 << 30) + Fraction(1, 2))
    )


@given(i32, i32)
@example(I32_MIN, -1)
@example(I32_MIN, 0)
@example(1, 0)
@example(0, 0)
def test_div_q16_truncates_and_saturates(a: int, b: int) -> None:
    sign = (a > 0) - (a < 0)
    exact = math.trunc(Fraction(a << 16, b)) if b else sign << 40
    assert fixed.div_q16(signed(a), signed(b))[0] == max(I32_MIN, min(I32_MAX, exact))


# --- motion -----------------------------------------------------------------------------------


@given(i32, st.integers(1, 1000))
@example(-1, 60)
@example(I32_MIN, 1000)
def test_steps_of_a_second_add_up_to_the_velocity(v: int, rate: int) -> None:
    phase = np.arange(rate, dtype=np.uint32)
    steps = fixed.exact_step(signed(v), phase, unsigned(rate)).astype(np.int64)
    assert steps.sum() == v
    # No tick is more than one unit off the mean, in either direction.
    assert {int(step) for step in steps} <= {v // rate, v // rate + 1}
    due = [v * (tick + 1) // rate for tick in range(rate)]
    assert np.cumsum(steps).tolist() == due


def test_any_second_is_exact_wherever_it_starts() -> None:
    phase = np.arange(60, dtype=np.uint32)
    steps = fixed.exact_step(signed(-1_234_567), phase, unsigned(60)).astype(np.int64)
    assert all(np.roll(steps, -start)[:60].sum() == -1_234_567 for start in range(60))


# --- roots ------------------------------------------------------------------------------------


def test_isqrt_at_every_square() -> None:
    k = np.arange(1, 1 << 16, dtype=np.uint64)
    assert np.array_equal(fixed.isqrt((k * k).astype(np.uint32)), k)
    assert np.array_equal(fixed.isqrt((k * k - np.uint64(1)).astype(np.uint32)), k - np.uint64(1))


@given(u64)
@example((1 << 64) - 1)
@example(U32_MAX * U32_MAX - 1)
def test_isqrt_wide_is_the_floor(v: int) -> None:
    assert fixed.isqrt_wide(wide(v))[0] == math.isqrt(v)


@given(u32)
def test_isqrt_wide_beside_squares(k: int) -> None:
    for value in (k * k, max(k * k - 1, 0), k * k + 2 * k):
        assert fixed.isqrt_wide(wide(value))[0] == math.isqrt(value)


@given(vector)
@example((I32_MIN, I32_MIN, I32_MIN))
def test_length_is_the_floor(d: tuple[int, int, int]) -> None:
    assert fixed.length_q16(signed(*d)[None])[0] == math.isqrt(sum(c * c for c in d))


def test_inverse_roots_hold_their_bounds() -> None:
    # Both ends of every interval that the 16-bit argument of the polynomial stands for.
    first = np.arange(1 << 30, 1 << 32, 1 << 16, dtype=np.uint64)
    m = np.concatenate([first, first + np.uint64(0xFFFF)]).astype(np.uint32)
    root = np.sqrt(m.astype(np.float64))
    mantissa = fixed.rsqrt_16(m)
    assert mantissa.min() > 1 << 15
    assert mantissa.max() < 1 << 16
    assert np.abs(mantissa * root / 2.0**31 - 1).max() <= 2.0**-14
    assert np.abs(fixed.rsqrt_31(m) * root / 2.0**46 - 1).max() <= 2.0**-27


@given(st.integers(1, U32_MAX))
def test_inverse_root_of_any_size(d2: int) -> None:
    mantissa, shift = (int(part[0]) for part in fixed.inverse_root(unsigned(d2)))
    assert 1 << 15 < mantissa < 1 << 16
    assert 16 <= shift <= 31
    assert abs(mantissa / 2.0**shift * math.sqrt(d2) - 1) <= 2.0**-14


# --- vectors ----------------------------------------------------------------------------------


@pytest.mark.parametrize("components", [3, 4])
def test_unit_vectors_are_accurate_and_antisymmetric(components: int) -> None:
    function = fixed.normalize_q30 if components == 3 else fixed.unit_q30
    v = random_vectors(components, 11)
    exact = v.astype(np.longdouble)
    length = np.sqrt((exact * exact).sum(axis=-1, keepdims=True))
    unit = function(v)
    error = np.abs(unit / 2.0**30 - exact / np.where(length == 0, 1, length))
    assert error.max() <= 2.0**-26
    negated = np.where(v == I32_MIN, v, -v)
    assert np.array_equal(function(negated)[v[:, 0] != I32_MIN], -unit[v[:, 0] != I32_MIN])


def test_unit_vector_of_zero_and_of_the_axes() -> None:
    v = signed(0, 0, 0, 1, 0, 0, 0, I32_MIN, 0).reshape(3, 3)
    unit = fixed.normalize_q30(v).astype(np.int64)
    assert unit[0].tolist() == [0, 0, 0]
    assert np.abs(unit[1:] - [[1 << 30, 0, 0], [0, -(1 << 30), 0]]).max() <= 8


@given(vector, i32)
@example((3, 4, 0), 5)
@example((3, 4, 1), 5)
@example((I32_MIN, I32_MIN, I32_MIN), I32_MAX)
@example((1, 0, 0), -5)
def test_clamped_lengths(v: tuple[int, int, int], limit: int) -> None:
    clamped = [int(c) for c in fixed.clamp_length_q16(signed(*v)[None], signed(limit))[0]]
    bound, before, after = max(limit, 0), sum(c * c for c in v), sum(c * c for c in clamped)
    if before <= bound * bound:
        assert clamped == list(v)
    else:
        assert after <= bound * bound
        assert after >= max(bound - 5, 0) ** 2
        assert all(
            abs(new) <= abs(old) and new * old >= 0 for new, old in zip(clamped, v, strict=True)
        )


@given(st.tuples(*[st.integers(-30_000, 30_000)] * 3), st.integers(0, 0xFFFF))
@example((1, 0, 0), 0xFFFF)
@example((0, 0, 0), 0xFFFF)
def test_push_moves_to_the_reach(d: tuple[int, int, int], reach: int) -> None:
    d2 = sum(c * c for c in d)
    scale = fixed.push_scale(unsigned(d2), unsigned(reach))
    push = fixed.scale_q14(signed(*d)[None], scale)[0].astype(np.int64)
    distance = math.sqrt(d2)
    exact = [c * (reach - distance) / distance for c in d] if d2 else [0, 0, 0]
    # 1 for rounding, the rest for the ratio, which is within 2^-14 (1 + reach / distance).
    assert np.abs(push - exact).max() <= 1 + 2.0**-14 * (distance + reach)
    assert np.array_equal(fixed.scale_q14(-signed(*d)[None], scale)[0], -push)


# --- angles -----------------------------------------------------------------------------------


def angles() -> NDArray[np.uint32]:
    spread = np.arange(0, 1 << 32, 10_007, dtype=np.uint64)
    near = np.arange(99, dtype=np.uint64)
    corners = (np.arange(8, dtype=np.uint64)[:, None] * np.uint64(1 << 29) + near).ravel()
    turned = np.concatenate([spread, corners]).astype(np.uint32)
    return np.concatenate([turned, -turned])


def test_sine_and_cosine_hold_their_bound() -> None:
    a = angles()
    radians = a.astype(np.longdouble) * (2 * np.longdouble(np.pi) / 2**32)
    assert np.abs(fixed.sin_turn(a) / 2.0**30 - np.sin(radians)).max() <= 2.0**-25
    assert np.abs(fixed.cos_turn(a) / 2.0**30 - np.cos(radians)).max() <= 2.0**-25


def test_sine_and_cosine_are_symmetric() -> None:
    a = angles()
    assert np.array_equal(fixed.sin_turn(-a), -fixed.sin_turn(a))
    assert np.array_equal(fixed.cos_turn(-a), fixed.cos_turn(a))
    assert np.array_equal(fixed.sin_turn(a + np.uint32(1 << 31)), -fixed.sin_turn(a))


def test_sine_and_cosine_at_the_quarters() -> None:
    quarters = unsigned(0, 1 << 30, 1 << 31, 3 << 30)
    assert fixed.sin_turn(quarters).tolist() == [0, 1 << 30, 0, -(1 << 30)]
    assert fixed.cos_turn(quarters).tolist() == [1 << 30, 0, -(1 << 30), 0]


def test_arctangent_holds_its_bound() -> None:
    v = random_vectors(2, 5)
    turn = fixed.atan2_turn(v[:, 1], v[:, 0]) / 2.0**32
    exact = np.arctan2(v[:, 1].astype(float), v[:, 0].astype(float)) / (2 * np.pi)
    error = (turn - exact + 0.5) % 1 - 0.5
    assert np.abs(error).max() <= 2.0**-21


def test_arctangent_of_axes_and_diagonals() -> None:
    y = signed(0, 0, 1, 1, 1, 0, -1, -1, -1, I32_MIN)
    x = signed(0, 1, 1, 0, -1, -1, -1, 0, 1, I32_MIN)
    eighths = [0, 0, 1, 2, 3, 4, 5, 6, 7, 5]
    assert fixed.atan2_turn(y, x).tolist() == [eighth << 29 for eighth in eighths]


@given(i32.filter(lambda y: y > I32_MIN), i32)
def test_arctangent_is_odd(y: int, x: int) -> None:
    up, down = fixed.atan2_turn(signed(y, -y), signed(x, x)).astype(np.int64)
    assert (up + down) % (1 << 32) == 0 or y == 0


# --- rotations --------------------------------------------------------------------------------


def exact_product(a: NDArray[np.longdouble], b: NDArray[np.longdouble]) -> NDArray[np.longdouble]:
    u, v = a[:, :3], b[:, :3]
    vector_part = a[:, 3:] * v + b[:, 3:] * u + np.cross(u, v)
    scalar_part = a[:, 3:] * b[:, 3:] - (u * v).sum(axis=-1, keepdims=True)
    return np.concatenate([vector_part, scalar_part], axis=-1)


def test_quaternion_product_holds_its_bound() -> None:
    a, b = unit_quaternions(1), unit_quaternions(2)
    exact = exact_product(a.astype(np.longdouble), b.astype(np.longdouble)) / 2**30
    assert np.abs(fixed.quat_mul(a, b) - exact).max() <= 2


def test_rotation_holds_its_bound() -> None:
    q = unit_quaternions(3)
    v = random_vectors(3, 4) >> 3  # |v| <= 2^28 sqrt(3) < 2^29
    unit = q.astype(np.longdouble)
    unit /= np.sqrt((unit * unit).sum(axis=-1, keepdims=True))
    pure = np.concatenate([v, np.zeros((ROWS, 1), np.int32)], axis=-1).astype(np.longdouble)
    conjugate = unit * [-1, -1, -1, 1]
    exact = exact_product(exact_product(unit, pure), conjugate)[:, :3]
    slack = 2.0**-25 * np.sqrt((pure * pure).sum(axis=-1, keepdims=True))
    assert (np.abs(fixed.quat_rotate(q, v) - exact) - slack).max() <= 6


def test_identity_and_quarter_turn() -> None:
    v = random_vectors(3, 6) >> 3
    identity = np.broadcast_to(signed(0, 0, 0, 1 << 30), (ROWS, 4))
    assert np.array_equal(fixed.quat_rotate(identity, v), v)
    half = round(math.sqrt(0.5) * 2**30)
    turned = fixed.quat_rotate(signed(0, 0, half, half)[None], signed(1 << 16, 0, 0)[None])
    assert np.abs(turned - [0, 1 << 16, 0]).max() <= 2


def test_normalizing_again_changes_next_to_nothing() -> None:
    q = unit_quaternions(7)
    assert np.abs(fixed.quat_normalize(q) - q).max() <= 64
    assert fixed.quat_normalize(signed(0, 0, 0, 0)[None])[0].tolist() == [0, 0, 0, 1 << 30]


# --- random numbers ---------------------------------------------------------------------------


def exact_pcg4d(key: list[int]) -> list[int]:
    v = [(c * 1664525 + 1013904223) % (1 << 32) for c in key]
    for turn in range(2):
        for i, j, k in ((0, 1, 3), (1, 2, 0), (2, 0, 1), (3, 1, 2)):
            v[i] = (v[i] + v[j] * v[k]) % (1 << 32)
        v = [c ^ c >> 16 for c in v] if turn == 0 else v
    return v


@given(u32, u32, u32, u32)
def test_random4_is_pcg4d_folded(seed: int, tick: int, entity: int, stream: int) -> None:
    key = [entity, tick, seed, stream]
    assert random.pcg4d(unsigned(*key)).tolist() == exact_pcg4d(key)
    computed = random.random4(*(unsigned(part) for part in (seed, tick, entity, stream)))
    assert computed[0].tolist() == [c ^ c >> 16 for c in exact_pcg4d(key)]


def bits_of(words: NDArray[np.uint32]) -> NDArray[np.uint32]:
    return (words[..., None] >> np.arange(32, dtype=np.uint32) & np.uint32(1)).reshape(ROWS, -1)


@pytest.mark.parametrize("varying", ["tick", "entity", "stream"])
def test_random_bits_are_balanced_and_uncorrelated(varying: str) -> None:
    key = {"seed": unsigned(1), "tick": unsigned(60), "entity": unsigned(7), "stream": unsigned(2)}
    key[varying] = np.arange(ROWS, dtype=np.uint32)
    bits = bits_of(random.random4(**key))
    # The standard deviation of a bit's mean is 0.5 / sqrt(ROWS), of a correlation 1 / sqrt(ROWS).
    assert np.abs(bits.mean(axis=0) - 0.5).max() < 2.5 / math.sqrt(ROWS)
    correlation = np.corrcoef(bits.T) - np.eye(128)
    assert np.abs(correlation).max() < 6 / math.sqrt(ROWS)


@pytest.mark.parametrize("other", [{"tick": unsigned(61)}, {"stream": unsigned(3)}])
def test_next_tick_and_next_stream_are_uncorrelated(other: dict[str, NDArray[np.uint32]]) -> None:
    key = {"seed": unsigned(1), "tick": unsigned(60), "stream": unsigned(2)}
    entity = np.arange(ROWS, dtype=np.uint32)
    first = bits_of(random.random4(entity=entity, **key)) - 0.5
    second = bits_of(random.random4(entity=entity, **(key | other))) - 0.5
    assert np.abs(4 * first.T @ second / ROWS).max() < 6 / math.sqrt(ROWS)


@given(u32, i32, i32)
@example(U32_MAX, I32_MIN, I32_MAX)
def test_random_range_is_half_open(r: int, a: int, b: int) -> None:
    low, high = min(a, b), max(a, b)
    value = int(random.random_range_q16(unsigned(r), signed(low), signed(high))[0])
    assert value == low + (r * (high - low) >> 32)
    assert low <= value < high or value == low == high


# --- the shaders ------------------------------------------------------------------------------

FLOAT = re.compile(r"\bf(?:32|16)\b|\b(?:vec[234]|mat[234]x[234])[fh]\b|\b\d+\.\d|\b\d+\.?[fh]\b")


@pytest.mark.parametrize(
    "path",
    [*sorted((WGSL / "lib").rglob("*.wgsl")), *sorted((WGSL / "sim").rglob("*.wgsl"))],
    ids=lambda path: path.relative_to(WGSL).as_posix(),
)
def test_shaders_hold_no_float(path: Path) -> None:
    code = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    for number, line in enumerate(code.splitlines(), 1):
        found = FLOAT.search(line.split("//")[0])
        assert not found, (
            f"{path.name}:{number}: {found[0]!r} is a float; simulation is integers only"
        )
