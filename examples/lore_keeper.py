"""A keeper answers visitors out of the books of Saltmere, quotes them, and remembers who asked.

Type into the window, or ask with --ask "Who leads the smugglers? | What is Ribbon Day?". With
--store FILE the keeper still knows tomorrow, with --day 2, who asked what: "What did Mira ask
yesterday?" It needs no model: an answer is the sentences of the lore that fit best, or the keeper's
own memories, with their sources.
"""

from dataclasses import dataclass, field
from pathlib import Path
from textwrap import fill

import numpy as np

from astraweave import (
    BOX,
    QUAD,
    SPHERE,
    Box,
    Camera,
    Context,
    Conversation,
    Entity,
    Ground,
    Labels,
    Look,
    Position,
    Spoken,
    StaticBox,
    View,
    World,
    rgb,
    scene,
)
from astraweave.errors import UsageError
from astraweave_ai.arena import Arena
from astraweave_ai.dialogue.guestbook import Guestbook
from astraweave_ai.minds.outlook import distance
from astraweave_ai.percept import WorldSnapshot
from astraweave_ai.percept_model import Vector
from astraweave_ai.plan import PlanIntent, Step, plan_of
from astraweave_rag import Filter, Store, search
from astraweave_rag.errors import RagError
from astraweave_rag.indexing import index_files
from astraweave_rag.memory import Memory
from astraweave_rag.quote import Quote, quotes

LORE = Path(__file__).with_name("lore")
BOOKS = sorted(path.name for path in LORE.iterdir())
WIDTH, DEPTH = 14.4, 9.0
MIDDLE = 6.9  # of the counter
DESK = (MIDDLE + 0.5, 0.0, 3.3)
TABLE = (11.6, 0.0, 4.6)
SEATS = (5.9, 7.5)  # rows of benches
COLORS = (
    "#8c2f39", "#b5651d", "#c9a227", "#5b7f3a", "#2f6f5e",
    "#2e6f95", "#4b4e9a", "#7b4b94", "#9a4f6f", "#6b5b4b",
)  # fmt: skip
NAMES = ("Mira", "Tobias", "Hanne", "Wulf", "Selma", "Joris", "Agnes", "Piet")
PLAYER = "Traveller"
QUESTIONS = (
    "Who leads the smugglers?", "Why did the well turn salty?", "How did the captain lose her eye?",
    "What does the silver whistle do?", "How was the fever ended?", "Why is a room always empty?",
    "How did the war with Skarn end?", "Why do people tie ribbons to trees?",
)  # fmt: skip
HINT = "Ask about Saltmere, or who asked what"
SILENT, FORGOTTEN = "My books are silent about that.", "I remember no such question."


def shelf(book: str) -> tuple[float, float, float]:
    """Where one stands to take a book from its shelf."""
    return 1.1 + 1.355 * BOOKS.index(book), 0.0, 1.9


