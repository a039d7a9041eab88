"""The invariance row of a record: its words, what the schema refuses, and what cannot be."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from harness.errors import InvalidError
from harness.records.invariance import Invariance
from harness.records.invariance_words import lines_of, unsteady
from harness.records.record import Record, parse_record, to_json
from harness.submission.rules.invariance import invariance_faults
from tests.records.invariance_samples import LISTWISE, items, moved, row
from tests.records.test_records import damage, example

RUN = {
    "device": "cpu", "device_name": "chip", "workers": 1, "batch": {}, "wall_seconds": 1.0,
    "load_seconds": 1.0, "items_per_second": 1.0, "latency": None, "latency_reason": "no",
    "peak_memory_bytes": 1000, "peak_device_memory_bytes": None, "attempts": 1, "effort": None,
}  # fmt: skip


def record(found: dict[str, Any] | None, reason: str | None = None, **model: Any) -> Record:
    data = example()
    data["run"] = {**RUN, "invariance": found, "invariance_reason": reason}
    data["model"] |= model
    data["task"]["groups"], data["task"]["items"] = 8, 40
    return parse_record(json.dumps(data), where="sample")


def said(found: dict[str, Any] | None, dtype: str = "float32", **more: Any) -> list[str]:
    run = record(found, **more).run
    assert run is not None
    return [f"{line.key}: {line.whole}" for line in lines_of(run, dtype)]


def test_an_honest_row_in_words() -> None:
    found = row(batch=moved(difference=1.23e-7))
    assert said(found) == [
        "invariance, batch: batch 1 against 32: no top ten of 8 changes "
        "(largest score difference 1.2e-07, Kendall tau 1)",
        "invariance, order: batches reversed: no top ten of 8 changes "
        "(largest score difference 0, Kendall tau 1)",
    ]
    assert unsteady(Invariance.model_validate(found)) == ""
    assert unsteady(None) == ""


def test_a_listwise_row_in_words() -> None:
    assert said(LISTWISE) == [
        "invariance, batch: batch 1: not measured: no batch",
        "invariance, order: candidates reversed: 6 of 8 first documents and 7 of 8 top tens change "
        "(largest move 19 places, Kendall tau 0.612)",
        "invariance, repeat: asked again in the same way: no top ten of 8 changes "
        "(largest move 0 places, Kendall tau 1)",
    ]
    assert unsteady(Invariance.model_validate(LISTWISE)) == (
        "candidates reversed, 6 of 8 first documents and 7 of 8 top tens change"
    )


def test_chance_and_answers_of_one_side_are_told() -> None:
    found = row(
        batch=moved(n=7, one_sided=1), order=moved(changed=0.5, difference=3.0, tau=0.9999),
        repeat=moved(changed=0.25, difference=1.0),
    )  # fmt: skip
    assert unsteady(Invariance.model_validate(found)) == (
        "batch 1 against 32, no top ten of 7 changes, 1 further have an answer in one way alone; "
        "batches reversed, 0 of 8 first documents and 4 of 8 top tens change; "
        "asked again in the same way it changes too"
    )
    assert "Kendall tau 0.999)" in said(found)[1]


@pytest.mark.parametrize(
    ("about", "words"),
    [
        ({}, "no rank of 8 changes (largest score difference 0, Kendall tau 1)"),
        (
            {"judged": "class", "measured": "confidence",
             "batch": moved(changed=0.125, first_changed=None, tau=None, difference=0.25)},
            "1 of 8 classes change (largest confidence difference 0.25)",
        ),
        (
            {"judged": "nearest neighbour", "measured": "1 - cosine",
             "batch": moved(changed=0.5, first_changed=None, tau=None, difference=0.002)},
            "4 of 8 nearest neighbours change (largest 1 - cosine 0.002)",
        ),
        (
            {"batch": moved(changed=None, first_changed=None, tau=None, difference=None)},
            "8 items compared",
        ),
        (
            {"batch": moved(first_changed=None, tau=-0.9999, difference=1e300)},
            "Kendall tau -0.999",
        ),
    ],
)  # fmt: skip
def test_rows_of_single_items_in_words(about: dict[str, Any], words: str) -> None:
    assert words in said({**items(), **about})[0]


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_half_precision_is_named(dtype: str) -> None:
    batch, order = said(row(batch=moved(changed=0.125, difference=0.0625)), dtype)
    assert batch.endswith(f", in {dtype}, which rounds by batch")
    assert dtype not in order


def test_no_row_says_why() -> None:
    assert said(None, reason="answers are looked up, not computed") == [
        "invariance: not measured: answers are looked up, not computed"
    ]


@pytest.mark.parametrize(
    "change",
    [
        damage("batch.changed", 1.01),
        damage("batch.changed", -0.1),
        damage("order.tau", -1.5),
        damage("order.difference", -1.0),
        damage("order.difference", "1"),
        damage("batch.n", 0),
        damage("judged", "<b>top 10</b>"),
        damage("measured", "metres"),
        damage("lists", 0),
        damage("batch_size", 1),
        damage("further", 1),
    ],
)
def test_the_schema_refuses_what_is_out_of_range(change: Callable[[Any], object]) -> None:
    data = row()
    change(data)
    with pytest.raises(InvalidError, match=r"run\.invariance"):
        record(data)


@pytest.mark.parametrize("found", [row(), LISTWISE, items()])
def test_what_can_be_has_no_fault(found: dict[str, Any]) -> None:
    assert list(invariance_faults(record(found))) == []
    assert parse_record(to_json(record(found)), where="again") == record(found)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (damage("batch", None), "run.invariance.batch: is null and no reason is given"),
        (damage("order", None), "run.invariance.order: is null and no reason is given"),
        (damage("lists", 9), "the sample is larger than the task"),
        (damage("items", 41), "the sample is larger than the task"),
        (damage("lists", None), "'top 10' is not what is judged of single items"),
        (damage("judged", "rank"), "'rank' is not what is judged of lists"),
        (damage("batch.n", 9), "compares 9 of 8"),
        (damage("batch.one_sided", 1), "compares 9 of 8"),
        (damage("batch.changed", 0.3), "changed: 0.3 is no share of 8"),
        (damage("batch.first_changed", 0.125), "a first document changes, and the top ten"),
        (damage("batch.changed", 0.125), "something changes, and no score does"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_a_fault(change: Callable[[Any], object], words: str) -> None:
    data = row()
    change(data)
    assert any(words in fault for fault in invariance_faults(record(data)))


def test_further_faults() -> None:
    assert list(invariance_faults(record(None))) == [
        "run.invariance: is null and no reason is given"
    ]
    looked_up = record(row(), capability="keep_first_stage")
    assert "looked up" in next(iter(invariance_faults(looked_up)))
    single = items()
    single["batch"] = moved()
    assert "no first document" in next(iter(invariance_faults(record(single))))
    assert list(invariance_faults(record(row()).model_copy(update={"run": None}))) == []
