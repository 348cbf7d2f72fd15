"""Brings a sentence-transformer of the MiniLM family into the user's models, as a GGUF file."""

from __future__ import annotations

import tempfile
from pathlib import Path

from astraweave_rag.errors import RagError
from astraweave_rag.minilm import Kind, convert, find

from ..errors import ModelUnusable
from .library import add_model, models_folder


def import_minilm(source: str, name: str = "", kind: Kind = "f16") -> str:
    """Convert the model of a folder or of an installed package, and return its name.

    Args:
        name: default: that of the folder or package.

    Raises:
        ModelUnusable: there is no such model, it is damaged or of another family, the name is taken
            or odd, or it cannot be written.
    """
    try:
        folder = find(source)
        name = name or (Path(source).resolve().name if Path(source).is_dir() else source)
        models_folder().mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".importing-", dir=models_folder()) as scratch:
            return add_model(convert(folder, Path(scratch) / "model.gguf", kind, name), name)
    except RagError as error:
        raise ModelUnusable(str(error)) from error
    except OSError as error:
        raise ModelUnusable(f"{models_folder()} cannot be written: {error}") from error