@dataclass
class Keeper:
    """Fetches the book that answers and reads from it; who asked what it knows by heart."""

    guests: Guestbook
    name = "keeper"
    why = ""
    asked: tuple[str, str] | None = None  # by whom, and what
    found: list[Quote] = field(default_factory=list)
    lines: list[Spoken] = field(default_factory=list)
    silent = SILENT
    answered = 0
    away = False

    def think(self, percept: WorldSnapshot) -> PlanIntent | None:
        """To the shelf of the best source and back, then the answer."""
        if self.asked is None:
            return None
        lore = [one.record.source for one in self.found if not one.record.persona]
        if self.away or not lore:
            self._answer(percept.tick)
            return None
        book = Path(lore[0].partition("#")[0]).name
        self.away, self.why = True, f"looks into {book}"
        (x, _, z), wait = shelf(book), Step("Wait", {"duration": 0.3})
        there, back = Step("MoveTo", {"x": x, "z": z}), Step("MoveTo", {"x": DESK[0], "z": DESK[2]})
        return plan_of("fetch", there, wait, back)

    def hear(self, who: str, question: str, tick: int) -> None:
        """Take a question, find what answers it, and remember that it was asked."""
        before, own = self.guests.before(who), self.guests.about(who, question)
        self.lines.append(Spoken(who, question, ours=True))
        if before and own is None:
            self._say(f"Good day again, {who}. Before, you asked: {before}")
        store = self.guests.memory.store
        lore = search(store, question, k=8, filter=Filter(persona="")) if own is None else []
        self.found = quotes(store, question, lore) if own is None else own
        self.silent = SILENT if own is None else FORGOTTEN
        self.asked = (who, question)
        self.guests.enter(who, question, tick)

    def _answer(self, tick: int) -> None:
        who, _ = self.asked or ("", "")
        told = " ".join(map(str, self.found)) or self.silent
        self._say(told)
        memory, sources = self.guests.memory, [quote.record.source for quote in self.found]
        memory.remember(
            f"I told {who}: {told}", tick=self.guests.tick(tick), tags=(who, "answer"),
            source=f"day {self.guests.day}, {who}", importance=0.4,
            data={"who": memory.persona, "deed": "answer", "sources": sources},
        )  # fmt: skip
        self.asked, self.found, self.away, self.why = None, [], False, ""
        self.answered += 1

    def _say(self, text: str) -> None:
        self.lines.append(Spoken(self.guests.memory.persona, text))


@dataclass
class Visitor:
    """Comes to the counter when it is its turn, asks, hears the answers and goes back."""

    who: str
    questions: list[str]
    counter: Vector
    place: Vector
    keeper: Keeper
    queue: list["Visitor"]
    name = "visitor"
    why = ""

    def think(self, percept: WorldSnapshot) -> PlanIntent | None:
        """To the counter, and back again; the next in turn comes meanwhile."""
        if self.why == "listens" and not self._is_answered():
            return None
        if self.why == "listens" and not self.questions:
            self.queue.remove(self)
            self.why = ""
            return go(self.place)
        if self not in self.queue[:2]:
            return None
        if distance(percept.me.pos, self.counter) > 0.5:
            self.why = "comes to the counter"
            return go(self.counter)
        if self is self.queue[0] and self.keeper.asked is None:
            self.why = "listens"
            self.keeper.hear(self.who, self.questions.pop(0), percept.tick)
        return None

    def _is_answered(self) -> bool:
        return self.keeper.asked is None or self.keeper.asked[0] != self.who

    def ask(self, question: str) -> None:
        """One more question, before those of others, once the one before is answered."""
        self.questions.append(question)
        if self not in self.queue:
            self.queue.insert(self.keeper.asked is not None, self)


def go(place: Vector) -> PlanIntent:
    """A plan to walk somewhere."""
    return plan_of("go", Step("MoveTo", {"x": place[0], "z": place[2]}))


