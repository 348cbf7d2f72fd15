"""C types that are parsed together are those that the wrapper would have parsed one by one."""

import json
import subprocess
import sys

from wgpu.backends.wgpu_native import ffi

from astraweave.gpu.wrapper_types import prepare_types

# A run with a picture meets nearly every type there is; it tells how many it had to parse itself.
RUN = """
import json, sys
from wgpu.backends.wgpu_native import ffi
from astraweave.cli import main
parse, parsed = ffi._typeof_locked, []
ffi._typeof_locked = lambda name: (parsed.append(name), parse(name))[1]
main(["run", "crowd", "--headless", "--entities", "20", "--ticks", "4", "--png", sys.argv[1]])
print(json.dumps([name for name in parsed if isinstance(name, str)]))
"""


def test_they_are_the_same_types() -> None:
    assert prepare_types() > 70
    prepared = [name for name in ffi._parsed_types if name[:4] == "WGPU"]
    assert len(prepared) > 60
    for name in sorted(prepared)[::8]:
        found, is_function = ffi._parsed_types.pop(name)
        assert ffi.typeof(name) is found, name
        assert not is_function


def test_few_are_left_to_the_wrapper(tmp_path) -> None:  # type: ignore[no-untyped-def]
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(tmp_path / "crowd.png")],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    parsed = json.loads(done.stdout.splitlines()[-1])
    assert len(parsed) < 4, "the wrapper asks for others than it did: add them"
