"""What flips show beside their figures, against the record and the table of answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given

from harness.compare.sides import Side
from harness.errors import InvalidError
from harness.exhibits import Figure, Shown, Table, Trade
from suites.flips.exhibits import exhibits, worst
from suites.flips.record import FlipsPart
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

RUN = baseline("flips.digits")


def answered(folder: Path, rows: dict[str, tuple[str, str, str, float | None]]) -> Side:
    """A run on these items: id -> label, reference's answer, its own, its confidence."""
    label, reference, answer, sure = zip(*rows.values(), strict=True)
    columns = {"item": list(rows), "label": label, "reference": reference, "prediction": answer}
    sure_column = pa.array(sure, pa.float64())
    return with_columns(RUN, folder, {**columns, "confidence": sure_column})


def test_the_table_is_the_one_of_the_record() -> None:
    found = exhibits([Shown("model", RUN)])
    check(found)
    (whole,) = part_of(RUN).tables
    (row,) = table(found, "the reference and the system got right").rows
    assert row == (
        *("all", "model", whole.n, whole.right_right, whole.right_wrong, whole.wrong_right),
        *(whole.wrong_wrong, Figure(whole.nfr, whole.nfr_interval)),
        Figure(whole.mcnemar_p, unit="p"),
    )
    columns = columns_of(RUN)
    rights = [columns[key] for key in ("reference", "prediction", "label")]
    both = sum(old == gold == new for old, new, gold in zip(*rights, strict=True))
    assert row[3] == both
    (reference,) = table(found, "counted against").rows
    assert reference[2] == part_of(RUN).reference
    assert not said(found, warning=True)


def test_every_submission_stands_in_one_picture_and_one_table() -> None:
    shown = submitted("flips.digits")
    assert len(shown) > 3
    found = exhibits(shown)
    check(found)
    (trade,) = of_kind(found, Trade)
    wholes = {run.name: part_of(run.side).tables[0] for run in shown}
    assert [(p.name, p.x * wholes[p.name].n, p.y * wholes[p.name].n, p.interval)
            for p in trade.points] == [
        (name, t.wrong_right, t.right_wrong, t.nfr_interval) for name, t in wholes.items()
    ]  # fmt: skip
    assert len(table(found, "got right").rows) == len(shown)
    assert said(found).count("no reference") == 0
    assert len(of_kind(found, Table)) == 2, "no table of answers lies beside these records"


def test_slices_stand_together_and_all_items_first() -> None:
    (whole,) = part_of(RUN).tables
    slices = [whole, *(whole.model_copy(update={"slice": {"domain": d}}) for d in ("a", "b"))]
    shown = [Shown(name, changed(RUN, tables=slices)) for name in ("one", "two")]
    rows = table(exhibits(shown), "got right").rows
    assert [row[:2] for row in rows] == [
        (by, name) for by in ("all", "domain a", "domain b") for name in ("one", "two")
    ]


def test_flipped_items_are_the_surest_first(tmp_path: Path) -> None:
    run = answered(tmp_path, {
        "kept": ("a", "a", "a", 0.9), "never": ("a", "b", "b", 0.99), "won": ("a", "b", "a", 0.5),
        "lost": ("a", "a", "b", 0.4), "surely": ("a", "a", "c", 0.8),
        "unsaid": ("b", "b", "", None),
    })  # fmt: skip
    flipped = table(exhibits([Shown("model", run)]), "the reference had right")
    assert flipped.title == "model: items that the reference had right, the surest first"
    assert flipped.rows == (
        ("surely", "a", "c", Figure(0.8)),
        ("lost", "a", "b", Figure(0.4)),
        ("unsaid", "b", None, Figure(None)),
    )
    assert flipped.of == 3
    again, every = worst(run)
    assert again.rows == flipped.rows
    assert [row[0] for row in every.rows] == ["never", "surely", "lost", "unsaid"]


def test_nothing_is_called_sure_where_no_confidence_is_known(tmp_path: Path) -> None:
    run = answered(tmp_path, dict.fromkeys(("first", "second"), ("a", "a", "b", None)))
    (flipped, every) = worst(run)
    assert [row[0] for row in flipped.rows] == ["first", "second"]
    assert "sure" not in flipped.title + every.title


