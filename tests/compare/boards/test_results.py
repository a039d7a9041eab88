"""What other tools write: results of tasks, samples, annotations, runs."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.compare.boards.board import Asked
from harness.compare.boards.take import read_boards
from harness.errors import InvalidError, UsageError
from tests.compare.boards.made_boards import means, only_board, write_json, write_lines


def result(task: str, *scores: float, split: str = "test", **more: float) -> dict[str, Any]:
    rows = [{"hf_subset": f"s{i}", "main_score": s, **more} for i, s in enumerate(scores)]
    return {"task_name": task, "mteb_version": "2.0.0", "scores": {split: rows}}


def task_results(folder: Path) -> Path:
    for model, first in (("org__big", 0.7), ("org__small", 0.5)):
        place = folder / model / "0123456789abcdef"
        write_json(place / "One.json", result("One", first, ndcg_at_3=first / 2))
        write_json(place / "Two.json", result("Two", 0.2, 0.4, ndcg_at_3=0.1))
        write_json(place / "model_meta.json", {"name": model, "release_date": None})
    write_json(folder / "org__big" / "0123456789abcdef" / "Three.json", result("Three", 0.9))
    return folder


def test_task_results_are_tasks_by_systems(tmp_path: Path) -> None:
    board = only_board(task_results(tmp_path), Asked())
    assert board.item == "task"
    assert board.items == ("One", "Two")  # by file name, and only those that both have
    assert means(board) == pytest.approx({"org/big": (0.7 + 0.3) / 2, "org/small": (0.5 + 0.3) / 2})
    assert any("whole task" in said for said in board.caveats)
    assert "2 other JSON files were not read." in board.notes


def test_another_figure_and_other_revisions_of_task_results(tmp_path: Path) -> None:
    folder = task_results(tmp_path)
    write_json(folder / "org__small" / "fedcba9876543210" / "One.json", result("One", 0.1))
    board = only_board(folder, Asked(items=("One",)))
    assert board.systems == ("org/big", "org/small@01234567", "org/small@fedcba98")
    asked = Asked(metric="ndcg_at_3", without=("*@fed*",))
    with pytest.raises(UsageError, match="--higher-is-better"):
        read_boards(folder, asked)
    asked = replace(asked, higher_is_better=True)
    assert means(only_board(folder, asked))["org/big"] == pytest.approx((0.35 + 0.1) / 2)


def test_files_of_a_model_and_of_several_are_what_their_parts_are(tmp_path: Path) -> None:
    """What ``ModelResult`` and ``BenchmarkResults`` of mteb 2 write, beside the older layout."""
    told = {("org/big", "r1"): 0.7, ("org/small", "r1"): 0.5, ("org/small", "r2"): 0.4}
    models = [
        {"model_name": name, "model_revision": revision, "default_modalities": ["text"],
         "task_results": [result("One", first), result("Two", 0.2, 0.4)]}
        for (name, revision), first in told.items()
    ]  # fmt: skip
    for number, model in enumerate(models):
        write_json(tmp_path / "each" / f"{number}.json", model)
    write_json(tmp_path / "all.json", {"model_results": models})
    for place in (tmp_path / "each", tmp_path / "all.json"):
        assert means(only_board(place, Asked())) == pytest.approx(
            {"org/big": 0.5, "org/small@r1": 0.4, "org/small@r2": 0.35}
        )
    write_json(tmp_path / "odd" / "a.json", {"model_results": [{"model_name": 3}, None]})
    write_json(tmp_path / "odd" / "b.json", {"model_name": "m", "task_results": [1, {}]})
    with pytest.raises(UsageError, match="no result of a task"):
        read_boards(tmp_path / "odd", Asked(form="mteb"))


def samples(folder: Path, model: str, right: list[int], **more: Any) -> None:
    rows = [
        {"doc_id": i, "target": str(i % 3), "acc": float(r), "acc_norm": 1.0,
         "doc_hash": f"h{i}", **more}
        for i, r in enumerate(right)
    ]  # fmt: skip
    write_lines(folder / model / "samples_arc_easy_2026-01-02T03-04-05.678.jsonl", rows)


def test_samples_are_documents_by_models(tmp_path: Path) -> None:
    samples(tmp_path, "big", [1, 1, 0, 1, 1, 0])
    samples(tmp_path, "small", [1, 0, 0, 1, 0, 0])
    board = only_board(tmp_path, Asked())
    assert (board.title, board.metric) == ("arc_easy", "acc")
    assert means(board) == pytest.approx({"big": 4 / 6, "small": 2 / 6})
    assert board.lines[0].values.sum() == 2  # each target stands for a third
    assert any("acc_norm" in note for note in board.notes)
    assert means(only_board(tmp_path, Asked(metric="acc_norm")))["small"] == 1.0


def test_samples_of_several_tasks_are_a_board_each(tmp_path: Path) -> None:
    for model in ("big", "small"):
        samples(tmp_path, model, [1, 0, 1])
        rows = [{"doc_id": i, "word_loss": 0.5, "target": ""} for i in range(4)]
        write_lines(tmp_path / model / "samples_wiki_2026-01-02T03-04-05.678.jsonl", rows)
    with pytest.raises(UsageError, match="'word_loss'"):
        read_boards(tmp_path, Asked())
    found = read_boards(tmp_path, Asked(higher_is_better=False)).boards
    assert [board.title for board in found] == ["arc_easy", "wiki"]
    assert not found[1].higher_is_better


def test_another_document_under_one_id_and_filters_are_refused(tmp_path: Path) -> None:
    samples(tmp_path, "big", [1, 0])
    samples(tmp_path, "small", [1, 0], doc_hash="other")
    with pytest.raises(InvalidError, match="another document"):
        read_boards(tmp_path, Asked())
    rows = [
        {"doc_id": 0, "filter": name, "exact_match": float(name == "strict")}
        for name in ("strict", "loose")
    ]
    path = write_lines(tmp_path / "f" / "samples_sums_2026-01-02T03-04-05.678.jsonl", rows)
    with pytest.raises(UsageError, match="--metric exact_match,loose"):
        read_boards(path, Asked())
    board = only_board(path, Asked(metric="exact_match,strict"))
    assert board.values.tolist() == [[1.0]]


def annotations(folder: Path, model: str, preferences: list[Any], reference: str = "ref") -> None:
    rows = [
        {"instruction": f"do {i}", "generator_1": reference, "generator_2": model,
         "output_1": "x", "output_2": "y", "preference": value}
        for i, value in enumerate(preferences)
    ]  # fmt: skip
    write_json(folder / model / "annotator" / "annotations.json", rows)


def test_annotations_are_win_rates_against_their_reference(tmp_path: Path) -> None:
    annotations(tmp_path, "big", [2, 1.9, 1.0, 0, 1.5])
    annotations(tmp_path, "small", [1, 1.1, 1.0, 2, 1.5])
    board = only_board(tmp_path, Asked())
    assert means(board) == pytest.approx({"big": (1 + 0.9 + 0 + 0.5 + 0.5) / 5, "small": 1.6 / 5})
    (line,) = board.lines
    assert (line.kind, line.name, line.fixed) == ("reference", "ref", True)
    assert set(line.values.tolist()) == {0.5}


def test_annotations_without_a_preference_or_of_two_references(tmp_path: Path) -> None:
    annotations(tmp_path, "big", [2, None, 7, 1])
    annotations(tmp_path, "small", [2, 2, 2, 1])
    board = only_board(tmp_path, Asked())
    assert len(board.items) == 2
    assert "Missing or invalid preferences: 2." in board.notes
    annotations(tmp_path, "other", [2, 2, 2, 1], reference="another")
    with pytest.raises(UsageError, match="several references"):
        read_boards(tmp_path, Asked())


HUGE = int("9" * 400)


def test_numbers_beyond_the_largest_are_no_values(tmp_path: Path) -> None:
    annotations(tmp_path / "a", "big", [2, HUGE, 1])
    assert len(only_board(tmp_path / "a", Asked()).items) == 2
    place = tmp_path / "m" / "org__m" / "rev"
    write_json(place / "One.json", result("One", 0.5, HUGE))
    write_json(place / "Two.json", result("Two", HUGE))
    path = write_lines(tmp_path / "samples_x.jsonl", [{"doc_id": 0, "acc": HUGE, "target": ""}])
    with pytest.raises(InvalidError, match="no number"):
        read_boards(path, Asked())
    assert only_board(tmp_path / "m", Asked()).items == ("One",)


def runs(folder: Path) -> Path:
    (folder / "runs").mkdir()
    qrels = ["1 0 a 1", "1 0 b 0", "2 0 c 2", "2 0 d 1", "3 0 e 1"]
    (folder / "qrels.txt").write_text("\n".join(qrels) + "\n")
    lists = {
        "good": ["1 Q0 a 1 9 t", "1 Q0 b 2 8 t", "2 Q0 c 1 9 t", "2 Q0 d 2 8 t", "3 Q0 e 1 9 t"],
        "tied": ["1 Q0 a 1 5 t", "1 Q0 b 2 5 t", "2 Q0 d 1 9 t", "2 Q0 c 2 8 t", "9 Q0 e 1 9 t"],
    }
    for name, lines in lists.items():
        (folder / "runs" / f"{name}.trec").write_text("\n".join(lines) + "\n")
    return folder / "runs"


def test_runs_are_scored_as_trec_eval_does(tmp_path: Path) -> None:
    import math

    folder = runs(tmp_path)
    asked = Asked(judgements=(("", tmp_path / "qrels.txt"),))
    board = only_board(folder, asked)
    log3 = 1 / math.log2(3)
    swapped = (1 + 2 * log3) / (2 + log3)
    assert board.values.tolist() == [
        [1.0, 1.0, 1.0],
        pytest.approx([log3, swapped, 0.0]),  # tied: document b before a, query 3 has no list
    ]
    notes = " ".join(board.notes)
    assert "Queries without a list count 0: tied 1." in notes
    assert "Queries without judgements were left out: tied 1." in notes
    assert "1 system has tied scores" in notes
    assert means(only_board(folder, replace(asked, metric="RR"))) == pytest.approx(
        {"good": 1.0, "tied": (0.5 + 1 + 0) / 3}
    )


def test_runs_ask_for_judgements_and_refuse_what_has_none(tmp_path: Path) -> None:
    folder = runs(tmp_path)
    with pytest.raises(UsageError, match="--qrels"):
        read_boards(folder, Asked())
    other = tmp_path / "other.txt"
    other.write_text("77 0 a 1\n")
    with pytest.raises(UsageError, match="no list for any judged query"):
        read_boards(folder, Asked(judgements=(("", other),)))
    with pytest.raises(UsageError, match="could rank"):
        read_boards(folder, Asked(judgements=(("", other),), metric="Judged@10"))
    with pytest.raises(UsageError, match="--qrels runs=FILE"):
        read_boards(folder, Asked(judgements=(("", tmp_path / "runs"),)))


CELLS = ("dl19", "trec-covid")
"""Sets with few queries; the demonstration board has all six."""


@pytest.mark.shared_data
def test_public_rerankers_come_out_as_pytrec_eval_has_them(
    shared_data: Path, tmp_path: Path
) -> None:
    data = shared_data / "reranking"
    known = json.loads((data / "reranker-runs" / "golden.json").read_text())
    for name in CELLS:
        (tmp_path / name).symlink_to(data / "reranker-runs" / name)
    asked = Asked(
        judgements=(
            ("", data / "beir-topics-qrels"),
            ("dl19", data / "trec-dl-2019" / "qrels.txt"),
        ),
        without=("MiniLM-*",),
    )
    boards = read_boards(tmp_path, asked).boards
    found = {f"{b.title}/{name}": value for b in boards for name, value in means(b).items()}
    expected = {name: known[name]["nDCG@10 pytrec_eval"] for name in found}
    assert len(found) == 8
    assert found == pytest.approx(expected, abs=1e-6)
