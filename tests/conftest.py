"""Fixtures that every test shares: one device for the session, and worlds on it."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from astraweave import Gpu, World

# llvmpipe without threads of its own: two processes of tests keep two cores busy, and a small world
# takes a fifth less. tests/integration/test_determinism.py runs it with four threads.
os.environ.setdefault("LP_NUM_THREADS", "0")

# Timing is no business of the tests; under CI the same examples are drawn every time.
# `pytest --hypothesis-profile thorough` draws twenty times as many.
settings.register_profile(
    "astraweave",
    max_examples=50,
    deadline=None,
    derandomize="CI" in os.environ,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.register_profile(
    "thorough", settings.get_profile("astraweave"), max_examples=1000, derandomize=False
)
settings.load_profile("astraweave")

MakeWorld = Callable[..., World]


def pytest_collection_modifyitems(items: list[Any]) -> None:
    """Mark every test that takes a device, so that `-m "not gpu"` runs the others.

    Coverage is that of the engine, and tracing makes planners and trees twice as slow: while tests
    of minds and memory run, nothing is traced.
    """
    beside = {path: _is_beside_the_engine(path) for path in {item.path for item in items}}
    for item in items:
        if "gpu" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.gpu)
        if beside[item.path]:
            item.add_marker(pytest.mark.no_cover)


def _is_beside_the_engine(path: Path) -> bool:
    text = path.read_text(encoding="utf-8")
    return "astraweave_ai" in text or "astraweave_rag" in text


@pytest.fixture(scope="session")
def gpu() -> Gpu:
    """The adapter that ASTRAWEAVE_ADAPTER names, else the fastest."""
    return Gpu.open()


@pytest.fixture
def world(gpu: Gpu) -> MakeWorld:
    """Makes worlds on the shared device: `world(seed=3, threads=2)`."""

    def make(**options: Any) -> World:
        return World(gpu, **options)

    return make


@pytest.fixture
def shader(tmp_path: Path) -> Callable[..., str]:
    """Writes a shader file and returns its path: `shader("fn each(slot: u32) {}")`."""

    def write(text: str, name: str = "test.wgsl") -> str:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write
