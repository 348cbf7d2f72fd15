"""Fixtures that every test shares: one device for the session, and worlds on it."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from astraweave import Gpu, World

# Timing is no business of the tests; under CI the same examples are drawn every time.
settings.register_profile(
    "astraweave",
    deadline=None,
    derandomize="CI" in os.environ,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("astraweave")

MakeWorld = Callable[..., World]


def pytest_collection_modifyitems(items: list[Any]) -> None:
    """Mark every test that takes a device, so that `-m "not gpu"` runs the others."""
    for item in items:
        if "gpu" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.gpu)


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
