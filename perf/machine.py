"""Which machine, adapter and versions a figure was measured on."""

from __future__ import annotations

import os
import platform
import re
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import astraweave
from astraweave import Gpu


def describe(gpu: Gpu) -> dict[str, Any]:
    """Everything that a result file says besides its results."""
    return {
        "machine": {
            "cpu": cpu(),
            "cores": os.cpu_count(),
            "memory_gib": _memory_gib(),
            "platform": f"{platform.system()} {platform.machine()}",
            "load": _load(),
        },
        "adapter": gpu.info.name,
        "driver": gpu.info.driver,
        "backend": gpu.info.backend,
        "software": gpu.info.is_software,
        "clock": gpu.clock,
        "largest_binding_mib": min(gpu.max_binding, gpu.max_buffer) >> 20,
        "versions": {
            "python": platform.python_version(),
            "numpy": _version("numpy"),
            "wgpu": _version("wgpu"),
            "astraweave": astraweave.__version__,
        },
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def slug(gpu: Gpu) -> str:
    """Name of the adapter as part of a file name; the back end too where it is not Vulkan."""
    backend = "" if gpu.info.backend == "Vulkan" else f" {gpu.info.backend}"
    return re.sub(r"[^a-z0-9]+", "-", f"{gpu.info.name}{backend}".lower()).strip("-")


def cpu() -> str:
    """Name of the processor."""
    path = Path("/proc/cpuinfo")
    if path.is_file():
        found = re.search(r"model name\s*:\s*(.+)", path.read_text(encoding="utf-8"))
        if found:
            return found[1].strip()
    return platform.processor() or platform.machine()


def _memory_gib() -> float | None:
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1)
    except (AttributeError, ValueError, OSError):  # not on Windows
        return None


def _load() -> float | None:
    """Processes that wanted a core in the last minute: what else the machine was doing."""
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
