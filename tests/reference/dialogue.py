"""A twin of the dialogue runner: plain dictionaries as TOML gives them, nothing shared with it."""

from typing import Any


def holds(condition: dict[str, Any], variables: dict[str, Any]) -> bool:
    value = variables[condition["var"]]
    ((name, wanted),) = ((n, w) for n, w in condition.items() if n != "var")
    questions: dict[str, Any] = {
        "eq": lambda: value == wanted,
        "ne": lambda: value != wanted,
        "lt": lambda: value < wanted,
        "ge": lambda: value >= wanted,
        "has": lambda: wanted in value,
    }
    return bool(questions[name]())


def change(effects: list[dict[str, Any]], variables: dict[str, Any]) -> None:
    for effect in effects:
        name = effect["var"]
        if "set" in effect:
            variables[name] = effect["set"]
        if "add" in effect:
            variables[name] = min(max(variables[name] + effect["add"], -(10**9)), 10**9)
        if "insert" in effect and effect["insert"] not in variables[name]:
            variables[name] = [*variables[name], effect["insert"]]
        if "remove" in effect:
            variables[name] = [one for one in variables[name] if one != effect["remove"]]


class Twin:
    """Walks through a document."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.nodes = {node["id"]: node for node in document["nodes"]}
        self.variables = dict(document["variables"])
        self.node: str | None = None
        self.over = False
        self.raised: list[str] = []
        self.enter(document["start"])

    def enter(self, name: str | None) -> None:
        if name is None:
            self.over = True
            return
        self.node = name
        change(self.nodes[name].get("effects", []), self.variables)
        self.raised += self.nodes[name].get("events", [])

    def open(self) -> list[int]:
        if self.over or self.node is None:
            return []
        choices = self.nodes[self.node].get("choices", [])
        return [
            number
            for number, choice in enumerate(choices)
            if all(holds(one, self.variables) for one in choice.get("when", []))
        ]

    def choose(self, number: int) -> None:
        choice = self.nodes[self.node or ""]["choices"][number]
        change(choice.get("effects", []), self.variables)
        self.raised += choice.get("events", [])
        self.enter(choice.get("to"))

    def advance(self) -> None:
        self.enter(self.nodes[self.node or ""].get("next"))
