"""Reads the folder of a sentence-transformer with a BERT encoder, and checks it whole."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from .errors import ModelError
from .weights import read_tensors

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
_NEEDED = ("[UNK]", "[CLS]", "[SEP]")
_WORD_START = "\u2581"  # how llama.cpp marks the piece that begins a word

# Names of the parts of a block, there and in GGUF.
_BLOCK = {
    "attention.self.query": "attn_q",
    "attention.self.key": "attn_k",
    "attention.self.value": "attn_v",
    "attention.output.dense": "attn_output",
    "attention.output.LayerNorm": "attn_output_norm",
    "intermediate.dense": "ffn_up",
    "output.dense": "ffn_down",
    "output.LayerNorm": "layer_output_norm",
}
_Tensors = dict[str, NDArray[np.float32]]
_Count = Annotated[int, msgspec.Meta(ge=1, le=1 << 24)]
_T = TypeVar("_T")


class Config(msgspec.Struct, frozen=True):
    """What config.json says about the encoder."""

    model_type: Literal["bert"]
    hidden_act: Literal["gelu"]
    hidden_size: _Count
    intermediate_size: _Count
    num_hidden_layers: _Count
    num_attention_heads: _Count
    max_position_embeddings: _Count
    type_vocab_size: _Count
    vocab_size: _Count
    layer_norm_eps: Annotated[float, msgspec.Meta(gt=0, lt=1)]
    position_embedding_type: Literal["absolute"] = "absolute"


class Model(msgspec.Struct, frozen=True):
    """A checked model: sizes, tokens as llama.cpp wants them, and tensors by their GGUF names."""

    config: Config
    context: int  # tokens that it takes at most, [CLS] and [SEP] among them
    mean: bool  # pooled by the mean of all tokens, or else by [CLS]
    lowercase: bool
    strip_accents: bool
    tokens: list[str]
    special: dict[str, int]
    tensors: _Tensors


class _Pooling(msgspec.Struct, forbid_unknown_fields=True):
    word_embedding_dimension: int
    pooling_mode_mean_tokens: bool = False
    pooling_mode_cls_token: bool = False
    pooling_mode_max_tokens: bool = False
    pooling_mode_mean_sqrt_len_tokens: bool = False
    pooling_mode_weightedmean_tokens: bool = False
    pooling_mode_lasttoken: bool = False
    include_prompt: bool = True


class _Sentences(msgspec.Struct):
    max_seq_length: _Count | None = None


class _Module(msgspec.Struct):
    type: str


class _Casing(msgspec.Struct):
    do_lower_case: bool = True
    strip_accents: bool | None = None


class _WordPiece(msgspec.Struct):
    vocab: dict[str, Annotated[int, msgspec.Meta(ge=0)]]
    type: Literal["WordPiece"] = "WordPiece"
    continuing_subword_prefix: Literal["##"] = "##"


class _Tokenizer(msgspec.Struct):
    model: _WordPiece


def read_model(folder: Path) -> Model:
    """The model of a folder.

    Raises:
        ModelError: a file is missing or damaged, or the model is of another kind.
    """
    config = _read(folder / "config.json", Config)
    if config.hidden_size % config.num_attention_heads:
        raise ModelError(
            f"{folder / 'config.json'}: hidden_size {config.hidden_size} cannot be shared by "
            f"{config.num_attention_heads} heads; get the model's files again"
        )
    _check_modules(folder / "modules.json")
    mean = _is_mean(folder / "1_Pooling/config.json", config)
    vocabulary = _vocabulary(folder, config)
    casing = _optional(folder / "tokenizer_config.json", _Casing) or _Casing()
    sentences = _optional(folder / "sentence_bert_config.json", _Sentences) or _Sentences()
    context = min(config.max_position_embeddings, sentences.max_seq_length or 1 << 24)
    accents = casing.do_lower_case if casing.strip_accents is None else casing.strip_accents
    return Model(
        config=config,
        context=context,
        mean=mean,
        lowercase=casing.do_lower_case,
        strip_accents=accents,
        tokens=_pieces(folder, vocabulary),
        special={token: vocabulary.index(token) for token in SPECIAL if token in vocabulary},
        tensors=_tensors(folder / "model.safetensors", config, context),
    )


def _read(path: Path, kind: type[_T]) -> _T:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (OSError, ValueError, RecursionError, msgspec.MsgspecError) as error:
        reason = f"{path} is not what a MiniLM has: {error}"
        raise ModelError(f"{reason}; only BERT encoders with WordPiece can be converted") from error


def _optional(path: Path, kind: type[_T]) -> _T | None:
    return _read(path, kind) if path.exists() else None


def _check_modules(path: Path) -> None:
    """Refuse a model with further layers, such as a projection, which GGUF's BERT does not have."""
    for module in _optional(path, list[_Module]) or ():
        if module.type.rpartition(".")[2] not in ("Transformer", "Pooling", "Normalize"):
            raise ModelError(
                f"{path} asks for {module.type}; only models of Transformer, Pooling and "
                "Normalize can be converted"
            )


