"""Brings files of lore, dialogue and quests into a store, and only what has changed since."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from .errors import PassageError
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
    as a whole. Of a folder, files that are no longer there are deleted too.

    Args:
        paths: files, or folders whose files are all taken.
        persona: who knows it; "" is everybody.
        kind, tags: of the memories.
        root: a folder above all of them; files are called by their path below it, so that a store
            is the same wherever the folder lies. By default they are called by the path as given.

    Raises:
        PassageError: a path that is not there, or a file that cannot be cut into passages.
    """
    given = [Path(path) for path in paths]
    files = sorted({file for path in given for file in files_in(path)})
    result = Indexed()
    for number, file in enumerate(files):
        if progress is not None:
            progress(file, number, len(files))
        like = Draft(text="-", persona=persona, kind=kind, tags=tags)
        _index_file(store, file, _name(file, root), like, result)
    names = {_name(file, root) for file in files}
    for path in given:
        if path.is_dir():
            _remove_missing(store, _name(path, root), names, persona, result)
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


def _index_file(store: Store, file: Path, name: str, like: Draft, result: Indexed) -> None:
    before = _known(store, name, like.persona)
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
    result.files += 1
    found = {passage.source: passage for passage in passages_of(file, name)}
    with store.together():
        _bring_up_to_date(store, before, found, like, mark, result)


def _bring_up_to_date(
    store: Store,
    before: dict[str, Record],
    found: dict[str, Passage],
    like: Draft,
    mark: str,
    result: Indexed,
) -> None:
    gone = [one.key for source, one in before.items() if source not in found]
    if gone:
        result.removed += store.delete(gone)
    new = []
    for source, passage in found.items():
        draft = Draft(
            text=f"{passage.title}\n{passage.text}", persona=like.persona, kind=like.kind,
            tags=like.tags, source=source, data={"file": mark},
        )  # fmt: skip
        known = before.get(source)
        if known is None:
            new.append(draft)
            continue
        store.update(known.key, text=draft.text, kind=draft.kind, tags=draft.tags, data=draft.data)
        same = known.text == draft.text
        result.kept, result.changed = result.kept + same, result.changed + (not same)
    store.add_many(new)
    result.added += len(new)


def _remove_missing(
    store: Store, folder: str, names: set[str], persona: str, result: Indexed
) -> None:
    """Delete passages of files that were under a folder and are no longer."""
    prefix = "" if folder == "." else f"{folder}/"
    gone = [
        one.key
        for one in store.select(Filter(persona=persona, source=prefix))
        if "file" in one.data and one.source.rpartition("#")[0] not in names
    ]
    if gone:
        result.removed += store.delete(gone)


def _known(store: Store, name: str, persona: str) -> dict[str, Record]:
    """The passages of a file that are in the store, by their sources."""
    chosen = store.select(Filter(persona=persona, source=f"{name}#"))
    return {one.source: one for one in chosen if "file" in one.data}
