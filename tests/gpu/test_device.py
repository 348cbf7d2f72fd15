"""The device: choosing an adapter, its errors in our words, buffers and downloads."""

import gc
from threading import Event
from typing import Any

import numpy as np
import pytest
import wgpu

from astraweave import Gpu, list_adapters
from astraweave.errors import AdapterNotFound, CapacityError, DeviceLost, GpuError
from astraweave.gpu import device
from astraweave.gpu.device import AdapterInfo, choose_adapter, describe_all
from astraweave.gpu.mapping import Mapping
from tests.integration.support import drifting


class Described:
    """An adapter of which only the description matters."""

    def __init__(self, name: str, kind: str, backend: str, driver: str = "driver") -> None:
        self.info = {
            "device": name,
            "adapter_type": kind,
            "backend_type": backend,
            "description": driver,
        }


FOUND = [
    Described("llvmpipe", "CPU", "Vulkan", "Mesa 22"),
    Described("Iris", "IntegratedGPU", "OpenGL"),
    Described("H200", "DiscreteGPU", "OpenGL", "550"),
    Described("Iris", "IntegratedGPU", "Vulkan"),
    Described("H200", "DiscreteGPU", "Vulkan", "550"),
    Described("Odd", "Strange", "Other", ""),
]


@pytest.fixture
def six(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wgpu.gpu, "enumerate_adapters_sync", lambda: list(FOUND))
    monkeypatch.delenv("ASTRAWEAVE_ADAPTER", raising=False)


@pytest.mark.usefixtures("six")
def test_real_gpus_come_first_and_software_late() -> None:
    order = [(a.name, a.backend) for a in list_adapters()]
    assert order == [
        ("H200", "Vulkan"),
        ("H200", "OpenGL"),
        ("Iris", "Vulkan"),
        ("Iris", "OpenGL"),
        ("llvmpipe", "Vulkan"),
        ("Odd", "Other"),
    ]
    assert [a.index for a in list_adapters()] == list(range(6))
    assert choose_adapter()[0].name == "H200"
    assert list_adapters()[4].is_software
    assert describe_all(list_adapters()).splitlines()[4] == "4: llvmpipe (Vulkan, Mesa 22) [CPU]"
    assert "driver not named" in str(list_adapters()[5])


@pytest.mark.usefixtures("six")
@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        ("0", 0),
        ("4", 4),
        ("llvm", 4),
        ("h200 opengl", 1),
        ("IRIS", 2),
        ("mesa", 4),
        ("", 0),
    ],
)
def test_by_index_or_words(wanted: str, index: int, monkeypatch: pytest.MonkeyPatch) -> None:
    assert choose_adapter(wanted)[0].index == index
    monkeypatch.setenv("ASTRAWEAVE_ADAPTER", wanted)
    assert choose_adapter()[0].index == index
    assert choose_adapter("llvmpipe")[0].index == 4, "what is asked for goes before the environment"


@pytest.mark.usefixtures("six")
@pytest.mark.parametrize("wanted", ["6", "-1", "radeon", "iris mesa", "²"])
def test_no_match_lists_what_there_is(wanted: str) -> None:
    with pytest.raises(AdapterNotFound, match=r"there is 0: H200 .*; 1: H200"):
        choose_adapter(wanted)


def test_no_adapter_says_how_to_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wgpu.gpu, "enumerate_adapters_sync", list)
    with pytest.raises(AdapterNotFound, match="sudo apt-get install mesa-vulkan-drivers"):
        Gpu.open()

    def broken() -> list[Any]:
        raise RuntimeError("no loader")

    monkeypatch.setattr(wgpu.gpu, "enumerate_adapters_sync", broken)
    with pytest.raises(AdapterNotFound, match=r"mesa-vulkan-drivers.*no loader"):
        list_adapters()


def test_a_refused_device() -> None:
    class Refusing:
        features: frozenset[str] = frozenset()
        limits = dict.fromkeys(device._LARGE_LIMITS, 1)

        def request_device_sync(self, **options: Any) -> Any:
            raise RuntimeError("not today")

    info = AdapterInfo(0, "Some GPU", "Vulkan", "DiscreteGPU", "1.0")
    with pytest.raises(GpuError, match=r"Some GPU \(Vulkan, 1.0\) refused a device: not today"):
        Gpu(info, Refusing())


def test_only_software_uses_the_wall_clock(gpu: Gpu) -> None:
    assert (gpu.clock == "fenced wall clock") == (
        gpu.info.is_software or "timestamp-query" not in gpu.features
    )


