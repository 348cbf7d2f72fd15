"""Embeds texts with any GGUF embedding model, by llama.cpp in a child process."""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Lock

import msgspec
import numpy as np
from numpy.typing import NDArray

from .child import Child
from .errors import ChildError, EmbedderError, ModelError, TextError

LONGEST = 1 << 18  # characters of a text, and of the texts that the child gets at once
_TOGETHER = 32  # texts that the child gets at once
_LOADING = 300.0  # seconds within which a model must be there


class Opening(msgspec.Struct, frozen=True):
    """Which model to load, and how."""

    path: str
    stamp: tuple[int, int]  # size and time of the file when it was hashed
    context: int
    threads: int
    gpu_layers: int
    split: bool


class Answer(msgspec.Struct, frozen=True):
    """Vectors as they came from the model, float32 one after another; or an error.

    `refused`: number of the text that is to blame for it; below 0, the model is.
    """

    dimensions: int = 0
    context: int = 0
    vectors: bytes = b""
    error: str = ""
    refused: int = -1


def stamp(path: Path) -> tuple[int, int]:
    """Size and time of a file, by which a change is noticed.

    Raises:
        ModelError: it cannot be looked at.
    """
    try:
        found = path.stat()
    except OSError as error:
        raise ModelError(str(error)) from error
    return found.st_size, found.st_mtime_ns


class LlamaEmbedder:
    """Vectors of meaning, by a GGUF embedding model.

    The model runs in a process of its own: if llama.cpp crashes or hangs there, the call under way
    fails with an EmbedderError, and the next call finds a new process.

    The same text gets the same vector, to the last bit, whatever texts come with it and however
    many threads work, because the model takes one text at a time. Another machine, another build
    of llama.cpp or a GPU may differ in the last bits.

    A text that is longer than the context is split into parts of nearly equal length; its vector
    is the mean of the parts' vectors, weighted by their tokens. Nothing is cut off.

    Args:
        path: the model. A hash of the file is part of `name`, so that a store notices another one.
        context: tokens that the model gets at once; at most what it was trained for.
        split: False refuses a text that is longer than the context.
        threads: how many work on a text. They wait for each other without rest, so that two on a
            busy machine are many times slower than one.
        gpu_layers: layers of the model that a GPU computes, if llama.cpp was built for one.
        timeout: seconds that 32 texts may take together.

    Raises:
        ModelError: the file is missing, damaged or no embedding model, or llama.cpp is missing.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        context: int = 512,
        split: bool = True,
        threads: int = 1,
        gpu_layers: int = 0,
        timeout: float = 60.0,
    ) -> None:
        self.path = Path(path).absolute()
        _check(context=context, threads=threads, timeout=timeout)
        if importlib.util.find_spec("llama_cpp") is None:
            raise ModelError(
                f"{self.path} needs the package llama-cpp-python; "
                "install it: pip install astraweave[llm]"
            )
        digest, found = _hash(self.path)
        opening = Opening(str(self.path), found, context, threads, gpu_layers, split)
        self._timeout = timeout
        self._lock = Lock()
        self._child = Child("astraweave_rag.llama_worker", [msgspec.to_builtins(opening)])
        try:
            about = self._ask([], _LOADING)
        except EmbedderError:
            self.close()
            raise
        self.dimensions, self.context = about.dimensions, about.context
        self.name = f"llama-1/{digest[:16]}/{self.context}"

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One row of length 1 for each text; shape (0, dimensions) for none.

        Raises:
            EmbedderError: a text cannot be taken, or the model failed; all texts or none.
        """
        vectors, count = [], 0
        for some in _portions(_checked(texts)):
            with self._lock:
                vectors.append(self._ask(some, self._timeout, count).vectors)
            count += len(some)
        rows = np.frombuffer(b"".join(vectors), np.float32)
        return self._unit(rows.reshape(len(texts), self.dimensions))

    @property
    def pid(self) -> int | None:
        """Of the model's process, while one runs."""
        return self._child.pid

    def close(self) -> None:
        """End the process of the model."""
        self._child.close()

    def __enter__(self) -> LlamaEmbedder:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _ask(self, texts: list[str], timeout: float, first: int = 0) -> Answer:
        try:
            answer = msgspec.convert(self._child.call(texts, timeout), Answer)
        except ChildError as error:
            kind = EmbedderError if texts else ModelError
            raise kind(f"model {self.path}: {error}; ask again, or try another model") from error
        if answer.error and answer.refused >= 0:
            place = f"text {first + answer.refused}: {answer.error}"
            raise TextError(f"model {self.path}: {place}; shorten or split the text")
        if answer.error:
            raise ModelError(
                f"model {self.path} cannot be used: {answer.error}; "
                "expected a GGUF embedding model that this llama.cpp knows"
            )
        return answer

    def _unit(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        wide = rows.astype(np.float64)
        lengths = np.sqrt((wide * wide).sum(axis=1))
        wrong = np.flatnonzero(~(np.isfinite(lengths) & (lengths > 0)))
        if len(wrong):
            raise EmbedderError(
                f"model {self.path}: the vector of text {wrong[0]} has length "
                f"{lengths[wrong[0]]}; expected a finite one above 0, so try another model"
            )
        unit: NDArray[np.float32] = (wide / lengths[:, None]).astype(np.float32)
        return unit


def _check(*, context: int, threads: int, timeout: float) -> None:
    for name, value, least in (("context", context, 8), ("threads", threads, 1)):
        if not least <= value <= 1 << 16:
            raise ModelError(f"{name} must be {least} to {1 << 16}, got {value}")
    if not 0 < timeout < float("inf"):
        raise ModelError(f"timeout must be a number of seconds above 0, got {timeout}")


def _hash(path: Path) -> tuple[str, tuple[int, int]]:
    try:
        with path.open("rb") as file:
            found = stamp(path)
            return hashlib.file_digest(file, "sha256").hexdigest(), found
    except OSError as error:
        raise ModelError(f"model {path} cannot be read: {error}; give a GGUF file") from error


def _checked(texts: Sequence[str]) -> list[str]:
    if isinstance(texts, str):
        raise TextError(
            f"a list of texts is expected, got the text {texts[:40]!r}; put it into one"
        )
    for number, text in enumerate(texts):
        if not isinstance(text, str):
            raise TextError(f"text {number} is {type(text).__name__}; expected str")
        if len(text) > LONGEST:
            raise TextError(
                f"text {number} has {len(text):,} characters; at most {LONGEST:,} can be embedded, "
                "so add it in parts"
            )
        if not text.isascii():
            _check_unicode(number, text)
    return list(texts)


def _check_unicode(number: int, text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise TextError(f"text {number} cannot be written as UTF-8: {error}; mend it") from error


def _portions(texts: list[str]) -> Iterator[list[str]]:
    """Texts as the child gets them: few at once."""
    some: list[str] = []
    for text in texts:
        if len(some) == _TOGETHER or sum(map(len, some)) + len(text) > LONGEST:
            yield some
            some = []
        some.append(text)
    if some:
        yield some
