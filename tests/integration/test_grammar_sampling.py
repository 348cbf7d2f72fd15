"""A real model with random weights plans under the grammar: tests.soak_grammar, in short."""

from pathlib import Path

import pytest

pytest.importorskip("llama_cpp", reason="llama-cpp-python is not installed: pip install '.[llm]'")
pytest.importorskip("gguf", reason="gguf is not installed: pip install '.[llm]'")

from astraweave_ai.llm.grammar import plan_grammar
from astraweave_ai.llm.server import LlmServer
from astraweave_ai.llm.wire import Options
from tests.soak_grammar import AREA, REGISTRY, TARGETS, judged, sampled
from tests.tiny_gguf import tiny_gguf


def test_what_a_model_samples_is_a_legal_plan_and_the_guard_refuses_the_impossible(
    tmp_path: Path,
) -> None:
    grammar = plan_grammar(REGISTRY, TARGETS, area=AREA)
    model = LlmServer(tiny_gguf(tmp_path / "tiny.gguf", context=2048), options=Options(most=8))
    try:
        answers = sampled(model, grammar, 24)
    finally:
        model.close()
    found = judged(answers, grammar, REGISTRY)  # raises at the first illegal plan
    assert found["parsed"] == found["plans"] == 24
    assert len(found["actions"]) > 10
    assert found["accepted_though_impossible"] == 0
    assert len(found["verdicts"]) > 2
