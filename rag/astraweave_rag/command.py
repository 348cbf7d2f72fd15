"""The command `astraweave memory`: adds, searches, shows, forgets and moves memories of a store."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from . import command_text as text
from .embed import Absent, Embedder
from .errors import QueryError, RagError, StoreError
from .indexing import Indexed, index_files
from .portable import export, load
from .record import Draft, Filter
from .retrieve import search
from .schema import IN_MEMORY, embedder_of, place_of
from .store import Store

SUMMARY = "add, search and forget memories, and index files of lore"
DEFAULT = "memory.db"
VARIABLE, MODEL_VARIABLE = "ASTRAWEAVE_MEMORY", "ASTRAWEAVE_MEMORY_MODEL"
_FRESH = ("add", "import", "index")  # what may make a store
_EMBEDDING = (*_FRESH, "search")  # what needs the embedder of the store
_FAINT = 0.2  # cosine below which a hit without a word of the query is none

Subparsers = Any


def add_arguments(parser: ArgumentParser) -> None:
    """Declare what the command takes."""
    commands = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    _add(commands)
    _search(commands)
    shown = _action(commands, "show", "show memories with what they rest on", _show)
    shown.add_argument("key", metavar="KEY", type=int, nargs="+")
    forgot = _action(commands, "forget", "delete memories and every trace of them", _forget)
    forgot.add_argument("key", metavar="KEY", type=int, nargs="+")
    forgot.add_argument(
        "--with-summaries",
        action="store_true",
        help="and what summarises them or was concluded from them",
    )
    _action(commands, "scrub", "clear what was deleted from the store's files", _scrub)
    _action(commands, "stats", "how many memories there are, of whom and of what kind", _stats)
    written = _action(commands, "export", "write memories to a file of JSON lines", _export)
    written.add_argument("file", metavar="FILE", type=Path)
    _choice(written)
    read = _action(commands, "import", "add the memories of an exported file", _import)
    read.add_argument("file", metavar="FILE", type=Path)
    read.add_argument("--persona", metavar="P", help="whose they become; default: whose they were")
    _index(commands)


def parse(_arguments: Sequence[str]) -> Namespace | None:
    """Nothing is gained by doing without argparse here."""
    return None


def run(args: Namespace) -> int:
    """Do it, print what came of it and return the exit code."""
    try:
        place = place_of(args.store)
        if place != IN_MEMORY and args.action not in _FRESH and not Path(place).exists():
            raise StoreError(
                f"store {place}: no such file; `astraweave memory add` or `index` makes one, "
                f"--store or {VARIABLE} names another"
            )
        with _embedder(args) as embedder, Store(place, embedder=embedder) as store:
            done, told = args.act(store, args)
    except RagError as error:
        print(f"astraweave: error: {' '.join(str(error).split())}", file=sys.stderr)  # noqa: T201
        return 2
    print(text.as_json(done) if args.json else told)  # noqa: T201
    return 1 if isinstance(done, Indexed) and done.failed else 0


def _embedder(args: Namespace) -> AbstractContextManager[Embedder | None]:
    """That of a GGUF file, ended after use; None stands for the default."""
    if args.action not in _EMBEDDING:
        made_by = embedder_of(args.store)
        return nullcontext(None if made_by is None else Absent(*made_by))
    if not args.model:
        return nullcontext()
    from .llama import LlamaEmbedder

    return LlamaEmbedder(args.model)


# --- arguments ------------------------------------------------------------------------------------


def _action(
    commands: Subparsers, name: str, summary: str, act: Callable[[Store, Any], tuple[Any, str]]
) -> ArgumentParser:
    parser: ArgumentParser = commands.add_parser(name, help=summary, description=summary)
    parser.add_argument(
        "--store",
        metavar="FILE",
        default=os.environ.get(VARIABLE) or DEFAULT,
        help=f"the store; default: ${VARIABLE} or {DEFAULT}",
    )
    parser.add_argument(
        "--model",
        metavar="FILE",
        default=os.environ.get(MODEL_VARIABLE, ""),
        help=f"GGUF embedding model of the store; default: ${MODEL_VARIABLE} or spelling alone",
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.set_defaults(act=act)
    return parser


def _choice(parser: ArgumentParser) -> None:
    """Options that say which memories are meant."""
    parser.add_argument("--persona", metavar="P", help="of this character; '' is what all know")
    parser.add_argument("--kind", metavar="K", action="append", default=[], help="of this kind")
    parser.add_argument("--tag", metavar="T", action="append", default=[], help="with this tag")
    parser.add_argument("--since", metavar="TICK", type=int, help="from this tick on")
    parser.add_argument("--until", metavar="TICK", type=int, help="up to this tick")
    parser.add_argument("--source", metavar="S", default="", help="whose source begins like this")
    parser.add_argument(
        "--min-importance", metavar="X", type=float, default=0.0, help="at least so important"
    )


def _filter(args: Namespace) -> Filter:
    return Filter(
        persona=args.persona,
        kinds=tuple(args.kind),
        tags=tuple(args.tag),
        since=args.since,
        until=args.until,
        source=args.source,
        min_importance=args.min_importance,
    )


def _add(commands: Subparsers) -> None:
    parser = _action(commands, "add", "keep a memory", _added)
    parser.add_argument("text", metavar="TEXT")
    _labels(parser)
    parser.add_argument("--tick", metavar="N", type=int, default=0, help="when; default 0")
    parser.add_argument(
        "--importance", metavar="X", type=float, default=0.5, help="0 to 1; default 0.5"
    )
    parser.add_argument("--source", metavar="S", default="", help="where it comes from")


def _labels(parser: ArgumentParser) -> None:
    parser.add_argument("--persona", metavar="P", default="", help="whose; default: everybody's")
    parser.add_argument("--kind", metavar="K", default="", help="such as episodic")
    parser.add_argument("--tag", metavar="T", action="append", default=[], help="may be repeated")


def _search(commands: Subparsers) -> None:
    parser = _action(commands, "search", "find memories, the best first", _found)
    parser.add_argument("query", metavar="QUERY")
    parser.add_argument("-k", metavar="N", type=int, default=5, help="how many; default 5")
    parser.add_argument(
        "--mode", choices=("hybrid", "lexical", "vector"), default="hybrid", help="default hybrid"
    )
    parser.add_argument("--explain", action="store_true", help="say where each score comes from")
    _choice(parser)


def _index(commands: Subparsers) -> None:
    summary = "read Markdown, text and TOML files, only what has changed since the last time"
    parser = _action(commands, "index", summary, _indexed)
    parser.add_argument("path", metavar="PATH", type=Path, nargs="+", help="files or folders")
    _labels(parser)


# --- actions: what was done, for JSON and for people ----------------------------------------------


def _added(store: Store, args: Namespace) -> tuple[Any, str]:
    record = store.add(
        Draft(
            text=args.text,
            persona=args.persona,
            kind=args.kind,
            tags=tuple(args.tag),
            tick=args.tick,
            importance=args.importance,
            source=args.source,
        )
    )
    return record, f"memory {record.key}"


def _found(store: Store, args: Namespace) -> tuple[Any, str]:
    if not args.query.strip():
        raise QueryError("search: the query is empty; say what you look for")
    found = search(store, args.query, k=args.k, filter=_filter(args), mode=args.mode)
    hits = [hit for hit in found if "lexical" in hit.parts or hit.parts["vector"] >= _FAINT]
    return hits, text.hits(hits, args.explain)


def _show(store: Store, args: Namespace) -> tuple[Any, str]:
    records = store.records(args.key)
    shown = [(record, store.links(from_key=record.key)) for record in records]
    plain = [
        {"memory": record, "links": [list(link[1:]) for link in links]} for record, links in shown
    ]
    return plain, "\n\n".join(text.record(record, links) for record, links in shown)


def _forget(store: Store, args: Namespace) -> tuple[Any, str]:
    count = store.delete(store.with_summaries(args.key) if args.with_summaries else args.key)
    done = f"forgot {text.counted(count, 'memory', 'memories')}"
    try:
        store.scrub()
    except StoreError as error:
        raise StoreError(
            f"{done}, but traces of the text are still in the files of {store.path}, as another "
            "process is reading them; call `astraweave memory scrub` when it has finished"
        ) from error
    return {"forgotten": count}, done


def _scrub(store: Store, _args: Namespace) -> tuple[Any, str]:
    store.scrub()
    return {"scrubbed": True}, "nothing of what was deleted is left in the files"


def _stats(store: Store, _args: Namespace) -> tuple[Any, str]:
    rows = store.rows(
        "SELECT persona, kind, count(*) FROM record GROUP BY persona, kind ORDER BY persona, kind"
    )
    done = {
        "memories": len(store),
        "embedder": store.embedder.name,
        "personas": [{"persona": p, "kind": k, "memories": n} for p, k, n in rows],
    }
    return done, text.stats(done)


def _export(store: Store, args: Namespace) -> tuple[Any, str]:
    count = export(store, args.file, _filter(args))
    return {"exported": count}, f"{text.counted(count, 'memory', 'memories')} in {args.file}"


def _import(store: Store, args: Namespace) -> tuple[Any, str]:
    count = len(load(store, args.file, args.persona))
    return {"imported": count}, f"imported {text.counted(count, 'memory', 'memories')}"


def _indexed(store: Store, args: Namespace) -> tuple[Any, str]:
    with text.progress_bar() as progress:
        done = index_files(
            store,
            args.path,
            persona=args.persona,
            kind=args.kind,
            tags=tuple(args.tag),
            progress=progress,
        )
    return done, text.indexed(done)
