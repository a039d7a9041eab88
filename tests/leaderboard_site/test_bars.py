"""What runs are read against, as records tell it: first stages, references, controls, effort."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.compare.sides import Side
from harness.errors import InvalidError
from harness.records.bars import CONTROLS
from harness.records.record import parse_record
from harness.submission.manifest.manifest import parse_manifest, read_manifest
from harness.submission.manifest.text import manifest_text
from leaderboard_site.reading.bars import bar_of, bar_row, learned_from, role_of
from leaderboard_site.reading.sources import local_sources, read_source
from leaderboard_site.reading.spread import values_of
from leaderboard_site.reading.summarise import summarise
from leaderboard_site.reading.summary import Effort, Run
from leaderboard_site.tables.effort import effort_cells, effort_columns
from leaderboard_site.tables.grid import Column
from tests.leaderboard_site.made_up import run

ROOT = Path(__file__).resolve().parents[2]
SUBMITTED = ROOT / "submissions"


def side(system: str, task: str) -> Side:
    (path,) = (SUBMITTED / f"marginbench__{system}").glob(f"records/{task}.json")
    return Side(parse_record(path.read_text(encoding="utf-8"), where=str(path)), path.parent)


def test_a_first_stage_is_a_bar_with_the_values_that_it_was_paired_by(
    record_writer: Callable[..., Path], tmp_path: Path
) -> None:
    record_writer(tmp_path / "a", name="a", groups=True)
    (source,) = local_sources(tmp_path)
    (one,) = read_source(source).runs
    found = bar_of(one.side)
    assert found is not None
    assert (found.kind, found.name, found.itself) == ("first stage", "BM25", False)
    row = bar_row(found, one.side)
    values = one.side.numbers("first_stage:nDCG@10")
    assert values is not None
    metric = row.metric("nDCG@10")
    assert metric is not None
    assert metric.value == pytest.approx(values.mean())


def test_the_spread_of_a_bar_is_that_of_its_column(tmp_path: Path) -> None:
    import hashlib

    import pyarrow as pa
    import pyarrow.parquet as pq

    values = np.random.default_rng(1).uniform(size=50).round(4)
    names = [f"q{n}" for n in range(50)]
    path = tmp_path / "groups.parquet"
    pq.write_table(
        pa.table({"group": names, "cluster": names, "first_stage:nDCG@10": values}), path
    )
    given = side("all-minilm-l6-v2-int8/max-length-128", "reranking.code-search.networkx").record
    data = json.loads(given.model_dump_json())
    data["groups"] = {"file": path.name, "rows": 50,
                      "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}  # fmt: skip
    data["first_stage"]["metrics"][0]["value"] = float(values.mean())
    own = Side(parse_record(json.dumps(data), where="made up"), tmp_path)
    bar = bar_of(own)
    assert bar is not None
    found = bar_row(bar, own).spread
    assert found is not None
    assert values_of(found) == pytest.approx((values - values.mean()) / 50, abs=1e-7)
    data["first_stage"]["metrics"][0]["value"] += 0.01
    other = Side(parse_record(json.dumps(data), where="made up"), tmp_path)
    assert bar_row(bar_of(other) or bar, other).spread is None, "the column of something else"


def test_flips_are_read_against_the_reference_with_its_accuracy() -> None:
    own = side("support-vector-classifier-on-pixels/px-16", "flips.digits")
    bar = bar_of(own)
    assert bar is not None
    assert (bar.kind, bar.itself) == ("reference", False)
    assert bar.name.startswith("logistic regression")
    row = bar_row(bar, own)
    accuracy, nfr = row.metric("accuracy"), row.metric("NFR")
    assert accuracy is not None
    assert accuracy.value == pytest.approx(0.9344, abs=1e-4)
    assert nfr is not None
    assert nfr.value == 0
    assert "NFR" in row.fixed


@pytest.mark.parametrize(
    ("counts", "itself"),
    [((840, 0, 0, 0), True), ((840, 0, 0, 1), False), ((839, 1, 0, 0), False)],
)
def test_what_answers_as_the_reference_does_is_the_reference(
    counts: tuple[int, int, int, int], itself: bool
) -> None:
    own = side("support-vector-classifier-on-pixels/px-16", "flips.digits")
    data = json.loads(own.record.model_dump_json())
    names = ("right_right", "right_wrong", "wrong_right", "wrong_other")
    data["part"]["tables"][0] |= dict(zip(names, counts, strict=True))
    record = parse_record(json.dumps(data), where="made up")
    bar = bar_of(Side(record, own.folder))
    assert bar is not None
    assert bar.itself == itself
    assert role_of(bar, record) == ("reference" if itself else "")


def test_what_a_model_learned_of_its_task_is_known() -> None:
    fitted = side("tf-idf-logistic-regression/char", "detection.embedded").record
    assert learned_from(fitted) == "calibration"
    assert learned_from(side("zippy/brotli", "detection.embedded").record) == ""
    data = json.loads(fitted.model_dump_json())
    for details, said in (
        ({"trained_on": ["detection/raid"], "split": "calibration"}, ""),
        ({"trained_on": "detection/embedded"}, ""),
        ({"trained_on": ["detection/embedded"]}, "training"),
        ({"trained_on": ["detection/embedded"], "split": "x" * 999}, "x"),
    ):
        data["model"]["details"] = details
        found = learned_from(parse_record(json.dumps(data), where="made up"))
        assert found.startswith(said)
        assert bool(found) == bool(said)
        assert len(found) <= 40


@pytest.mark.parametrize("said", ["random", "king", ["random"], None])
def test_a_model_may_say_that_it_is_a_control(
    said: Any, record_writer: Callable[..., Path], tmp_path: Path
) -> None:
    record_writer(tmp_path / "a", name="a", changes={"model.details": {"control": said}})
    (source,) = local_sources(tmp_path)
    (one,) = summarise(read_source(source)).runs
    assert one.role == ("random" if said == "random" else "")


def test_a_manifest_declares_controls_and_nothing_else() -> None:
    path = SUBMITTED / "marginbench__zippy/brotli/submission.toml"
    plain = read_manifest(path)
    assert plain.control is None
    assert "control" not in manifest_text(plain)
    data = plain.model_dump(mode="json")
    for control in CONTROLS:
        found = parse_manifest({**data, "control": control}, where="made up")
        assert f'control = "{control}"' in manifest_text(found)
    with pytest.raises(InvalidError, match="none of random, constant"):
        parse_manifest({**data, "control": "first stage"}, where="made up")


def board(*efforts: Effort | None) -> tuple[tuple[Run, ...], tuple[Column, ...]]:
    from leaderboard_site.board.board import Line
    from leaderboard_site.board.systems import System
    from tests.leaderboard_site.made_up import revision

    runs = tuple(run(effort=effort, groups=50) for effort in efforts)
    lines = [Line(System("example__a", (revision(),)), one) for one in runs]
    return runs, effort_columns(lines)


def test_effort_stands_per_query_where_a_row_has_some() -> None:
    runs, columns = board(Effort(500, 40_000, 0.25), Effort(100, None, None), None)
    assert [column.head for column in columns] == ["Calls", "Tokens", "Price"]
    assert [cell.text for cell in effort_cells(runs[0], columns)] == ["10.0", "800", "5"]
    assert [cell.text for cell in effort_cells(runs[1], columns)] == ["2.00", "–", "–"]
    assert [cell.text for cell in effort_cells(runs[2], columns)] == ["–", "–", "–"]
    assert board(None)[1] == ()
    assert [column.head for column in board(Effort(1, None, None))[1]] == ["Calls"]
