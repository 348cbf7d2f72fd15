"""Twin of sentence embedders: WordPiece and a BERT forward pass, in NumPy and float64.

Written from the papers and the published behaviour of BERT's own tokeniser, apart from the code
that converts models: it reads the folder of a sentence-transformer by itself.
"""

import json
import math
import unicodedata
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
LONGEST_WORD = 100  # characters; longer words are unknown
_erf = np.vectorize(math.erf, otypes=[np.float64])


class Bert:
    """A sentence embedder of a folder with config.json, vocab.txt and model.safetensors."""

    def __init__(self, folder: Path) -> None:
        self.config: dict[str, Any] = json.loads((folder / "config.json").read_text("utf-8"))
        lines = (folder / "vocab.txt").read_text("utf-8").split("\n")
        self.vocabulary = {token: i for i, token in enumerate(lines) if token}
        self.weights = _weights(folder / "model.safetensors")
        tokenizer = json.loads((folder / "tokenizer_config.json").read_text("utf-8"))
        self.lowercase = bool(tokenizer["do_lower_case"])
        pooling = json.loads((folder / "1_Pooling/config.json").read_text("utf-8"))
        self.mean = bool(pooling["pooling_mode_mean_tokens"])

    def tokens(self, text: str) -> list[int]:
        """Ids of a text, with [CLS] before and [SEP] after it."""
        ids = [i for word in _words(text, self.lowercase) for i in self._pieces(word)]
        return [self.vocabulary["[CLS]"], *ids, self.vocabulary["[SEP]"]]

    def _pieces(self, word: str) -> list[int]:
        unknown = [self.vocabulary["[UNK]"]]
        if len(word) > LONGEST_WORD:
            return unknown
        found: list[int] = []
        start = 0
        while start < len(word):
            prefix = "##" if start else ""
            ends = range(len(word), start, -1)
            end = next((e for e in ends if prefix + word[start:e] in self.vocabulary), None)
            if end is None:
                return unknown
            found.append(self.vocabulary[prefix + word[start:end]])
            start = end
        return found

    def embed(self, texts: list[str]) -> Array:
        """Rows of norm 1."""
        return np.array([self.embed_tokens(self.tokens(text)) for text in texts])

    def embed_tokens(self, tokens: list[int]) -> Array:
        """The vector of norm 1 of ids, which include [CLS] and [SEP]."""
        w = self.weights
        x = w["embeddings.word_embeddings.weight"][tokens]
        x = x + w["embeddings.position_embeddings.weight"][: len(tokens)]
        x = x + w["embeddings.token_type_embeddings.weight"][0]
        x = self._norm(x, "embeddings.LayerNorm")
        for block in range(self.config["num_hidden_layers"]):
            x = self._block(x, f"encoder.layer.{block}")
        pooled = x.mean(axis=0) if self.mean else x[0]
        result: Array = pooled / np.linalg.norm(pooled)
        return result

    def _block(self, x: Array, name: str) -> Array:
        mixed = self._linear(self._attend(x, name), f"{name}.attention.output.dense")
        x = self._norm(x + mixed, f"{name}.attention.output.LayerNorm")
        wide = self._linear(x, f"{name}.intermediate.dense")
        wide = wide * 0.5 * (1 + _erf(wide / math.sqrt(2)))
        return self._norm(
            x + self._linear(wide, f"{name}.output.dense"), f"{name}.output.LayerNorm"
        )

    def _attend(self, x: Array, name: str) -> Array:
        heads = self.config["num_attention_heads"]
        query, key, value = (
            self._linear(x, f"{name}.attention.self.{part}")
            .reshape(len(x), heads, -1)
            .transpose(1, 0, 2)
            for part in ("query", "key", "value")
        )
        scores = query @ key.transpose(0, 2, 1) / math.sqrt(query.shape[-1])
        scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
        shares = scores / scores.sum(axis=-1, keepdims=True)
        return (shares @ value).transpose(1, 0, 2).reshape(len(x), -1)

    def _linear(self, x: Array, name: str) -> Array:
        return x @ self.weights[f"{name}.weight"].T + self.weights[f"{name}.bias"]

    def _norm(self, x: Array, name: str) -> Array:
        centred = x - x.mean(axis=-1, keepdims=True)
        spread = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + self.config["layer_norm_eps"])
        return centred / spread * self.weights[f"{name}.weight"] + self.weights[f"{name}.bias"]


def _weights(path: Path) -> dict[str, Array]:
    data = path.read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    found = {}
    for name, entry in json.loads(data[8:start]).items():
        if name != "__metadata__" and entry["dtype"] == "F32":
            begin, end = (start + offset for offset in entry["data_offsets"])
            values = np.frombuffer(data[begin:end], np.float32).astype(np.float64)
            found[name] = values.reshape(entry["shape"])
    return found


def _words(text: str, lowercase: bool) -> list[str]:
    """Words and punctuation marks, cleaned as BERT's tokeniser does it."""
    spaced = "".join(f" {c} " if _is_cjk(ord(c)) else _clean(c) for c in text)
    if lowercase:
        spaced = unicodedata.normalize("NFD", spaced.lower())
        spaced = "".join(c for c in spaced if unicodedata.category(c) != "Mn")
    return "".join(f" {c} " if _is_punctuation(c) else c for c in spaced).split()


def _clean(character: str) -> str:
    if character in "\t\n\r" or unicodedata.category(character) == "Zs":
        return " "
    gone = character in "\0�" or unicodedata.category(character).startswith("C")
    return "" if gone else character


def _is_punctuation(character: str) -> bool:
    ascii_sign = character.isascii() and not character.isalnum() and "!" <= character <= "~"
    return ascii_sign or unicodedata.category(character).startswith("P")


def _is_cjk(code: int) -> bool:
    blocks = ((0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2A6DF), (0x2A700, 0x2B73F))
    more = ((0x2B740, 0x2B81F), (0x2B820, 0x2CEAF), (0xF900, 0xFAFF), (0x2F800, 0x2FA1F))
    return any(first <= code <= last for first, last in blocks + more)
