"""A model in llama.cpp: the only module that calls it, in a process of its own (see worker.py).

llama.cpp ends the process on many mistakes of its caller: more tokens than a batch holds, two calls
at once, a grammar that could not be read, a token that a grammar forbids. Each is ruled out here.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from typing import Any

import llama_cpp as c
import numpy as np
from numpy.typing import NDArray

from ..errors import InvalidGrammar, ModelUnusable
from .cores import threads_for
from .grammar_bounds import check_bounds
from .sampler import CANDIDATE, Sampler, array_of
from .wire import Options
from .work import Row

_ERROR = 4  # level of llama.cpp's log
_PIECE = 256  # bytes of a token's text that are read at first


class Native:
    """An open model with its context; implements `batch.Engine`.

    Args:
        path: of the GGUF file.
        options: how it is run.

    Raises:
        ModelUnusable: it cannot be loaded, or it computes no numbers.
    """

    def __init__(self, path: str, options: Options) -> None:
        self._log: list[str] = []
        self._keep_log = c.llama_log_callback(self._hear)
        c.llama_log_set(self._keep_log, ctypes.c_void_p(0))
        c.llama_backend_init()
        self._model = self._load(path, options)
        self._vocabulary = c.llama_model_get_vocab(self._model)
        self._context = self._open(path, options)
        self._memory = c.llama_get_memory(self._context)
        self.batch = int(c.llama_n_batch(self._context))
        self.cells = int(c.llama_n_ctx(self._context))
        self.sequences = _sequences(options)
        self.partial = not c.llama_model_is_recurrent(self._model) and not c.llama_model_is_hybrid(
            self._model
        )
        self._rows = c.llama_batch_init(self.batch, 0, 1)
        self._on_cpu = options.gpu_layers == 0
        self._abort = c.ggml_abort_callback(0)
        self._pieces: dict[int, bytes] = {}
        self.size = int(c.llama_vocab_n_tokens(self._vocabulary))
        self._candidates = np.zeros(self.size, CANDIDATE)
        self._ids = np.arange(self.size, dtype=np.int32)
        self._warm_up(path)

    def _hear(self, level: int, text: bytes, _: Any) -> None:
        if level == _ERROR:
            self._log = [*self._log[-3:], text.decode("utf-8", "replace").strip()]

    def _load(self, path: str, options: Options) -> Any:
        parameters = c.llama_model_default_params()
        parameters.n_gpu_layers = options.gpu_layers
        model = c.llama_model_load_from_file(path.encode(), parameters)
        if not model:
            raise ModelUnusable(f"model {path} cannot be loaded: {self._reason()}")
        architecture = _meta(model, "general.architecture")
        # Without a causal order there are no logits, and llama.cpp ends the process over that.
        embeds = _meta(model, f"{architecture}.attention.causal") == "false"
        if embeds or not c.llama_model_has_decoder(model) or c.llama_model_has_encoder(model):
            raise ModelUnusable(
                f"model {path} ({architecture}) does not write text"
                + (", it embeds it: use it with LlamaEmbedder; " if embeds else "; ")
                + "choose one for chat"
            )
        return model

    def _reason(self) -> str:
        return next(iter(self._log), "llama.cpp gives no reason")

    def _open(self, path: str, options: Options) -> Any:
        parameters = c.llama_context_default_params()
        trained = int(c.llama_model_n_ctx_train(self._model))
        parameters.n_ctx = options.context
        parameters.n_batch = parameters.n_ubatch = min(options.batch, options.context)
        parameters.n_seq_max = parameters.n_outputs_max = _sequences(options)
        parameters.kv_unified = True  # sequences share the cells, and may share single ones
        parameters.n_threads = parameters.n_threads_batch = threads_for(options.threads)
        context = c.llama_init_from_model(self._model, parameters)
        if not context:
            raise ModelUnusable(
                f"model {path}: no context of {options.context} tokens (it was trained for "
                f"{trained}): {self._reason()}; choose a smaller context"
            )
        return context

    def _warm_up(self, path: str) -> None:
        """The first step reads the weights and takes long; it also shows whether they are sound."""
        token = max(0, int(c.llama_vocab_bos(self._vocabulary)))
        c.llama_set_warmup(self._context, True)
        status = self.decode([Row(0, 0, token, True)], lambda: False)
        c.llama_set_warmup(self._context, False)
        sound = status == 0 and bool(np.isfinite(self._logits(0)).all())
        c.llama_memory_clear(self._memory, True)
        if not sound:
            raise ModelUnusable(f"model {path} computes no numbers: the file is damaged")

    # --- what the file says ---------------------------------------------------------------------

    def meta(self, key: str) -> str:
        """A value of the file's header as text; empty if it has none."""
        return _meta(self._model, key)

    def description(self) -> str:
        """Architecture, size class and number format in a few words."""
        buffer = ctypes.create_string_buffer(256)
        c.llama_model_desc(self._model, buffer, 256)
        return buffer.value.decode("utf-8", "replace")

    def parameters(self) -> int:
        """Numbers in all its tensors."""
        return int(c.llama_model_n_params(self._model))

    def file_size(self) -> int:
        """Size of all its tensors."""
        return int(c.llama_model_size(self._model))

    def trained_context(self) -> int:
        """Tokens for which it was trained."""
        return int(c.llama_model_n_ctx_train(self._model))

    def chat_template(self) -> str:
        """In Jinja; empty if the file has none."""
        template = c.llama_model_chat_template(self._model, None)
        return template.decode("utf-8", "replace") if template else ""

    def special(self) -> dict[str, int]:
        """Control tokens by their text."""
        found = {}
        for token in range(self.size):
            if c.llama_vocab_is_control(self._vocabulary, token):
                found[
                    c.llama_vocab_get_text(self._vocabulary, token).decode("utf-8", "replace")
                ] = token
        return found

    def begin_and_end(self) -> tuple[str, str]:
        """Texts of the tokens that begin and end a sequence; empty where there is none."""
        ids = (c.llama_vocab_bos(self._vocabulary), c.llama_vocab_eos(self._vocabulary))
        texts = [
            c.llama_vocab_get_text(self._vocabulary, i).decode("utf-8", "replace") if i >= 0 else ""
            for i in ids
        ]
        return texts[0], texts[1]

    # --- text and tokens ------------------------------------------------------------------------

    def tokens(self, text: str, begin: bool, control: bool) -> list[int]:
        """Tokens of a text.

        Args:
            begin: put the token that begins a sequence in front, if the model wants one.
            control: read the texts of control tokens as such.
        """
        data = text.encode("utf-8", "replace")
        room = len(data) + 8
        while True:
            buffer = (c.llama_token * room)()
            count = c.llama_tokenize(
                self._vocabulary, data, len(data), buffer, room, begin, control
            )
            if count >= 0:
                return list(buffer[:count])
            room = -count

    def piece(self, token: int) -> bytes:
        """Bytes of a token; control tokens have none."""
        if token not in self._pieces:
            room = _PIECE
            buffer = ctypes.create_string_buffer(room)
            count = c.llama_token_to_piece(self._vocabulary, token, buffer, room, 0, False)
            if count < 0:
                buffer = ctypes.create_string_buffer(-count)
                count = c.llama_token_to_piece(self._vocabulary, token, buffer, -count, 0, False)
            self._pieces[token] = buffer.raw[: max(0, count)]
        return self._pieces[token]

    def ends(self, token: int) -> bool:
        """Whether a token ends an answer."""
        return bool(c.llama_vocab_is_eog(self._vocabulary, token))

    # --- computing ------------------------------------------------------------------------------

    def decode(self, rows: Sequence[Row], abort: Callable[[], bool]) -> int:
        """Compute one batch of at most `batch` rows; see `batch.Engine`."""
        if not 0 < len(rows) <= self.batch:
            raise ValueError(f"a step of {len(rows)} tokens; expected 1 to {self.batch}")
        batch = self._rows
        batch.n_tokens = len(rows)
        for place, row in enumerate(rows):
            batch.token[place] = row.token
            batch.pos[place] = row.position
            batch.n_seq_id[place] = 1
            batch.seq_id[place][0] = row.sequence
            batch.logits[place] = row.wanted
        self._watch(abort)
        return int(c.llama_decode(self._context, batch))

    def _watch(self, abort: Callable[[], bool]) -> None:
        """Let `abort` end a step: it is asked between operations, on the CPU only."""
        if self._on_cpu:
            self._abort = c.ggml_abort_callback(lambda _: abort())
            c.llama_set_abort_callback(self._context, self._abort, ctypes.c_void_p(0))

    def copy(self, source: int, target: int, length: int) -> None:
        """Let an empty sequence share the first tokens of another."""
        c.llama_memory_seq_cp(self._memory, source, target, 0, length)

    def trim(self, sequence: int, length: int) -> bool:
        """Forget what a sequence holds beyond its first tokens; False: not possible in part."""
        return bool(c.llama_memory_seq_rm(self._memory, sequence, length, -1))

    def sampler(self, grammar: str, temperature: float, seed: int) -> Sampler:
        """Chooses the tokens of one answer.

        Raises:
            InvalidGrammar: it cannot be read, or is too large.
        """
        return Sampler(self._grammar(grammar) if grammar else None, temperature, seed)

    def _grammar(self, text: str) -> Any:
        check_bounds(text)
        self._log.clear()
        made = c.llama_sampler_init_grammar(self._vocabulary, text.encode(), b"root")
        if not made:
            raise InvalidGrammar(f"the grammar cannot be read: {self._reason()}")
        return made

    def choose(self, sampler: Sampler, row: int) -> int | None:
        """The next token after a row of the last batch; None if the grammar allows none."""
        token = int(c.llama_sampler_sample(sampler.chain, self._context, row))
        if sampler.grammar is None:
            return token
        if not self._allowed(sampler, token):
            other = self._choose_allowed(sampler, row)
            if other is None:
                return None
            token = other
        if not self.ends(token):
            c.llama_sampler_accept(sampler.grammar, token)
        return token

    def _allowed(self, sampler: Sampler, token: int) -> bool:
        """To ask about one token is cheap; to ask about all takes long for a large vocabulary."""
        one = np.array([(token, 1.0, 0.0)], CANDIDATE)
        c.llama_sampler_apply(sampler.grammar, ctypes.byref(array_of(one)))
        return bool(np.isfinite(one["logit"][0]))

    def _choose_allowed(self, sampler: Sampler, row: int) -> int | None:
        all_of_them = self._candidates
        all_of_them["id"], all_of_them["logit"] = self._ids, self._logits(row)
        array = array_of(all_of_them)
        c.llama_sampler_apply(sampler.grammar, ctypes.byref(array))
        if not np.isfinite(all_of_them["logit"]).any():
            return None
        c.llama_sampler_apply(sampler.chain, ctypes.byref(array))
        return int(array.data[array.selected].id)

    def _logits(self, row: int) -> NDArray[np.float32]:
        pointer = c.llama_get_logits_ith(self._context, row)
        return np.ctypeslib.as_array(pointer, (self.size,))


def _meta(model: Any, key: str) -> str:
    size = 1 << 16
    buffer = ctypes.create_string_buffer(size)
    length = c.llama_model_meta_val_str(model, key.encode(), buffer, size)
    return "" if length < 0 else buffer.value.decode("utf-8", "replace")


def _sequences(options: Options) -> int:
    """As many as are worked on at once, and as many again that keep what may be asked anew."""
    return 2 * options.most
