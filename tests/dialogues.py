"""Random dialogue documents, and how to write them as TOML."""

import json
from typing import Any

from hypothesis import strategies as st

_WORD = st.text("abcdefgh ", min_size=1, max_size=8)
_INTS = st.integers(-5, 5)
VARIABLES = {"met": False, "coins": 2, "mood": "calm", "bag": ["rope"]}


@st.composite
def conditions(draw: Any) -> dict[str, Any]:
    var = draw(st.sampled_from(sorted(VARIABLES)))
    if var == "bag":
        return {"var": var, "has": draw(st.sampled_from(["rope", "key"]))}
    value: Any = {"met": st.booleans(), "coins": _INTS, "mood": st.sampled_from(["calm", "cross"])}
    names = ["eq", "ne", *(["lt", "ge"] if var == "coins" else [])]
    return {"var": var, draw(st.sampled_from(names)): draw(value[var])}


@st.composite
def effects(draw: Any) -> dict[str, Any]:
    var = draw(st.sampled_from(sorted(VARIABLES)))
    if var == "bag":
        name = draw(st.sampled_from(["insert", "remove"]))
        return {"var": var, name: draw(st.sampled_from(["rope", "key"]))}
    if var == "coins" and draw(st.booleans()):
        return {"var": var, "add": draw(_INTS)}
    value: Any = {"met": st.booleans(), "coins": _INTS, "mood": st.sampled_from(["calm", "cross"])}
    return {"var": var, "set": draw(value[var])}


@st.composite
def documents(draw: Any) -> dict[str, Any]:
    """A proper document; every node has a topic, so that each can be reached."""
    names = [f"n{number}" for number in range(draw(st.integers(1, 5)))]
    maybe = st.one_of(st.none(), st.sampled_from(names))
    lists = {
        "effects": st.lists(effects(), max_size=2),
        "events": st.lists(st.just("e"), max_size=1),
    }

    def choice() -> dict[str, Any]:
        one = {
            "text": draw(_WORD),
            "to": draw(maybe),
            "when": draw(st.lists(conditions(), max_size=2)),
        }
        return one | {name: draw(strategy) for name, strategy in lists.items()}

    nodes = []
    for name in names:
        node = {"id": name, "text": draw(_WORD), "topics": [name], "next": draw(maybe)}
        node |= {field: draw(strategy) for field, strategy in lists.items()}
        nodes.append(node | {"choices": [choice() for _ in range(draw(st.integers(0, 3)))]})
    return {"title": "t", "start": names[0], "variables": VARIABLES, "nodes": nodes}


def toml_of(value: Any) -> str:
    """A value in TOML, tables inline; None is left out."""
    if isinstance(value, dict):
        inner = (f"{name} = {toml_of(one)}" for name, one in value.items() if one is not None)
        return f"{{ {', '.join(inner)} }}"
    if isinstance(value, list):
        return f"[{', '.join(map(toml_of, value))}]"
    return json.dumps(value)


def write(document: dict[str, Any]) -> str:
    """A whole document."""
    return "\n".join(f"{name} = {toml_of(one)}" for name, one in document.items())
