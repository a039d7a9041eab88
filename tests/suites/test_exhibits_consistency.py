"""What consistency shows beside its figures, against the record and the counts beside it."""

from __future__ import annotations

import math
import shutil
from pathlib import Path
from statistics import mean

import numpy as np
import pytest
from hypothesis import given, settings

from harness.compare.sides import Side
from harness.errors import InvalidError
from harness.exhibits import Bundle, Figure, Of, Shown
from suites.consistency.exhibits import exhibits, worst
from suites.consistency.measure import no_carry
from suites.consistency.record import ConsistencyPart
from tests.suites.exhibit_samples import (
    baseline,
    changed,
    check,
    columns_of,
    of_kind,
    part_of,
    parts,
    said,
    submitted,
    table,
    with_columns,
    with_part,
)

RUN = baseline("consistency.faces")


def utility(row: dict[str, list[int]], step: int) -> float:
    """Harmonic mean of sensitivity and specificity of a class, from its counts alone."""
    sensitivity = row["same"][step] / row["same_total"]
    specificity = 1 - row["other"][step] / row["other_total"]
    total = sensitivity + specificity
    return 2 * sensitivity * specificity / total if total else 0.0


def test_lines_are_the_utilities_of_the_counts() -> None:
    found = exhibits([Shown("model", RUN)])
    check(found)
    (bundle,) = of_kind(found, Bundle)
    part = part_of(RUN)
    assert (bundle.places[0], bundle.places[-1]) == (part.low, part.high)
    assert (bundle.x.low, bundle.x.high) == (part.low, part.high)
    counts = RUN.file("class_counts.parquet").to_pylist()
    distances = columns_of(RUN, "thresholds.parquet")["distance"]
    assert bundle.names == tuple(row["class"] for row in counts)
    for row, line in zip(counts, bundle.lines, strict=True):
        wanted = [utility(row, step) for step in range(len(distances))]
        assert line == pytest.approx(np.interp(bundle.places, distances, wanted))
    metric = RUN.record.metric("utility[FAR=1%..10%]")
    assert metric is not None
    assert metric.value == pytest.approx(mean(map(mean, bundle.lines)), abs=2e-3)


def test_the_carried_threshold_is_told_for_both_rates() -> None:
    found = exhibits([Shown("one", RUN), Shown("two", RUN)])
    (line,) = part_of(RUN).carried
    carried = table(found, "carried over")
    assert [row[:2] for row in carried.rows] == [
        ("FAR", "one"), ("FAR", "two"), ("FRR", "one"), ("FRR", "two")
    ]  # fmt: skip
    cut = (Figure(line.target), Figure(line.threshold, unit="distance"))
    far = (line.far, line.far_p95, line.far_worst)
    frr = (line.frr, line.frr_p95, line.frr_worst)
    assert carried.rows[0][2:] == (
        *cut, *map(Figure, far), Figure(line.far_gini, unit="Gini"), None
    )  # fmt: skip
    assert carried.rows[2][2:] == (
        *cut, *map(Figure, frr), Figure(line.frr_gini, unit="Gini"), line.worst_class
    )  # fmt: skip
    (rejected, _) = worst(RUN)
    assert rejected.rows == ((line.worst_class, Figure(line.frr_worst)),)


def test_what_was_counted_is_said_once_for_all() -> None:
    found = exhibits([Shown("one", RUN), Shown("two", RUN)])
    part, text = part_of(RUN), said(found)
    counted = f"{part.items} items of {part.classes} classes: {part.pairs_same} pairs of one class"
    assert text.count(counted) == 1
    assert f"{part.pairs_other:,} of two (all pairs)." in text
    assert text.count("OPIS is low also where nothing is told apart") == 1
    ranges = table(found, "OPIS is measured over")
    assert ranges.rows[0] == (
        *("one", Figure(part.low, unit="distance"), Figure(part.high, unit="distance")),
        part.thresholds,
    )
    alone = exhibits([Shown("one", changed(RUN, singletons=3)), Shown("two", RUN)])
    assert "one: 200 items" in said(alone)
    assert "3 classes of one item count as others only." in said(alone)


