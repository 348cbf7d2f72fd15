"""llama.cpp stays in the model's process: only the modules that run there import it."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import astraweave_ai
import astraweave_rag

NATIVE = {"native", "sampler", "template"}
AI = Path(astraweave_ai.__file__).parent
PROGRAM = """
import json, sys
import astraweave_ai.llm.command, astraweave_ai.llm.library, astraweave_ai.llm.check
import astraweave_ai.llm.mock, astraweave_ai.llm.scheduler, astraweave_ai.llm.server
print(json.dumps(sorted(sys.modules)))
"""


def imported(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add((node.module or "").split(".")[0])
    return found


def test_only_modules_of_the_models_process_import_llama_cpp() -> None:
    users = {p.stem for p in (AI / "llm").glob("*.py") if "llama_cpp" in imported(p)}
    assert users == NATIVE


def test_the_engines_side_loads_none_of_it() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    )
    loaded = json.loads(done.stdout.splitlines()[-1])
    tops = {name.split(".")[0] for name in loaded}
    assert not tops & {"llama_cpp", "gguf", "jinja2"}
    assert not {f"astraweave_ai.llm.{name}" for name in NATIVE} & set(loaded)


def test_the_child_process_is_of_use_without_the_rest() -> None:
    path = Path(astraweave_rag.__file__).parent / "child.py"
    assert not imported(path) & {"astraweave", "astraweave_ai", "llama_cpp", "numpy"}
