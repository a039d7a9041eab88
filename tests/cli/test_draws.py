"""``--seed`` and ``--replicates``: other draws of the same answers, recorded, not for a board."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import marginbench
from harness.errors import UsageError
from harness.metrics.intervals import SEED, Bootstrap
from harness.records.again import command_of
from harness.records.provenance import asked_beside
from harness.records.record import Record, read_record
from tests.cli.conftest import Command

REPLICATES = Bootstrap([]).replicates


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    path = tmp_path / "texts.jsonl"
    rows = [{"text": "word " * (n % 13) + "x" * (7 * n % 500), "label": n % 2} for n in range(500)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture
def line(texts: Path, tmp_path: Path) -> tuple[object, ...]:
    return ("evaluate", "-q", "--model", "length", "--task", "detection/folder",
            "--data", texts, "--out", tmp_path / "runs")  # fmt: skip


def only(folder: Path) -> tuple[Path, Record]:
    (place,) = folder.rglob("record.json")
    return place.parent, read_record(place)


def kept(folder: Path) -> int:
    return int(pq.read_metadata(folder / "replicates.parquet").num_rows)


def test_other_draws_move_intervals_alone(
    command: Command, line: tuple[object, ...], tmp_path: Path
) -> None:
    assert command(*line).code == 0
    folder, usual = only(tmp_path / "runs")
    assert (usual.intervals.seed, usual.intervals.replicates) == (SEED, REPLICATES)
    assert command(*line, "--seed", 7, "--replicates", 300).code == 0
    _, other = only(tmp_path / "runs")
    assert (other.intervals.seed, other.intervals.replicates, kept(folder)) == (7, 300, 300)
    values = {metric.name: metric.value for metric in usual.metrics}
    assert {metric.name: metric.value for metric in other.metrics} == values
    assert other.primary.interval != usual.primary.interval
    assert other.predictions == usual.predictions
    assert other.model == usual.model
    assert other.task == usual.task
    said = command_of(other, asked_beside(folder, other) or {})
    assert "--replicates 300 --seed 7" in said
    assert "--seed" not in command_of(usual, {})
    assert command(*line).code == 0  # and back, by the same command without them
    assert only(tmp_path / "runs")[1].intervals == usual.intervals


def test_a_run_keeps_its_draws_until_others_are_asked_for(
    command: Command, line: tuple[object, ...], tmp_path: Path
) -> None:
    assert command(*line, "--seed", 7).code == 0
    folder, first = only(tmp_path / "runs")
    assert command("score", folder).code == 0
    assert only(folder)[1] == first
    assert command("score", folder, "--replicates", 500, "--seed", 8).code == 0
    again = only(folder)[1]
    assert (again.intervals.seed, again.intervals.replicates) == (8, 500)
    assert marginbench.score(folder, seed=7, replicates=REPLICATES)[0].record == first


def test_what_was_drawn_in_another_way_is_not_submitted(
    command: Command, line: tuple[object, ...], tmp_path: Path
) -> None:
    submit = ("submit", tmp_path / "runs", "--org", "example", "--name", "Length")
    submit += ("--licence", "MIT", "--contact", "nobody", "--out", tmp_path / "subs")
    assert command(*line, "--seed", 7).code == 0
    refused = command(*submit)
    assert refused.code == 1
    assert "intervals of 2,000 draws from seed 7" in refused.err
    fix = refused.err.strip().partition("Score it again: marginbench ")[2]
    assert command(*fix.split()).code == 0  # the advice is what helps
    packed = command(*submit)
    assert packed.code == 0, packed.err
    (manifest,) = (tmp_path / "subs").rglob("submission.toml")
    assert 'control = "length"' in manifest.read_text()


def test_two_of_other_draws_have_no_paired_interval_from_them(
    command: Command, line: tuple[object, ...], tmp_path: Path
) -> None:
    assert command(*line).code == 0
    other = [word if word != tmp_path / "runs" else tmp_path / "other" for word in line]
    other[other.index("length")] = "random"
    assert command(*other, "--seed", 7).code == 0
    answer = command("compare", tmp_path / "runs", tmp_path / "other", "--all-metrics")
    assert "drawn unlike" in answer.out + answer.err
    assert "from seed 7" in answer.out + answer.err


@pytest.mark.parametrize(
    ("option", "value"), [("--seed", "-1"), ("--seed", "x"), ("--replicates", "99")]
)
def test_what_is_no_draw(
    command: Command, line: tuple[object, ...], option: str, value: str
) -> None:
    answer = command(*line, option, value)
    assert (answer.code, option in answer.err) == (2, True)
    name = option.removeprefix("--")
    with pytest.raises(UsageError, match=name):
        marginbench.evaluate("length", "detection/embedded", **{name: value})


def test_lists_and_opinions_are_drawn_by_them_too(command: Command, tmp_path: Path) -> None:
    pytest.importorskip("networkx")
    opinions = ["image,mos", *(f"{n}.png,{n % 41 + n / 90}" for n in range(90))]
    answers = ["id,score", *(f"{n}.png,{n % 37 + n / 70}" for n in range(90))]
    for name, lines in (("mos.csv", opinions), ("scores.csv", answers)):
        (tmp_path / name).write_text("\n".join(lines) + "\n")
    seen = {}
    for seed in (1, 2):
        out = ("--seed", seed, "--replicates", 200, "--out", tmp_path / str(seed))
        lists = command(
            *("evaluate", "-q", "--model", "random", *out),
            *("--task", "reranking/code-search/networkx-short"),
        )
        assert lists.code == 0, lists.err
        given = command(
            *("score", "--task", "image-quality/folder", "--data", tmp_path / "mos.csv", *out),
            *("--predictions", tmp_path / "scores.csv", "--model-name", "given"),
        )
        assert given.code == 0, given.err
        for place in (tmp_path / str(seed)).rglob("record.json"):
            record = read_record(place)
            assert record.intervals.seed == seed
            assert record.intervals.replicates == 200
            name = "AUC(pooled)" if record.first_stage else "SRCC"
            metric = record.metric(name)
            assert metric is not None
            assert metric.interval is not None
            seen[record.task.suite, seed] = metric.interval
    for suite in ("reranking", "image-quality"):
        assert seen[suite, 1] != seen[suite, 2]
