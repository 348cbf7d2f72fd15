"""Reads plans out of what a model said, for models that no grammar constrains.

In stages, the strictest first: the text is JSON; a fenced block is; the last balanced object is;
an envelope around the plan is opened. Names of keys are taken tolerantly, actions and arguments
are not: they must be what the registry declares. Nothing here runs or believes anything.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import msgspec

from ..errors import ActionError, DisallowedTool, InvalidJson, ValidationFailed
from ..plan import PlanIntent, Step
from ..registry import ActionRegistry, Policy

LONGEST = 65_536  # characters of an answer that are looked at
MOST = 16  # steps of a plan
_OBJECTS = 64  # balanced objects that are tried, from the last one back
_DEPTH = 4  # envelopes within envelopes
_PLAN_ID = 48  # characters kept

_FENCE = re.compile(r"```[ \t]*[\w-]*[ \t]*\r?\n?(.*?)```", re.S)
_IDS = ("plan_id", "planid", "id", "plan_no", "plan_number", "name", "plan_name")
_STEPS = ("steps", "plan", "actions", "plan_steps")
_ACTS = ("act", "action", "tool", "name", "type", "function")
_ARGUMENTS = ("arguments", "args", "parameters", "params", "input")
_ENVELOPES = ("message", "content", "response", "output", "result", "answer", "plan", "choices",
              "data", "text", "message_content")  # fmt: skip


def parse_plan(
    text: str, registry: ActionRegistry, *, allow: Collection[str] | None = None
) -> PlanIntent:
    """The plan in an answer, each step checked against its action.

    Args:
        text: what the model said.
        registry: the actions that there are; those whose policy is DENIED are disallowed.
        allow: if given, other actions are disallowed too.

    Raises:
        InvalidJson: there is no plan in it, or one that is too long.
        DisallowedTool: a step names an action that is not registered, or not allowed.
        ValidationFailed: arguments of other names, types or ranges than the action has.
    """
    if len(text) > LONGEST:
        raise InvalidJson(
            f"the answer has {len(text):,} characters, at most {LONGEST:,} are read; "
            "ask for fewer tokens"
        )
    found = next(_plans(text, 0), None)
    if found is None:
        raise InvalidJson(
            "the answer holds no plan: expected "
            '{"plan_id": "…", "steps": [{"act": "…", …}]}, got ' + _excerpt(text)
        )
    return _checked(found, registry, allow)


# -- where the plan is -----------------------------------------------------------------------------


def _plans(text: str, depth: int) -> Iterator[dict[str, Any]]:
    """Objects that look like plans, from the strictest reading to the most tolerant."""
    if depth > _DEPTH:
        return
    for candidate in _candidates(text):
        value = _decoded(candidate)
        if value is not None:
            yield from _opened(value, depth)


def _candidates(text: str) -> Iterator[str]:
    yield text
    yield from reversed(_FENCE.findall(text))
    yield from _balanced(text)


def _decoded(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None


def _balanced(text: str) -> Iterator[str]:
    """Whole objects in a text, the last one that ends first; strings are skipped over."""
    spans: list[tuple[int, int]] = []
    starts: list[int] = []
    quoted = escaped = False
    for at, char in enumerate(text):
        if quoted:
            quoted = escaped or char != '"'
            escaped = not escaped and char == "\\"
        elif char == '"':
            quoted = bool(starts)  # prose has quotes and apostrophes too
            escaped = False
        elif char == "{":
            starts.append(at)
        elif char == "}" and starts:
            spans.append((starts.pop(), at + 1))
    for start, end in spans[: -_OBJECTS - 1 : -1]:
        yield text[start:end]


def _opened(value: Any, depth: int) -> Iterator[dict[str, Any]]:
    """The plans in a value: itself, or what its envelope holds."""
    if depth > _DEPTH:
        return
    if isinstance(value, str):
        yield from _plans(value, depth + 1)
    elif isinstance(value, list):
        if value and all(isinstance(each, dict) and _get(each, _ACTS) for each in value):
            yield {"steps": value}  # the steps alone
            return
        for each in value[:MOST]:
            yield from _opened(each, depth + 1)
    elif isinstance(value, dict):
        yield from _opened_object(value, depth)


def _opened_object(value: dict[str, Any], depth: int) -> Iterator[dict[str, Any]]:
    if isinstance(_get(value, _STEPS), list):
        yield value
        return
    if isinstance(_get(value, ("act",)), str):
        yield {"steps": [value]}  # one step alone
    for key, inside in value.items():
        if _plain(key) in _ENVELOPES:
            yield from _opened(inside, depth + 1)


# -- what the plan says ----------------------------------------------------------------------------


def _checked(
    found: Mapping[str, Any], registry: ActionRegistry, allow: Collection[str] | None
) -> PlanIntent:
    raw = _get(found, _STEPS)
    if len(raw) > MOST:
        raise InvalidJson(f"the plan has {len(raw)} steps; at most {MOST}")
    names = {_plain(action.name): action.name for action in registry}
    steps = []
    for number, each in enumerate(raw):
        step = _step(each, number, names)
        denied = registry[step.act].policy is Policy.DENIED
        if denied or (allow is not None and step.act not in allow):
            raise DisallowedTool(f"step {number}: {step.act} is not allowed")
        try:
            steps.append(Step(step.act, registry.typed(step)))
        except ActionError as error:
            raise ValidationFailed(f"step {number}: {error}") from error
    given = _get(found, _IDS)
    plan_id = str(given)[:_PLAN_ID] if isinstance(given, (str, int)) else "unnamed"
    return PlanIntent(plan_id or "unnamed", tuple(steps))


def _step(raw: Any, number: int, names: Mapping[str, str]) -> Step:
    """A step in any of the forms in which models write them."""
    if not isinstance(raw, dict):
        raise InvalidJson(f'step {number}: expected {{"act": "…", …}}, got {_excerpt(repr(raw))}')
    act = _get(raw, _ACTS)
    if not isinstance(act, str):
        raise InvalidJson(f'step {number}: expected "act" with the name of an action')
    if _plain(act) not in names:
        raise DisallowedTool(
            f"step {number}: no action {_excerpt(act)}; there is {', '.join(names.values())}"
        )
    inside = _get(raw, _ARGUMENTS)
    said = next(key for key in raw if _plain(key) in _ACTS and raw[key] is act)
    if isinstance(inside, dict):
        return Step(names[_plain(act)], inside)
    return Step(names[_plain(act)], {key: value for key, value in raw.items() if key != said})


def _get(raw: Mapping[str, Any], names: Collection[str]) -> Any:
    """The value of the first of these keys that there is, whatever its case; None if none is."""
    known = {_plain(key): value for key, value in reversed(list(raw.items()))}
    return next((known[_plain(name)] for name in names if _plain(name) in known), None)


def _plain(name: str) -> str:
    return name.replace("_", "").replace("-", "").replace(" ", "").lower()


def _excerpt(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:57] + "…")
