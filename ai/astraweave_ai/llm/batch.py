"""Continuous batching: many answers grow together, one step of the model at a time.

A step computes one token of every answer that is being written, and as many tokens of prompts as
fit into the time that a step may take. So a request is late by one step at most.
"""

from __future__ import annotations

import time
from bisect import insort
from collections.abc import Callable, Sequence

from .cores import sequences_for, step_seconds
from .model import Answer, Priority
from .seats import Seats
from .wire import Answered, Failed, Gone, Options, Report, Spoke, Started, Totals
from .work import ABORTED, DONE, NO_ROOM, Engine, Row, Slot, Work

_FIRST_CHUNK = 32  # tokens of prompts in a step, as long as the speed is not known


class Batcher:
    """Works on requests.

    Args:
        engine: the model.
        options: of the model.
        report: told of all that happens.
        clock: in seconds.
    """

    def __init__(
        self,
        engine: Engine,
        options: Options,
        report: Callable[[Report], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.totals = Totals()
        self._engine, self._options = engine, options
        self._report, self._clock = report, clock
        self._seats = Seats(engine)
        self._waiting: list[Work] = []
        self._chunk = _FIRST_CHUNK  # tokens of a step, so that it takes about as long as it may

    @property
    def busy(self) -> bool:
        """Whether a step has something to do."""
        return bool(self._waiting or self._seats.slots)

    def add(self, work: Work) -> None:
        """Take a request; its prompt and answer together fit into the model's cells."""
        insort(self._waiting, work, key=_order)

    def cancel(self, ticket: int) -> None:
        """Leave a request off, if it is still there."""
        for work in [work for work in self._waiting if work.ticket == ticket]:
            self._drop(work)
        for slot in [slot for slot in self._seats.slots if slot.work.ticket == ticket]:
            self._leave(slot)
        self._report(Gone(ticket))

    def step(self) -> None:
        """Begin what can begin, compute one batch and hand on what came of it."""
        self._expire()
        for work in self._seats.follow():
            self.add(work)
        self._admit()
        parts = self._compose()
        rows = [row for slot, count in parts for row in self._rows(slot, count)]
        if not rows:
            return
        began = self._clock()
        status = self._engine.decode(rows, lambda: self._all_late(parts))
        self._count(rows, parts, self._clock() - began)
        if status == DONE:
            self._advance(parts)
        elif status in (NO_ROOM, ABORTED):
            self._undo(parts, status)
        else:
            raise RuntimeError(f"llama_decode ended with {status} on {len(rows)} tokens")

    # --- beginning and ending -------------------------------------------------------------------

    def _admit(self) -> None:
        """Seat those who wait, in order: who finds no room is not overtaken."""
        while self._waiting and len(self._seats.slots) < self._allowed(self._waiting[0]):
            work = self._waiting[0]
            if not self._seats.seat(work):
                return
            del self._waiting[0]
            if work.started is None:
                work.started = self._clock()
                self._report(Started(work.ticket))

    def _allowed(self, work: Work) -> int:
        fewest, most = self._options.fewest, self._options.most
        if work.priority is Priority.HIGH:
            return most
        return sequences_for(len(self._waiting), fewest, most)

    def _expire(self) -> None:
        now = self._clock()
        for work in [work for work in self._waiting if work.deadline < now]:
            self._drop(work)
            self._report(_late(work))
        for slot in [slot for slot in self._seats.slots if slot.work.deadline < now]:
            self._leave(slot)
            self._report(_late(slot.work))

    def _all_late(self, parts: Sequence[tuple[Slot, int]]) -> bool:
        now = self._clock()
        return all(slot.work.deadline < now for slot, _ in parts)

    def _drop(self, work: Work) -> None:
        self._waiting.remove(work)
        work.sampler.free()

    def _leave(self, slot: Slot) -> None:
        self._seats.leave(slot)
        slot.work.sampler.free()

    # --- a step ---------------------------------------------------------------------------------

    def _compose(self) -> list[tuple[Slot, int]]:
        """How many tokens of whom: first one of each answer, then of prompts, in order."""
        active = [slot for slot in self._seats.slots if slot.leader is None]
        parts = [(slot, 1) for slot in active if self._seats.pending(slot) == 1]
        left = min(self._chunk, self._engine.batch - len(parts))
        for slot in active:
            pending = self._seats.pending(slot)
            if pending > 1 and left > 0:
                parts.append((slot, min(pending, left)))
                left -= parts[-1][1]
        return parts

    def _rows(self, slot: Slot, count: int) -> list[Row]:
        end = len(slot.tokens)
        start = end - self._seats.pending(slot)
        return [
            Row(slot.sequence, place, slot.tokens[place], place + 1 == end)
            for place in range(start, start + count)
        ]

    def _count(self, rows: Sequence[Row], parts: Sequence[tuple[Slot, int]], took: float) -> None:
        self.totals.steps += 1
        self.totals.computing += took
        self.totals.prefilled += sum(count for slot, count in parts if not slot.written)
        self._learn(len(rows), took)

    def _learn(self, rows: int, took: float) -> None:
        """Larger steps if a full one was quick, smaller ones if any took too long.

        A small step tells nothing against large ones: most of its time is the price of any step.
        """
        may = step_seconds(len(self._waiting))
        if took > may or (rows >= self._chunk and took > 0):
            self._chunk = max(_FIRST_CHUNK, int(rows * may / took))

    def _advance(self, parts: Sequence[tuple[Slot, int]]) -> None:
        row = -1
        for slot, count in parts:
            row += count
            rows = self._rows(slot, count)
            self._seats.prefixes.extend(slot.sequence, [each.token for each in rows])
            if rows[-1].wanted:
                self._write(slot, self._engine.choose(slot.work.sampler, row))

    def _undo(self, parts: Sequence[tuple[Slot, int]], status: int) -> None:
        """Part of a step may be in the memory: forget it. Without room, forget what is idle."""
        prefixes = self._seats.prefixes
        for slot, _ in parts:
            prefixes.trim(slot.sequence, len(prefixes.tokens[slot.sequence]))
        if status == NO_ROOM and not self._seats.forget_idle():
            last = self._seats.slots[-1]
            text = "the model's memory is full; ask for shorter answers or a larger context"
            self._fail(last, "ContextOverflow", text)

    # --- answers --------------------------------------------------------------------------------

    def _write(self, slot: Slot, token: int | None) -> None:
        """One more token of an answer, or its end."""
        slot.first = self._clock() if slot.first is None else slot.first
        if token is None:
            text = f"the grammar allows nothing after {slot.speech.text[-40:]!r}"
            self._fail(slot, "InvalidGrammar", text)
            return
        slot.written += 1
        ended = self._engine.ends(token)
        last = ended or slot.written >= slot.work.most
        slot.tokens.append(token)
        new = slot.speech.feed(b"" if ended else self._engine.piece(token), last=last)
        if last or slot.speech.stopped:
            self._finish(slot, stopped=ended or slot.speech.stopped)
        elif new:
            self._report(Spoke(slot.work.ticket, new))

    def _fail(self, slot: Slot, kind: str, text: str) -> None:
        self._leave(slot)
        self._report(Failed(slot.work.ticket, kind, text))

    def _finish(self, slot: Slot, stopped: bool) -> None:
        self._leave(slot)
        self.totals.reused += slot.shared
        self.totals.generated += slot.written
        work, now = slot.work, self._clock()
        first = now if slot.first is None else slot.first
        started = first if work.started is None else work.started
        answer = Answer(
            text=slot.speech.text,
            finish="stop" if stopped else "length",
            prompt_tokens=len(work.prompt),
            reused_tokens=slot.shared,
            tokens=slot.written,
            waited=started - work.born,
            prefill=first - started,
            decode=now - first,
        )
        self._report(Answered(work.ticket, answer, self.totals))


def _order(work: Work) -> tuple[int, int]:
    return work.order


def _late(work: Work) -> Failed:
    seconds = work.deadline - work.born
    return Failed(work.ticket, "Timeout", f"no answer within {seconds:g} s")
