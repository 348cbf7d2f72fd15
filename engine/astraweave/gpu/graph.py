"""The frame graph: which pass has to wait for which, found from the data they share.

That two passes are ordered follows from shared data; which comes first follows from declaration
order inside a module and from `after=` between modules. Anything else is an error, not a guess.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from ..errors import AmbiguityError, GraphError
from .passes import Pass


@dataclass(frozen=True)
class PassGroup:
    """The passes of one module, in order.

    `after`: modules that must exist and come first; `follows`: those that come first if present.
    """

    name: str
    passes: tuple[Pass, ...]
    after: tuple[str, ...] = ()
    follows: tuple[str, ...] = ()

    @property
    def before_it(self) -> set[str]:
        """Names of all modules it may not precede."""
        return {*self.after, *self.follows}


class Edge(NamedTuple):
    """`second` waits for `first` because of `resource`."""

    first: str
    second: str
    resource: str
    hazard: str  # RAW, WAW or WAR


@dataclass
class FrameGraph:
    """An ordered list of passes with the edges that justify the order.

    Raises:
        GraphError: a cycle, an unknown name in `after=`, or two modules or passes of one name.
        AmbiguityError: two modules conflict and no `after=` says which is first.
    """

    groups: Sequence[PassGroup]
    ordered: list[PassGroup] = field(init=False)
    edges: list[Edge] = field(init=False)

    def __post_init__(self) -> None:
        self._check_names()
        self.ordered = self._sort()
        self._check_ambiguity()
        self.edges = list(self._find_edges())

    @property
    def passes(self) -> list[Pass]:
        """Every pass in execution order."""
        return [p for group in self.ordered for p in group.passes]

    def _check_names(self) -> None:
        names = [group.name for group in self.groups]
        if "" in names:
            raise GraphError("a module has no name; set `name` on its class")
        _no_two("modules", names)
        _no_two("passes", [p.name for group in self.groups for p in group.passes])
        for group in self.groups:
            for other in group.after:
                if other not in names:
                    raise GraphError(
                        f"module {group.name!r} is after {other!r}, which does not exist; there is "
                        + ", ".join(names)
                    )

    def _sort(self) -> list[PassGroup]:
        """Modules in the order of addition wherever `after=` allows it."""
        waiting, done, out = list(self.groups), set[str](), list[PassGroup]()
        present = {group.name for group in waiting}
        while waiting:
            ready = next((g for g in waiting if g.before_it & present <= done), None)
            if ready is None:
                raise GraphError("after= forms a cycle: " + ", ".join(g.name for g in waiting))
            waiting.remove(ready)
            done.add(ready.name)
            out.append(ready)
        return out

    def _ancestors(self) -> dict[str, set[str]]:
        above: dict[str, set[str]] = {}
        for group in self.ordered:
            direct = [name for name in group.before_it if name in above]
            above[group.name] = set(direct).union(*(above[name] for name in direct))
        return above

    def _check_ambiguity(self) -> None:
        above = self._ancestors()
        for i, second in enumerate(self.ordered):
            for first in self.ordered[:i]:
                if first.name in above[second.name]:
                    continue
                for edge in _conflicts(first.passes, second.passes):
                    raise AmbiguityError(
                        f"passes {edge.first} ({first.name}) and {edge.second} ({second.name}) "
                        f"both touch {edge.resource} ({edge.hazard}) and have no order; "
                        f"give {second.name!r} after=({first.name!r},) or the other way round"
                    )

    def _find_edges(self) -> Iterable[Edge]:
        """Direct edges only: the last writer, and the readers since."""
        writer: dict[str, str] = {}
        readers: dict[str, list[str]] = {}
        for p in self.passes:
            for key, writes in _accesses(p):
                last = writer.get(key)
                since = readers.get(key, [])
                if last and (not writes or not since):
                    yield Edge(last, p.name, key, "WAW" if writes else "RAW")
                if writes:
                    yield from (Edge(r, p.name, key, "WAR") for r in since if r != p.name)
                    writer[key], readers[key] = p.name, []
                else:
                    readers.setdefault(key, []).append(p.name)

    def text(self) -> str:
        """The graph for a terminal: each pass, what it touches and what it waits for."""
        lines = []
        for group in self.ordered:
            first = [g.name for g in self.ordered if g.name in group.before_it]
            lines.append(group.name + (f"  (after {', '.join(first)})" if first else ""))
            for p in group.passes:
                reads = [key for key, writes in _accesses(p) if not writes]
                writes = [key for key, writes in _accesses(p) if writes]
                touched = f"reads {', '.join(reads) or '-'}; writes {', '.join(writes) or '-'}"
                lines.append(f"  {p.name}: {touched}")
                waits = [
                    f"{e.first} ({e.hazard} {e.resource})" for e in self.edges if e.second == p.name
                ]
                lines += [f"    waits for {wait}" for wait in waits]
        return "\n".join(lines)

    def mermaid(self) -> str:
        """The graph as a Mermaid flowchart."""
        number = {p.name: f"p{i}" for i, p in enumerate(self.passes)}
        lines = ["flowchart TD"]
        for i, group in enumerate(self.ordered):
            lines.append(f'    subgraph m{i}["{group.name}"]')
            lines += [f'        {number[p.name]}["{p.name}"]' for p in group.passes]
            lines.append("    end")
        joined: dict[tuple[str, str], list[str]] = {}
        for e in self.edges:
            joined.setdefault((e.first, e.second), []).append(f"{e.resource} {e.hazard}")
        lines += [
            f'    {number[a]} -->|"{", ".join(why)}"| {number[b]}' for (a, b), why in joined.items()
        ]
        return "\n".join(lines)


def _no_two(what: str, names: Sequence[str]) -> None:
    for name, count in Counter(names).items():
        if count > 1:
            raise GraphError(f"two {what} are named {name!r}; give one another name")


def _accesses(p: Pass) -> list[tuple[str, bool]]:
    return [(b.key, b.writes) for b in p.bindings()]


def _conflicts(first: Sequence[Pass], second: Sequence[Pass]) -> Iterable[Edge]:
    for a in first:
        touched = dict(_accesses(a))
        for b in second:
            for key, writes in _accesses(b):
                if key in touched and (writes or touched[key]):
                    hazard = ("WAW" if touched[key] else "WAR") if writes else "RAW"
                    yield Edge(a.name, b.name, key, hazard)
