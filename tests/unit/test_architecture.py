"""The rules of the architecture: who imports whom, and no floats in the simulation."""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import astraweave
import astraweave_ai
import astraweave_rag
from astraweave.paths import WGSL

ENGINE = Path(astraweave.__file__).parent
ROOT = ENGINE.parents[1]
MODULES = sorted(ENGINE.rglob("*.py"))
MINDS = sorted(Path(astraweave_ai.__file__).parent.rglob("*.py"))
MEMORY = sorted(Path(astraweave_rag.__file__).parent.rglob("*.py"))
SHADERS = sorted(
    p for folder in ("sim", "lib", "ecs", "ai") for p in (WGSL / folder).rglob("*.wgsl")
)
_FLOAT = re.compile(
    r"\b(f16|f32|vec[234][fh]|mat\dx\d\w*)\b|(?<![\w.])(\d+\.\d*|\.\d+)([fh]|\b)|\d[fh]\b"
)


def name_of(path: Path) -> str:
    return path.relative_to(ENGINE).as_posix()


def imports(path: Path) -> Iterator[tuple[str, list[str]]]:
    """Absolute name of each imported module, with the names taken from it."""
    package = ["astraweave", *path.relative_to(ENGINE).parent.parts]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, []) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield module, [alias.name for alias in node.names]


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports(path: Path) -> None:
    folder = path.relative_to(ENGINE).parts[0]
    for module, names in imports(path):
        top = module.split(".")[0]
        assert top not in ("astraweave_ai", "astraweave_rag"), "the engine knows neither"
        assert top != "tests"
        if top == "wgpu":
            assert folder in ("gpu", "render", "app"), f"{module} belongs in gpu/, render/ and app/"
        if top in ("glfw", "imgui_bundle", "rendercanvas"):
            assert folder == "app", f"{module} belongs in app/"
        if folder == "sim" and module.startswith("astraweave.sim"):
            private = [n for n in names if n.startswith("_")]
            assert not private, f"{module}.{private} belongs to that module"
        if folder in ("gpu", "ecs", "sim"):
            assert not module.startswith(("astraweave.app", "astraweave.cli"))


@pytest.mark.parametrize("path", MINDS, ids=lambda p: p.relative_to(MINDS[0].parent).as_posix())
def test_minds_know_only_the_front_door(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and not node.level:
            names = [node.module or ""]
        for name in names:
            top = name.split(".")[0]
            assert top not in ("wgpu", "glfw", "imgui_bundle", "rendercanvas", "tests"), name
            assert top != "astraweave" or name in ("astraweave", "astraweave.errors"), name


@pytest.mark.parametrize("path", MEMORY, ids=lambda p: p.name)
def test_memory_knows_nothing_of_ours(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            assert node.level <= 1, f"line {node.lineno}: outside of the package"
            names = [] if node.level else [node.module or ""]
        for name in names:
            assert name.split(".")[0] not in ("astraweave", "astraweave_ai", "wgpu", "tests"), name
        assert not isinstance(node, ast.Assert), f"line {node.lineno}: raise an error"


@pytest.mark.parametrize("path", sorted((ENGINE / "sim").glob("*.py")), ids=name_of)
def test_sim_modules_do_not_use_private_attributes_of_others(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and re.match(r"_[a-z]", node.attr):
            owner = node.value
            assert isinstance(owner, ast.Name), f"{ast.unparse(node)} in line {node.lineno}"
            assert owner.id in ("self", "cls"), f"{ast.unparse(node)} in line {node.lineno}"


@pytest.mark.parametrize("path", SHADERS, ids=lambda p: p.relative_to(WGSL).as_posix())
def test_no_float_in_simulation_shaders(path: Path) -> None:
    text = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    for number, line in enumerate(text.splitlines(), 1):
        assert not (found := _FLOAT.search(line.split("//")[0])), (
            f"line {number}: {found and found[0]}"
        )


def test_the_float_pattern_finds_floats() -> None:
    for line in (
        "let x: f32 = y;",
        "1.5",
        "x * .5",
        "3f",
        "vec3f(1)",
        "vec2<f32>",
        "mat4x4<u32>",
        "2.0h",
    ):
        assert _FLOAT.search(line), line
    for line in ("0xffu", "a.x + b.y", "1u << 16u", "vec4<i32>", "x.xyz.zyx", "0x1fu", "u32(3)"):
        assert not _FLOAT.search(line), line


@pytest.mark.parametrize("path", SHADERS, ids=lambda p: p.relative_to(WGSL).as_posix())
def test_no_native_feature_in_simulation_shaders(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for word in ("enable ", "subgroup", "requires ", "texture_", "push_constant", "u64", "i64"):
        code = "\n".join(line.split("//")[0] for line in text.splitlines())
        assert word not in code, word


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_input_is_not_checked_by_assert_nor_errors_swallowed(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        assert not isinstance(node, ast.Assert), f"line {node.lineno}: raise an error"
        if isinstance(node, ast.ExceptHandler):
            assert node.type is not None, f"line {node.lineno}: a bare except"


def loaded_modules(program: str) -> set[str]:
    """Top-level modules that a program in a process of its own has imported."""
    tail = "\nimport json, sys\nprint(json.dumps(sorted({m.split('.')[0] for m in sys.modules})))"
    done = subprocess.run(
        [sys.executable, "-c", program + tail], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_importing_the_engine_opens_no_window_package() -> None:
    assert not loaded_modules("import astraweave") & {
        "glfw",
        "imgui_bundle",
        "rendercanvas",
        "rich",
    }


@pytest.mark.gpu
def test_a_headless_run_needs_no_window_package() -> None:
    program = (
        "from astraweave.cli import main\n"
        "small = ['--entities', '64', '--ticks', '9']\n"
        "assert main(['run', 'crowd', '--headless', '--json', *small]) == 0"
    )
    loaded = loaded_modules(program)
    assert not loaded & {"glfw", "imgui_bundle", "rendercanvas", "astraweave_ai"}
    assert "wgpu" in loaded


def test_error_classes_have_one_home() -> None:
    for path in MODULES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and name_of(path) != "errors.py":
                bases = {ast.unparse(base) for base in node.bases}
                assert not any(re.search(r"(Error|Exception)$", base) for base in bases), node.name
    from astraweave import errors

    for value in vars(errors).values():
        if isinstance(value, type) and issubclass(value, Exception):
            assert issubclass(value, errors.AstraError), value
            assert value.__doc__, value
