"""Chooses the tokens of one answer; used by native.py alone."""

from __future__ import annotations

from typing import Any

import llama_cpp as c
import numpy as np
from numpy.typing import NDArray

CANDIDATE = np.dtype([("id", np.int32), ("logit", np.float32), ("p", np.float32)])


class Sampler:
    """State of the choice of tokens for one answer; `free` it."""

    def __init__(self, grammar: Any, temperature: float, seed: int) -> None:
        self.grammar = grammar
        self.chain = c.llama_sampler_chain_init(c.llama_sampler_chain_default_params())
        if temperature > 0:
            links = [
                c.llama_sampler_init_top_k(40),
                c.llama_sampler_init_min_p(0.05, 1),
                c.llama_sampler_init_temp(temperature),
                c.llama_sampler_init_dist(seed & 0xFFFFFFFF),
            ]
        else:
            links = [c.llama_sampler_init_greedy()]
        for link in links:
            c.llama_sampler_chain_add(self.chain, link)

    def free(self) -> None:
        """Give back what llama.cpp holds; once."""
        for each in (self.chain, self.grammar):
            if each is not None:
                c.llama_sampler_free(each)
        self.chain = self.grammar = None


def array_of(candidates: NDArray[Any]) -> Any:
    """What llama.cpp takes for an array of CANDIDATE; it must outlive the call."""
    data = candidates.ctypes.data_as(c.llama_token_data_p)
    return c.llama_token_data_array(data, len(candidates), -1, False)
