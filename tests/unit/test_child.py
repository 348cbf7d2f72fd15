"""Child processes: messages both ways, restarts after any end, no orphan however a parent ends."""

import contextlib
import io
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from astraweave_rag.child import LARGEST, Child, Ended, describe, frame, read_frame
from astraweave_rag.errors import ChildError

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60.0  # seconds, for a machine under load
MESSAGES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@pytest.fixture
def child() -> Iterator[Child]:
    with Child("tests.children") as made:
        yield made


def ended(child: Child) -> Ended:
    """The end of the present process; what it said before is dropped."""
    while not isinstance(came := child.receive(PATIENCE), Ended):
        assert came is not None
    return came


@given(MESSAGES)
def test_frames_carry_any_message(message: Any) -> None:
    assert read_frame(io.BytesIO(frame(message))) == message


@given(st.binary(max_size=64))
def test_what_is_no_frame_is_an_error_or_an_end(data: bytes) -> None:
    stream = io.BytesIO(data)
    with contextlib.suppress(EOFError, ChildError):
        while True:
            read_frame(stream)
    with pytest.raises(ChildError, match="claims"):
        read_frame(io.BytesIO((LARGEST + 1).to_bytes(4, "little") + data))


def test_messages_come_back_in_order_and_large_ones_do_not_stall(child: Child) -> None:
    messages = [[0, bytes([i]) * 1_000_000] for i in range(30)]  # far more than a pipe holds
    for message in messages:
        child.send(message)
    assert [child.receive(PATIENCE) for _ in messages] == messages
    assert child.poll() == []


def test_too_long_a_message_is_refused_before_it_is_sent(child: Child) -> None:
    with pytest.raises(ChildError, match="67,108"):
        child.send(bytes(LARGEST))
    assert child.call("still there", PATIENCE) == "still there"


def test_prints_do_not_disturb_the_messages(child: Child) -> None:
    child.send("print")
    assert child.call("after", PATIENCE) == "after"


def test_it_starts_again_after_a_crash_with_its_opening_and_later_messages() -> None:
    with Child("tests.children", ["opening"]) as child:
        child.start()
        assert child.receive(PATIENCE) == "opening"
        first = child.send("die")
        end = ended(child)
        assert (end.generation, end.code) == (first, -signal.SIGABRT)
        assert describe(end) == "SIGABRT: my last words"
        assert child.send("again") == first + 1
        assert child.receive(PATIENCE) == "opening"
        assert child.receive(PATIENCE) == "again"


def test_every_end_is_told_once_and_restarts_wait_longer() -> None:
    with Child("tests.children", ["leave"], backoff=0.01, longest=0.02) as child:
        child.start()
        ends = [ended(child) for _ in range(4)]
    assert [end.generation for end in ends] == [1, 2, 3, 4]
    assert {end.code for end in ends} == {7}


def test_without_restart_one_end_is_the_end() -> None:
    with Child("tests.children", restart=False) as child:
        child.send("leave")
        assert describe(ended(child)) == "exit status 7"
        assert child.receive(0.2) is None
        with pytest.raises(ChildError, match="closed"):
            child.send("hello")


def test_a_module_that_is_missing_is_told_by_its_last_words() -> None:
    with Child("tests.no_such_module", restart=False) as child:
        child.start()
        assert "no_such_module" in describe(ended(child))


def test_garbage_ends_the_child() -> None:
    with Child("tests.garbage_child", restart=False) as child:
        child.start()
        assert ended(child).code == -signal.SIGKILL


def test_calls_name_what_went_wrong_and_the_next_one_works(child: Child) -> None:
    assert child.call("warm", PATIENCE) == "warm"
    with pytest.raises(ChildError, match=r"did not answer within 0\.2 s"):
        child.call("sleep", 0.2)
    assert child.call("awake", PATIENCE) == "awake"
    with pytest.raises(ChildError, match="exit status 7"):
        child.call("leave", PATIENCE)
    assert child.call("awake", PATIENCE) == "awake"


def test_close_ends_a_child_that_does_not_listen() -> None:
    child = Child("tests.children")
    assert child.call("here", PATIENCE) == "here"
    pid = child.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    child.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    child.close()  # twice is harmless
    with pytest.raises(ChildError, match="closed"):
        child.start()


PROGRAM = """
import os, sys, time
from astraweave_rag.child import Child

child = Child("tests.children")
child.send("busy")
assert child.receive(60) == "busy"
print(child.pid, flush=True)
if sys.argv[1] == "forked":  # the fork holds the pipe open
    if os.fork() == 0:
        time.sleep(5)
        os._exit(0)
time.sleep(600 if sys.argv[1] != "leave" else 0)
"""


@pytest.mark.parametrize("how", ["kill", "forked", "leave"])
def test_it_ends_with_its_parent_even_within_native_code(how: str) -> None:
    command = [sys.executable, "-c", PROGRAM, how]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        if how != "leave":
            parent.kill()
        parent.wait()
    for _ in range(200):
        if not alive(pid):
            return
        subprocess.run(["sleep", "0.1"], check=True)
    os.kill(pid, signal.SIGKILL)
    pytest.fail(f"process {pid} outlived its parent")


def alive(pid: int) -> bool:
    """Whether a process runs; one that nobody has collected yet does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"