class Library:
    """Everybody in the room, and what is told of them."""

    def __init__(self, world: World, visitors: int, asked: list[str], guests: Guestbook) -> None:
        self.world, self.guests, self.in_window = world, guests, False
        self.arena = Arena(world, (WIDTH, DEPTH), furniture())
        self.keeper, self.queue = Keeper(guests), list[Visitor]()
        self.people: dict[Entity, Visitor] = {}
        self.desk = self.arena.add(DESK, 0, self.keeper, color="#e8e2d0")
        for number in range(visitors):
            at = ((1.4, 2.8, 4.8, 6.2)[number % 4], 0.0, SEATS[number // 4] + 0.6)
            counter = (MIDDLE - 1.8 + 1.2 * (number % 2), 0.0, 5.1)
            visitor = self.join(NAMES[number], asked[number::visitors], counter, at, COLORS[number])
            self.queue.append(visitor)
        player = (MIDDLE + 1.7, 0.0, 5.1)
        self.player = self.join(PLAYER, [], player, player, "#ef7f8e")

    def join(
        self, who: str, questions: list[str], counter: Vector, place: Vector, color: str
    ) -> Visitor:
        visitor = Visitor(who, questions, counter, place, self.keeper, self.queue)
        self.people[self.arena.add(place, 0, visitor, color=color)] = visitor
        return visitor

    # -- what is told ----------------------------------------------------------------------------

    def notes(self) -> list[tuple[str, str]]:
        """What was said, and what could not be for want of time."""
        lines = [] if self.in_window else enumerate(self.keeper.lines, 1)
        rows = [(f"{n}. {line.who}", line.text) for n, line in lines]
        rows.append(
            ("remembered", f"{len(self.guests.memory)} things, up to day {self.guests.day}")
        )
        left = sum(len(one.questions) for one in self.people.values())
        left += self.keeper.asked is not None
        if left and not self.in_window:
            each = self.world.tick / max(self.keeper.answered, 0.5)
            more = 100 * round(each * (self.keeper.answered + left + 1) / 100)
            rows.append(("unanswered", f"{left} for want of time; --ticks {more} should do"))
        return rows

    def labels(self) -> Labels:
        """Who they are, and what they do or ask."""
        who = [self.desk, *self.people]
        places = np.array([self.arena.place(one) for one in who]) + np.array([0, 2.0, 0])
        return Labels(places, lambda row: self.label(who[row]), np.full(len(who), -1.0))

    def label(self, one: Entity) -> str:
        if one == self.desk:
            return ": ".join(filter(None, ("Keeper", self.keeper.why)))
        visitor = self.people[one]
        if visitor.why == "listens" and self.keeper.asked is not None:
            return fill(f"{visitor.who}: “{self.keeper.asked[1]}”", 30)
        return visitor.who

    def choices(self) -> list[str]:
        """Questions that nobody has asked yet."""
        self.in_window = True  # a picture shows the lines alone
        asked = {line.text for line in self.keeper.lines}
        return [one for one in QUESTIONS if one not in asked][:3]


def furniture() -> list[Box]:
    """What nobody walks through; the counter is the last."""
    shelves = [Box((shelf(book)[0], 1.1, 0.75), (0.6, 1.1, 0.3)) for book in BOOKS]
    table = Box((TABLE[0], 0.4, TABLE[2]), (1.3, 0.4, 0.7))
    return [*shelves, table, *benches(), Box((MIDDLE, 0.5, 4.2), (2.4, 0.5, 0.25))]


def benches() -> list[Box]:
    """In rows, with an aisle between them."""
    return [Box((x, 0.2, z), (0.95, 0.2, 0.2)) for z in SEATS for x in (2.1, 5.5)]


def room(seed: int) -> list[StaticBox]:
    """What is drawn: walls, shelves full of books, and the counter with one that is open."""
    rng, *_, counter = np.random.default_rng(seed), *furniture()
    shapes = [StaticBox((WIDTH / 2, 1.5, 0.1), (WIDTH / 2, 1.5, 0.2), "#d8c9a8")]
    shapes += [StaticBox((x, 1.5, 4.4), (0.15, 1.5, 4.4), "#cdbd9a") for x in (0.0, WIDTH)]
    for book, color in zip(BOOKS, COLORS, strict=True):
        x = shelf(book)[0]
        shapes.append(StaticBox((x, 1.25, 0.5), (0.63, 1.25, 0.2), "#4a3423"))
        shapes += [StaticBox((x, y, 0.75), (0.63, 0.03, 0.3), "#5a3f28") for y in (0.1, 0.85, 1.6)]
        for row in (0.13, 0.88, 1.63):
            for place in np.linspace(-0.53, 0.53, 9):
                tall, tint = rng.uniform(0.2, 0.3), rng.uniform(0.6, 1.15)
                shapes.append(
                    StaticBox((x + place, row + tall, 0.8), (0.05, tall, 0.2), shaded(color, tint))
                )
    shapes.append(StaticBox(counter.centre, counter.half, "#5a3f28"))
    x, _, z = counter.centre
    shapes += [StaticBox((x + s, 1.03, z), (0.19, 0.03, 0.2), "#f2ead6") for s in (-0.2, 0.2)]
    shapes += [StaticBox((x + s, 1.15, z), (0.05, 0.15, 0.05), "#f5e6b8") for s in (-2, 2)]
    for bench in benches():
        x, y, z = bench.centre
        shapes.append(StaticBox((x, 0.4, z), (bench.half[0], 0.05, 0.2), "#6b4a30"))
        shapes += [StaticBox((x + s, y, z), (0.08, y, 0.16), "#4a3423") for s in (-0.7, 0.7)]
    (x, _, z), wood = TABLE, "#6b4a30"
    shapes += [StaticBox((x, 0.8, z), (1.3, 0.06, 0.7), wood)]
    shapes += [StaticBox((x + s, 0.4, z), (0.1, 0.4, 0.55), "#4a3423") for s in (-1.1, 1.1)]
    for n, color in enumerate(COLORS[3:7]):
        shapes.append(StaticBox((x + 0.5, 0.92 + 0.11 * n, z), (0.32, 0.05, 0.24), color))
    return shapes


def decorate(world: World) -> None:
    """A rug, a globe and plants, which are only drawn."""
    for color, size, y in (("#7a2e2e", (7.4, 1, 4.1), 0.01), ("#8f3d36", (6.8, 1, 3.5), 0.02)):
        world.spawn(Position((3.85, y, 7.1)), Look(QUAD, rgb(color), size))
    x, _, z = TABLE
    world.spawn(Position((x - 0.6, 1.3, z)), Look(SPHERE, rgb("#4f86a8"), (0.8, 0.8, 0.8)))
    for x, z in ((13.6, 2.2), (0.8, 2.2), (13.6, 5.2)):
        world.spawn(Position((x, 0.3, z)), Look(BOX, rgb("#9c5a3c"), (0.6, 0.6, 0.6)))
        world.spawn(Position((x, 1.15, z)), Look(SPHERE, rgb("#4f7a45"), (1.1, 1.4, 1.1)))


def shaded(color: str, factor: float) -> str:
    """A colour that is darker or lighter."""
    parts = [min(255, int(int(color[i : i + 2], 16) * factor)) for i in (1, 3, 5)]
    return "#" + "".join(f"{part:02x}" for part in parts)


def open_store(path: str) -> Store:
    """The keeper's store with the books in it, in memory if no file is named."""
    try:
        store = Store(path or ":memory:")
        index_files(store, [LORE], root=LORE.parent)
    except RagError as error:
        raise UsageError(str(error)) from error
    return store


@scene(entities=5, ticks=2_400)
def lore_keeper(
    world: World, entities: int, *, ask: str = "", store: str = "", day: int = 1
) -> View:
    """Visitors ask a keeper about the lore of Saltmere; answers quote their sources."""
    if day < 1:
        raise UsageError(f"option day: expected 1 or more, got {day}")
    asked = [part.strip() for part in ask.split("|") if part.strip()]
    visitors = min(len(asked) or max(1, entities - 2), len(NAMES))
    first = (day - 1) % len(QUESTIONS)
    asked = asked or [*QUESTIONS[first:], *QUESTIONS[:first]][:visitors]
    memory = Memory(open_store(store), "Keeper", day=86_400 * world.rate)
    library = Library(world, visitors, asked, Guestbook(memory, day, (*NAMES, PLAYER)))

    @world.system("presentation", every=600, name="tidy up")
    def tidy(_context: Context) -> None:
        memory.store.checkpoint()

    decorate(world)
    return View(
        Camera.framing((1.2, 0, 0.5), (WIDTH - 1.2, 1, 8.0), yaw=0.0, pitch=0.66),
        ground=Ground(color="#a07f57", line="#8a6a45"),
        boxes=room(world.seed),
        notes=library.notes,
        labels=library.labels,
        conversation=Conversation(
            lambda: library.keeper.lines, library.choices, library.player.ask, HINT
        ),
    )


if __name__ == "__main__":
    lore_keeper.main()
