"""Each function of wgsl/lib gives on the GPU the bits of its NumPy twin."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.gpu.shader_harness import compose, evaluate, words
from tests.reference import fixed, random

pytestmark = pytest.mark.gpu

RANDOM_ROWS = 100_000
Array = NDArray[np.generic]


def edges() -> NDArray[np.uint32]:
    """0, ±1, the limits of i32 and u32, and every power of two and its neighbours."""
    powers = [(1 << n) + near for n in range(33) for near in (-2, -1, 0, 1, 2)]
    values = {value % (1 << 32) for power in powers for value in (power, -power)}
    return np.array(sorted(values), np.uint32)


def scalars(rng: np.random.Generator, count: int) -> NDArray[np.uint32]:
    """Values of every order of magnitude and both signs."""
    size = rng.integers(0, 32, count, dtype=np.uint64)
    bits = rng.integers(0, 1 << 32, count, dtype=np.uint64) >> size
    flip = rng.integers(0, 2, count, dtype=np.uint64) * np.uint64(0xFFFFFFFF)
    return (bits ^ flip).astype(np.uint32)


def argument(letter: str, rng: np.random.Generator) -> Array:
    """Edge cases in a random order of their own, then random rows, for one argument."""
    count = {"u": 1, "i": 1, "w": 2, "v": 3, "k": 4, "q": 4}[letter]
    # Enough repetitions that most pairs of edge cases meet.
    columns = [
        np.concatenate([rng.permutation(np.repeat(edges(), 64)), scalars(rng, RANDOM_ROWS)])
        for _ in range(count)
    ]
    rows = np.stack(columns, axis=-1)
    if letter == "w":
        return rows.view(np.uint64)[:, 0]
    rows = rows if letter in "uk" else rows.view(np.int32)
    return rows[:, 0] if count == 1 else rows


@dataclass(frozen=True)
class Case:
    """One call: WGSL expression over a0, a1, …, its types, the twin, and how to fit arguments."""

    path: str
    call: str
    arguments: str
    result: str
    twin: Callable[..., Array]
    fit: Callable[..., tuple[Array, ...]] = lambda *given: given


def shift(v: Array, s: Array) -> tuple[Array, ...]:
    return v, s & np.uint32(63)


def normal(m: Array) -> tuple[Array, ...]:
    return (m | np.uint32(1 << 30),)


def tick(v: Array, phase: Array, rate: Array) -> tuple[Array, ...]:
    rate = rate % np.uint32(1000) + np.uint32(1)
    return v, phase % rate, rate


def tick60(v: Array, phase: Array) -> tuple[Array, ...]:
    return v, phase % np.uint32(60)


def near(d2: Array, reach: Array) -> tuple[Array, ...]:
    return d2, reach & np.uint32(0xFFFF)


def ordered(r: Array, low: Array, high: Array) -> tuple[Array, ...]:
    return r, np.minimum(low, high), np.maximum(low, high)


def some_zero(v: Array) -> tuple[Array, ...]:
    v = v.copy()
    v[::5] = 0
    v[1::5, 1:] = 0
    return (v,)


def less(a: Array, b: Array) -> Array:
    return fixed.less_wide(a, b).astype(np.uint32)


def step60(v: Array, phase: Array) -> Array:
    return fixed.exact_step(v, phase, np.uint32(60))


def inverse_pair(d2: Array) -> Array:
    return np.stack(fixed.inverse_root(d2), axis=-1)


WIDE, ROOT, FIXED, TRIG, RANDOM = (
    f"lib/{name}.wgsl" for name in ("wide", "root", "fixed", "trig", "random")
)
INVERSE = "inverse_root(a0)"
CASES = [
    Case(WIDE, "mul_wide(a0, a1)", "uu", "w", fixed.mul_wide),
    Case(WIDE, "mul_high(a0, a1)", "uu", "u", fixed.mul_high),
    Case(WIDE, "add_wide(a0, a1)", "ww", "w", fixed.add_wide),
    Case(WIDE, "select(0u, 1u, less_wide(a0, a1))", "ww", "u", less),
    Case(WIDE, "shl_wide(a0, a1)", "wu", "w", fixed.shl_wide, shift),
    Case(WIDE, "shr_wide(a0, a1)", "wu", "u", fixed.shr_wide, shift),
    Case(WIDE, "div_wide(a0, a1)", "wu", "u", fixed.div_wide),
    Case(WIDE, "magnitude(a0)", "i", "u", fixed.magnitude),
    Case(WIDE, "with_sign(a0, a1)", "ui", "i", fixed.with_sign),
    Case(ROOT, "rsqrt_16(a0)", "u", "u", fixed.rsqrt_16, normal),
    Case(ROOT, "rsqrt_31(a0)", "u", "u", fixed.rsqrt_31, normal),
    Case(ROOT, "isqrt(a0)", "u", "u", fixed.isqrt),
    Case(ROOT, "isqrt_wide(a0)", "w", "u", fixed.isqrt_wide),
    Case(ROOT, "square_wide(a0)", "v", "w", fixed.square_wide),
    Case(ROOT, "unit_q30(a0)", "q", "q", fixed.unit_q30, some_zero),
    Case(ROOT, f"vec2<u32>({INVERSE}.mantissa, {INVERSE}.shift)", "u", "w", inverse_pair),
    Case(FIXED, "mul_q16(a0, a1)", "ii", "i", fixed.mul_q16),
    Case(FIXED, "mul_q30(a0, a1)", "ii", "i", fixed.mul_q30),
    Case(FIXED, "mul_q30_round(a0, a1)", "ii", "i", fixed.mul_q30_round),
    Case(FIXED, "div_q16(a0, a1)", "ii", "i", fixed.div_q16),
    Case(FIXED, "exact_step(a0, a1, a2)", "iuu", "i", fixed.exact_step, tick),
    Case(FIXED, "exact_step(a0, a1, 60u)", "iu", "i", step60, tick60),
    Case(FIXED, "length_q16(a0)", "v", "u", fixed.length_q16, some_zero),
    Case(FIXED, "normalize_q30(a0)", "v", "v", fixed.normalize_q30, some_zero),
    Case(FIXED, "clamp_length_q16(a0, a1)", "vi", "v", fixed.clamp_length_q16),
    Case(FIXED, "push_scale(a0, a1)", "uu", "i", fixed.push_scale, near),
    Case(FIXED, "scale_q14(a0, a1)", "vi", "v", fixed.scale_q14),
    Case(TRIG, "sin_turn(a0)", "u", "i", fixed.sin_turn),
    Case(TRIG, "cos_turn(a0)", "u", "i", fixed.cos_turn),
    Case(TRIG, "atan2_turn(a0, a1)", "ii", "u", fixed.atan2_turn),
    Case(TRIG, "mul3_q30(a0, a1)", "vv", "v", fixed.mul3_q30),
    Case(TRIG, "mul4_q30(a0, a1)", "qq", "q", fixed.mul4_q30),
    Case(TRIG, "cross_q30(a0, a1)", "vv", "v", fixed.cross_q30),
    Case(TRIG, "quat_mul(a0, a1)", "qq", "q", fixed.quat_mul),
    Case(TRIG, "quat_rotate(a0, a1)", "qv", "v", fixed.quat_rotate),
    Case(TRIG, "quat_normalize(a0)", "q", "q", fixed.quat_normalize, some_zero),
    Case(RANDOM, "pcg4d(a0)", "k", "k", random.pcg4d),
    Case(RANDOM, "random4(a0, a1, a2, a3)", "uuuu", "k", random.random4),
    Case(RANDOM, "random_below(a0, a1)", "uu", "u", random.random_below),
    Case(RANDOM, "random_range_q16(a0, a1, a2)", "uii", "i", random.random_range_q16, ordered),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.call)
def test_shader_equals_twin(case: Case) -> None:
    rng = np.random.default_rng(20260)
    given = case.fit(*(argument(letter, rng) for letter in case.arguments))
    expected = words(case.twin(*given))
    computed = evaluate(case.path, case.call, case.arguments, case.result, given)
    wrong = np.flatnonzero((computed != expected).any(axis=1))
    first = [array[wrong[:3]] for array in given]
    assert wrong.size == 0, (
        f"{wrong.size} rows differ; arguments {first}, "
        f"shader {computed[wrong[:3]]}, twin {expected[wrong[:3]]}"
    )


def test_isqrt_at_every_square() -> None:
    roots = np.arange(1, 1 << 16, dtype=np.uint64)
    squares = np.concatenate([roots**2 - np.uint64(1), roots**2, roots**2 + np.uint64(1)])
    given = squares.astype(np.uint32)
    computed = evaluate(ROOT, "isqrt(a0)", "u", "u", [given])[:, 0]
    assert np.array_equal(computed, fixed.isqrt(given))


def test_isqrt_wide_beside_squares() -> None:
    rng = np.random.default_rng(3)
    roots = scalars(rng, RANDOM_ROWS).astype(np.uint64)
    # k^2 - 1, k^2 and (k + 1)^2 - 1; for k = 0 the first wraps to the largest u64, a case too.
    given = np.concatenate([roots**2 - np.uint64(1), roots**2, roots**2 + np.uint64(2) * roots])
    computed = evaluate(ROOT, "isqrt_wide(a0)", "w", "u", [given])[:, 0]
    assert np.array_equal(computed, fixed.isqrt_wide(given))


def test_imports_are_inlined_once() -> None:
    assert compose(TRIG).count("fn mul_wide(") == 1
