"""The child process of `LlamaEmbedder`: loads a GGUF model and turns texts into vectors.

The first message says which model; each further one is `[number, texts]` and is answered by
`[number, answer]`. No texts at all ask what the model is.
"""

from __future__ import annotations

import ctypes
import os
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import llama_cpp.llama_cpp as native
import msgspec
import numpy as np
from numpy.typing import NDArray

from .child import Parent
from .errors import ModelError, TextError
from .llama import Answer, Opening, stamp

_ERROR = 4  # the level of errors in llama.cpp's log
_MEAN, _RANK = native.LLAMA_POOLING_TYPE_MEAN, native.LLAMA_POOLING_TYPE_RANK


class Model:
    """A loaded model that takes one text after another, so that none changes another's vector."""

    def __init__(self, opening: Opening) -> None:
        self._split = opening.split
        self._model = _load(opening)
        self._vocabulary = native.llama_model_get_vocab(self._model)
        trained = native.llama_model_n_ctx_train(self._model)
        self.context = min(opening.context, trained)
        self.dimensions = native.llama_model_n_embd_out(self._model)
        self._context = self._open(opening, native.LLAMA_POOLING_TYPE_UNSPECIFIED)
        if native.llama_pooling_type(self._context) == native.LLAMA_POOLING_TYPE_NONE:
            native.llama_free(self._context)
            self._context = self._open(opening, _MEAN)
        if native.llama_pooling_type(self._context) == _RANK:
            raise ModelError("it ranks pairs of texts; an embedding model is needed")
        self._run = native.llama_decode
        if native.llama_model_has_encoder(self._model):
            self._run = native.llama_encode

    def _open(self, opening: Opening, pooling: int) -> Any:
        wanted = native.llama_context_default_params()
        # All tokens of a text go into one micro-batch: more would abort the process.
        wanted.n_ctx = wanted.n_batch = wanted.n_ubatch = self.context
        wanted.n_seq_max = 1
        wanted.n_threads = wanted.n_threads_batch = opening.threads
        wanted.pooling_type = pooling
        wanted.embeddings = True
        context = native.llama_init_from_model(self._model, wanted)
        if not context:
            raise ModelError("no context could be made for it")
        return context

    def embed(self, text: str) -> NDArray[np.float64]:
        """The vector of a text; the mean of its parts' if it is longer than the context."""
        data = text.encode()
        tokens = self._tokens(data, special=True)
        if not tokens:
            raise TextError("it has no tokens")
        if len(tokens) <= self.context:
            return self._vector(tokens)
        if not self._split:
            raise TextError(f"it has {len(tokens):,} tokens, and the context {self.context:,}")
        inner = self._tokens(data, special=False)
        parts = split(tokens, inner, self.context)
        vectors = [(len(part), self._vector(part)) for part in parts]
        return sum((n * v / np.linalg.norm(v) for n, v in vectors), np.zeros(self.dimensions))

    def _tokens(self, data: bytes, *, special: bool) -> list[int]:
        room = len(data) + 8
        found = (native.llama_token * room)()
        # Special tokens that stand in a text are taken for the letters that they are.
        count = native.llama_tokenize(
            self._vocabulary, data, len(data), found, room, special, False
        )
        if count < 0:
            raise TextError(f"it has more tokens than {room:,} bytes should have")
        return list(found[:count])

    def _vector(self, tokens: list[int]) -> NDArray[np.float64]:
        memory = native.llama_get_memory(self._context)
        if memory:
            native.llama_memory_clear(memory, True)
        array = (native.llama_token * len(tokens))(*tokens)  # the batch only points to it
        status = self._run(self._context, native.llama_batch_get_one(array, len(tokens)))
        pointer = native.llama_get_embeddings_seq(self._context, 0)
        if status or not pointer:
            raise ModelError(f"it gave no vector for {len(tokens):,} tokens (status {status})")
        return np.array(pointer[: self.dimensions], np.float64)


def split(tokens: list[int], inner: list[int], room: int) -> list[list[int]]:
    """Parts of nearly equal length, each with the special tokens that stand around the whole.

    Args:
        tokens: the whole, with special tokens before and after it.
        inner: the whole without them.
        room: how many tokens a part may have.
    """
    around = len(tokens) - len(inner)
    starts = [i for i in range(around + 1) if tokens[i : i + len(inner)] == inner]
    if not starts or around >= room:
        raise TextError("it is longer than the context, and cannot be split with this model")
    before, after = tokens[: starts[0]], tokens[starts[0] + len(inner) :]
    count = -(-len(inner) // (room - around))
    bounds = [len(inner) * i // count for i in range(count + 1)]
    return [before + inner[a:b] + after for a, b in pairwise(bounds)]


def _load(opening: Opening) -> Any:
    path = Path(opening.path)
    if stamp(path) != opening.stamp:
        raise ModelError("the file is another than before")
    wanted = native.llama_model_default_params()
    wanted.n_gpu_layers = opening.gpu_layers
    model = native.llama_model_load_from_file(bytes(path), wanted)
    if not model:
        raise ModelError(_log[0] if _log else "llama.cpp gives no reason")
    return model


_log: list[str] = []  # errors that llama.cpp logged; the first one says most


@native.llama_log_callback  # type: ignore[untyped-decorator]
def _keep_error(level: int, text: bytes, _: ctypes.c_void_p) -> None:
    if level == _ERROR:
        _log.append(text.decode("utf-8", "replace").strip())
        del _log[8:]
        print(_log[-1], file=sys.stderr)  # noqa: T201  # the parent reads it if this is the end


def _answer(model: Model, texts: list[str]) -> Answer:
    vectors = []
    for number, text in enumerate(texts):
        try:
            vectors.append(model.embed(text))
        except TextError as error:
            return Answer(error=str(error), refused=number)
        except ModelError as error:
            return Answer(error=str(error))
    data = np.array(vectors, np.float32).tobytes()
    return Answer(dimensions=model.dimensions, context=model.context, vectors=data)


def main() -> None:
    """Load the model and answer for ever; a model that cannot be loaded is answered too."""
    parent = Parent()
    # Else a failed check of llama.cpp's starts a debugger, which takes seconds.
    os.environ["GGML_NO_BACKTRACE"] = "1"
    native.llama_log_set(_keep_error, ctypes.c_void_p(0))
    opening = msgspec.convert(parent.receive(), Opening)
    failure, model = "", None
    try:
        model = Model(opening)
        model.embed("a")  # what a model lacks may show, and end the process, only here
    except ModelError as error:
        failure = str(error)
    while True:
        number, texts = msgspec.convert(parent.receive(), tuple[int, list[str]])
        answer = Answer(error=failure) if failure or model is None else _answer(model, texts)
        parent.send([number, msgspec.to_builtins(answer, builtin_types=(bytes,))])


if __name__ == "__main__":
    main()
