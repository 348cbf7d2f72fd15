"""A keeper answers visitors out of the books of Saltmere, quotes them, and remembers who asked.

Ask with --ask "Who leads the smugglers? | What is Ribbon Day?". With --store FILE the keeper still
knows tomorrow, with --day 2, who asked what. It needs no model: an answer is the sentences of the
lore that fit best, with their sources.
"""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from astraweave import (
    QUAD,
    Box,
    Camera,
    Context,
    Entity,
    Ground,
    Labels,
    Look,
    Position,
    StaticBox,
    View,
    World,
    rgb,
    scene,
)
from astraweave.errors import UsageError
from astraweave_ai.arena import Arena
from astraweave_ai.minds.outlook import distance
from astraweave_ai.percept import WorldSnapshot
from astraweave_ai.plan import PlanIntent, Step, plan_of
from astraweave_rag import Filter, Store, search
from astraweave_rag.errors import RagError
from astraweave_rag.indexing import index_files
from astraweave_rag.memory import Memory
from astraweave_rag.quote import Quote, quotes

LORE = Path(__file__).with_name("lore")
BOOKS = sorted(path.name for path in LORE.iterdir())
WIDTH, DEPTH = 18.0, 11.0
DESK, COUNTER, DOOR = (9.0, 0.0, 5.2), (9.0, 0.0, 7.4), (9.0, 0.0, 10.2)
COLORS = (
    "#8c2f39", "#b5651d", "#c9a227", "#5b7f3a", "#2f6f5e",
    "#2e6f95", "#4b4e9a", "#7b4b94", "#9a4f6f", "#6b5b4b",
)  # fmt: skip
NAMES = ("Mira", "Tobias", "Hanne", "Wulf", "Selma", "Joris", "Agnes", "Piet")
QUESTIONS = (
    "Who leads the smugglers?", "Why did the well turn salty?", "How did the captain lose her eye?",
    "What does the silver whistle do?", "How was the fever ended?", "Why is a room always empty?",
    "How did the war with Skarn end?", "Why do people tie ribbons to trees?",
)  # fmt: skip


def shelf(book: str) -> tuple[float, float, float]:
    """Where one stands to take a book from its shelf."""
    return 1.35 + 1.7 * BOOKS.index(book), 0.0, 2.2


@dataclass
class Keeper:
    """Fetches the book that answers, comes back and reads from it."""

    memory: Memory
    rate: int
    day: int
    name = "keeper"
    why = "waits for questions"
    asked: tuple[str, str] | None = None  # by whom, and what
    found: list[Quote] = field(default_factory=list)
    spoken: list[tuple[str, str]] = field(default_factory=list)  # what was said, by whom
    away = False

    def think(self, percept: WorldSnapshot) -> PlanIntent | None:
        """To the shelf of the best source and back, then the answer."""
        if self.asked is None:
            return None
        if self.away:
            self._answer(percept.tick)
            return None
        self.away = True
        source = self.found[0].record.source if self.found else f"{BOOKS[0]}#"
        book = Path(source.partition("#")[0]).name
        self.why = f"looks into {book}"
        (x, _, z), wait = shelf(book), Step("Wait", {"duration": 0.5})
        there, back = Step("MoveTo", {"x": x, "z": z}), Step("MoveTo", {"x": DESK[0], "z": DESK[2]})
        return plan_of("fetch", there, wait, back)

    def hear(self, who: str, question: str, tick: int) -> None:
        """Take a question, and remember it."""
        store = self.memory.store
        before = self.recall(who)
        self.spoken.append((who, question))
        if before:
            self.spoken.append((self.name, f"Good day again, {who}. Before, you asked: {before}"))
        lore = search(store, question, k=8, filter=Filter(persona=""))
        self.asked, self.found = (who, question), quotes(store, question, lore)
        self.memory.remember(
            f"{who} asked: {question}", tick=self._now(tick), tags=(who, "question"), source=who,
            importance=0.6, data={"who": who, "deed": "ask", "question": question, "day": self.day},
        )  # fmt: skip

    def recall(self, who: str) -> str:
        """What somebody asked on the latest day before this one, if the keeper remembers."""
        known = self.memory.store.select(
            Filter(persona=self.memory.persona, tags=(who, "question")), "-tick"
        )
        past = [one.data for one in known if one.data["day"] < self.day]
        return " ".join(f"{one['question']} (day {one['day']})" for one in past[:1])

    def _answer(self, tick: int) -> None:
        who, _ = self.asked or ("", "")
        told = " ".join(map(str, self.found)) or "My books are silent about that."
        self.spoken.append((self.name, told))
        sources = [quote.record.source for quote in self.found]
        self.memory.remember(
            f"I told {who}: {told}", tick=self._now(tick), tags=(who, "answer"), source=who,
            importance=0.4, data={"who": self.memory.persona, "deed": "answer", "sources": sources},
        )  # fmt: skip
        self.asked, self.found, self.away, self.why = None, [], False, "waits for questions"

    def _now(self, tick: int) -> int:
        return (self.day - 1) * 86_400 * self.rate + tick


