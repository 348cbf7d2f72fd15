"""The shader composer: imports once each, clear errors, and the origin of every line."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from astraweave import Pass, Position, Velocity
from astraweave.errors import ShaderError
from astraweave.gpu.passes import compose_pass
from astraweave.gpu.shader import compose, resolve, rewrite, short_name
from astraweave.paths import WGSL

Write = Callable[..., str]
ALL = sorted(p.relative_to(WGSL).as_posix() for p in WGSL.rglob("*.wgsl"))


def test_imports_come_before_and_once(shader: Write) -> None:
    shader("const BASE = 1;", "base.wgsl")
    shader("//! import base.wgsl\nconst LEFT = BASE;", "left.wgsl")
    shader("//! import base.wgsl\nconst RIGHT = BASE;", "right.wgsl")
    path = shader(
        "//! import left.wgsl\n  //!  import   right.wgsl  \n// import none\nconst TOP = 1;"
    )
    source = compose(path, "const PRE = 0;", "fn main() {}")
    code = [line for line in source.lines if line.startswith(("const", "fn"))]
    assert code == [
        "const PRE = 0;",
        "const BASE = 1;",
        "const LEFT = BASE;",
        "const RIGHT = BASE;",
        "const TOP = 1;",
        "fn main() {}",
    ]
    assert [p.name for p in source.files] == ["base.wgsl", "left.wgsl", "right.wgsl", "test.wgsl"]


def test_every_line_knows_its_origin(shader: Write) -> None:
    shader("// one\nconst A = 1;", "a.wgsl")
    source = compose(shader("//! import a.wgsl\n\nconst B = 2;"), "const P = 0;\nconst Q = 0;")
    origins = {line: source.origin(n) for n, line in enumerate(source.lines, 1) if line}
    assert origins["const Q = 0;"] == ("preamble", 2)
    assert origins["const A = 1;"] == ("a.wgsl", 2)
    assert origins["const B = 2;"] == ("test.wgsl", 3)
    assert source.origin(0)[0] == source.origin(10_000)[0] == "composed shader"


def test_a_cycle_names_its_files(shader: Write) -> None:
    shader("//! import b.wgsl", "a.wgsl")
    shader("//! import c.wgsl", "b.wgsl")
    shader("//! import a.wgsl", "c.wgsl")
    with pytest.raises(ShaderError, match=r"import cycle: a.wgsl -> b.wgsl -> c.wgsl -> a.wgsl"):
        compose(shader("//! import a.wgsl"))
    with pytest.raises(ShaderError, match=r"import cycle: test.wgsl -> test.wgsl"):
        compose(shader("//! import test.wgsl"))


def test_a_missing_import_names_file_and_line(shader: Write) -> None:
    shader("// fine\n// fine\n//! import nowhere.wgsl", "middle.wgsl")
    with pytest.raises(ShaderError, match=r"middle\.wgsl:3: .*nowhere\.wgsl not found") as caught:
        compose(shader("//! import middle.wgsl"))
    assert (caught.value.path, caught.value.line) == ("middle.wgsl", 3)


def test_a_missing_file_says_where_it_was_looked_for(tmp_path: Path) -> None:
    for wrong in ("nowhere.wgsl", tmp_path / "nowhere.wgsl", ""):
        with pytest.raises(ShaderError, match="not found; looked for"):
            resolve(wrong)
    with pytest.raises(ShaderError, match="not found"):
        resolve(tmp_path)


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "binary.wgsl"
    path.write_bytes(b"\xff\xfe\x00const")
    with pytest.raises(ShaderError, match=r"binary\.wgsl:1: cannot be read"):
        compose(path)


def test_files_beside_come_first(tmp_path: Path) -> None:
    (tmp_path / "sim").mkdir()
    mine = tmp_path / "sim" / "motion.wgsl"
    mine.write_text("// mine")
    assert resolve("sim/motion.wgsl", tmp_path) == mine
    assert resolve("sim/motion.wgsl") == WGSL / "sim" / "motion.wgsl"
    assert short_name(mine) == "motion.wgsl"
    assert short_name(WGSL / "sim" / "motion.wgsl") == "sim/motion.wgsl"


def test_positions_in_messages_are_rewritten(shader: Write) -> None:
    source = compose(shader("const A = 1;\nconst B = ;"), "// first\n// second")
    error = rewrite("oops\n  ┌─ wgsl:4:11\n  │\nsee also wgsl:1:1", source, "label")
    assert "test.wgsl:2:11" in str(error)
    assert "preamble:1:1" in str(error)
    assert (error.path, error.line) == ("test.wgsl", 2)
    assert rewrite("no position", source, "label").path == "label"


@pytest.mark.parametrize("path", ALL)
def test_every_shader_of_the_engine_composes(path: str) -> None:
    source = compose(path)
    assert source.files[-1] == WGSL / path
    assert len(source.lines) == len(source.origins)
    assert len(set(source.files)) == len(source.files)


def test_pass_preamble_comes_first_and_entry_point_last() -> None:
    source = compose_pass(Pass("sim/drift.wgsl", (Velocity,), (Position,)), 7)
    assert source.lines[0].startswith("struct Tick")
    assert source.text.rstrip().endswith("each(index);\n}")
    assert "const REQUIRED = 7;" in source.text


@given(st.lists(st.sets(st.integers(0, 7)), min_size=8, max_size=8))
def test_any_acyclic_imports(
    tmp_path_factory: pytest.TempPathFactory, wanted: list[set[int]]
) -> None:
    """File i imports only files below i: each reachable one comes once, after what it needs."""
    folder = tmp_path_factory.mktemp("imports")
    for i, others in enumerate(wanted):
        lines = [f"//! import f{j}.wgsl" for j in sorted(others) if j < i]
        (folder / f"f{i}.wgsl").write_text("\n".join([*lines, f"const C{i} = 0;"]))
    found = [int(p.stem[1:]) for p in compose(folder / "f7.wgsl").files]
    reachable, stack = set(), [7]
    while stack:
        i = stack.pop()
        reachable.add(i)
        stack += [j for j in wanted[i] if j < i and j not in reachable]
    assert sorted(found) == sorted(reachable)
    for place, i in enumerate(found):
        assert {j for j in wanted[i] if j < i} <= set(found[:place])
