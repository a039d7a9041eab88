"""Several models and tasks in one call: each with each, and nothing is replaced in silence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.cli.asked_models import AskedModel, asked_models, model_pieces, pieces
from harness.errors import UsageError
from harness.records.record import Record, read_record
from tests.cli.conftest import Command

LENGTH = "def score_pairs(pairs):\n    return [len(d) for q, d in pairs]\n"
TEXTS = "def score_texts(texts):\n    return [len(t) % 17 for t in texts]\n"
BROKEN = "def score_pairs(pairs):\n    raise ValueError('no such luck')\n"


def records(out: Path) -> list[Record]:
    return [read_record(path) for path in sorted(out.rglob("record.json"))]


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    rows = [f'{{"text": "{"word " * n}", "label": {n % 2}}}' for n in range(1, 25)]
    path = tmp_path / "texts.jsonl"
    path.write_text("\n".join(rows) + "\n")
    return path


def test_each_model_is_run_on_the_same_task(
    command: Command, collection: Path, model_file: Callable[..., Path], tmp_path: Path
) -> None:
    own, out = model_file(LENGTH), tmp_path / "runs"
    answer = command(
        *("evaluate", "--model", "bm25", "--model", f"python:{own},first-stage"),
        *("--task", "reranking/folder", "--data", collection, "--out", out),
    )
    assert answer.code == 0, answer.err
    assert {record.model.name for record in records(out)} == {"bm25", "model", "first-stage"}
    table = answer.out.splitlines()
    assert [line.split()[1] for line in table[1:4]] == ["bm25", "model", "first-stage"]
    for name in ("bm25", "model", "first-stage"):  # a figure as soon as it is there
        assert f"reranking/folder/tiny, {name}: nDCG@10 " in answer.err
    assert "all tasks: 3 of 3 tasks ended" in answer.err


def test_each_model_does_the_tasks_of_its_kind_and_a_line_tells_of_the_rest(
    command: Command, model_file: Callable[..., Path], tmp_path: Path
) -> None:
    pytest.importorskip("networkx")
    own, out = model_file(TEXTS, "texts.py"), tmp_path / "runs"
    answer = command(
        *("evaluate", "--model", f"bm25,python:{own}", "--out", out),
        *("--task", "reranking/code-search/networkx-short,detection/embedded"),
    )
    assert answer.code == 0, answer.err
    done = {(record.task.id, record.model.name) for record in records(out)}
    assert done == {
        ("reranking/code-search/networkx-short", "bm25"),
        ("detection/embedded", "texts"),
    }
    said = [line for line in answer.err.splitlines() if "something else" in line]
    assert said == [
        "bm25: 1 task asks for something else: 'detection/embedded'",
        f"python:{own}: 1 task asks for something else: 'reranking/code-search/networkx-short'",
    ]


def test_a_task_or_a_model_that_fits_none_is_refused_before_anything_is_run(
    command: Command, collection: Path, model_file: Callable[..., Path], tmp_path: Path
) -> None:
    out, data = tmp_path / "runs", ("--data", collection)
    pair = ("evaluate", "--model", "bm25,first-stage", "--out", out, *data)
    answer = command(*pair, "--task", "reranking/folder", "--task", "detection/embedded")
    assert answer.code == 2
    assert "detection/embedded asks for a score of each text" in answer.err
    own = model_file(TEXTS, "texts.py")
    lone = ("evaluate", "--model", f"bm25,python:{own}", "--out", out, *data)
    answer = command(*lone, "--task", "reranking/folder")
    assert answer.code == 2
    assert "this one has score_texts" in answer.err
    answer = command("evaluate", "--model", "bm25,python:absent.py", *pair[3:], "--task", "r*")
    assert answer.code == 2
    assert not out.exists()


def test_a_model_that_fails_stops_no_other_and_the_worst_status_is_the_calls(
    command: Command, collection: Path, model_file: Callable[..., Path], tmp_path: Path
) -> None:
    broken, out = model_file(BROKEN, "broken.py"), tmp_path / "runs"
    answer = command(
        *("evaluate", "--model", f"python:{broken}", "--model", "bm25", "--out", out),
        *("--task", "reranking/folder", "--data", collection),
    )
    assert answer.code == 3
    assert [record.model.name for record in records(out)] == ["bm25"]
    assert "no such luck" in answer.err
    assert "1 of 2 models are not done" in answer.err.splitlines()[-1]
    assert "Traceback" not in answer.err


def test_commas_split_models_and_never_checkpoints(tmp_path: Path) -> None:
    known = {"bm25", "python", "random"}
    assert model_pieces("bm25, python:a.py", known) == ["bm25", "python:a.py"]
    assert model_pieces("random:cat,dog,bm25", known) == ["random:cat,dog", "bm25"]
    assert model_pieces("python:a,b.py", known) == ["python:a,b.py"]
    there = tmp_path / "a,bm25"
    there.touch()
    assert model_pieces(f"python:{there}", known) == [f"python:{there}"]
    assert pieces(["a/b,c/[d,e]*", "a/b"]) == ("a/b", "c/[d,e]*")


def test_options_go_to_all_that_have_them_or_to_the_model_that_is_named(
    capsys: pytest.CaptureFixture[str],
) -> None:
    two = ["cross-encoder:./a", "bm25"]
    found = asked_models(two, (), ("max_length=64",))
    assert found == (AskedModel(two[0], ("max_length=64",)), AskedModel("bm25"))
    assert "--option max_length: not for bm25" in capsys.readouterr().err
    more = ["cross-encoder:./a", "cross-encoder:./b"]
    for word, counts in (
        ("max_length=64", (1, 1)),
        ("cross-encoder:max_length=64", (1, 1)),
        ("cross-encoder:./b:max_length=64", (0, 1)),
    ):
        found = asked_models(more, (), (word,))
        assert tuple(len(one.options) for one in found) == counts, word
    assert found[1].options == ("max_length=64",)
    assert capsys.readouterr().err == ""
    assert asked_models(["bm25"], (), ("x=1",)) == (AskedModel("bm25", ("x=1",)),)


def test_names_are_one_for_each_model() -> None:
    found = asked_models(["bm25", "first-stage"], ["A", "B"], ())
    assert [one.name for one in found] == ["A", "B"]
    found = asked_models(["bm25", "first-stage"], ["A, B"], ())
    assert [one.name for one in found] == ["A", "B"]
    assert asked_models(["bm25"], ["A, B"], ())[0].name == "A, B"
    for names in (["A"], ["A", "B", "C"], ["A", "A"], ["A,B,C"]):
        with pytest.raises(UsageError, match="--name"):
            asked_models(["bm25", "first-stage"], names, ())
    with pytest.raises(UsageError, match="bm25 is given twice"):
        asked_models(["bm25", "bm25"], (), ())


def test_of_several_tasks_only_those_of_its_kind_are_available_to_a_model(
    command: Command, collection: Path, tmp_path: Path
) -> None:
    line = ("evaluate", "--model", "bm25", "--data", collection, "--out", tmp_path / "runs")
    tasks = ("--task", "reranking/folder,detection/folder")
    assert command(*line, *tasks).code == 2
    answer = command(*line, *tasks, "--available")
    assert answer.code == 0, answer.err
    assert "bm25: 1 task asks for something else: 'detection/folder'" in answer.err
