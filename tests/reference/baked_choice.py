"""NumPy twin of wgsl/ai/choose.wgsl: from stored integers to choices."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from astraweave_ai.planner.bake import Baked
from astraweave_ai.planner.bake_pass import Source

ONE = 1 << 16
Records = Mapping[str, NDArray[Any]]  # by name of the component


def stored(source: Source, records: Records) -> tuple[NDArray[np.int64], int]:
    """The numbers of a field, and how many of their steps are one of its units."""
    layout = source.component.layout
    name, _, part = source.field.partition(".")
    column = records[layout.name][name]
    numbers = column[..., "xyzw".index(part)] if part else column
    whole = next(f for f in layout.fields if f.name == name).type.name in ("I32", "U32")
    return np.minimum(numbers.astype(np.int64), (1 << 31) - 1), 1 if whole else ONE


def code(source: Source, low: int, size: int, records: Records) -> NDArray[np.int64]:
    """Codes of a fact of `size` values from `low`."""
    numbers, unit = stored(source, records)
    if not source.steps:
        return np.clip(numbers // unit, low, low + size - 1) - low
    limits = np.array([round(s * unit) if unit > 1 else np.ceil(s) for s in source.steps])
    reached = (numbers[:, None] >= limits.astype(np.int64)).sum(axis=1)
    return len(limits) - reached if source.falling else reached


def choose(
    baked: Baked, sources: Mapping[str, Source], goal: Source | int, records: Records
) -> NDArray[np.uint32]:
    """What the pass writes for entities with these records."""
    facts = baked.domain.facts
    state = np.zeros(len(next(iter(records.values()))), np.int64)
    weight = 1
    for name in baked.space.names:
        fact = facts[name]
        state += weight * code(sources[name], getattr(fact, "low", 0), fact.size, records)
        weight *= fact.size
    row = code(goal, 0, len(baked.goals), records) if isinstance(goal, Source) else goal
    return baked.table[row, state].astype(np.uint32)