def test_missing_things_are_said() -> None:
    why = "a list of pairs has no classes to compare"
    nothing = {"low": None, "high": None, "thresholds": 0, "carried": [no_carry(why)]}
    run = changed(RUN, classes=0, protocol="pair list", reason=why, **nothing)
    found = exhibits([Shown("m", run)])
    check(found)
    assert f"There is no OPIS: {why}." in said(found)
    assert f"No threshold is carried over: {why}." in said(found)
    assert "OPIS is low also" not in said(found)
    assert len(found) == 3, "no picture and no table"
    assert "m: 2 embeddings have length 0." in said(
        exhibits([Shown("m", changed(RUN, zero_vectors=2))]), warning=True
    )
    assert "rejected" not in str(worst(run))


def test_every_submission_is_told_of() -> None:
    shown = submitted("consistency.faces")
    assert len(shown) > 3
    found = exhibits(shown)
    check(found)
    assert not of_kind(found, Bundle), "no counts lie beside these records"
    rows = table(found, "carried over").rows
    assert [row[1] for row in rows[: len(shown)]] == [run.name for run in shown]


def test_classes_that_are_missed_most() -> None:
    (_, missed) = worst(RUN)
    columns = columns_of(RUN)
    hits: dict[str, list[bool]] = {}
    for label, hit in zip(columns["label"], columns["nearest_hit"], strict=True):
        if hit is not None:
            hits.setdefault(label, []).append(hit)
    wrong = {label: Of(values.count(False), len(values)) for label, values in hits.items()}
    assert dict(missed.rows) == {label: of for label, of in wrong.items() if of.part}
    assert missed.of == len(missed.rows)


def test_shares_decide_and_not_counts(tmp_path: Path) -> None:
    label = [*"aaaaaaaaaa", *"bb", *"cc", "d"]
    hit = [*[False] * 4, *[True] * 6, False, False, True, True, None]
    run = with_columns(changed(RUN, carried=[]), tmp_path, {"label": label, "nearest_hit": hit})
    (missed,) = worst(run)
    assert missed.rows == (("b", Of(2, 2)), ("a", Of(4, 10)))


def test_without_counts_or_the_part_there_is_less(tmp_path: Path) -> None:
    bare = Side(RUN.record, tmp_path)
    assert [one.title for one in worst(bare)] == [worst(RUN)[0].title]
    found = exhibits([Shown("m", bare)])
    check(found)
    assert not of_kind(found, Bundle)
    assert exhibits([Shown("m", with_part(RUN, None))]) == ()
    shutil.copy(RUN.folder / "class_counts.parquet", tmp_path)
    assert not of_kind(exhibits([Shown("m", Side(RUN.record, tmp_path))]), Bundle)


def test_counts_of_another_run_are_refused(tmp_path: Path) -> None:
    (tmp_path / "class_counts.parquet").write_bytes(b"other")
    with pytest.raises(InvalidError, match="not the file"):
        exhibits([Shown("m", Side(RUN.record, tmp_path))])


@pytest.mark.parametrize("ends", [(0.5, 0.5), (0.7, 0.2), (-1e300, 1e300), (9.0, 10.0)])
def test_odd_ranges_do_not_end_a_page(ends: tuple[float, float]) -> None:
    found = exhibits([Shown("m", changed(RUN, low=ends[0], high=ends[1]))])
    check(found)
    for bundle in of_kind(found, Bundle):
        assert all(math.isfinite(value) for line in bundle.lines for value in line)


@settings(max_examples=60)
@given(part=parts(ConsistencyPart))
def test_whatever_a_record_claims_is_shown(part: ConsistencyPart) -> None:
    check(exhibits([Shown("m", with_part(RUN, part)), Shown("n", RUN)]))
    check(worst(with_part(RUN, part)))
