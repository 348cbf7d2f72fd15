"""One scene, run in every way that must not matter: slots, threads, batches, replays, adapters."""

import hashlib
import os
import platform
import re
import shutil
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import astraweave
from astraweave import Gpu, Recorder, World, replay
from astraweave.app.scene import load_scene
from astraweave.paths import EXAMPLES, WGSL

ROOT = Path(__file__).resolve().parents[2]
PINNED = ROOT / "tests" / "pinned.json"
_PACKAGE = ROOT / "engine" / "astraweave"


@dataclass(frozen=True)
class Case:
    """A run whose checksum must be the same everywhere."""

    scene: str
    entities: int
    ticks: int = 300
    seed: int = 7

    @property
    def name(self) -> str:
        return f"{self.scene}-{self.entities}-{self.ticks}-{self.seed}"

    def make(self, gpu: Gpu, threads: int = 1) -> World:
        """A new world of the scene."""
        made = load_scene(self.scene).make(
            gpu, entities=self.entities, seed=self.seed, threads=threads
        )
        return made[0]


def plain(gpu: Gpu, case: Case, threads: int = 1, chunk: int | None = None) -> str:
    """The checksum after all ticks, in steps of `chunk`."""
    world = case.make(gpu, threads)
    while world.tick < case.ticks:
        world.step(min(chunk or case.ticks, case.ticks - world.tick))
    return world.checksum().hex


def shuffled(gpu: Gpu, case: Case, every: int = 37) -> str:
    """The same with the storage slots permuted at random every few ticks."""
    world = case.make(gpu)
    while world.tick < case.ticks:
        world.shuffle(world.tick)
        world.step(min(every, case.ticks - world.tick))
    return world.checksum().hex


def recorded_and_replayed(gpu: Gpu, case: Case) -> tuple[str, str]:
    """The checksum while it is recorded, and that of the replay, which compares every tick."""
    world = case.make(gpu)
    recorder = Recorder(world, case.scene, {"entities": case.entities})
    world.step(case.ticks)
    recording = recorder.finish()
    return world.checksum().hex, replay(recording, case.make(gpu)).hex


def adapter_name(gpu: Gpu) -> str:
    """How results name an adapter."""
    return f"{gpu.info.name} ({gpu.info.backend}, {gpu.info.driver})"


def slug(text: str) -> str:
    """A text as part of a file name."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def machine(gpu: Gpu) -> dict[str, Any]:
    """Where a result comes from."""
    return {
        "adapter": gpu.info.name,
        "backend": gpu.info.backend,
        "driver": gpu.info.driver,
        "machine": f"{platform.system()} {platform.machine()}",
        "cpus": os.cpu_count(),
        "versions": {
            "python": platform.python_version(),
            "astraweave": astraweave.__version__,
            **{name: version(name) for name in ("wgpu", "numpy")},
        },
    }


def fingerprint() -> str:
    """A digest of all that can change a checksum, so that old results are not mixed with new."""
    digest = hashlib.blake2s(digest_size=8)
    for folder in (_PACKAGE / "ecs", _PACKAGE / "gpu", _PACKAGE / "sim", WGSL, EXAMPLES):
        for path in sorted(p for p in folder.rglob("*") if p.suffix in (".py", ".wgsl")):
            if "render" not in path.parts:
                digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def swiftshader() -> Path | None:
    """The driver file of SwiftShader, a second software driver that comes with Chromium."""
    named = os.environ.get("VK_DRIVER_FILES", "")
    folders = [Path("/usr/lib/chromium"), Path("/usr/lib/chromium-browser")]
    if found := shutil.which("chromium"):
        folders.append(Path(found).resolve().parent)
    candidates = [Path(named)] if "swiftshader" in named else []
    candidates += [folder / "vk_swiftshader_icd.json" for folder in folders]
    return next((path for path in candidates if path.is_file()), None)
