"""The models of a user: GGUF files in one folder, each under a short name."""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path

from ..errors import ModelUnusable

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_PART = re.compile(r"-\d{5}-of-\d{5}\.gguf$")
_MAGIC = b"GGUF"


def models_folder() -> Path:
    """ASTRAWEAVE_MODELS, or a folder of the user's data as the platform has it."""
    chosen = os.environ.get("ASTRAWEAVE_MODELS")
    return Path(chosen) if chosen else _data_folder() / "astraweave" / "models"


def _data_folder() -> Path:
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        return Path(local) if local else Path.home() / "AppData" / "Local"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support"
    given = os.environ.get("XDG_DATA_HOME")  # the specification ignores relative paths
    return Path(given) if given and Path(given).is_absolute() else Path.home() / ".local" / "share"


def add_model(path: Path, name: str = "", link: bool = False) -> str:
    """Take a GGUF file into the folder and return its name.

    The file is hard-linked where that is possible, and copied elsewhere.

    Args:
        path: of the file.
        name: default: that of the file.
        link: refer to the file where it is instead; it must stay there.

    Raises:
        ModelUnusable: it is no GGUF file, the name is taken or odd, or it cannot be copied.
    """
    name = name or path.stem
    if not _NAME.fullmatch(name):
        raise ModelUnusable(
            f"model name {name!r}: expected letters, digits, '.', '_' and '-'; choose one by --name"
        )
    _look_at(path)
    target = _file_of(name)
    if os.path.lexists(target):
        raise ModelUnusable(
            f"there is a model {name} already; remove it first, or choose a name by --name"
        )
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if link:
            target.symlink_to(path.resolve())
        else:
            _take_over(path, target)
    except OSError as error:
        raise ModelUnusable(f"model {path} cannot be put into {target.parent}: {error}") from error
    return name


def _look_at(path: Path) -> None:
    try:
        with path.open("rb") as file:
            magic = file.read(len(_MAGIC))
    except OSError as error:
        raise ModelUnusable(f"model {path} cannot be read: {error.strerror or error}") from error
    if magic != _MAGIC:
        raise ModelUnusable(f"{path} is no GGUF file: it begins with {magic!r}, not {_MAGIC!r}")
    if _PART.search(path.name):
        raise ModelUnusable(f"{path} is one part of a model; merge the parts with llama-gguf-split")


def _take_over(path: Path, target: Path) -> None:
    """A name appears only when its file is complete."""
    unfinished = target.with_suffix(".part")
    unfinished.unlink(missing_ok=True)
    try:
        try:
            os.link(path.resolve(), unfinished)
        except OSError:  # another file system, or one without links
            shutil.copyfile(path, unfinished)
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)


def list_models() -> dict[str, Path]:
    """Files by name; one whose file is gone is listed, too."""
    folder = models_folder()
    if not folder.is_dir():
        return {}
    return {path.stem: path for path in sorted(folder.iterdir()) if path.suffix == ".gguf"}


def find_model(name: str) -> Path:
    """The file of a name, or of a path.

    Raises:
        ModelUnusable: there is none.
    """
    if _NAME.fullmatch(name) and _file_of(name).is_file():
        return _file_of(name)
    if Path(name).is_file():
        return Path(name)
    known = ", ".join(list_models()) or "none; add one: astraweave model add PATH.gguf"
    raise ModelUnusable(f"there is no model {name!r}; there is {known}")


def remove_model(name: str) -> None:
    """Take a file out of the folder; one that it was linked to stays.

    Raises:
        ModelUnusable: there is none of this name.
    """
    if name not in list_models():
        known = ", ".join(list_models()) or "none"
        raise ModelUnusable(f"there is no model {name!r}; there is {known}")
    _file_of(name).unlink()


def _file_of(name: str) -> Path:
    return models_folder() / f"{name}.gguf"
