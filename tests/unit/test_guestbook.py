"""A guestbook answers who asked what and when, and nothing else."""

import pytest

from astraweave_ai.dialogue.guestbook import Guestbook
from astraweave_rag import HashingEmbedder, Store
from astraweave_rag.memory import Memory

NAMES = ("Mira", "Tobias", "Traveller")
ASKED = (
    (1, "Tobias", "Who leads the smugglers?"),
    (2, "Mira", "Where does the dragon sleep?"),
    (2, "Tobias", "Who feeds the dragon?"),
    (2, "Mira", "What is Ribbon Day?"),
    (3, "Traveller", "Do dragons bite?"),
)


@pytest.fixture(scope="module")
def today() -> Guestbook:
    """The third day."""
    memory = Memory(Store(":memory:", HashingEmbedder(64)), "Keeper", day=100)
    for tick, (day, who, question) in enumerate(ASKED):
        Guestbook(memory, day, NAMES).enter(who, question, 20 * tick)
    memory.remember("I told Mira: dragons asked for it yesterday.", tick=150, tags=("answer",))
    return Guestbook(memory, 3, NAMES)


@pytest.mark.parametrize(
    ("who", "question", "rows"),
    [
        ("Mira", "What did I ask yesterday?", [1, 3]),
        ("Traveller", "What did Mira ask yesterday?", [1, 3]),
        ("Traveller", "Who asked about the dragon yesterday?", [1, 2]),
        ("Mira", "Has anyone asked about dragons today?", [4]),
        ("Mira", "Who asked about dragons?", [1, 2, 4]),
        ("Mira", "Did Tobias ask about the dragon?", [2]),
        ("Mira", "What did Tobias and I ask yesterday?", [2, 1, 3]),
        ("Mira", "What questions did Tobias ask?", [0, 2]),
        ("Mira", "Who asked about the smugglers yesterday?", []),
        ("Traveller", "What did I ask yesterday?", []),
        ("Mira", "Who asked about the weir?", None),
        ("Mira", "Who leads the smugglers?", None),
        ("Mira", "What happened yesterday?", None),
    ],
)
def test_who_asked_what(today: Guestbook, who: str, question: str, rows: list[int] | None) -> None:
    found = today.about(who, question)
    told = None if found is None else [str(one) for one in found]
    wanted = None if rows is None else [ASKED[row] for row in rows]
    assert told == (
        None if wanted is None else [f"“{who} asked: {q}” (day {d}, {who})" for d, who, q in wanted]
    )


def test_what_somebody_asked_before_this_day(today: Guestbook) -> None:
    assert today.before("Mira") == "What is Ribbon Day? (day 2)"
    assert today.before("Traveller") == ""
