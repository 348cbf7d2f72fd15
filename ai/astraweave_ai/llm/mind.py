"""A language model as a slow mind: asked beside the simulation, never waited for, always checked.

An answer is read, its actions are checked against the registry, and the whole plan against the
world as it is then. What fails is told to the model once; then the tiers of `fallback` lead down,
so that every question ends in a plan. Only what the guard accepts becomes orders, which are
recorded commands: a replay needs no model.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from ..errors import (
    ActionError,
    DisallowedTool,
    InvalidJson,
    LlmError,
    Timeout,
    ValidationFailed,
)
from ..guard import Verdict
from ..handles import index_of
from ..orchestrator import Orchestrator
from ..percept import WorldSnapshot
from ..plan import PlanIntent
from ..registry import ActionRegistry
from .facts import Mission, facts_of
from .fallback import Fallback, Tier, emergency, heuristic
from .grammar import Grammar, Targets, plan_grammar
from .inbox import Inbox
from .model import Answer, Priority, Request, Result
from .parse import parse_plan
from .prompt import SIMPLE, Style, plan_request, repair_request

NEWEST = 100  # exchanges and waiting times that are kept
_REPAIRABLE = (InvalidJson, DisallowedTool, ValidationFailed)

Check = Callable[[int, PlanIntent], Verdict]
Area = tuple[tuple[float, float], tuple[float, float]]


@dataclass(frozen=True)
class Exchange:
    """One answer of a model, and what came of it."""

    tick: int  # of the question
    tier: Tier
    text: str
    plan: PlanIntent | None
    mistake: str  # empty if the plan was accepted


@dataclass
class Tally:
    """What asking has cost and brought so far."""

    questions: int = 0
    answers: int = 0  # texts that came from the model
    accepted: int = 0  # of these, those with a plan that the guard accepted
    repairs: int = 0  # answers that were asked for a second time
    prompt_tokens: int = 0
    reused_tokens: int = 0
    tokens: int = 0
    tiers: Counter[Tier] = field(default_factory=Counter)  # of the plans that were given
    errors: Counter[str] = field(default_factory=Counter)  # by class
    seconds: deque[float] = field(default_factory=lambda: deque(maxlen=NEWEST))  # of each answer


@dataclass
class _Question:
    tick: int
    snapshot: WorldSnapshot
    due: int  # tick from which the answer is looked at
    result: Result | None = None  # that came before
    ticket: int | None = None
    request: Request | None = None
    repaired: bool = False


class LlmMind:
    """Implements `SlowMind` for one character.

    Args:
        inbox: of the model; shared by all characters that it plans for.
        registry: the actions.
        check: what the guard says of a plan of an entity index, in the world as it is.
        mission: what it is told besides its snapshot, or what makes it of a snapshot.
        area: lowest and highest (x, z) of places that plans may name.
        style: of the first tier's prompts; the second's are simple.
        constrained: whether answers are sampled under the grammar of plans.
        latency: ticks from a request to the first look at its answer. With a model that has
            answered by then, results do not depend on how fast it was.
        deadline: seconds for one answer.
        max_tokens: of one answer.
        seed: of the first question; each further one has the next.
    """

    name = "llm"

    def __init__(
        self,
        inbox: Inbox,
        registry: ActionRegistry,
        check: Check,
        *,
        mission: Mission | Callable[[WorldSnapshot], Mission] | None = None,
        area: Area | None = None,
        style: Style = Style.COMPRESSED,
        constrained: bool = True,
        latency: int = 0,
        deadline: float = 5.0,
        max_tokens: int = 256,
        temperature: float = 0.4,
        priority: Priority = Priority.NORMAL,
        seed: int = 0,
    ) -> None:
        self.why = ""
        self.fallback, self.tally = Fallback(), Tally()
        self.exchanges: deque[Exchange] = deque(maxlen=NEWEST)
        self._inbox, self._registry, self._check = inbox, registry, check
        self._mission, self._area, self._style = mission, area, style
        self._constrained, self._latency, self._seed = constrained, latency, seed
        self._sampling = {"max_tokens": max_tokens, "temperature": temperature,
                          "priority": priority, "deadline": deadline}  # fmt: skip
        self._question: _Question | None = None
        self._ready: PlanIntent | None = None

    def ask(self, tick: int, percept: WorldSnapshot) -> None:
        """Begin to think; a question that is still open has failed."""
        if self._question is not None:
            if self._question.ticket is not None:
                self._inbox.cancel(self._question.ticket)
                self._note(Timeout("the next question came before the answer"))
                self.fallback.failed()
            self._question = None
        self._ready = None
        self.tally.questions += 1
        self._question = _Question(tick, percept, tick + self._latency)
        self._begin()

    def answer(self, tick: int) -> PlanIntent | None:
        """The plan, once it is there; never waits."""
        question = self._question
        if question is None:
            return None
        if question.ticket is not None and question.result is None:
            question.result = self._inbox.take(question.ticket)
        if tick < question.due or (question.ticket is not None and question.result is None):
            return None
        if question.result is not None:
            result, question.result, question.ticket = question.result, None, None
            question.due = tick + self._latency  # of what is asked because of this answer
            if result.answer is None:
                self._fail(result.error or LlmError("the model gave neither answer nor error"))
            else:
                self._read(question, result.answer)
        if self._ready is not None:
            self._question = None
        plan, self._ready = self._ready, None
        return plan

    # -- questions -------------------------------------------------------------------------------

    def _begin(self) -> None:
        """Ask the model, or plan without it, as the tier says."""
        question = self._question
        if question is None:
            return
        if not self.fallback.asks_model:
            self._plan_alone(question)
            return
        try:
            question.request = self._request(question.snapshot)
            question.ticket = self._inbox.submit(question.request)
        except (LlmError, ActionError) as error:
            self._fail(error)

    def _request(self, snapshot: WorldSnapshot) -> Request:
        simple = self.fallback.tier is Tier.SIMPLIFIED
        mission = self._mission(snapshot) if callable(self._mission) else self._mission
        return plan_request(
            self._registry,
            facts_of(snapshot, mission),
            style=Style.SIMPLE if simple else self._style,
            grammar=self._grammar(snapshot, simple) if self._constrained else None,
            seed=self._seed + self.tally.questions,
            **self._sampling,  # type: ignore[arg-type]
        )

    def _grammar(self, snapshot: WorldSnapshot, simple: bool) -> Grammar:
        allow = [name for name in SIMPLE if name in self._registry] if simple else None
        targets = Targets.of(snapshot)
        return plan_grammar(self._registry, targets, area=self._area, allow=allow or None)

    # -- answers ---------------------------------------------------------------------------------

    def _read(self, question: _Question, answer: Answer) -> None:
        """Take a plan that can be used; else ask once more, then go down a tier."""
        tally = self.tally
        tally.answers += 1
        tally.prompt_tokens += answer.prompt_tokens
        tally.reused_tokens += answer.reused_tokens
        tally.tokens += answer.tokens
        tally.seconds.append(answer.waited + answer.prefill + answer.decode)
        plan: PlanIntent | None = None
        try:
            plan = parse_plan(answer.text, self._registry)
            self._validate(question, plan)
        except _REPAIRABLE as error:
            self._log(question, answer.text, plan, str(error))
            self._repair(question, answer.text, error)
            return
        tally.accepted += 1
        self._log(question, answer.text, plan, "")
        self._succeed(plan)

    def _validate(self, question: _Question, plan: PlanIntent) -> None:
        if not plan.steps:
            raise ValidationFailed("the plan has no steps")
        verdict = self._check(index_of(question.snapshot.me.id), plan)
        if not verdict:
            raise ValidationFailed(f"step {verdict.step}: {verdict.reason.name}: {verdict.text}")

    def _repair(self, question: _Question, said: str, error: LlmError) -> None:
        if question.repaired or question.request is None:
            self._fail(error)
            return
        question.repaired = True
        self._note(error)
        try:
            question.request = repair_request(question.request, said, str(error))
            question.ticket = self._inbox.submit(question.request)
            self.tally.repairs += 1
        except LlmError as refused:
            self._fail(refused)

    # -- tiers -----------------------------------------------------------------------------------

    def _fail(self, error: Exception) -> None:
        """One tier down, and on at once."""
        self._note(error)
        self.fallback.failed()
        if self._question is not None:
            self._question.repaired = False
        self._begin()

    def _plan_alone(self, question: _Question) -> None:
        """Rules of thumb, or standing still if they give nothing that the guard accepts."""
        if self.fallback.tier is Tier.HEURISTIC:
            steps = heuristic(question.snapshot)
            plan = PlanIntent(f"heuristic-{question.tick}", steps or ())
            if steps and self._check(index_of(question.snapshot.me.id), plan):
                self._succeed(plan)
                return
            self.fallback.failed()
        self._succeed(PlanIntent(f"emergency-{question.tick}", emergency()))

    def _succeed(self, plan: PlanIntent) -> None:
        self.why = f"{self.fallback.tier.name.lower()}: {plan.plan_id}"
        self.tally.tiers[self.fallback.tier] += 1
        self.fallback.succeeded()
        self._ready = plan

    def _note(self, error: Exception) -> None:
        self.tally.errors[type(error).__name__] += 1

    def _log(self, question: _Question, text: str, plan: PlanIntent | None, mistake: str) -> None:
        self.exchanges.append(Exchange(question.tick, self.fallback.tier, text, plan, mistake))


def llm_mind(inbox: Inbox, orchestrator: Orchestrator, **more: Any) -> LlmMind:
    """A mind for characters of an orchestrator, checked by its guard; `more` as `LlmMind` has."""
    return LlmMind(inbox, orchestrator.guard.registry, partial(_checked, orchestrator), **more)


def _checked(orchestrator: Orchestrator, agent: int, plan: PlanIntent) -> Verdict:
    return orchestrator.guard.check(agent, plan, orchestrator.situation)
