"""Results of which only right or wrong is known: lm-eval samples, inspect logs, tables."""

from __future__ import annotations

import csv
import json
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from harness.errors import InvalidError
from harness.records.record import read_record
from harness.tasks.results import read_results
from tests.cli.conftest import Command, write_lines
from tests.cli.test_evaluate import only

Writer = Callable[[Path, Sequence[bool]], Path]


def samples(path: Path, right: Sequence[bool]) -> Path:
    """As lm-evaluation-harness writes them with --log_samples."""
    rows: list[dict[str, object]] = [
        {
            "doc_id": i,
            "doc": {"question": f"q{i}", "answerKey": "A"},
            "target": "0",
            "arguments": {"gen_args_0": {"arg_0": f"q{i}", "arg_1": " A"}},
            "resps": [[["-1.5", "False"]]],
            "filtered_resps": [["-1.5", "False"]],
            "filter": "none",
            "metrics": ["acc", "acc_norm"],
            "doc_hash": f"{i:064d}",
            "acc": float(said),
            "acc_norm": 1.0,
        }
        for i, said in enumerate(right)
    ]
    file = path / "samples_arc_easy_2026-11-30T00-00-00.000000.jsonl"
    write_lines(file, rows)
    return file


def inspected(right: Sequence[bool]) -> list[dict[str, object]]:
    return [
        {
            "id": i,
            "epoch": 1,
            "input": f"q{i}",
            "target": "A",
            "scores": {"match": {"value": "C" if said else "IN"[i % 2], "answer": "A"}},
        }
        for i, said in enumerate(right)
    ]


def log(path: Path, right: Sequence[bool]) -> Path:
    file = path / "log.json"
    head = {"version": 2, "status": "success", "eval": {"task": "t", "model": "m"}}
    file.write_text(json.dumps({**head, "samples": inspected(right)}))
    return file


def zipped(path: Path, right: Sequence[bool]) -> Path:
    file = path / "log.eval"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("header.json", json.dumps({"version": 2, "status": "success"}))
        for sample in inspected(right):
            archive.writestr(f"samples/{sample['id']}_epoch_1.json", json.dumps(sample))
    return file


def table(path: Path, right: Sequence[bool]) -> Path:
    file = path / "passed.csv"
    with file.open("w", newline="") as out:
        rows = [(i, str(said)) for i, said in enumerate(right)]
        csv.writer(out).writerows([("id", "Correct"), *rows])
    return file


WRITERS: list[Writer] = [samples, log, zipped, table]


def drawn() -> tuple[list[bool], list[bool]]:
    """Right before and after: 300 items, of 240 right ones 40 are lost, and 6 are won."""
    draw = np.random.default_rng(9)
    old = np.arange(300) < 240
    new = old.copy()
    new[draw.choice(240, 40, replace=False)] = False
    new[240 + draw.choice(60, 6, replace=False)] = True
    return old.tolist(), new.tolist()


@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize("way", ["score", "evaluate"])
def test_flips_of_results(command: Command, tmp_path: Path, write: Writer, way: str) -> None:
    old, new = drawn()
    files = {}
    for name, right in {"old": old, "new": new}.items():
        (tmp_path / name).mkdir()
        files[name] = write(tmp_path / name, right)
    for name, file in files.items():
        line: tuple[object, ...] = ("evaluate", "--model", f"predictions:{file}", "--name", name)
        if way == "score":
            line = ("score", "--predictions", file, "--model-name", name)
        answer = command(
            *(*line, "--task", "flips/results", "--data", files["old"]),
            *("--out", tmp_path / "runs" / name),
        )
        assert answer.code == 0, answer.err
    record = read_record(only(tmp_path / "runs" / "new", "record.json"))
    values = {metric.name: metric.value for metric in record.metrics}
    assert record.primary.name == "NFR"
    assert values["NFR"] == 40 / 300
    assert values["PFR"] == 6 / 300
    assert values["accuracy"] == 206 / 300
    answer = command("compare", tmp_path / "runs" / "old", tmp_path / "runs" / "new")
    assert answer.code == 1, answer.err
    assert "WORSE" in answer.out


def test_results_in_place_of_labels_are_sent_to_their_own_task(
    command: Command, tmp_path: Path
) -> None:
    """What is printed as the way out works: the share of wrong-for-right is counted by hand."""
    old, new = drawn()
    files = []
    for name, right in {"old": old, "new": new}.items():
        (tmp_path / name).mkdir()
        files.append(table(tmp_path / name, right))
    line = ("score", "--data", files[0], "--predictions", files[1], "--model-name", "m")
    line += ("--out", tmp_path / "out")
    answer = command(*line, "--task", "flips/predictions")
    assert answer.code == 2
    assert answer.err.rstrip().endswith("--task flips/results")
    assert command(*line, "--task", "flips/results").code == 0
    lost = sum(a and not b for a, b in zip(old, new, strict=True)) / len(old)
    record = read_record(only(tmp_path / "out", "record.json"))
    assert record.primary.value == pytest.approx(lost)


def test_files_of_several_kinds_name_the_same_items(command: Command, tmp_path: Path) -> None:
    old, new = drawn()
    answer = command(
        *("score", "--task", "flips/results", "--data", samples(tmp_path, old)),
        *("--predictions", table(tmp_path, new), "--model-name", "m", "--out", tmp_path / "out"),
    )
    assert answer.code == 0, answer.err
    assert read_record(only(tmp_path / "out", "record.json")).primary.value == 40 / 300
    answer = command(
        *("score", "--task", "flips/results", "--data", samples(tmp_path, old)),
        *("--predictions", table(tmp_path, new[:-2]), "--model-name", "m"),
        *("--out", tmp_path / "no"),
    )
    assert answer.code == 3
    assert "2 of 300 items have no score: '298', '299'" in answer.err


@pytest.mark.parametrize(
    ("text", "name", "said"),
    [
        ('{"doc_id": 1, "acc": 0.5}\n', "s.jsonl", "'0.5', neither right nor wrong"),
        ('{"doc_id": 1, "acc": 1}\n{"doc_id": 1, "acc": 0}\n', "s.jsonl", "1 items stand twice"),
        (
            '{"doc_id": 1, "acc": 1, "filter": "a"}\n{"doc_id": 1, "acc": 0, "filter": "b"}\n',
            "s.jsonl",
            "results of 2 filters: 'a', 'b'",
        ),
        ('{"samples": [{"id": 1, "scores": {"m": {"value": "P"}}}]}', "l.json", "'P', neither"),
        ('{"samples": [{"id": 1, "scores": {}}]}', "l.json", "sample 1: it has no score"),
        ('{"samples": [{"id": 1}', "l.json", "not valid JSON"),
        ("PK", "l.eval", "l.eval cannot be read: File is not a zip file"),
        ('{"samples": []}', "l.json", "holds no results"),
    ],
)
def test_results_that_are_none_are_one_line(
    tmp_path: Path, text: str, name: str, said: str
) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(InvalidError) as caught:
        read_results(path)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "text", ["id,prediction\na,1\n", "id,label\na,1\n", "id,answer,correct\na,b,1\n", "x,y\n1,2\n"]
)
def test_files_of_answers_are_no_results(tmp_path: Path, text: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(text)
    assert read_results(path) is None


def test_epochs_are_items_of_their_own(tmp_path: Path) -> None:
    path = tmp_path / "log.json"
    rows = [{"id": "a", "epoch": n, "scores": {"m": {"value": n % 2}}} for n in (1, 2)]
    path.write_text(json.dumps({"samples": rows}))
    assert read_results(path) == {"a / 1": "right", "a / 2": "wrong"}
