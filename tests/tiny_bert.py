"""Writes a sentence-transformer with random weights that is small enough for tests.

Its folder is laid out as those of the MiniLM family; the GGUF file comes from the converter.
"""

import json
import string
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from astraweave_rag.minilm import Kind, convert

WIDE, INNER, BLOCKS, HEADS, POSITIONS = 64, 128, 2, 4, 32
_WORDS = (
    "the a an of and to in is was who what where when guards guard gate well miller daughter son "
    "king knight night day crate village old fish boat ship river bridge asked gave took promise"
)
_SIGNS = ".,!?;:'\"()-[]/&%$#*+"
_OTHERS = "é ß œ ж д е я 村 東 京 語 ½ ³ ™ €"


def vocabulary() -> list[str]:
    """Tokens: special ones, letters and digits at both places, signs, words and endings."""
    special = ["[PAD]", "[unused0]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    signs = string.ascii_lowercase + string.digits
    inner = [f"##{sign}" for sign in signs] + ["##ing", "##ed", "##er", "##s", "##ж", "##е"]
    tokens = [*special, *signs, *inner, *_SIGNS, *_OTHERS.split(), *_WORDS.split()]
    return list(dict.fromkeys(tokens))


def tensors(seed: int = 0) -> dict[str, NDArray[np.float32]]:
    """Random weights under the names of a BERT encoder; biases and norms matter as well."""
    random = np.random.default_rng(seed)

    def normal(*shape: int, scale: float = 0.0, mean: float = 0.0) -> NDArray[np.float32]:
        values = mean + random.normal(0, scale or shape[-1] ** -0.5, shape)
        return values.astype(np.float32)

    embeddings = {"word": len(vocabulary()), "position": POSITIONS, "token_type": 2}
    found = {
        f"embeddings.{name}_embeddings.weight": normal(rows, WIDE)
        for name, rows in embeddings.items()
    }
    dense = {"attention.output.dense": (WIDE, WIDE), "intermediate.dense": (INNER, WIDE)}
    dense |= {f"attention.self.{part}": (WIDE, WIDE) for part in ("query", "key", "value")}
    dense |= {"output.dense": (WIDE, INNER)}
    norms = ["embeddings.LayerNorm"]
    for block in range(BLOCKS):
        place = f"encoder.layer.{block}"
        norms += [f"{place}.attention.output.LayerNorm", f"{place}.output.LayerNorm"]
        for name, shape in dense.items():
            found[f"{place}.{name}.weight"] = 2 * normal(*shape)
            found[f"{place}.{name}.bias"] = normal(shape[0], scale=0.2)
    for name in norms:
        found[f"{name}.weight"] = normal(WIDE, scale=0.2, mean=1.0)
        found[f"{name}.bias"] = normal(WIDE, scale=0.2)
    return found


def safetensors(values: dict[str, NDArray[Any]]) -> bytes:
    """The bytes of a safetensors file, by the format's specification."""
    kinds = {"f8": "F64", "f4": "F32", "f2": "F16", "i8": "I64", "u2": "BF16"}
    header: dict[str, Any] = {"__metadata__": {"format": "np"}}
    end = 0
    for name, array in values.items():
        begin, end = end, end + array.nbytes
        kind = kinds[array.dtype.str[1:]]
        header[name] = {"dtype": kind, "shape": array.shape, "data_offsets": [begin, end]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    data = b"".join(array.tobytes() for array in values.values())
    return len(text).to_bytes(8, "little") + text + data


def write_folder(folder: Path, seed: int = 0) -> Path:
    """Write the model's files into `folder`."""
    tokens = vocabulary()
    config = {
        "architectures": ["BertModel"],
        "hidden_act": "gelu",
        "hidden_size": WIDE,
        "intermediate_size": INNER,
        "layer_norm_eps": 1e-12,
        "max_position_embeddings": POSITIONS,
        "model_type": "bert",
        "num_attention_heads": HEADS,
        "num_hidden_layers": BLOCKS,
        "position_embedding_type": "absolute",
        "type_vocab_size": 2,
        "vocab_size": len(tokens),
    }
    modules = [{"type": f"sentence_transformers.models.{m}"} for m in ("Transformer", "Pooling")]
    pooling = {"word_embedding_dimension": WIDE, "pooling_mode_mean_tokens": True}
    model = {"type": "WordPiece", "continuing_subword_prefix": "##"}
    ids = {token: number for number, token in enumerate(tokens)}
    documents = {
        "config.json": config,
        "modules.json": modules,
        "sentence_bert_config.json": {"max_seq_length": POSITIONS - 8},
        "tokenizer_config.json": {"do_lower_case": True, "strip_accents": None},
        "tokenizer.json": {"version": "1.0", "model": {**model, "vocab": ids}},
        "1_Pooling/config.json": pooling,
    }
    (folder / "1_Pooling").mkdir(parents=True, exist_ok=True)
    for name, document in documents.items():
        (folder / name).write_text(json.dumps(document), encoding="utf-8")
    (folder / "vocab.txt").write_text("\n".join(tokens) + "\n", encoding="utf-8")
    (folder / "model.safetensors").write_bytes(safetensors(tensors(seed)))
    return folder


def write_gguf(path: Path, kind: Kind = "f16", seed: int = 0) -> Path:
    """Write the model as one GGUF file; its folder stands beside it."""
    return convert(write_folder(path.with_suffix(""), seed), path, kind)
