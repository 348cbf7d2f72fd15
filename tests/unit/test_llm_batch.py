"""Batching over a model of arithmetic: answers are as if each request were alone with the model."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from astraweave_ai.llm.batch import Batcher
from astraweave_ai.llm.cores import sequences_for
from astraweave_ai.llm.model import Priority
from astraweave_ai.llm.prefix import common
from astraweave_ai.llm.wire import Answered, Failed, Gone, Options, Report, Spoke, Started
from astraweave_ai.llm.work import Work
from tests.fake_engine import END, FakeEngine, FakeSampler, expected

PREFIXES = [list(range(40)), [*range(25), *range(60, 75)], [7] * 30, []]
PROMPTS = st.builds(
    lambda prefix, tail: prefix + tail,
    st.sampled_from(PREFIXES),
    st.lists(st.integers(0, 98), min_size=1, max_size=20),
)
ASKED = st.lists(st.tuples(st.sampled_from(Priority), PROMPTS, st.integers(1, 12)), max_size=14)


class Bench:
    """A batcher on a fake engine, and all that it reports."""

    def __init__(self, engine: FakeEngine, fewest: int = 2, most: int = 4) -> None:
        self.engine, self.reports, self.samplers = engine, list[Report](), list[FakeSampler]()
        options = Options(fewest=fewest, most=most)
        self.batcher = Batcher(engine, options, self.reports.append, lambda: engine.now)

    def ask(
        self, prompt: list[int], most: int = 5, priority: Priority = Priority.NORMAL, **more: float
    ) -> int:
        self.samplers.append(FakeSampler())
        ticket = len(self.samplers)
        work = Work(ticket, priority, prompt, most, self.samplers[-1], born=self.engine.now, **more)
        self.batcher.add(work)
        return ticket

    def run(self, steps: int = 5000) -> None:
        for _ in range(steps):
            if not self.batcher.busy:
                assert all(sampler.freed == 1 for sampler in self.samplers)
                return
            self.batcher.step()
            self.check_account()
        raise AssertionError("it does not come to an end")

    def check_account(self) -> None:
        """The account of cells is what the memory holds."""
        prefixes = self.batcher._seats.prefixes
        assert prefixes.used == self.engine.used <= self.engine.cells
        for sequence in range(self.engine.sequences):
            assert prefixes.tokens[sequence] == self.engine.held(sequence)

    def of(self, kind: type) -> list[Report]:
        return [report for report in self.reports if isinstance(report, kind)]

    def texts(self) -> dict[int, str]:
        return {r.ticket: r.answer.text for r in self.reports if isinstance(r, Answered)}


def text_of(prompt: list[int], most: int) -> str:
    return "".join(f"{token} " for token in expected(prompt, most) if token != END)


@settings(max_examples=60)
@given(ASKED, st.lists(st.integers(1, 60), max_size=5), st.integers(90, 400), st.booleans())
def test_answers_do_not_depend_on_who_else_asks(
    asked: list[tuple[Priority, list[int], int]], aborts: list[int], cells: int, partial: bool
) -> None:
    bench = Bench(FakeEngine(cells=cells, aborts=aborts, partial=partial))
    for priority, prompt, most in asked:
        bench.ask(prompt, most, priority)
    bench.run()
    assert bench.texts() == {
        number: text_of(prompt, most) for number, (_, prompt, most) in enumerate(asked, 1)
    }
    spoken = Counter[int]()
    for report in bench.of(Spoke):
        assert isinstance(report, Spoke)
        text = bench.texts()[report.ticket][spoken[report.ticket] :]
        assert text.startswith(report.text)
        spoken[report.ticket] += len(report.text)


@settings(max_examples=40)
@given(ASKED)
def test_work_begins_in_order_of_priority_and_arrival(
    asked: list[tuple[Priority, list[int], int]],
) -> None:
    bench = Bench(FakeEngine(cells=150))
    for priority, prompt, most in asked:
        bench.ask(prompt, most, priority)
    bench.run()
    started = [report.ticket for report in bench.reports if isinstance(report, Started)]
    assert started == sorted(range(1, len(asked) + 1), key=lambda t: (asked[t - 1][0], t))


@settings(max_examples=60)
@given(
    st.lists(st.tuples(PROMPTS, st.floats(0.001, 0.3), st.booleans()), max_size=12),
    st.integers(0, 40),
)
def test_every_request_ends_once_whatever_happens(
    asked: list[tuple[list[int], float, bool]], steps: int
) -> None:
    bench = Bench(FakeEngine(cells=120))
    tickets = [bench.ask(prompt, 9, deadline=seconds) for prompt, seconds, _ in asked]
    for _ in range(steps):
        bench.batcher.step()
    before = {r.ticket for r in bench.reports if isinstance(r, Answered | Failed)}
    for ticket, (_, _, given_up) in zip(tickets, asked, strict=True):
        if given_up:
            bench.batcher.cancel(ticket)
    bench.run()
    ends = Counter(r.ticket for r in bench.reports if isinstance(r, Answered | Failed))
    cancelled = {r.ticket for r in bench.reports if isinstance(r, Gone)} - before
    assert set(ends) | cancelled == set(tickets)
    assert not set(ends) & cancelled
    assert all(count == 1 for count in ends.values())
    assert all(r.kind == "Timeout" for r in bench.reports if isinstance(r, Failed))


def test_a_shared_prefix_is_computed_once_even_if_all_ask_at_the_same_moment() -> None:
    engine = FakeEngine(cells=2000, sequences=32, batch=64)
    bench = Bench(engine, fewest=8, most=16)
    prefix = [n % 97 for n in range(400)]
    for number in range(8):
        bench.ask([*prefix, number, 98], 1)
    bench.run()
    assert bench.batcher.totals.prefilled == engine.computed == 400 + 8 * 2
    assert bench.batcher.totals.reused == 7 * 400
    bench.ask([*prefix, 50, 51], 1)  # long after
    bench.run()
    assert engine.computed == 400 + 8 * 2 + 2


def test_who_waits_for_a_prefix_goes_on_alone_if_it_is_given_up() -> None:
    engine = FakeEngine(cells=2000, batch=32)
    bench = Bench(engine)
    prefix = [n % 97 for n in range(200)]
    leader, follower = bench.ask([*prefix, 1]), bench.ask([*prefix, 2])
    bench.batcher.step()
    bench.batcher.step()
    bench.batcher.cancel(leader)
    bench.run()
    assert bench.texts() == {follower: text_of([*prefix, 2], 5)}
    assert engine.computed < 2 * 200  # what the leader had done was not lost
    assert [r.ticket for r in bench.of(Started) if isinstance(r, Started)] == [leader, follower]


def test_a_deadline_holds_in_the_queue_within_a_prompt_and_within_an_answer() -> None:
    engine = FakeEngine(cells=2000, batch=64)
    bench = Bench(engine, fewest=1, most=1)
    bench.ask([1] * 300, deadline=0.1)  # 300 rows take 0.3 s
    bench.ask([2], 500, deadline=0.2)
    bench.ask([3], 5, deadline=0.15)
    bench.run()
    ends = [(r.ticket, r.kind) for r in bench.reports if isinstance(r, Failed)]
    assert ends == [(1, "Timeout"), (3, "Timeout"), (2, "Timeout")]
    assert engine.now < 0.21
    assert engine.computed < 211  # and no row was computed for those that were late


def test_the_last_ones_are_not_computed_after_their_deadline_within_a_step() -> None:
    engine = FakeEngine(cells=2000, batch=512)
    bench = Bench(engine)
    bench.ask([4] * 40, 1)
    bench.run()
    engine.per_row = 0.1  # slow all of a sudden
    bench.ask([5] * 400, deadline=engine.now + 1.0)
    bench.run()
    assert [r.kind for r in bench.reports if isinstance(r, Failed)] == ["Timeout"]
    assert engine.computed < 40 + 15  # the step was cut short


def test_steps_take_about_the_time_that_they_may() -> None:
    engine = FakeEngine(cells=4000, batch=2000)
    bench = Bench(engine)
    engine.per_row = 0.002
    bench.ask([1] * 600, 1)
    bench.run()
    assert 45 <= engine.largest <= 55  # 0.1 s at 0.002 s a row


def test_a_small_step_does_not_keep_the_next_ones_small() -> None:
    """Most of its time is the price of any step: by tokens a second alone it looks slow."""
    engine = FakeEngine(cells=4000, batch=512)
    engine.per_step, engine.per_row = 0.02, 0.0001
    bench = Bench(engine)
    for first in (1, 2):
        bench.ask([first] * 500, 1)
        bench.run()
        bench.ask([first + 50] * 33, 1)
        bench.run()
    before = bench.batcher.totals.steps
    bench.ask([3] * 500, 1)
    bench.run()
    assert bench.batcher.totals.steps == before + 1
    engine.per_row = 0.01  # slow all of a sudden
    bench.ask([4] * 900, 1)
    bench.run()
    assert engine.now < 3 + 900 * 0.01 + 100 * 0.02
    assert max(engine.sizes[-10:]) <= 32  # and steps react to it


def test_high_priority_needs_no_long_queue_for_more_places() -> None:
    bench = Bench(FakeEngine(cells=4000), fewest=1, most=3)
    for number in range(3):
        bench.ask([number], 50, Priority.NORMAL)
    bench.batcher.step()
    assert len(bench.of(Started)) == 1
    bench.ask([7], 50, Priority.HIGH)
    bench.batcher.step()
    assert len(bench.of(Started)) == 2
    bench.run()


def prompt_of(first: int) -> list[int]:
    """A prompt of 20 tokens whose answer has 30 or more."""
    prompts = ([first, number] * 10 for number in range(99))
    return next(p for p in prompts if len(expected(p, 30)) == 30 and END not in expected(p, 30))


def test_a_full_memory_ends_the_last_request_by_name() -> None:
    class Leaky(FakeEngine):
        """Has less room than it says."""

        def decode(self, rows, abort):  # type: ignore[no-untyped-def]
            return 1 if self.used + len(rows) > 60 else super().decode(rows, abort)

    bench = Bench(Leaky(cells=1000))
    bench.ask(prompt_of(60), 30)
    bench.ask(prompt_of(50), 30)
    bench.run()
    assert list(bench.texts()) == [1]
    assert [(r.ticket, r.kind) for r in bench.reports if isinstance(r, Failed)] == [
        (2, "ContextOverflow")
    ]


@given(st.lists(st.integers(0, 3)), st.lists(st.integers(0, 3)))
def test_common_beginnings(one: list[int], other: list[int]) -> None:
    length = common(one, other)
    assert one[:length] == other[:length]
    assert length in (len(one), len(other)) or one[length] != other[length]


def test_sequences_by_the_length_of_the_queue() -> None:
    assert [sequences_for(n, 4, 8) for n in (0, 50, 51, 100, 101, 999)] == [4, 4, 6, 6, 8, 8]