@pytest.mark.parametrize(
    ("raised", "becomes", "words"),
    [
        (wgpu.GPUOutOfMemoryError("full"), CapacityError, "out of memory: full"),
        (wgpu.GPUValidationError("Parent device is lost"), DeviceLost, "restore a snapshot"),
        (RuntimeError("Device lost"), DeviceLost, "was lost; open a new Gpu"),
        (wgpu.GPUValidationError("wrong"), GpuError, "wrong"),
        (RuntimeError("odd"), GpuError, "odd"),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_errors_of_the_driver_become_ours(
    gpu: Gpu, raised: Exception, becomes: type[Exception], words: str
) -> None:
    with pytest.raises(becomes, match=words) as caught, gpu.guard():
        raise raised
    assert type(caught.value) is becomes
    assert caught.value.__cause__ is raised
    assert gpu.info.name in str(caught.value)


def test_a_lost_device_leaves_a_snapshot_that_runs_elsewhere() -> None:
    """A world on a destroyed device fails clearly; its last snapshot goes on with a new one."""
    from astraweave.ecs.snapshot import restore, take

    doomed = drifting(Gpu.open(), 50)
    doomed.step(10)
    saved = take(doomed)
    doomed.gpu.device.destroy()
    with pytest.raises(GpuError):
        doomed.checksum()
    fresh, other = drifting(Gpu.open(), 50), drifting(Gpu.open(), 50)
    restore(fresh, saved)
    fresh.step(10)
    other.step(20)
    assert fresh.checksum().hex == other.checksum().hex


def test_buffers_are_zeroed_counted_and_bounded(gpu: Gpu) -> None:
    gc.collect()  # what earlier tests left is given back now, not while we count
    before = gpu.allocated
    made = gpu.buffer("test", 1001)
    assert made.size == 1008
    assert not gpu.read(made, 1008).any()
    assert gpu.allocated == before + 1008
    gpu.release(made)
    assert gpu.allocated == before
    limit = min(gpu.max_binding, gpu.max_buffer)
    with pytest.raises(CapacityError, match=r"huge needs [\d,]+ MiB; .* binds at most [\d,]+ MiB"):
        gpu.buffer("huge", limit + 16)
    assert gpu.allocated == before


def test_uploads_and_downloads(gpu: Gpu) -> None:
    data = np.random.default_rng(1).integers(0, 1 << 32, 1000, np.uint32)
    made = gpu.buffer("test", data.nbytes)
    gpu.write(made, data[:500])
    gpu.write(made, data[500:][::1], 2000)
    gpu.write(made, data[:0])
    assert np.array_equal(gpu.read(made, data.nbytes).view(np.uint32), data)
    assert np.array_equal(gpu.read(made, 40, 80).view(np.uint32), data[20:30])
    assert gpu.read(made, 0).size == 0
    arriving = gpu.download({"all": (made, data.nbytes), "part": (made, 40), "none": (made, 0)})
    gpu.write(made, np.zeros(1000, np.uint32))  # later than the copies
    assert np.array_equal(arriving["all"].result().view(np.uint32), data)
    assert np.array_equal(arriving["part"].result().view(np.uint32), data[:10])
    assert arriving["none"].result().size == 0


def test_a_mapping_wakes_no_thread(gpu: Gpu, monkeypatch: pytest.MonkeyPatch) -> None:
    made, awake = gpu.buffer("test", 64), Event()
    gpu.write(made, np.arange(16, dtype=np.uint32))
    monkeypatch.setattr(gpu.device._poller, "_event", awake)
    assert gpu.read(made, 64).view(np.uint32).tolist() == [*range(16)]
    assert gpu.download({"all": (made, 64)})["all"].result().size == 64
    assert not awake.is_set()
    assert gpu.device._poller._event is awake


def test_a_wrapper_without_such_a_thread_maps_as_well(gpu: Gpu) -> None:
    usage = wgpu.BufferUsage.COPY_DST | wgpu.BufferUsage.MAP_READ
    staging = gpu.device.create_buffer(size=64, usage=usage)
    assert Mapping(object(), staging).bytes().tolist() == [0] * 64


def test_passes_are_timed_by_the_clock_of_the_adapter(gpu: Gpu) -> None:
    world = drifting(gpu, 500)
    before = world.tick
    times = world.profile(3)
    assert world.tick == before + 3
    assert [name for name, _ in times] == [p.name for p in world.graph.passes]
    assert all(0 <= ms < 60_000 for _, ms in times)
    other = drifting(gpu, 500)
    other.step(3)
    assert world.checksum().hex == other.checksum().hex, "profiled ticks count like others"
