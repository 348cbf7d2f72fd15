"""A tiny real model of the llama architecture with random weights, for tests without a download.

`tiny_gguf(path)` writes half a megabyte that loads in milliseconds. It answers nonsense, but runs
the same loading, batching, sampling and grammar code as any other model.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

_UNKNOWN, _CONTROL, _NORMAL, _BYTE = 2, 3, 1, 6  # kinds of tokens
_WORDS = [
    *("the", "and", "you", "are", "what", "gate", "well", "crate", "guard", "bring", "move"),
    *("attack", "wait", "hello", "world", "user", "assistant", "true", "false", "null", "name"),
    *("plan", "steps", "target"),
]
CHAT = (
    "{% for m in messages %}<s>{{ m.role }}\n{{ m.content }}</s>\n{% endfor %}"
    "{% if add_generation_prompt %}<s>assistant\n{% endif %}"
)


def vocabulary() -> tuple[list[bytes], list[float], list[int]]:
    """Tokens with scores and kinds: three special ones, all bytes, all of ASCII, some words."""
    tokens = [b"<unk>", b"<s>", b"</s>"]
    kinds = [_UNKNOWN, _CONTROL, _CONTROL]
    tokens += [f"<0x{byte:02X}>".encode() for byte in range(256)]
    kinds += [_BYTE] * 256
    pieces = {chr(code): -50.0 for code in range(33, 127)} | {"▁": -40.0, "é": -50.0, "世": -50.0}
    for word in _WORDS:
        for length in range(2, len(word) + 1):
            pieces.setdefault(word[:length], -20.0 + length)
        pieces["▁" + word] = -1.0
    tokens += [piece.encode() for piece in pieces]
    kinds += [_NORMAL] * len(pieces)
    return tokens, [0.0] * 259 + list(pieces.values()), kinds


def tiny_gguf(
    path: Path,
    *,
    seed: int = 0,
    layers: int = 2,
    width: int = 64,
    heads: int = 4,
    hidden: int = 128,
    context: int = 1024,
    more_tokens: int = 0,
    numbers: str = "F32",
    chat: str | None = CHAT,
    architecture: str = "llama",
) -> Path:
    """Write a model.

    Args:
        path: where to; replaced if it is there.
        seed: of the weights.
        width, heads, hidden, layers: of the network; `width` is a multiple of `2 * heads`.
        context: tokens that it claims to be trained for.
        more_tokens: nonsense words to add, for a vocabulary of some size.
        numbers: type of the weights, as GGUF names it: F32, F16, Q8_0, Q4_0.
        chat: its chat template, if any.
        architecture: what it claims to be.
    """
    import gguf

    tokens, scores, kinds = vocabulary()
    tokens += [f"▁q{number:x}".encode() for number in range(more_tokens)]
    scores += [-99.0] * more_tokens
    kinds += [_NORMAL] * more_tokens
    writer = gguf.GGUFWriter(path, architecture)
    writer.add_name("tiny")
    writer.add_context_length(context)
    writer.add_embedding_length(width)
    writer.add_block_count(layers)
    writer.add_feed_forward_length(hidden)
    writer.add_head_count(heads)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_scores(scores)
    writer.add_token_types(kinds)
    writer.add_unk_token_id(0)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    if chat is not None:
        writer.add_chat_template(chat)
    for name, shape in _shapes(len(tokens), layers, width, hidden).items():
        kind = gguf.GGMLQuantizationType[numbers if len(shape) > 1 else "F32"]
        values = _weights(name, shape, seed)
        writer.add_tensor(name, gguf.quants.quantize(values, kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _shapes(tokens: int, layers: int, width: int, hidden: int) -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {
        "token_embd": (tokens, width),
        "output_norm": (width,),
        "output": (tokens, width),
    }
    for layer in range(layers):
        block = {
            "attn_norm": (width,),
            "attn_q": (width, width),
            "attn_k": (width, width),
            "attn_v": (width, width),
            "attn_output": (width, width),
            "ffn_norm": (width,),
            "ffn_gate": (hidden, width),
            "ffn_up": (hidden, width),
            "ffn_down": (width, hidden),
        }
        shapes |= {f"blk.{layer}.{name}": shape for name, shape in block.items()}
    return {f"{name}.weight": shape for name, shape in shapes.items()}


def _weights(name: str, shape: tuple[int, ...], seed: int) -> Any:
    if len(shape) == 1:
        return np.ones(shape, np.float32)
    random = np.random.default_rng([seed, *name.encode()])
    scale = 1.0 if name.startswith("token") else shape[-1] ** -0.5
    return random.standard_normal(shape, np.float32) * np.float32(scale)