def test_lists_are_cut_and_say_of_how_many(tmp_path: Path) -> None:
    run = answered(tmp_path, {f"i{n}": ("a", "a", "b", n / 100) for n in range(50)})
    flipped, every = worst(run)
    assert (len(flipped.rows), flipped.of) == (20, 50)
    assert (len(every.rows), every.of) == (12, 50)
    assert every.rows[0][0] == "i49"


def test_where_nothing_flipped_there_is_no_list() -> None:
    """The baseline is the reference itself."""
    (wrong,) = worst(RUN)
    columns = columns_of(RUN)
    rows = zip(*(columns[k] for k in ("item", "label", "prediction", "confidence")), strict=True)
    errors = sorted(((sure, name) for name, label, new, sure in rows if label != new), reverse=True)
    assert wrong.of == len(errors)
    assert [row[0] for row in wrong.rows] == [name for _, name in errors[:12]]
    assert not [t for t in of_kind(exhibits([Shown("m", RUN)]), Table) if "had right" in t.title]


def test_what_a_reader_must_know_is_said() -> None:
    no_reference = changed(RUN, reference=None, reference_accuracy=None, tables=[])
    found = exhibits([Shown("m", no_reference)])
    check(found)
    assert "There is no reference: flips show when two runs are compared." in said(found)
    assert not of_kind(found, Trade)
    assert not of_kind(found, Table)
    old = exhibits([Shown("m", changed(RUN, scope="old classes"))])
    assert "Flips are counted on items of classes that the reference knows." in said(old)
    other = exhibits([Shown("m", changed(RUN, other=1)), Shown("n", changed(RUN, other=1200))])
    assert said(other, warning=True).splitlines() == [
        "m: 1 answer is no class of the task, and wrong.",
        "n: 1,200 answers are no class of the task, and wrong.",
    ]


def test_what_only_some_runs_say_is_said_of_them_alone() -> None:
    found = exhibits([Shown("m", RUN), Shown("n", changed(RUN, scope="old classes"))])
    assert "n: Flips are counted on items of classes" in said(found)


def test_no_item_makes_no_picture() -> None:
    (whole,) = part_of(RUN).tables
    empty = whole.model_copy(update={"n": 0, "nfr": None, "nfr_interval": None})
    found = exhibits([Shown("m", changed(RUN, tables=[empty]))])
    check(found)
    assert not of_kind(found, Trade)


def test_without_tables_or_the_part_there_is_less(tmp_path: Path) -> None:
    bare = Side(RUN.record, tmp_path)
    assert worst(bare) == ()
    check(exhibits([Shown("m", bare)]))
    assert exhibits([]) == ()
    assert exhibits([Shown("m", with_part(RUN, None))]) == ()


def test_the_table_of_another_run_is_refused(tmp_path: Path) -> None:
    (tmp_path / "groups.parquet").write_bytes(b"other")
    other = Side(RUN.record, tmp_path)
    for make in (lambda: exhibits([Shown("m", other)]), lambda: worst(other)):
        with pytest.raises(InvalidError, match="not the file"):
            make()


@pytest.mark.parametrize(
    "columns",
    [
        {"item": ["a"]},
        {"item": ["a"], "label": ["x"], "prediction": [None], "reference": [None]},
        {"item": ["a"], "label": [1], "prediction": ["x"], "confidence": ["sure"]},
        {"item": ["a"], "label": ["x"], "prediction": ["y"], "confidence": [float("inf")]},
    ],
)
def test_odd_tables_do_not_end_a_page(tmp_path: Path, columns: dict[str, list[Any]]) -> None:
    side = with_columns(RUN, tmp_path, columns)
    check(worst(side))
    check(exhibits([Shown("m", side)]))


@given(part=parts(FlipsPart))
def test_whatever_a_record_claims_is_shown(part: FlipsPart) -> None:
    check(exhibits([Shown("m", with_part(RUN, part)), Shown("n", RUN)]))
    check(worst(with_part(RUN, part)))
