"""Mistakes of whoever asks a model end at that request: nobody else's, and not the process."""

import threading
from pathlib import Path
from time import sleep
from typing import Any

import pytest

from astraweave_ai.errors import LlmError, ModelUnusable
from astraweave_ai.llm import ledger
from astraweave_ai.llm.model import Message, Request
from astraweave_ai.llm.server import LlmServer
from astraweave_ai.llm.wire import Options
from tests.llm_support import ask, results
from tests.tiny_gguf import tiny_gguf


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_gguf(tmp_path_factory.mktemp("models") / "tiny.gguf")


def wrong(**fields: Any) -> Request:
    return Request(**{"messages": (Message("user", "hi"),), **fields})


WRONG = [
    wrong(messages=(Message("tool", "hi"),)),  # type: ignore[arg-type]
    wrong(messages="hi"),
    wrong(messages=(Message("user", 5),)),  # type: ignore[arg-type]
    wrong(stop="abc"),
    wrong(max_tokens=5.5),
    wrong(max_tokens="5"),
    wrong(priority=7),
    wrong(grammar=None),
    wrong(seed="one"),
    wrong(deadline=lambda: 5),
    {"messages": []},
]


def test_a_request_of_wrong_types_is_refused_and_nobody_else_suffers(path: Path) -> None:
    with LlmServer(path, options=Options(fewest=2, most=2)) as server:
        server.ready()
        pid, innocent = server.pid, server.submit(ask(max_tokens=300))
        for request in WRONG:
            with pytest.raises(LlmError):
                server.submit(request)  # type: ignore[arg-type]
        assert results(server, 1)[innocent].answer is not None
        assert (server.pid, server.statistics.restarts) == (pid, 0)
        assert server.statistics.submitted == 1


def test_a_request_that_the_process_cannot_read_ends_alone(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Should one ever come through, such as from an older version of the parent."""
    monkeypatch.setattr("astraweave_ai.llm.server.check", lambda request: None)
    with LlmServer(path) as server:
        server.ready()
        pid, innocent = server.pid, server.submit(ask(max_tokens=300))
        bad = server.submit(wrong(stop="abc"))
        found = results(server, 2)
        assert found[innocent].answer is not None
        assert "cannot be read" in str(found[bad].error)
        assert server.pid == pid


def test_the_reason_why_a_model_cannot_be_loaded_stays(path: Path, tmp_path: Path) -> None:
    short = tmp_path / "short.gguf"
    short.write_bytes(path.read_bytes()[:-5000])
    with LlmServer(short) as server:
        first = server.submit(ask())
        reason = str(results(server, 1)[first].error)
        assert "short.gguf cannot be loaded" in reason
        while server.pid is not None:
            sleep(0.01)
        sleep(0.1)  # until the end of the process is told
        assert server.poll() == []
        second = server.submit(ask())
        assert str(results(server, 1)[second].error) == reason
        with pytest.raises(ModelUnusable, match=r"short\.gguf cannot be loaded"):
            server.ready()
        assert server.statistics.restarts == 0


class Overtaken:
    """A process that says two things, of which another thread takes the second first."""

    pid = None

    def __init__(self, said: list[str]) -> None:
        self.said = said
        self.overtake: Any = None

    def poll(self) -> list[str]:
        said, self.said = self.said, []
        return said

    def receive(self, timeout: float) -> str | None:
        first = self.said.pop(0) if self.said else None
        other = threading.Thread(target=self.overtake)
        other.start()
        other.join()
        return first

    def close(self) -> None:
        pass


def test_two_threads_take_what_the_process_says_in_its_order(path: Path) -> None:
    with LlmServer(path, start=False) as server:
        child = Overtaken(["started", "ended"])
        taken: list[str] = []
        child.overtake = server.poll
        server._child = child  # type: ignore[assignment]
        server._take = taken.append  # type: ignore[method-assign]
        server._wait()
        assert taken == ["started", "ended"]


def test_the_process_reads_what_the_server_sends() -> None:
    for request in WRONG[:-1]:
        with pytest.raises(LlmError, match="cannot be sent"):
            ledger.check(request)  # type: ignore[arg-type]
    ledger.check(ask(temperature=1, deadline=3))
