"""What the shader compiler says, told in terms of the files that people write."""

from collections.abc import Callable

import numpy as np
import pytest

from astraweave import Motion, Pass, Position, Resource, Team, Velocity, World
from astraweave.errors import ShaderError

Write = Callable[..., str]
MakeWorld = Callable[..., World]


def broken(world: World, *passes: Pass) -> ShaderError:
    """The error of a world that uses these passes."""

    def compile_them() -> None:
        world.use(*passes)
        world.prepare()

    with pytest.raises(ShaderError) as caught:
        compile_them()
    return caught.value


def test_error_in_the_pass_file(world: MakeWorld, shader: Write) -> None:
    path = shader("// a comment\n\nfn each(slot: u32) {\n    team[slot].id = 1.5;\n}")
    error = broken(world(), Pass(path, writes=(Team,)))
    assert (error.path, error.line) == ("test.wgsl", 4)
    assert "test.wgsl:4:" in str(error)


def test_error_in_an_imported_file(world: MakeWorld, shader: Write) -> None:
    shader("// fine\nfn wrong() -> u32 {\n    return nothing;\n}", "lib.wgsl")
    path = shader("//! import lib.wgsl\nfn each(slot: u32) { team[slot].id = wrong(); }")
    error = broken(world(), Pass(path, writes=(Team,)))
    assert (error.path, error.line) == ("lib.wgsl", 3)


def test_error_of_syntax(world: MakeWorld, shader: Write) -> None:
    error = broken(world(), Pass(shader("fn each(slot: u32) {\n  let = 3;\n}"), writes=(Team,)))
    assert (error.path, error.line) == ("test.wgsl", 2)


@pytest.mark.parametrize(
    ("statement", "declared", "name"),
    [
        ("team[slot].id = 1u;", {"reads": (Team,)}, "team"),
        ("let t = velocity[slot].xyz; team[slot].id = u32(t.x);", {"writes": (Team,)}, "velocity"),
        ("other[slot] = 1u;", {"writes": (Team,)}, "other"),
        ("mine[slot] = 1u;", {"reads": (Team, Resource("mine"))}, "mine"),
        ("entity[slot].y = 0u;", {"reads": (Team,)}, "entity"),
        ("team[slot].colour = 1u;", {"writes": (Team,)}, "colour"),
        ("emit_contact(Contact(1u, 2u, 3));", {"writes": (Team,)}, "ontact"),
    ],
    ids=["write to a read", "read", "resource", "resource write", "entities", "field", "event"],
)
def test_what_was_not_declared_is_refused(
    world: MakeWorld, shader: Write, statement: str, declared: dict, name: str
) -> None:
    path = shader(f"fn each(slot: u32) {{\n    {statement}\n}}")
    error = broken(world(), Pass(path, **declared))
    assert (error.path, error.line) == ("test.wgsl", 2)
    assert name in str(error)


def test_pass_without_each(world: MakeWorld, shader: Write) -> None:
    error = broken(world(), Pass(shader("fn other(slot: u32) {}"), writes=(Team,)))
    assert error.path == "entry point"
    assert "each" in str(error)


def test_pass_without_its_own_main(world: MakeWorld, shader: Write) -> None:
    declared = Pass(shader("fn each(slot: u32) {}"), writes=(Team,), threads=1, own_entry=True)
    assert "main" in str(broken(world(), declared))


def test_missing_shader(world: MakeWorld) -> None:
    assert "nowhere.wgsl not found" in str(broken(world(), Pass("nowhere.wgsl", writes=(Team,))))


def test_a_broken_pass_leaves_the_world_as_it_was(world: MakeWorld, shader: Write) -> None:
    made = world(seed=3)
    made.use(Motion())
    made.spawn(Position(np.ones((10, 3))), Velocity((1, 2, 3)))
    made.step()
    before = made.checksum().hex
    broken(made, Pass(shader("nonsense"), writes=(Team,)))
    assert made.checksum().hex == before
    made.step(59)
    assert np.array_equal(made.read(Position)[0], [2, 3, 4]), "the world still runs"


def test_shader_beside_the_scene(world: MakeWorld, shader: Write, tmp_path) -> None:
    shader("fn each(slot: u32) { team[slot].id += 1u; }", "beside.wgsl")
    made = world(shaders=tmp_path)
    made.use(Pass("beside.wgsl", writes=(Team,)))
    made.spawn(Team(np.arange(5)))
    made.step(3)
    assert made.read(Team).tolist() == [3, 4, 5, 6, 7]


def test_constants_reach_the_shader(world: MakeWorld, shader: Write) -> None:
    path = shader(
        "fn each(slot: u32) { team[slot].id = bitcast<u32>(i32(A)) + B"
        " + u32(RATE) + select(0u, 1u, C); }"
    )
    made = world(rate=30)
    made.use(Pass(path, writes=(Team,), constants={"A": -3, "B": 2**31, "C": True}))
    made.spawn(Team(0))
    made.step()
    assert made.read(Team).tolist() == [(-3 + 2**31 + 30 + 1) % 2**32]
