"""The labelled set holds together, and its measures and tests are what they are called."""

from pathlib import Path

import numpy as np
import pytest

from perf.retrieval.labelled import CATEGORIES, corpus, queries
from perf.retrieval_quality import compared, half_of, measure, ndcg, recall, report
from perf.retrieval_quality import filled as filled_store

KNOWN = corpus()
ASKED = queries(KNOWN)


def test_there_are_enough_queries_of_every_category() -> None:
    assert len(ASKED) >= 300
    assert len(KNOWN) >= 300
    for category in CATEGORIES:
        assert sum(query.category == category for query in ASKED) >= 25
    halves = [half_of(query) for query in ASKED]
    assert min(halves.count("tune"), halves.count("held")) >= 150


@pytest.mark.parametrize(
    "line",
    [
        "exact\tx",
        "odd\tx\tpeople#ilse-varn:3",
        "exact\t\tpeople#ilse-varn:3",
        "exact\tx\tno#where:3",
        "exact\tx\tpeople#ilse-varn:4",
        "exact\tx\tpeople#ilse-varn:1",
        "exact\tx\tpeople#ilse-varn:3 people#ilse-varn:2",
    ],
)
def test_malformed_lines_are_named(tmp_path: Path, line: str) -> None:
    (tmp_path / "queries_x.tsv").write_text(f"exact\tok\tpeople#ilse-varn:3\n{line}\n")
    with pytest.raises(ValueError, match=r"queries_x\.tsv:2"):
        queries(KNOWN, tmp_path)


def test_measures_by_hand() -> None:
    grades = {"a": 3, "b": 1}
    assert ndcg(["a", "b"], grades) == 1
    assert ndcg(["x", "y"], grades) == 0
    discounts = 1 / np.log2([2, 3, 4])
    expected = (1 * discounts[0] + 7 * discounts[2]) / (7 * discounts[0] + 1 * discounts[1])
    assert ndcg(["b", "x", "a"], grades) == pytest.approx(expected)
    assert ndcg([*"0123456789", "a"], grades) == 0
    assert recall(["b", "x"], grades) == 0
    assert recall(["a"], {"a": 2, "c": 3, "b": 1}) == 0.5


def test_a_paired_test_knows_noise_from_a_difference() -> None:
    rng = np.random.default_rng(1)
    base = rng.random(300)
    noise = rng.normal(0, 0.2, 300)
    assert compared(base + noise - noise.mean(), base)["p"] > 0.9
    clear = compared(base + 0.05 + noise, base)
    assert clear["p"] < 0.001
    assert clear["low"] < clear["difference"] < clear["high"]
    assert clear["low"] > 0
    mirrored = compared(base, base + 0.05 + noise)
    assert mirrored["difference"] == -clear["difference"]
    assert mirrored["p"] < 0.001


def test_hybrid_is_better_than_each_part() -> None:
    """On the held-out half; all queries and both halves are in perf/results/retrieval.json."""
    store, asked = filled_store()
    asked = [query for query in asked if half_of(query) == "held"]
    with store:
        found = report(asked, measure(store, asked))
    for name, means in found["mean"].items():
        for other in ("lexical", "vector"):
            assert means["hybrid"] > means[other]
            assert found["test"][name][f"hybrid - {other}"]["p"] < 0.05
