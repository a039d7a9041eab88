"""Files that cost far more than their size are refused soon, whatever they would unfold to.

``benchmarks/hostile.py`` runs all of them, each in a process of its own, and holds them to 30 s and
1 GB. Here they lie in one folder, so that it is also seen that one stands in no other's way.
"""

from __future__ import annotations

import resource
import time
from contextlib import suppress
from pathlib import Path

import pytest

from harness.submission.subject.manifests import READING
from harness.submission.untrusted.parquet_tables import TableError, parse_table
from harness.submission.validate import Report, validate
from harness.tasks.reading.toml_text import load_toml
from tests.hostile.costs.parquet_bombs import BOMBS
from tests.hostile.costs.submissions import KINDS
from tests.hostile.costs.text_bombs import MANIFESTS, STATUSES, toml
from tests.submission.hostile_seed import copy_seed

COLUMNS = {"prediction": "text", "confidence": "number"}
REFUSED = {
    "predictions-size": [
        *("field-65538", "field-65538-first", "field-minus-65534", "size-twice", "count-twice"),
        *("size-twice-large-first", "negative-size", "overflowing-size", "ratio-beyond"),
        *("columns-sum", "shared-pages", "pages-51000", "prefixes", "headers-deep", "statistics"),
        *("dictionary-long", "dictionary-wide"),
    ],
    "predictions-columns": ["columns-60", "text-long"],
    "predictions-format": ["columns-3000", "schema-deep", "schema-deep-few", "footer-numbers"],
}
"""Rule -> the tables that it refuses; the others are tables, large ones, and are read."""

DEAR = {
    *("mt-dotted", "mt-headers-of-twenty", "pq-dictionary-long", "pq-field-65538", "pq-runs"),
    *("pq-pages-49000", "ri-empty-lists", "rc-digits", "sc-columns", "sc-rows", "sc-huge"),
}


@pytest.mark.parametrize(
    ("rule", "name"), [(rule, name) for rule, names in REFUSED.items() for name in names]
)
def test_tables_are_refused_by_their_headers(rule: str, name: str) -> None:
    data = BOMBS[name]()
    spent = time.process_time()
    with pytest.raises(TableError) as caught:
        parse_table(data, COLUMNS)
    assert caught.value.rule == rule
    assert time.process_time() - spent < 3


@pytest.mark.parametrize("name", ["ratio-brotli", "row-groups-1000", "empty-groups", "runs"])
def test_tables_that_are_merely_large_are_read(name: str) -> None:
    assert parse_table(BOMBS[name](), COLUMNS).num_rows >= 899


@pytest.mark.parametrize("name", [*MANIFESTS])
def test_toml_is_read_or_refused_at_once(name: str) -> None:
    data = STATUSES[name]()
    spent = time.process_time()
    with suppress(ValueError):
        load_toml(data, most=len(data))
    assert time.process_time() - spent < 3


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("dotted", "a key of more than 20 parts"),
        ("dotted-quoted", "a key of more than 20 parts"),
        ("dotted-spaced", "a key of more than 20 parts"),
        ("dotted-in-table", "a key of more than 20 parts"),
        ("dotted-after-text", "a key of more than 20 parts"),
        ("header-dotted", "a key of more than 20 parts"),
        ("arrays-deep", "nested more than 20 deep"),
        ("tables-deep", "nested more than 20 deep"),
        ("hexadecimal", "a number of more than 80 digits"),
        ("underscores", "a number of more than 80 digits"),
    ],
)
def test_toml_that_would_cost_without_end_is_named(name: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        load_toml(toml(20_000)[name].encode())


@pytest.mark.parametrize(
    "text",
    [
        'a."b.c".d = """x\n.y.y.y"""\n',
        "x = [1.0, 2.5e-3, -0.1]\ny = 1979-05-27T07:32:00.999999-07:00\n",
        "note = '" + "a." * 5000 + "'\n# " + "a." * 5000 + "\n",
        f'[task."{"x" * 500}"]\nsha = "{"0" * 64}"\n',
    ],
)
def test_toml_as_people_write_it_is_read(text: str) -> None:
    assert load_toml(text.encode())


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> tuple[Report, float]:
    """The dearest of each kind and one that is as it should be, validated together."""
    root = tmp_path_factory.mktemp("costs") / "submissions"
    root.mkdir()
    for kind in KINDS.values():
        for name, write in kind.items():
            if name in DEAR:
                write(root)
    copy_seed(root, "honest")
    begun = resource.getrusage(resource.RUSAGE_CHILDREN)
    report = validate([root])
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return report, ended.ru_utime + ended.ru_stime - begun.ru_utime - begun.ru_stime


def test_each_of_the_dearest_ends_within_its_limits(board: tuple[Report, float]) -> None:
    report, spent = board
    assert report.lost == ()
    # What a submission may cost at most is reading it three times, by the limits of the system.
    assert spent < 3 * READING.seconds * len(DEAR)
    found = {finding.path.split("/")[0].removeprefix("hostile__") for finding in report.findings}
    assert found >= {name for name in DEAR if name != "ri-empty-lists"}


def test_it_stands_in_no_other_s_way(board: tuple[Report, float]) -> None:
    runs = board[0].evidence["hostile__honest/r1"]
    assert [outcome.level for outcome in runs.values()] == ["recomputed"]
    assert not [f for f in board[0].findings if f.path.startswith("hostile__honest/r1/predictions")]


def test_what_ends_its_reader_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A table that takes more memory than any may, were its headers believed."""
    from harness.submission.untrusted import parquet_tables

    monkeypatch.setattr(parquet_tables, "MOST_BYTES", 1 << 40)
    monkeypatch.setattr(parquet_tables, "MOST_VALUES", 1 << 40)
    KINDS["parquet"]["pq-dictionary-long"](tmp_path)
    copy_seed(tmp_path, "honest")
    report = validate([tmp_path])
    (found,) = [finding for finding in report.findings if finding.rule == "tree-cost"]
    assert found.path.startswith("hostile__pq-dictionary-long/r1/predictions/")
    assert "512 MB of memory" in found.message
    assert report.evidence["hostile__honest/r1"]["flips/digits"].level == "recomputed"
    assert report.lost == ()
