"""Consolidation: what it saves, what it keeps, and that it happens as a whole or not at all."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from astraweave_rag import Filter, Store, Weights, tokens_of
from astraweave_rag.consolidate import SUMMARISES, consolidate, is_summary
from astraweave_rag.errors import RecallError
from astraweave_rag.kinds import ARCHIVE, KINDS
from astraweave_rag.memory import Memory
from perf.day import EVENTS, QUESTIONS, day

ROOM = {**KINDS, "episodic": replace(KINDS["episodic"], capacity=EVENTS)}
EPISODES = Filter(kinds=("episodic",))


def village(path: str | Path = ":memory:", events: int = 300) -> Memory:
    memory = Memory(Store(path), "Wen", ROOM)
    memory.remember_all(day(1, events))
    return memory


def test_a_day_of_two_thousand_events() -> None:
    memory = village(events=EVENTS)
    before = memory.store.select(EPISODES)
    told = "\n".join(one.text for one in before).casefold()
    assert len(before) == EVENTS
    summaries = consolidate(memory)
    left = memory.store.select(EPISODES)
    saved = 1 - sum(tokens_of(one.text) for one in left) / sum(
        tokens_of(one.text) for one in before
    )
    assert saved >= 0.8
    assert sum(one.record.data["summary_of"] for one in summaries) + 30 >= EVENTS - 60
    found = total = 0
    for question in QUESTIONS:
        context = memory.context(
            question.text, now=left[-1].tick, k=50, floor=0.5, weights=Weights(), budget=1024
        ).text.casefold()
        needed = [one.casefold() for one in question.evidence if one.casefold() in told]
        total += len(needed)
        found += sum(one in context for one in needed)
    assert total > 70
    assert found / total >= 0.95


def test_summaries_lead_to_their_sources() -> None:
    memory = village()
    texts = {one.key: one.text for one in memory.store.select(EPISODES)}
    for summary in consolidate(memory):
        assert len(summary.sources) == summary.record.data["summary_of"] >= 3
        sources = memory.sources(summary.record)
        assert tuple(one.key for one in sources) == summary.sources
        assert {one.kind for one in sources} == {ARCHIVE}
        assert [one.text for one in sources] == [texts[key] for key in summary.sources]
        assert summary.record.tick == max(one.tick for one in sources)
        assert summary.record.importance == max(one.importance for one in sources)
        links = memory.store.links(from_key=summary.record.key)
        assert {link.relation for link in links} == {SUMMARISES}
    archived = {one.key for one in memory.store.select(Filter(kinds=(ARCHIVE,)))}
    assert not archived & {hit.record.key for hit in memory.recall("Ada sold loaves", now=0, k=99)}
    assert archived & {
        hit.record.key for hit in memory.recall("Ada sold loaves", now=0, k=99, kinds=(ARCHIVE,))
    }


def test_the_same_day_gives_the_same_summaries() -> None:
    one, other = village(), village()
    assert [s.record for s in consolidate(one)] == [s.record for s in consolidate(other)]
    assert one.store.select() == other.store.select()
    assert consolidate(one) == []  # there is nothing left to be summarised


def test_sources_can_be_forgotten() -> None:
    memory = village()
    summaries = consolidate(memory, keep=False)
    gone = {key for summary in summaries for key in summary.sources}
    assert not gone & set(memory.store.keys())
    assert memory.store.links() == []


def test_a_model_may_write() -> None:
    memory = village()
    summaries = consolidate(memory, write=lambda texts: f" {len(texts)} like {texts[0]} ")
    first = summaries[0]
    assert first.record.text.startswith(f"{len(first.sources)} like ")


@pytest.mark.parametrize("said", [None, "", "  ", 7])
def test_a_writer_that_fails_changes_nothing(said: object) -> None:
    memory = village(events=100)
    before = memory.store.select()

    def fail(texts: object) -> str:
        raise OSError("no model")

    with pytest.raises(RecallError, match="expected a text"):
        consolidate(memory, write=lambda texts: said)  # type: ignore[arg-type, return-value]
    with pytest.raises(OSError, match="no model"):
        consolidate(memory, write=fail)
    assert memory.store.select() == before


@pytest.mark.parametrize("wrong", [{"alike": 0}, {"alike": 1.5}, {"least": 1}])
def test_thresholds_that_make_no_sense(wrong: dict[str, float]) -> None:
    with pytest.raises(RecallError, match="consolidation"):
        consolidate(village(events=40), **wrong)  # type: ignore[arg-type]


def test_only_the_time_that_is_meant() -> None:
    memory = village()
    ticks = sorted(one.tick for one in memory.store.select(EPISODES))
    middle = ticks[150]
    summaries = consolidate(memory, until=middle)
    sources = [key for summary in summaries for key in summary.sources]
    assert sources
    assert max(one.tick for one in memory.store.records(sources)) <= middle


KILLED = """
import sys, threading, time, os, signal
from tests.unit.test_memory_consolidate import village
from astraweave_rag.consolidate import consolidate
memory = village(sys.argv[1])
print("added", flush=True)
threading.Thread(target=lambda: (time.sleep(float(sys.argv[2])), os.kill(os.getpid(), signal.SIGKILL))).start()
consolidate(memory)
print("done", flush=True)
time.sleep(9)
"""  # noqa: E501


@pytest.mark.parametrize("seconds", [0.02, 0.2])
def test_killed_while_it_consolidates(tmp_path: Path, seconds: float) -> None:
    path = tmp_path / "day.db"
    child = subprocess.run(
        [sys.executable, "-c", KILLED, str(path), str(seconds)],
        capture_output=True, text=True, cwd=Path(__file__).parents[2], timeout=60,
        env={**os.environ, "PYTHONPATH": "."},
    )  # fmt: skip
    assert child.returncode == -signal.SIGKILL, child.stderr
    assert child.stdout.startswith("added")
    check_day(path, "done" in child.stdout)


def check_day(path: Path, acknowledged: bool) -> None:
    """All 300 episodes are there: untouched, or every one that was summarised in the archive."""
    with Store(path) as store:
        records = store.select()
        summaries = [one for one in records if is_summary(one)]
        assert len(records) - len(summaries) == 300
        assert summaries or not acknowledged
        memory = Memory(store, "Wen", ROOM)
        linked = {one.key for summary in summaries for one in memory.sources(summary)}
        assert linked == {one.key for one in records if one.kind == ARCHIVE}
        if not summaries:
            assert consolidate(memory)
