"""What this machine offers, what is missing, and the command that mends it."""

from __future__ import annotations

import importlib.util
import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np

from ..ecs.world import World
from ..errors import AstraError
from ..gpu.device import ADAPTER_VARIABLE, INSTALL_HINT, Gpu, list_adapters
from ..sim.components import Position, Velocity
from ..sim.motion import Motion

_PACKAGES = {
    "astraweave": "",
    "wgpu": "",
    "numpy": "",
    "msgspec": "",
    "pillow": "",
    "rich": "",
    "rendercanvas": "pip install 'astraweave[window]'",
    "glfw": "pip install 'astraweave[window]'",
    "imgui-bundle": "pip install 'astraweave[window]'",
}


def examine(adapter: str | None = None) -> dict[str, Any]:
    """Everything found, as plain data; `ok` is whether a world runs here."""
    findings: dict[str, Any] = {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packages": {name: _version(name) for name in _PACKAGES},
        "adapters": [],
        "problems": [],
        "ok": False,
    }
    try:
        for info in list_adapters():
            entry = {"index": info.index, "name": info.name, "backend": info.backend}
            findings["adapters"].append(entry | {"kind": info.kind, "driver": info.driver})
        findings["chosen"] = _try(Gpu.open(adapter))
        findings["ok"] = findings["chosen"]["works"]
    except AstraError as error:
        findings["problems"].append({"what": str(error), "mend": _mend(findings["adapters"])})
    for name, mend in _PACKAGES.items():
        if findings["packages"][name] is None:
            findings["problems"].append({"what": f"package {name} is not installed", "mend": mend})
    return findings


def _mend(adapters: list[Any]) -> str:
    """What helps when no device opens: a driver, or another choice among those there are."""
    if not adapters:
        return INSTALL_HINT
    return f"take another one: --adapter 0 to {len(adapters) - 1}, or unset {ADAPTER_VARIABLE}"


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return "here" if importlib.util.find_spec(name) else None


def _try(gpu: Gpu) -> dict[str, Any]:
    """Move one entity for a second and look where it is."""
    world = World(gpu)
    world.use(Motion())
    entity = world.spawn(Position((0, 0, 0)), Velocity((1, -2, 0.5)))
    world.step(60)
    moved = bool(np.array_equal(world.read(Position, entity), [1, -2, 0.5]))
    return {
        "adapter": gpu.info.name,
        "driver": gpu.info.driver,
        "software": gpu.info.is_software,
        "works": moved,
        "clock": gpu.clock,
        "features": sorted(gpu.features),
        "largest_column_mib": min(gpu.max_binding, gpu.max_buffer) >> 20,
        "largest_crowd": min(gpu.max_binding, gpu.max_buffer) // 16,
    }


def prescription(findings: dict[str, Any]) -> str:
    """The findings for people."""
    lines = [f"Python {findings['python']} on {findings['platform']}"]
    lines.append(", ".join(f"{n} {v or 'missing'}" for n, v in findings["packages"].items()))
    lines += [
        f"adapter {a['index']}: {a['name']} ({a['backend']}, {a['driver']}) [{a['kind']}]"
        for a in findings["adapters"]
    ]
    if chosen := findings.get("chosen"):
        verdict = "a world runs and is exact" if chosen["works"] else "GIVES WRONG RESULTS"
        lines.append(
            f"chosen: {chosen['adapter']}; {verdict}; passes are timed by {chosen['clock']}"
        )
        lines.append(
            f"largest column {chosen['largest_column_mib']:,} MiB: "
            f"about {chosen['largest_crowd']:,} entities"
        )
        if chosen["software"]:
            lines.append("this is a software driver: right, but slow; a GPU driver makes it fast")
    for problem in findings["problems"]:
        lines.append(
            f"missing: {problem['what']}"
            + (f"\n   mend: {problem['mend']}" if problem["mend"] else "")
        )
    return "\n".join(lines)
