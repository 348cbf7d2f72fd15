"""Exported files come back as they were, or, when they were damaged, not at all."""

import json
import random
from hashlib import blake2b
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from astraweave_rag import Draft, Filter, HashingEmbedder, Record, Store
from astraweave_rag.errors import PortableError, RagError
from astraweave_rag.portable import export, load

drafts = st.builds(
    Draft,
    text=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20).filter(
        str.strip
    ),
    persona=st.sampled_from(["", "Ada", "Bram"]),
    kind=st.sampled_from(["", "episodic", "social"]),
    tags=st.sampled_from([(), ("a",), ("a", "é\n")]),
    tick=st.integers(-5, 1 << 40),
    wall=st.floats(0, 1e9),
    importance=st.floats(0, 1),
    data=st.sampled_from([{}, {"n": [1, 2.5, None, "x"]}]),
)


def new() -> Store:
    return Store(":memory:", HashingEmbedder(16))


def content(record: Record) -> dict[str, Any]:
    fields: dict[str, Any] = msgspec.to_builtins(record)
    return {name: value for name, value in fields.items() if name not in ("key", "generation")}


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(drafts, max_size=5), st.booleans())
def test_there_and_back(tmp_path: Path, given_drafts: list[Draft], linked: bool) -> None:
    store, other = new(), new()
    records = store.add_many(given_drafts)
    if linked and len(records) > 1:
        store.link([(records[-1].key, records[0].key, "because")])
    path = tmp_path / "out.jsonl"
    assert export(store, path) == len(records)
    other.add(Draft(text="was here before"))
    loaded = load(other, path)
    assert list(map(content, loaded)) == list(map(content, records))
    assert len(other.links()) == len(store.links())
    for link in other.links():
        assert (other.get(link.from_key).text, other.get(link.to_key).text) == (
            records[-1].text, records[0].text,
        )  # fmt: skip
    assert len(list(tmp_path.iterdir())) == 1, "no half file stays behind"


def test_a_choice_and_another_persona(tmp_path: Path) -> None:
    store, other = new(), new()
    one, two = store.add_many([Draft(text="a", persona="Ada"), Draft(text="b", persona="Bram")])
    store.link([(one.key, two.key, "because")])
    assert export(store, tmp_path / "x", Filter(persona="Ada")) == 1
    assert [(r.persona, r.text) for r in load(other, tmp_path / "x", "Cole")] == [("Cole", "a")]
    assert other.links() == []


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    store = new()
    records = store.add_many([Draft(text=f"memory {n}", tags=("t",)) for n in range(4)])
    store.link([(records[0].key, records[1].key, "because")])
    export(store, tmp_path / "ok.jsonl")
    return tmp_path / "ok.jsonl"


def refused(path: Path, store: Store | None = None) -> str:
    if store is None:
        store = new()
        store.add(Draft(text="was here before"))
    with pytest.raises(PortableError) as caught:
        load(store, path)
    assert [one.text for one in store.select()] == ["was here before"]
    return str(caught.value)


def test_any_damage_is_noticed(exported: Path) -> None:
    whole, rng = exported.read_bytes(), random.Random(5)
    store = new()
    store.add(Draft(text="was here before"))
    for _ in range(150):
        data = bytearray(whole)
        if rng.random() < 0.3:
            del data[rng.randrange(len(data)) :]
        elif rng.random() < 0.5:
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        else:
            data = bytearray(rng.randbytes(rng.randrange(200)))
        if bytes(data) != whole:
            exported.write_bytes(data)
            refused(exported, store)


def forged(path: Path, lines: list[Any], **changes: Any) -> Path:
    """A file whose hash is right although its lines are wrong."""
    body = b"".join(
        (line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n" for line in lines
    )
    header = {
        "format": "astraweave-memories", "version": 1, "memories": len(lines), "links": 0,
        "digest": blake2b(body, digest_size=16).hexdigest(), **changes,
    }  # fmt: skip
    path.write_bytes(json.dumps(header).encode() + b"\n" + body)
    return path


MEMORY = {"key": 1, "text": "x"}


@pytest.mark.parametrize(
    ("lines", "changes", "message"),
    [
        ([{"memory": MEMORY}], {"version": 2}, "version 2"),
        ([{"memory": MEMORY}], {"format": "other"}, "no export of memories"),
        ([{"memory": MEMORY}], {"memories": 2}, "counts 2"),
        ([{"memory": MEMORY}, {"memory": MEMORY}], {}, "same key"),
        ([{"memory": {"key": "1", "text": "x"}}], {}, ":2: a memory needs a whole number"),
        ([{"memory": {"key": 1}}], {}, ":2: "),
        ([{"memory": {**MEMORY, "mood": 1}}], {}, "no field"),
        ([{"memory": {**MEMORY, "text": ""}}], {}, ":2: "),
        ([{"memory": {**MEMORY, "importance": 7}}], {}, ":2: "),
        ([{"memory": MEMORY, "link": [1, 1, "r"]}], {}, "either a memory or a link"),
        ([{}], {}, "either a memory or a link"),
        ([{"story": 1}], {}, ":2: "),
        ([b"[]"], {}, ":2: "),
        ([b"\xff"], {}, ":2: "),
        ([{"link": [1, 2, "r"]}], {"memories": 0, "links": 1}, "leads out of the file"),
    ],
)
def test_lines_that_are_wrong(
    tmp_path: Path, lines: list[Any], changes: dict[str, Any], message: str
) -> None:
    assert message in refused(forged(tmp_path / "forged.jsonl", lines, **changes))


def test_files_that_cannot_be(tmp_path: Path) -> None:
    assert "cannot be read" in refused(tmp_path / "none")
    assert "cannot be read" in refused(tmp_path)
    with pytest.raises(RagError, match="cannot be written"):
        export(new(), tmp_path / "no/such/folder.jsonl")
    (tmp_path / "folder").mkdir()
    with pytest.raises(RagError, match="cannot be written"):
        export(new(), tmp_path / "folder")
