"""What `import astraweave_rag` gives in five lines, in a process of its own."""

import json
import os
import subprocess
import sys

FIVE_LINES = """
from astraweave_rag import Draft, Store, search
store = Store(":memory:")
store.add(Draft(text="The miller hid the silver key under the old bridge."))
store.add(Draft(text="Bread is baked at dawn."))
print(search(store, "where is the silver key?", k=1)[0].record.text)
"""
LOADED = "\nimport json, sys\nprint(json.dumps(sorted({m.split('.')[0] for m in sys.modules})))"


def run(program: str) -> list[str]:
    # Measuring coverage loads libraries of its own, so the child is not measured.
    plain = {k: v for k, v in os.environ.items() if not k.startswith("COVERAGE")}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=plain
    )
    return done.stdout.splitlines()


def test_five_lines_remember_and_find() -> None:
    answer, modules = run(FIVE_LINES + LOADED)
    assert answer == "The miller hid the silver key under the old bridge."
    assert not {"astraweave", "astraweave_ai", "wgpu", "llama_cpp"} & set(json.loads(modules))


def test_the_import_alone_loads_no_library() -> None:
    (modules,) = run("import astraweave_rag" + LOADED)
    assert not {"numpy", "usearch", "sqlite3", "msgspec"} & set(json.loads(modules))


def test_public_names_are_listed_and_there() -> None:
    import astraweave_rag

    for name in astraweave_rag.__all__:
        assert getattr(astraweave_rag, name) is not None
    assert {"Store", "search", "assemble"} <= set(dir(astraweave_rag))


def test_a_program_may_end_while_an_index_is_being_built() -> None:
    answer = run(
        "import time\n"
        "import numpy as np\n"
        "from astraweave_rag import Draft, Store, index, search\n"
        "index.EXACT_UP_TO = 500\n"
        "store = Store(':memory:')\n"
        "rows = np.random.default_rng(0).normal(size=(20_000, store.dimensions))\n"
        "rows = (rows / np.linalg.norm(rows, axis=1)[:, None]).astype(np.float32)\n"
        "store.add_many([Draft(text=str(n)) for n in range(len(rows))], rows)\n"
        "search(store, '7', k=1)\n"
        "time.sleep(0.5)\n"
        "print(store.index._builder.is_alive())\n"
    )
    assert answer == ["True"]
