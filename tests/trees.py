"""Trees for tests: an action that walks, and a tree from the inside of its XML."""

from astraweave_ai.tree import Action, Context, Input, Output, Status, Tree, TreeFactory, TreeRun

RUNNING, SUCCESS, FAILURE, SKIPPED = Status.RUNNING, Status.SUCCESS, Status.FAILURE, Status.SKIPPED


class Walk(Action):
    """Takes as many steps as its port says; tells its owner what happens."""

    ports = {"steps": Input(int, 2), "taken": Output("{=}")}  # noqa: RUF012

    def start(self, context: Context) -> Status:
        context.owner.append("start")
        context.state = 0
        return self.resume(context)

    def resume(self, context: Context) -> Status:
        context.state += 1
        context["taken"] = context.state
        return SUCCESS if context.state >= context["steps"] else RUNNING

    def halt(self, context: Context) -> None:
        context.owner.append(f"halt after {context.state} at {context.now}")


def factory(rate: int = 10) -> TreeFactory:
    made = TreeFactory(rate)
    made.register(Walk())
    return made


def tree(inside: str, made: TreeFactory | None = None, **trees: str) -> Tree:
    others = "".join(
        f'<BehaviorTree ID="{name}">{body}</BehaviorTree>' for name, body in trees.items()
    )
    return (made or factory()).parse(
        '<root BTCPP_format="4" main_tree_to_execute="Main">'
        f'<BehaviorTree ID="Main">{inside}</BehaviorTree>{others}</root>'
    )


def ticks(run: TreeRun, count: int) -> list[Status]:
    return [run.tick() for _ in range(count)]


SET = '<Script code="{}"/>'
