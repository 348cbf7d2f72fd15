"""The documentation is true: its code runs, its commands exist, its links lead somewhere.

Conventions, by the first line of a fenced block:

    python                  run; the blocks of a file share one namespace and one empty folder
    output                  what the blocks since the last `output` printed
    wgsl title="name.wgsl"  written into that folder, to be used by a Python block of the file
    … title="examples/x.py" an excerpt, line by line, of a file of the repository; not run
    sh                      command lines; those of astraweave and make are checked
"""

import argparse
import contextlib
import inspect
import io
import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from astraweave import Gpu, cli, commands, errors
from astraweave.app.scene import load_scene
from astraweave.ecs import fields
from astraweave.ecs.fields import FieldType
from astraweave.errors import UsageError
from astraweave.scene_arguments import scene_options
from astraweave_ai import errors as mind_errors
from astraweave_rag import errors as memory_errors

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
ROOTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", DOCS / "README.md"]
PAGES = sorted({*ROOTS, ROOT / "examples/README.md", *DOCS.rglob("*.md")})
_FENCE = re.compile(r"^( *)```(\w*)(?: title=\"([^\"]+)\")?[^\n]*\n(.*?)^\1```$", re.M | re.S)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6} +(.+)$", re.M)
_INLINE = re.compile(r"`(astraweave [a-z][^`]*)`")


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its title, and where its first line stands."""

    language: str
    title: str
    text: str
    line: int


@dataclass
class Page:
    """A page with its blocks, and its prose without them."""

    path: Path
    text: str = field(init=False)
    blocks: list[Block] = field(init=False)
    prose: str = field(init=False)

    def __post_init__(self) -> None:
        self.text = self.path.read_text(encoding="utf-8")
        self.blocks = [
            Block(m[2], m[3] or "", m[4], self.text.count("\n", 0, m.start(4)) + 1)
            for m in _FENCE.finditer(self.text)
        ]
        self.prose = _FENCE.sub("", self.text)

    def of(self, *languages: str) -> list[Block]:
        """The blocks in these languages, in order."""
        return [block for block in self.blocks if block.language in languages]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def pages_with(*languages: str) -> list[Path]:
    return [path for path in PAGES if Page(path).of(*languages)]


every_page = pytest.mark.parametrize("path", PAGES, ids=name_of)


@pytest.fixture
def one_device(gpu: Gpu, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every world on the shared device: some drivers do not bear many devices in one process."""
    monkeypatch.setattr(Gpu, "open", lambda adapter=None: gpu)


# -- code ------------------------------------------------------------------------------------------


def is_excerpt(block: Block) -> bool:
    return "/" in block.title


