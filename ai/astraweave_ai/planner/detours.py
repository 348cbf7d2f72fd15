"""Takes out of a plan what it does not need.

Source: Nakhost and Müller, Action Elimination and Plan Neighborhood Graph Search, 2010.
"""

from __future__ import annotations

from .task import Task


def without_detours(task: Task, plan: tuple[int, ...]) -> tuple[int, ...]:
    """`plan`, given by operator indices, without what can be left out.

    One operator after the other is left out, with those that can then not be applied. If the goal
    is reached even so, they stay out.
    """
    place = 0
    while place < len(plan):
        state = task.initial
        kept = []
        for number, operator in enumerate(plan):
            each = task.operators[operator]
            if number != place and state & each.pre == each.pre:
                state = each.apply(state)
                kept.append(operator)
        if state & task.goal == task.goal:
            plan = tuple(kept)
        else:
            place += 1
    return plan
