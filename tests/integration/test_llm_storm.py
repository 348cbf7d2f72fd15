"""A small storm of requests with a crash; the large one is tests/soak_llm.py."""

from pathlib import Path

from tests.soak_llm import storm
from tests.tiny_gguf import tiny_gguf


def test_no_request_is_lost_answered_twice_or_overtaken(tmp_path: Path) -> None:
    ends = storm(tiny_gguf(tmp_path / "tiny.gguf"), count=60, kills=1, seed=4)
    assert ends["Timeout"] == 3
    assert ends["InvalidGrammar"] == 2
    assert ends["answer"] >= 60 - 3 - 2 - 8