def _is_mean(path: Path, config: Config) -> bool:
    pooling = msgspec.structs.asdict(_read(path, _Pooling))
    chosen = [name for name, value in pooling.items() if name.startswith("pooling") and value]
    if chosen not in (["pooling_mode_mean_tokens"], ["pooling_mode_cls_token"]):
        raise ModelError(
            f"{path} chooses {' and '.join(chosen) or 'no pooling'}; only one of mean_tokens and "
            "cls_token can be converted"
        )
    if pooling["word_embedding_dimension"] != config.hidden_size:
        raise ModelError(
            f"{path}: word_embedding_dimension is {pooling['word_embedding_dimension']}, and the "
            f"encoder's hidden_size {config.hidden_size}; get the model's files again"
        )
    return chosen == ["pooling_mode_mean_tokens"]


def _vocabulary(folder: Path, config: Config) -> list[str]:
    """Tokens in the order of their ids."""
    path = folder / "vocab.txt"
    if path.exists():
        try:
            tokens = path.read_text(encoding="utf-8").removesuffix("\n").split("\n")
        except (OSError, UnicodeDecodeError) as error:
            raise ModelError(f"{path} cannot be read: {error}; get the file again") from error
        tokens = [token.removesuffix("\r") for token in tokens]
    else:
        path = folder / "tokenizer.json"
        ids = _read(path, _Tokenizer).model.vocab
        if sorted(ids.values()) != list(range(len(ids))):
            raise ModelError(f"{path}: the ids of its tokens are not 0 to {len(ids) - 1}")
        tokens = sorted(ids, key=ids.__getitem__)
    missing = [token for token in _NEEDED if token not in tokens]
    if len(tokens) != config.vocab_size or missing:
        raise ModelError(
            f"{path} has {len(tokens):,} tokens, {config.vocab_size:,} are expected"
            f"{', and lacks ' + ', '.join(missing) if missing else ''}; get the file again"
        )
    return tokens


def _pieces(folder: Path, vocabulary: list[str]) -> list[str]:
    """Tokens as llama.cpp has them: a mark where a word begins instead of one where it goes on."""
    pieces = [_piece(token) for token in vocabulary]
    if len(set(pieces)) != len(pieces) or not all(pieces):
        seen: set[str] = set()
        twice = next(p for p in pieces if not p or p in seen or seen.add(p))  # type: ignore[func-returns-value]
        raise ModelError(f"the vocabulary of {folder} has {twice!r} twice or empty tokens")
    return pieces


def _piece(token: str) -> str:
    if token in SPECIAL or (token.startswith("[unused") and token.endswith("]")):
        return token
    return token[2:] if token.startswith("##") and len(token) > 2 else _WORD_START + token


def _tensors(path: Path, config: Config, context: int) -> _Tensors:
    """Tensors by GGUF names, with the shapes that the configuration implies."""
    stored = {name.removeprefix("bert."): value for name, value in read_tensors(path).items()}
    wide, inner = config.hidden_size, config.intermediate_size
    positions = config.max_position_embeddings
    sources: dict[str, tuple[str, tuple[int, ...]]] = {
        "token_embd.weight": ("embeddings.word_embeddings.weight", (config.vocab_size, wide)),
        "position_embd.weight": ("embeddings.position_embeddings.weight", (positions, wide)),
        "token_types.weight": (
            "embeddings.token_type_embeddings.weight",
            (config.type_vocab_size, wide),
        ),
        "token_embd_norm.weight": ("embeddings.LayerNorm.weight", (wide,)),
        "token_embd_norm.bias": ("embeddings.LayerNorm.bias", (wide,)),
    }
    for block in range(config.num_hidden_layers):
        for there, here in _BLOCK.items():
            rows = inner if here == "ffn_up" else wide
            columns = inner if here == "ffn_down" else wide
            shape = (rows,) if here.endswith("norm") else (rows, columns)
            place, name = f"encoder.layer.{block}.{there}", f"blk.{block}.{here}"
            sources[f"{name}.weight"] = (f"{place}.weight", shape)
            sources[f"{name}.bias"] = (f"{place}.bias", (rows,))
    found = {name: _tensor(path, stored, *source) for name, source in sources.items()}
    found["position_embd.weight"] = found["position_embd.weight"][:context]
    return found


def _tensor(
    path: Path, stored: dict[str, NDArray[Any]], name: str, shape: tuple[int, ...]
) -> NDArray[np.float32]:
    values = stored.get(name)
    if values is None or values.shape != shape or values.dtype.kind != "f":
        found = "nothing" if values is None else f"{values.dtype} {values.shape}"
        raise ModelError(f"{path}: {name} should be numbers of shape {shape}, found {found}")
    # Half precision, in which some may be stored, ends at 65,504.
    if not np.all(np.abs(values) < 65_504):
        raise ModelError(f"{path}: {name} holds numbers that are not finite or beyond 65,504")
    return np.ascontiguousarray(values, dtype=np.float32)
