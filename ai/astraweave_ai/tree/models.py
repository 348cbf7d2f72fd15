"""The nodes that every factory knows: their ports, how many children they take, how they are made.

They are those of BehaviorTree.CPP 4 and Cooldown. Of its other nodes (AsyncSequence, AsyncFallback,
Loop…, SkipUnlessUpdated, WaitValueUpdate, TryCatch) none is known: a file that uses them is refused
by the name of the node.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from . import controls, decorators, leaves
from .node import Node
from .ports import Input, Output, Port, Write
from .site import Site
from .status import FAILURE, SUCCESS, Status
from .values import EQUAL_WITHIN, UNFIT, Enums, number

if TYPE_CHECKING:
    from .evaluate import Evaluate
    from .run import TreeRun

Make = Callable[[Site], Node]
CASES = range(2, 7)  # Switch2 to Switch6

_NOTHING = object()


@dataclass(frozen=True)
class Model:
    """A type of node."""

    kind: str  # Action, Condition, Control or Decorator
    make: Make
    ports: Mapping[str, Port] = field(default_factory=dict)
    least: int = 0  # children
    most: int | None = 0  # children; None is any number


def action(make: Make, /, **ports: Port) -> Model:
    """A node without children that does something."""
    return Model("Action", make, ports)


def condition(make: Make, /, **ports: Port) -> Model:
    """A node without children that asks something."""
    return Model("Condition", make, ports)


def _control(make: Make, least: int = 1, most: int | None = None, **ports: Port) -> Model:
    return Model("Control", make, ports, least, most)


def _decorator(make: Make, **ports: Port) -> Model:
    return Model("Decorator", make, ports, 1, 1)


def _plain(node: Callable[..., Node]) -> Make:
    """Of a node that takes children and no ports."""
    return lambda site: node(*site.place, site.children)


def _counted(node: Callable[..., Node], port: str) -> Make:
    """Of a node that takes a number, where -1 is without end."""
    return lambda site: node(*site.place, site.children, site.at_least(port, -1))


def _timed(node: Callable[..., Node], port: str) -> Make:
    return lambda site: node(*site.place, site.children, site.ticks(port))


def _concurrent(node: Callable[..., controls.Parallel | controls.ParallelAll], *ports: str) -> Make:
    """Of a parallel; thresholds that are literals are checked now."""

    def make(site: Site) -> Node:
        made = node(*site.place, site.children, *map(site.read, ports))
        for port in ports:
            if site.name(port) is None:
                made.threshold(site.read(port)(None), port)  # type: ignore[arg-type]
        return made

    return make


def _precondition(site: Site) -> Node:
    test, otherwise = site.condition("if"), site.read("else")
    return decorators.Precondition(*site.place, site.children, test, otherwise)


def _switch(site: Site) -> Node:
    cases = [site.read(f"case_{n}") for n in range(1, len(site.ports))]
    default, enums = len(cases), site.enums
    variable = _variable(site)

    def choose(run: TreeRun) -> int:
        value = variable(run)
        if value is _NOTHING:
            return default
        return next(
            (at for at, case in enumerate(cases) if _equal(value, case(run), enums)), default
        )

    return controls.Switch(*site.place, site.children, choose)


def _variable(site: Site) -> Evaluate:
    """The variable of a switch: that there is no such entry is not an error."""
    name = site.name("variable")
    if name is None:
        return site.read("variable")
    entry = site.scope.resolve(name, site.label.where)
    if entry.top:
        return lambda run: run.top.get(entry.key, _NOTHING)
    return lambda run: run.blackboard.get(entry.key, _NOTHING)


def _equal(a: object, b: object, enums: Enums) -> bool:
    """Equal as they are, or as the numbers that they are or name."""
    if a == b:
        return True
    try:
        return abs(number(a, enums) - number(b, enums)) <= EQUAL_WITHIN
    except UNFIT:
        return False


def _set_blackboard(site: Site) -> Node:
    return leaves.SetBlackboard(*site.place, site.read("value"), _target(site, "output_key"))


def _target(site: Site, port: str) -> Callable[[TreeRun], Write]:
    """The entry that a port names by a text: a literal, or what another entry holds."""
    if site.name(port) is None:
        write = site.writer(site.bound(port), port)
        return lambda run: write
    read = site.read(port)
    return lambda run: site.writer(read(run), port)


def _unset_blackboard(site: Site) -> Node:
    read = site.read("key")

    def remove(run: TreeRun) -> None:
        entry = site.scope.resolve(read(run), site.label.where)
        (run.top if entry.top else run.blackboard).pop(entry.key, None)

    return leaves.UnsetBlackboard(*site.place, remove)


def _constant(answer: Status) -> Make:
    return lambda site: leaves.Constant(*site.place, answer)


def _cases(count: int) -> dict[str, Port]:
    return {"variable": Input(), **{f"case_{n}": Input() for n in range(1, count + 1)}}


BUILT_IN: Mapping[str, Model] = {
    "Sequence": _control(_plain(controls.Sequence)),
    "SequenceWithMemory": _control(_plain(controls.SequenceWithMemory)),
    "ReactiveSequence": _control(_plain(controls.ReactiveSequence)),
    "Fallback": _control(_plain(controls.Fallback)),
    "ReactiveFallback": _control(_plain(controls.ReactiveFallback)),
    "Parallel": _control(
        _concurrent(controls.Parallel, "success_count", "failure_count"),
        success_count=Input(int, -1),
        failure_count=Input(int, 1),
    ),
    "ParallelAll": _control(
        _concurrent(controls.ParallelAll, "max_failures"), max_failures=Input(int, 1)
    ),
    "IfThenElse": _control(_plain(controls.IfThenElse), 2, 3),
    "WhileDoElse": _control(_plain(controls.WhileDoElse), 2, 3),
    **{f"Switch{n}": _control(_switch, n + 1, n + 1, **_cases(n)) for n in CASES},
    "Inverter": _decorator(_plain(decorators.Inverter)),
    "ForceSuccess": _decorator(_plain(decorators.ForceSuccess)),
    "ForceFailure": _decorator(_plain(decorators.ForceFailure)),
    "KeepRunningUntilFailure": _decorator(_plain(decorators.KeepRunningUntilFailure)),
    "Repeat": _decorator(_counted(decorators.Repeat, "num_cycles"), num_cycles=Input(int)),
    "RetryUntilSuccessful": _decorator(
        _counted(decorators.RetryUntilSuccessful, "num_attempts"), num_attempts=Input(int)
    ),
    "Timeout": _decorator(_timed(decorators.Timeout, "msec"), msec=Input(int)),
    "Delay": _decorator(_timed(decorators.Delay, "delay_msec"), delay_msec=Input(int)),
    "Cooldown": _decorator(_timed(decorators.Cooldown, "msec"), msec=Input(int)),
    "RunOnce": _decorator(
        lambda site: decorators.RunOnce(*site.place, site.children, site.read("then_skip")),
        then_skip=Input(bool, True),
    ),
    "Precondition": _decorator(_precondition, **{"if": Input(str), "else": Input(Status, FAILURE)}),
    "AlwaysSuccess": action(_constant(SUCCESS)),
    "AlwaysFailure": action(_constant(FAILURE)),
    "Sleep": action(lambda site: leaves.Sleep(*site.place, site.ticks("msec")), msec=Input(int)),
    "Script": action(lambda site: leaves.Script(*site.place, site.script("code")), code=Input(str)),
    "ScriptCondition": condition(
        lambda site: leaves.ScriptCondition(*site.place, site.condition("code")), code=Input(str)
    ),
    "SetBlackboard": action(_set_blackboard, value=Input(), output_key=Input(str)),
    "UnsetBlackboard": action(_unset_blackboard, key=Input(str)),
}


def host_leaf(call: leaves.Call) -> Make:
    """Of a function of the host's."""
    return lambda site: leaves.Leaf(*site.place, call, _inputs(site), _outputs(site))


def host_action(work: leaves.Action) -> Make:
    """Of an Action of the host's."""
    return lambda site: leaves.ActionLeaf(*site.place, work, _inputs(site), _outputs(site))


def _inputs(site: Site) -> dict[str, Evaluate]:
    return {name: site.read(name) for name, port in site.ports.items() if isinstance(port, Input)}


def _outputs(site: Site) -> dict[str, Write | None]:
    return {name: site.write(name) for name, port in site.ports.items() if isinstance(port, Output)}