@dataclass
class Visitor:
    """Comes in when it is its turn, asks, hears the answer and goes."""

    who: str
    question: str
    keeper: Keeper
    waiting: list["Visitor"]
    name = "visitor"
    why = "waits at the door"
    done = False

    def think(self, percept: WorldSnapshot) -> PlanIntent | None:
        """To the counter, and out again."""
        if self.waiting and self.waiting[0] is not self:
            return None
        if self.done:
            return self._leave()
        if distance(percept.me.pos, COUNTER) > 0.8:
            self.why = "comes to the counter"
            return plan_of("come", Step("MoveTo", {"x": COUNTER[0], "z": COUNTER[2]}))
        self.done, self.why = True, "listens"
        self.keeper.hear(self.who, self.question, percept.tick)
        return None

    def _leave(self) -> PlanIntent | None:
        if self.keeper.asked is not None or self not in self.waiting:
            return None
        self.waiting.remove(self)
        self.why = "goes home"
        x = DOOR[0] + (3.0 if NAMES.index(self.who) % 2 else -3.0)
        return plan_of("leave", Step("MoveTo", {"x": x, "z": DOOR[2] - 0.4}))


def furniture() -> list[Box]:
    """Shelves along the back wall, and the counter."""
    shelves = [Box((shelf(book)[0], 1.1, 1.0), (0.7, 1.1, 0.3)) for book in BOOKS]
    return [*shelves, Box((9, 0.5, 6.3), (2.2, 0.5, 0.25))]


def room(seed: int) -> list[StaticBox]:
    """What is drawn: walls, shelves full of books, and the counter with one that is open."""
    rng, *_, counter = np.random.default_rng(seed), *furniture()
    shapes = [StaticBox((9, 1.7, 0.3), (8.8, 1.7, 0.2), "#d8c9a8")]
    shapes += [StaticBox((x, 1.7, 2.6), (0.2, 1.7, 2.5), "#cdbd9a") for x in (0.0, 18.0)]
    for book, color in zip(BOOKS, COLORS, strict=True):
        x = shelf(book)[0]
        shapes.append(StaticBox((x, 1.25, 0.75), (0.78, 1.25, 0.2), "#4a3423"))
        shapes += [StaticBox((x, y, 1.0), (0.78, 0.03, 0.3), "#5a3f28") for y in (0.1, 0.85, 1.6)]
        for row in (0.13, 0.88, 1.63):
            for place in np.linspace(-0.66, 0.66, 9):
                tall, tint = rng.uniform(0.2, 0.3), rng.uniform(0.6, 1.15)
                shapes.append(
                    StaticBox((x + place, row + tall, 1.05), (0.06, tall, 0.2), shaded(color, tint))
                )
    shapes.append(StaticBox(counter.centre, counter.half, "#5a3f28"))
    shapes += [StaticBox((9 + s, 1.03, 6.3), (0.19, 0.03, 0.2), "#f2ead6") for s in (-0.2, 0.2)]
    shapes += [StaticBox((9 + s, 1.15, 6.3), (0.05, 0.15, 0.05), "#f5e6b8") for s in (-1.8, 1.8)]
    return shapes


def shaded(color: str, factor: float) -> str:
    """A colour that is darker or lighter."""
    parts = [min(255, int(int(color[i : i + 2], 16) * factor)) for i in (1, 3, 5)]
    return "#" + "".join(f"{part:02x}" for part in parts)


def labels(arena: Arena, minds: dict[Entity, Keeper | Visitor]) -> Labels:
    """What each of them is doing."""
    who = list(minds)
    places = np.array([arena.place(one) for one in who]) + np.array([0, 2.1, 0])
    return Labels(places, lambda row: minds[who[row]].why, np.full(len(who), -1.0))


def open_store(path: str) -> Store:
    """The keeper's store with the books in it, in memory if no file is named."""
    try:
        store = Store(path or ":memory:")
        index_files(store, [LORE], root=LORE.parent)
    except RagError as error:
        raise UsageError(str(error)) from error
    return store


@scene(entities=4, ticks=2_400)
def lore_keeper(
    world: World, entities: int, *, ask: str = "", store: str = "", day: int = 1
) -> View:
    """Visitors ask a keeper about the lore of Saltmere; answers quote their sources."""
    asked = [part.strip() for part in ask.split("|") if part.strip()]
    visitors = min(len(asked) or max(1, entities - 1), len(NAMES))
    asked = asked or [*QUESTIONS[day % 8 - 1 :], *QUESTIONS[: day % 8 - 1]]
    if day < 1:
        raise UsageError(f"option day: expected 1 or more, got {day}")
    arena = Arena(world, (WIDTH, DEPTH), furniture())
    keeper = Keeper(Memory(open_store(store), "Keeper"), world.rate, day)
    minds: dict[Entity, Keeper | Visitor] = {arena.add(DESK, 0, keeper, color="#e8e2d0"): keeper}
    waiting: list[Visitor] = []
    for number in range(visitors):
        visitor = Visitor(NAMES[number], asked[number], keeper, waiting)
        waiting.append(visitor)
        place = (2.5 + 1.1 * (number % 4), 0.0, 9.4 - 1.1 * (number // 4))
        minds[arena.add(place, 0, visitor, color=COLORS[number])] = visitor

    @world.system("presentation", every=600, name="tidy up")
    def tidy(_context: Context) -> None:
        keeper.memory.store.checkpoint()

    world.spawn(Position((9, 0.02, 8.8)), Look(QUAD, rgb("#7a2e2e"), (6.5, 1, 2.2)))
    return View(
        Camera.framing((1.2, 0, 0), (WIDTH - 1.2, 1, DEPTH - 1), yaw=0.0, pitch=0.62),
        ground=Ground(color="#a98a62", line="#97784f"),
        boxes=room(world.seed),
        notes=lambda: [
            *((f"{n}. {who}", told) for n, (who, told) in enumerate(keeper.spoken, 1)),
            ("remembered", f"{len(keeper.memory)} things, up to day {day}"),
        ],
        labels=lambda: labels(arena, minds),
    )


if __name__ == "__main__":
    lore_keeper.main()
