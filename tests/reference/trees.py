"""A behaviour-tree interpreter that is written for clarity alone: the twin of astraweave_ai.tree.

One object for each node and agent; every object knows whether it is idle, running or has just
completed, and parents reset their children explicitly. Time is a number that the caller sets.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

IDLE, RUNNING, SUCCESS, FAILURE, SKIPPED = "IDLE", "RUNNING", "SUCCESS", "FAILURE", "SKIPPED"


@dataclass
class Spec:
    """A node as a test draws it: type, ports, children, and conditions by the name of a flag."""

    type: str
    ports: dict[str, Any] = field(default_factory=dict)
    children: list["Spec"] = field(default_factory=list)
    guards: dict[str, str] = field(default_factory=dict)
    name: str = ""


@dataclass
class World:
    """What all nodes see: time, flags by name, the variable of switches, a log of what happened."""

    now: int = 0
    flags: dict[str, bool] = field(default_factory=dict)
    variable: object = None
    log: list[str] = field(default_factory=list)
    leaf: Callable[[str], str] = lambda name: SUCCESS


class Node:
    def __init__(self, spec: Spec, world: World) -> None:
        self.spec = spec
        self.world = world
        self.status = IDLE
        self.children = [make(child, world) for child in spec.children]
        self.start()

    def start(self) -> None:
        """Sets what the node remembers."""

    def act(self) -> str:
        raise NotImplementedError

    def stopped(self) -> None:
        """What a halt does besides halting the children."""

    # -- what every node does --------------------------------------------------------------------

    def execute(self) -> str:
        answer = self.check() or self.act()
        if answer in (SUCCESS, FAILURE):
            self.script("_onSuccess" if answer == SUCCESS else "_onFailure")
            self.script("_post")
        self.status = IDLE if answer == SKIPPED else answer
        return answer

    def check(self) -> str | None:
        guards, flags = self.spec.guards, self.world.flags
        if self.status == RUNNING:
            if "_while" in guards and not flags[guards["_while"]]:
                self.halt()
                return SKIPPED
            return None
        if "_failureIf" in guards and flags[guards["_failureIf"]]:
            return FAILURE
        if "_successIf" in guards and flags[guards["_successIf"]]:
            return SUCCESS
        if "_skipIf" in guards and flags[guards["_skipIf"]]:
            return SKIPPED
        if "_while" in guards and not flags[guards["_while"]]:
            return SKIPPED
        return None

    def script(self, when: str) -> None:
        if when in self.spec.guards:
            self.world.log.append(f"{when}({self.spec.name})")

    def halt(self) -> None:
        for child in self.children:
            child.reset()
        self.stopped()
        self.script("_onHalted")
        self.status = IDLE

    def reset(self) -> None:
        if self.status == RUNNING:
            self.halt()
        self.status = IDLE

    def reset_children(self) -> None:
        for child in self.children:
            child.reset()

    @property
    def port(self) -> dict[str, Any]:
        return self.spec.ports


class Leaf(Node):
    def act(self) -> str:
        self.world.log.append(f"tick({self.spec.name})")
        return self.world.leaf(self.spec.name)

    def stopped(self) -> None:
        self.world.log.append(f"halt({self.spec.name})")


class Always(Node):
    def act(self) -> str:
        return SUCCESS if self.spec.type == "AlwaysSuccess" else FAILURE


class Sleep(Node):
    def start(self) -> None:
        self.since: int | None = None

    stopped = start

    def act(self) -> str:
        if self.since is None:
            self.since = self.world.now
        if self.world.now >= self.since + self.port["msec"]:
            self.since = None
            return SUCCESS
        return RUNNING


class InOrder(Node):
    """Sequence, SequenceWithMemory, Fallback."""

    def start(self) -> None:
        self.next = 0
        self.skipped = 0

    def stopped(self) -> None:
        if self.spec.type != "SequenceWithMemory":
            self.next = 0

    def act(self) -> str:
        if self.status != RUNNING:
            self.skipped = 0
        on = FAILURE if self.spec.type == "Fallback" else SUCCESS
        while self.next < len(self.children):
            answer = self.children[self.next].execute()
            if answer == RUNNING:
                return RUNNING
            if answer not in (on, SKIPPED):
                if self.spec.type == "SequenceWithMemory":
                    for child in self.children[self.next :]:
                        child.reset()
                else:
                    self.reset_children()
                    self.next = 0
                return answer
            self.skipped += answer == SKIPPED
            self.next += 1
        self.reset_children()
        self.next = 0
        return SKIPPED if self.skipped == len(self.children) else on


class Reactive(Node):
    """ReactiveSequence, ReactiveFallback."""

    def act(self) -> str:
        on = FAILURE if self.spec.type == "ReactiveFallback" else SUCCESS
        answers = []
        for child in self.children:
            answers.append(child.execute())
            if answers[-1] == RUNNING:
                for other in self.children:
                    if other is not child:
                        other.reset()
                return RUNNING
            if answers[-1] not in (on, SKIPPED):
                self.reset_children()
                return answers[-1]
        self.reset_children()
        return SKIPPED if all(answer == SKIPPED for answer in answers) else on


class Parallel(Node):
    def start(self) -> None:
        self.done: dict[int, str] = {}

    stopped = start

    def limit(self, port: str) -> int:
        number = int(self.port[port])
        return number if number >= 0 else max(len(self.children) + 1 + number, 0)

    def act(self) -> str:
        skipped = 0
        for i, child in enumerate(self.children):
            if i not in self.done:
                answer = child.execute()
                skipped += answer == SKIPPED
                if answer in (SUCCESS, FAILURE):
                    self.done[i] = answer
            good = list(self.done.values()).count(SUCCESS)
            bad = list(self.done.values()).count(FAILURE)
            enough = self.limit("success_count")
            if good >= enough or (self.port["success_count"] < 0 and good + skipped >= enough):
                return self.finish(SUCCESS)
            if len(self.children) - bad < enough or bad == self.limit("failure_count"):
                return self.finish(FAILURE)
        return SKIPPED if skipped == len(self.children) else RUNNING

    def finish(self, answer: str) -> str:
        self.done = {}
        self.reset_children()
        return answer


class ParallelAll(Parallel):
    def act(self) -> str:
        skipped = 0
        for i, child in enumerate(self.children):
            if i in self.done:
                continue
            answer = child.execute()
            skipped += answer == SKIPPED
            if answer in (SUCCESS, FAILURE):
                self.done[i] = answer
        if skipped == len(self.children):
            return SKIPPED
        if skipped + len(self.done) < len(self.children):
            return RUNNING
        bad = list(self.done.values()).count(FAILURE)
        return self.finish(FAILURE if bad >= self.limit("max_failures") else SUCCESS)


class IfThenElse(Node):
    def start(self) -> None:
        self.branch: Node | None = None

    stopped = start

    def act(self) -> str:
        if self.branch is None:
            answer = self.children[0].execute()
            if answer in (RUNNING, SKIPPED):
                return answer
            if answer == FAILURE and len(self.children) == 2:
                self.reset_children()
                return FAILURE
            self.branch = self.children[1 if answer == SUCCESS else 2]
        answer = self.branch.execute()
        if answer != RUNNING:
            self.reset_children()
            self.branch = None
        return answer


class WhileDoElse(Node):
    def act(self) -> str:
        condition, do, *other = self.children
        answer = condition.execute()
        if answer == RUNNING:
            return RUNNING
        condition.reset()  # it starts afresh at the next tick
        if answer == SUCCESS:
            for child in other:
                child.reset()
            result = do.execute()
        elif answer == FAILURE and other:
            do.reset()
            result = other[0].execute()
        else:
            result = answer
        if result != RUNNING:
            self.reset_children()
        return result


class Switch(Node):
    def act(self) -> str:
        cases = [str(self.port[f"case_{i + 1}"]) for i in range(len(self.children) - 1)]
        value = self.world.variable
        chosen = cases.index(str(value)) if value is not None and str(value) in cases else -1
        for child in self.children:
            if child is not self.children[chosen]:
                child.reset()
        answer = self.children[chosen].execute()
        if answer != RUNNING:
            self.reset_children()
        return answer


class Decorator(Node):
    def act(self) -> str:
        answer = self.decorate(self.children[0])
        if self.children[0].status in (SUCCESS, FAILURE):
            self.children[0].reset()
        return answer

    def decorate(self, child: Node) -> str:
        return child.execute()


class Table(Decorator):
    TABLES: ClassVar[dict[str, dict[str, str]]] = {
        "Inverter": {SUCCESS: FAILURE, FAILURE: SUCCESS},
        "ForceSuccess": {FAILURE: SUCCESS},
        "ForceFailure": {SUCCESS: FAILURE},
        "KeepRunningUntilFailure": {SUCCESS: RUNNING, SKIPPED: RUNNING},
    }

    def decorate(self, child: Node) -> str:
        answer = child.execute()
        return self.TABLES[self.spec.type].get(answer, answer)


class Loop(Decorator):
    """Repeat, RetryUntilSuccessful."""

    def start(self) -> None:
        self.count = 0

    stopped = start

    def decorate(self, child: Node) -> str:
        again = SUCCESS if self.spec.type == "Repeat" else FAILURE
        times = self.port["num_cycles" if self.spec.type == "Repeat" else "num_attempts"]
        while times == -1 or self.count < times:
            resumed = child.status == RUNNING
            answer = child.execute()
            if answer in (RUNNING, SKIPPED):
                return answer
            child.reset()
            if answer != again:
                self.count = 0
                return answer
            if times == -1:
                if not resumed:
                    return RUNNING
            else:
                self.count += 1
        self.count = 0
        return again


class RunOnce(Decorator):
    def start(self) -> None:
        self.kept: str | None = None

    def decorate(self, child: Node) -> str:
        if self.kept is not None:
            return SKIPPED if self.port["then_skip"] else self.kept
        answer = child.execute()
        if answer in (SUCCESS, FAILURE):
            self.kept = answer
        return answer


class Precondition(Decorator):
    def decorate(self, child: Node) -> str:
        if child.status != RUNNING and not self.world.flags[self.port["if"]]:
            return str(self.port["else"])
        return child.execute()


class Timeout(Decorator):
    def decorate(self, child: Node) -> str:
        if self.status != RUNNING:
            self.since = self.world.now
        late = self.world.now - self.since >= self.port["msec"] > 0
        if late and child.status == RUNNING:
            child.reset()
            return FAILURE
        return child.execute()


class Delay(Decorator):
    def decorate(self, child: Node) -> str:
        if self.status != RUNNING:
            self.since = self.world.now
        waiting = self.world.now - self.since < self.port["delay_msec"]
        return RUNNING if waiting else child.execute()


class Cooldown(Decorator):
    def start(self) -> None:
        self.ready: int | None = None

    def decorate(self, child: Node) -> str:
        hot = self.ready is not None and self.world.now < self.ready
        if hot and child.status != RUNNING:
            return FAILURE
        answer = child.execute()
        if answer in (SUCCESS, FAILURE):
            self.ready = self.world.now + self.port["msec"]
        return answer


TYPES: dict[str, type[Node]] = {
    **dict.fromkeys(("Sequence", "SequenceWithMemory", "Fallback"), InOrder),
    **dict.fromkeys(("ReactiveSequence", "ReactiveFallback"), Reactive),
    **dict.fromkeys([f"Switch{n}" for n in range(2, 7)], Switch),
    **dict.fromkeys(Table.TABLES, Table),
    **dict.fromkeys(("Repeat", "RetryUntilSuccessful"), Loop),
    **dict.fromkeys(("AlwaysSuccess", "AlwaysFailure"), Always),
    "Parallel": Parallel,
    "ParallelAll": ParallelAll,
    "IfThenElse": IfThenElse,
    "WhileDoElse": WhileDoElse,
    "RunOnce": RunOnce,
    "Precondition": Precondition,
    "Timeout": Timeout,
    "Delay": Delay,
    "Cooldown": Cooldown,
    "SubTree": Decorator,
    "Sleep": Sleep,
    "Leaf": Leaf,
}


def make(spec: Spec, world: World) -> Node:
    """The node of a specification, with its children."""
    return TYPES[spec.type](spec, world)
