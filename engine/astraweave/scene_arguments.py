"""Arguments of the commands that take a scene: its name, and the options that it declares."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any, NoReturn

from .errors import UsageError

if TYPE_CHECKING:
    from .app.scene import Scene

_SHARED = ("ticks",)  # of the command's own options: those that a scene may ask for
# Where an example is named, its own options are listed too.
OWN_HELP: dict[str, Any] = {
    "add_help": False,
    "epilog": "with the name of an example before --help, the options of the example too",
}


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message} (see '{self.prog} --help')")


def add_scene(parser: argparse.ArgumentParser) -> None:
    """Declare the name of a scene, and the help that tells of its options."""
    parser.add_argument("example", help="name of an example, or the path of a scene's file")
    parser.add_argument(
        "-h", "--help", action=_SceneHelp, nargs=0, help="show this help message and exit"
    )


class _SceneHelp(argparse.Action):
    """Prints the help of a command, with the options of the scene that was named before it."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: Any, values: Any, option: Any = None
    ) -> None:
        from .app.scene import load_scene

        if namespace.example is not None:
            scene = load_scene(namespace.example)
            if scene.options:
                _add_options(parser.add_argument_group(f"options of {scene.name}"), scene)
        parser.print_help()
        parser.exit()


def _add_options(parser: argparse._ActionsContainer, scene: Scene) -> None:
    for name, option in scene.options.items():
        if name in _SHARED:
            continue
        flag, text = "--" + name.replace("_", "-"), option.text.replace("%", "%%")
        if isinstance(option.default, bool):
            parser.add_argument(flag, dest=name, action="store_true", help=text)
            continue
        default = str(option.default).replace("%", "%%")
        parser.add_argument(
            flag,
            dest=name,
            type=type(option.default),
            choices=option.choices or None,
            help=f"{text} (default: {default})".strip(),
        )


def scene_options(scene: Scene, args: Any) -> dict[str, bool | int | str]:
    """The options that a scene itself declares, from what is left of the command line.

    A scene that declares `ticks` hears how many the command was asked for, if it was.
    """
    parser = Parser(prog=f"astraweave run {scene.name}", argument_default=argparse.SUPPRESS)
    _add_options(parser, scene)
    chosen = vars(parser.parse_args(args.scene_arguments))
    shared = {name: getattr(args, name) for name in _SHARED if name in scene.options}
    return chosen | {name: value for name, value in shared.items() if value is not None}