@pytest.mark.usefixtures("one_device")
@pytest.mark.parametrize("path", pages_with("python"), ids=name_of)
def test_code_runs(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = Page(path)
    monkeypatch.chdir(tmp_path)
    for block in page.of("wgsl"):
        if block.title and not is_excerpt(block):
            (tmp_path / block.title).write_text(block.text, encoding="utf-8")
    namespace = {"__name__": f"docs_{path.stem.replace('-', '_')}"}
    printed = io.StringIO()
    for block in page.of("python", "output"):
        if block.language == "output":
            assert printed.getvalue().strip() == block.text.strip(), f"line {block.line}"
            printed = io.StringIO()
        elif not is_excerpt(block):
            # The file name makes relative paths of scenes and error positions right.
            place = "\n" * (block.line - 1) + block.text
            code = compile(place, str(tmp_path / path.with_suffix(".py").name), "exec")
            with contextlib.redirect_stdout(printed):
                exec(code, namespace)


@pytest.mark.parametrize("path", pages_with("wgsl"), ids=name_of)
def test_shaders_are_used(path: Path) -> None:
    page = Page(path)
    code = "".join(block.text for block in page.of("python") if not is_excerpt(block))
    for block in page.of("wgsl"):
        assert block.title, f"line {block.line}: a WGSL block needs a title"
        if not is_excerpt(block):
            assert f'"{block.title}"' in code, f"{block.title} is used by no Python block"


@every_page
def test_excerpts_are_verbatim(path: Path) -> None:
    for block in Page(path).blocks:
        if not is_excerpt(block):
            continue
        source = (ROOT / block.title).read_text(encoding="utf-8").splitlines()
        lines = [line.strip() for line in block.text.splitlines()]
        stripped = [line.strip() for line in source]
        starts = range(len(stripped) - len(lines) + 1)
        found = any(stripped[i : i + len(lines)] == lines for i in starts)
        assert found, f"line {block.line} is not in {block.title} as it stands"


# -- command lines ---------------------------------------------------------------------------------


def commands_of(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """The subcommands of a parser by name."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            return dict(action.choices)
    return {}


COMMANDS = commands_of(commands.parser())


def options_of(command: str) -> set[str]:
    """Long options of a subcommand, without --help."""
    actions = COMMANDS[command]._actions
    return {o for a in actions for o in a.option_strings if o.startswith("--")} - {"--help"}


def shell_lines(page: Page) -> Iterator[list[str]]:
    """Words of every command of the shell blocks, variables and `&&` taken apart."""
    for block in page.of("sh"):
        for line in block.text.replace("\\\n", " ").replace("\\", "/").splitlines():
            words = shlex.split(line, comments=True)
            while words:
                end = words.index("&&") if "&&" in words else len(words)
                command, words = words[:end], words[end + 1 :]
                yield list(command[[("=" in w and w[0] != "-") for w in command].index(False) :])


@every_page
def test_shell_lines_are_accepted(path: Path) -> None:
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
    for words in shell_lines(Page(path)):
        program, *arguments = words[: words.index(">")] if ">" in words else words
        program = program.rsplit("/", 1)[-1]
        if program == "python" and arguments[0].startswith("examples/"):
            assert (ROOT / arguments[0]).is_file(), arguments[0]
            program, arguments = "astraweave", ["run", *arguments]
        if program == "astraweave":
            try:
                parsed, more = commands.parser().parse_known_args(arguments)
                if more:  # options of a scene
                    assert parsed.command in ("run", "checksum"), shlex.join(words)
                    parsed.scene_arguments = more
                    scene_options(load_scene(parsed.example), parsed)
            except UsageError as error:
                pytest.fail(f"{shlex.join(words)}: {error}")
            except SystemExit as left:
                if left.code:  # --help is no mistake
                    pytest.fail(f"{shlex.join(words)}: exit code {left.code}")
        elif program == "make":
            assert set(arguments) <= set(targets), shlex.join(words)


@every_page
def test_commands_in_prose_exist(path: Path) -> None:
    for text in _INLINE.findall(Page(path).prose):
        command, *rest = text.split()[1:]
        assert command in COMMANDS, text
        assert set(re.findall(r"--[a-z-]+", " ".join(rest))) <= options_of(command), text


def test_reference_lists_every_command_and_option() -> None:
    text = (DOCS / "reference/cli.md").read_text(encoding="utf-8")
    sections = dict(re.findall(r"^## `astraweave (\w+)`\n(.*?)(?=^## |\Z)", text, re.M | re.S))
    assert sorted(sections) == sorted(COMMANDS)
    for command, section in sections.items():
        documented = set(re.findall(r"^\| `(--[a-z-]+)", section, re.M))
        assert documented == options_of(command), command
        for action in COMMANDS[command]._actions:
            if not action.option_strings:
                assert f"`{action.dest.upper()}`" in section, f"{command} {action.dest}"


# -- links -----------------------------------------------------------------------------------------


def anchors(page: Page) -> set[str]:
    """Ids of the headings, as GitHub makes them."""
    plain = (re.sub(r"[^\w\- ]", "", h.lower()) for h in _HEADING.findall(page.prose))
    return {heading.strip().replace(" ", "-") for heading in plain}


@every_page
def test_links_lead_somewhere(path: Path) -> None:
    page = Page(path)
    for link in _LINK.findall(page.prose):
        if re.match(r"[a-z]+:", link):
            continue
        file, _, anchor = link.partition("#")
        target = (path.parent / file).resolve() if file else path
        assert target.exists(), link
        if anchor and target.suffix == ".md":
            assert anchor in anchors(Page(target)), link


@every_page
def test_every_page_is_reachable(path: Path) -> None:
    """From the index of docs/, or from that of its own folder."""
    if path in ROOTS:
        return
    index = path.parent / "README.md"
    places = [p for p in (index, DOCS / "README.md") if p.exists() and p != path]
    links = [(p.parent / link).resolve() for p in places for link in _LINK.findall(Page(p).prose)]
    assert path in links


# -- tables ----------------------------------------------------------------------------------------


def rows(text: str, heading: str) -> dict[str, list[str]]:
    """Rows of the first table below a heading, by the first cell without backquotes."""
    section = re.split(rf"^#+ {re.escape(heading)}$", text, maxsplit=1, flags=re.M)[1]
    table = re.findall(r"^\| (`.*) \|$", section.split("\n#", 1)[0], re.M)
    cells = [[cell.strip().strip("`") for cell in line.split(" | ")] for line in table]
    return {row[0]: row[1:] for row in cells}


def test_field_types_are_as_the_table_says() -> None:
    table = rows((DOCS / "components.md").read_text(encoding="utf-8"), "Field types")
    types = {
        hint.__metadata__[0].name: hint.__metadata__[0]
        for hint in vars(fields).values()
        if isinstance(getattr(hint, "__metadata__", (None,))[0], FieldType)
    }
    assert sorted(table) == sorted(types)
    for name, kind in types.items():
        assert table[name][:3] == [kind.wgsl, str(kind.size), str(kind.align)], name


@pytest.mark.usefixtures("one_device")
def test_json_has_the_keys_of_the_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = rows(
        (DOCS / "how-to/headless.md").read_text(encoding="utf-8"), "What `run --json` says"
    )
    files = ["--png", str(tmp_path / "a.png"), "--record", str(tmp_path / "a.rec")]
    small = ["--entities", "64", "--ticks", "8", "--frames", "2"]
    assert cli.main(["run", "hello_compute", "--json", *small, *files]) == 0
    assert sorted(json.loads(capsys.readouterr().out)) == sorted(table)


def test_errors_are_all_explained() -> None:
    text = (DOCS / "errors.md").read_text(encoding="utf-8")
    classes = {
        name: kind
        for name, kind in (vars(errors) | vars(mind_errors) | vars(memory_errors)).items()
        if inspect.isclass(kind) and issubclass(kind, (errors.AstraError, memory_errors.RagError))
    }
    found = re.findall(r"^### `(\w+)`\n\n(.+?)(?=^#|\Z)", text, re.M | re.S)
    assert sorted(name for name, _ in found) == sorted(classes)
    for name, section in found:
        bases = [b.__name__ for b in classes[name].__bases__]
        told = re.match(r"Kind of ((?:`\w+`(?: and )?)+)\.", section)
        assert told, name
        assert re.findall(r"`(\w+)`", told[1]) == bases, name
        assert "**What to do.**" in section, name


def test_decisions_are_indexed_and_of_one_form() -> None:
    index = (DOCS / "decisions/README.md").read_text(encoding="utf-8")
    records = sorted((DOCS / "decisions").glob("[0-9]*.md"))
    assert [int(r.name[:4]) for r in records] == list(range(1, len(records) + 1))
    for record in records:
        text = record.read_text(encoding="utf-8")
        assert text.startswith(f"# {record.name[:4]}. "), record.name
        assert f"[{record.name[:4]}]({record.name})" in index, record.name
        status = re.search(r"^Status: (.+)$", text, re.M)
        assert status, record.name
        line = next(line for line in index.splitlines() if record.name in line)
        assert line.endswith(f"| {status[1]} |"), record.name
        for part in ("Context", "Decision", "Alternative that lost", "Consequence"):
            assert f"**{part}.**" in text, f"{record.name}: {part}"


def test_every_example_is_in_the_gallery() -> None:
    text = (ROOT / "examples/README.md").read_text(encoding="utf-8")
    names = sorted(path.stem for path in (ROOT / "examples").glob("*.py"))
    assert sorted(re.findall(r"^## `(\w+)`$", text, re.M)) == names
    for name in names:
        assert f"pictures/{name}.png)" in text, name
        assert (DOCS / "pictures" / f"{name}.png").stat().st_size > 1000, name
