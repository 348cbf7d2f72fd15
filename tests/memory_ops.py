"""A stream of writes to a store, the same for a seed, and what the store must hold after each."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from astraweave_rag import Draft, Record, Store

NAMES = ["mill", "smith", "inn", "guard", "witch"]
KINDS = ["episodic", "semantic", "social"]
WORDS = ["bridge", "river", "iron", "bread", "wolf", "moon", "song", "gate", "snow", "coin", "well"]
Fields = dict[str, Any]
Links = set[tuple[int, int, str]]


@dataclass
class Model:
    """What a store holds, as a dictionary; it knows nothing of how a store works."""

    records: dict[int, Fields] = field(default_factory=dict)
    links: Links = field(default_factory=set)
    last: int = 0

    def add(self, drafts: list[Fields]) -> None:
        for draft in drafts:
            self.last += 1
            self.records[self.last] = {**draft, "generation": 1}

    def update(self, key: int, changes: Fields) -> None:
        generation = self.records[key]["generation"] + 1
        self.records[key] = {**self.records[key], **changes, "generation": generation}

    def delete(self, keys: list[int]) -> None:
        for key in keys:
            del self.records[key]
        self.links = {link for link in self.links if not {*link[:2]} & {*keys}}

    def link(self, links: list[tuple[int, int, str]]) -> None:
        self.links |= set(links)

    def copy(self) -> "Model":
        return Model(dict(self.records), set(self.links), self.last)


def held_by(store: Store) -> Model:
    """What a store holds, without the key that was given last."""
    with store.reading():
        records = {record.key: fields_of(record) for record in store.select()}
        return Model(records, {tuple(link) for link in store.links()})


def same(a: Model, b: Model) -> bool:
    return (a.records, a.links) == (b.records, b.links)


def fields_of(record: Record) -> Fields:
    found = {name: getattr(record, name) for name in Record.__struct_fields__}
    del found["key"]
    return found


def draft(rng: random.Random) -> Fields:
    """All fields of a memory, so that none is compared by its default."""
    return {
        "text": " ".join(rng.choices(WORDS, k=rng.randint(2, 9))) + f" {rng.randint(0, 99)}",
        "persona": rng.choice(NAMES),
        "kind": rng.choice(KINDS),
        "tags": tuple(rng.sample(["a", "b", "c"], rng.randint(0, 2))),
        "tick": rng.randint(0, 1000),
        "wall": rng.randint(0, 1 << 20) / 8,
        "importance": rng.randint(0, 16) / 16,
        "source": rng.choice(["", "event/1", "book/two"]),
        "data": {"n": rng.randint(0, 9)} if rng.random() < 0.3 else {},
    }


Target = Any  # a Store or a Model: both have the methods that the steps call


@dataclass
class Step:
    """One write: what it does to a model and, as one transaction, to a store."""

    name: str
    to_model: Callable[[Model], None]
    to_store: Callable[[Store], None]


def step(seed: int, number: int, model: Model) -> Step:
    """The write of this number, for a store that holds this."""
    rng = random.Random(f"{seed}/{number}")
    keys = sorted(model.records)
    kind = rng.choices(
        ["add", "batch", "update", "delete", "link", "merge", "save"], [5, 2, 3, 2, 2, 2, 1]
    )[0]
    if len(keys) < 8:
        kind = "batch"
    return _STEPS[kind](rng, keys, model)


def _add(rng: random.Random, keys: list[int], model: Model, count: int = 1) -> Step:
    drafts = [draft(rng) for _ in range(count)]
    return Step(
        "add", lambda m: m.add(drafts), lambda s: void(s.add_many([Draft(**d) for d in drafts]))
    )


def _batch(rng: random.Random, keys: list[int], model: Model) -> Step:
    return _add(rng, keys, model, rng.randint(2, 40))


def _update(rng: random.Random, keys: list[int], model: Model) -> Step:
    key, fields = rng.choice(keys), draft(rng)
    changes = {name: fields[name] for name in rng.sample(sorted(fields), rng.randint(1, 4))}
    return Step(
        "update", lambda m: m.update(key, changes), lambda s: void(s.update(key, **changes))
    )


def _delete(rng: random.Random, keys: list[int], model: Model) -> Step:
    gone = rng.sample(keys, min(len(keys) // 2, rng.randint(1, 20)))
    return Step("delete", lambda m: m.delete(gone), lambda s: void(s.delete(gone)))


def _link(rng: random.Random, keys: list[int], model: Model) -> Step:
    links = [(rng.choice(keys), rng.choice(keys), rng.choice(["of", "to"])) for _ in range(3)]
    return Step("link", lambda m: m.link(links), lambda s: s.link(links))


def _merge(rng: random.Random, keys: list[int], model: Model) -> Step:
    """Several writes that belong together: a summary, links to what stays, the rest removed."""
    sources, summary, key = rng.sample(keys, 4), draft(rng), model.last + 1
    links = [(key, sources[0], "of"), (key, sources[1], "of")]

    def to_model(m: Model) -> None:
        m.add([summary])
        m.link(links)
        m.delete(sources[2:])

    def to_store(store: Store) -> None:
        with store.together():
            store.add(Draft(**summary))
            store.link(links)
            store.delete(sources[2:])

    return Step("merge", to_model, to_store)


def _save(rng: random.Random, keys: list[int], model: Model) -> Step:
    def to_store(store: Store) -> None:
        store.build_index()
        store.checkpoint()

    return Step("save", lambda m: None, to_store)


_STEPS: dict[str, Callable[[random.Random, list[int], Model], Step]] = {
    "add": _add, "batch": _batch, "update": _update, "delete": _delete,
    "link": _link, "merge": _merge, "save": _save,
}  # fmt: skip


def void(_: object) -> None:
    """Nothing, whatever was given."""
