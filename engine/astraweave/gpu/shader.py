"""Composes WGSL: imports are inlined once each, and every output line knows where it came from."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import wgpu

from ..errors import ShaderError
from ..paths import WGSL

_IMPORT = re.compile(r"^\s*//!\s*import\s+(\S+)\s*$")
_POSITION = re.compile(r"(?:wgsl|┌─ [^\s:]*):(\d+):(\d+)")
_GUTTER = re.compile(r"^( *)(\d+)(?= │)", re.MULTILINE)  # line numbers beside a quoted source


@dataclass
class Source:
    """Composed WGSL with the origin (file, line) of each line."""

    lines: list[str] = field(default_factory=list)
    origins: list[tuple[str, int]] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The WGSL that the driver sees."""
        return "\n".join(self.lines) + "\n"

    def append(self, text: str, origin: str) -> None:
        """Add a block; its lines count from 1 in `origin`."""
        for number, line in enumerate(text.splitlines(), 1):
            self.lines.append(line)
            self.origins.append((origin, number))

    def origin(self, line: int) -> tuple[str, int]:
        """File and line of composed line `line` (from 1)."""
        inside = 1 <= line <= len(self.origins)
        return self.origins[line - 1] if inside else ("composed shader", line)


def resolve(path: str | Path, beside: Path | None = None) -> Path:
    """Find a shader: absolute, beside the file that names it, or under wgsl/.

    Raises:
        ShaderError: there is no such file.
    """
    path = Path(path)
    folders = ([beside] if beside else []) + [WGSL, Path.cwd()]
    candidates = [path] if path.is_absolute() else [folder / path for folder in folders]
    for candidate in candidates:
        if candidate.is_file():
            return candidate.resolve()
    looked = ", ".join(str(candidate) for candidate in candidates)
    raise ShaderError(f"shader {path} not found; looked for {looked}")


def short_name(path: Path) -> str:
    """Path as people write it: relative to wgsl/ where it lies there."""
    return path.relative_to(WGSL).as_posix() if path.is_relative_to(WGSL) else path.name


def compose(path: str | Path, preamble: str = "", epilogue: str = "") -> Source:
    """Preamble, imports (each once, depth first), the file itself, epilogue.

    Raises:
        ShaderError: a file is missing or imports form a cycle.
    """
    source = Source()
    source.append(preamble, "preamble")
    _include(resolve(path), source, ())
    source.append(epilogue, "entry point")
    return source


def _include(path: Path, source: Source, above: tuple[Path, ...]) -> None:
    if path in above:
        names = " -> ".join(short_name(p) for p in (*above[above.index(path) :], path))
        raise ShaderError(f"import cycle: {names}")
    if path in source.files:
        return
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ShaderError(f"cannot be read: {error}", short_name(path), 1) from error
    for number, line in enumerate(text.splitlines(), 1):
        if found := _IMPORT.match(line):
            try:
                target = resolve(found[1], path.parent)
            except ShaderError as error:
                raise ShaderError(str(error), short_name(path), number) from error
            _include(target, source, (*above, path))
    source.files.append(path)
    source.append(text, short_name(path))


def compile_module(device: Any, source: Source, label: str) -> Any:
    """Compile; an error is told in terms of the original file and line."""
    try:
        return device.create_shader_module(label=label, code=source.text)
    except wgpu.GPUError as error:
        raise rewrite(str(error), source, label) from None


def rewrite(message: str, source: Source, label: str) -> ShaderError:
    """The compiler's message with every position replaced by file and line of origin."""
    first: list[tuple[str, int]] = []

    def position(found: re.Match[str]) -> str:
        name, line = source.origin(int(found[1]))
        first.append((name, line))
        return f"{name}:{line}:{found[2]}"

    def gutter(found: re.Match[str]) -> str:
        return f"{source.origin(int(found[2]))[1]:>{len(found[0])}}"

    marked = _marked_line(message)
    text = _GUTTER.sub(gutter, _POSITION.sub(position, message)).strip()
    place = source.origin(marked) if marked else (first[0] if first else (label, 0))
    return ShaderError(f"does not compile\n{text}", *place)


def _marked_line(message: str) -> int | None:
    """The quoted line with a ^^^ below it; a position alone may be that of the whole function."""
    line = None
    for text in message.splitlines():
        if found := _GUTTER.match(text):
            line = int(found[2])
        elif line and "^" in text and "─^" not in text:
            return line
    return None
