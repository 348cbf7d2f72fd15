"""Brings files of lore, dialogue and quests into a store, and only what has changed since."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path

import msgspec
import numpy as np

from .embed import Vectors, checked_vectors
from .errors import PassageError, TextError
from .passages import LONGEST, SUFFIXES, Passage, passages_of
from .record import Draft, Filter, Record
from .store import Store

Progress = Callable[[Path, int, int], None]  # the file, how many are done, how many there are


@dataclass
class Indexed:
    """What was done: files that were read or left alone, and passages by what became of them."""

    files: int = 0
    unchanged_files: int = 0
    added: int = 0
    changed: int = 0
    removed: int = 0
    kept: int = 0
    failed: list[str] = field(default_factory=list)  # files that could not be read, and why


def index_files(
    store: Store,
    paths: Iterable[Path],
    *,
    persona: str = "",
    kind: str = "",
    tags: tuple[str, ...] = (),
    root: Path | None = None,
    progress: Progress | None = None,
) -> Indexed:
    """Make the passages of files memories whose source is `file#anchor`.

    A file whose bytes are the same as last time is left alone. Of a changed one, passages that are
    new are added, those that read otherwise are changed, those that are gone are deleted, each file
    as a whole. Of a folder, files that are no longer there are deleted too. One that cannot be read
    keeps its passages and is named in `failed`; the others are indexed all the same.

    Args:
        paths: files, or folders whose files are all taken.
        persona: who knows it; "" is everybody.
        kind, tags: of the memories.
        root: a folder above all of them; files are called by their path below it, so that a store
            is the same wherever the folder lies, and files of that name below another root are
            taken for the same. By default they are called by the path as given; of what is not
            absolute, `data` says from where it was given, which tells equal names apart.

    Raises:
        PassageError: a path that is not there.
    """
    given = [Path(path) for path in paths]
    files = sorted({file for path in given for file in files_in(path)})
    result = Indexed()
    for number, file in enumerate(files):
        if progress is not None:
            progress(file, number, len(files))
        like = Draft(text="-", persona=persona, kind=kind, tags=tags, data=_from(file, root))
        name = _name(file, root)
        try:
            _index_file(store, file, name, like, result)
        except (PassageError, TextError) as error:
            result.failed.append(str(error))
    names = {_name(file, root) for file in files}
    for path in given:
        if path.is_dir():
            like = Draft(text="-", persona=persona, data=_from(path, root))
            _remove_missing(store, _name(path, root), names, like, result)
    if progress is not None and files:
        progress(files[-1], len(files), len(files))
    return result


def files_in(path: Path) -> list[Path]:
    """The file itself, or all files under a folder that can be cut into passages, in order.

    Raises:
        PassageError: there is no such file or folder.
    """
    if path.is_dir():
        found = [each for each in path.rglob("*") if each.suffix.lower() in SUFFIXES]
        return sorted(each for each in found if each.is_file())
    if not path.is_file():
        raise PassageError(f"{path}: no such file or folder")
    return [path]


def _name(path: Path, root: Path | None) -> str:
    """What a file or folder is called in sources."""
    if root is None:
        return path.as_posix()
    try:
        return path.resolve().relative_to(root.resolve()).as_posix()
    except ValueError as error:
        raise PassageError(f"{path} is not below {root}: give a root above all files") from error


def _from(path: Path, root: Path | None) -> dict[str, str]:
    """The folder from which a path was given, where its name does not say where it is."""
    return {} if root is not None or path.is_absolute() else {"from": Path.cwd().as_posix()}


def _index_file(store: Store, file: Path, name: str, like: Draft, result: Indexed) -> None:
    before = _known(store, f"{name}#", like)
    try:
        digest = blake2b(file.read_bytes(), digest_size=16).hexdigest()
    except OSError as error:
        raise PassageError(f"{file} cannot be read: {error}") from error
    settings = [like.kind, *like.tags, str(LONGEST)]
    mark = f"{digest}/{'/'.join(settings)}"
    if before and all(one.data.get("file") == mark for one in before.values()):
        result.unchanged_files += 1
        result.kept += len(before)
        return
    drafts = [_draft(passage, like, mark) for passage in passages_of(file, name)]
    if not drafts and not before:  # there is nothing by which it could be known again
        result.unchanged_files += 1
        return
    vectors = _vectors(store, before, drafts)  # before the write: others may wait to write
    with store.together():
        _bring_up_to_date(store, before, drafts, vectors, result)
    result.files += 1


def _draft(passage: Passage, like: Draft, mark: str) -> Draft:
    return msgspec.structs.replace(
        like,
        text=f"{passage.title}\n{passage.text}",
        source=passage.source,
        data={**like.data, "file": mark},
    )


def _vectors(store: Store, before: dict[str, Record], drafts: list[Draft]) -> dict[str, Vectors]:
    """Vectors of texts that are new, by their sources."""
    known = {source: one.text for source, one in before.items()}
    new = [draft for draft in drafts if known.get(draft.source) != draft.text]
    rows = checked_vectors(store.embedder, [draft.text for draft in new])
    return {draft.source: row for draft, row in zip(new, rows, strict=True)}


def _bring_up_to_date(
    store: Store,
    before: dict[str, Record],
    drafts: list[Draft],
    vectors: dict[str, Vectors],
    result: Indexed,
) -> None:
    sources = {draft.source for draft in drafts}
    gone = [one.key for source, one in before.items() if source not in sources]
    if gone:
        result.removed += store.delete(gone)
    for draft in drafts:
        known, vector = before.get(draft.source), vectors.get(draft.source)
        if known is None:
            continue
        text = {} if vector is None else {"text": draft.text}
        store.update(known.key, vector, kind=draft.kind, tags=draft.tags, data=draft.data, **text)
        result.kept, result.changed = result.kept + (not text), result.changed + len(text)
    new = [draft for draft in drafts if draft.source not in before]
    if new:
        store.add_many(new, np.stack([vectors[draft.source] for draft in new]))
    result.added += len(new)


def _remove_missing(
    store: Store, folder: str, names: set[str], like: Draft, result: Indexed
) -> None:
    """Delete passages of files that were under a folder and are no longer."""
    prefix = "" if folder == "." else f"{folder}/"
    gone = [
        one.key
        for source, one in _known(store, prefix, like).items()
        if source.rpartition("#")[0] not in names
        and (prefix or not Path(source).is_absolute())  # which is elsewhere
    ]
    if gone:
        result.removed += store.delete(gone)


def _known(store: Store, prefix: str, like: Draft) -> dict[str, Record]:
    """Passages that are in the store, of files given from the same folder, by their sources."""
    chosen = store.select(Filter(persona=like.persona, source=prefix))
    return {
        one.source: one
        for one in chosen
        if "file" in one.data and one.data.get("from") == like.data.get("from")
    }
