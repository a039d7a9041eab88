"""Runs scored on lists of their own: deeper, shorter, with rows that no list may hold.

The oracle is ir_measures (trec_eval 9) on the files as they are, or on the same lists put together
by hand.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from pathlib import Path

import ir_measures
import pytest

from harness.records.record import Record, read_record
from tests.cli.conftest import Command, write_lines
from tests.cli.test_evaluate import only

Runs = Mapping[str, Mapping[str, float]]
DEEP, QUERIES = 150, 12


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """300 documents and 12 queries, about twenty relevant each; document 7 is empty.

    Queries ``d0`` and ``d1`` are documents too, ``q2`` excludes ``d5``, and ``q11`` is not judged.
    """
    draw, folder = random.Random(7), tmp_path / "own"
    (folder / "qrels").mkdir(parents=True)
    names = ["d0", "d1", *(f"q{i}" for i in range(2, QUERIES))]
    corpus = [{"_id": f"d{i}", "text": "" if i == 7 else f"text {i}"} for i in range(300)]
    queries: list[dict[str, object]] = [{"_id": name, "text": f"query {name}"} for name in names]
    queries[2]["excluded_ids"] = ["d5"]
    write_lines(folder / "corpus.jsonl", [dict(row) for row in corpus])
    write_lines(folder / "queries.jsonl", queries)
    lines = ["query-id\tcorpus-id\tscore"]
    for name in names[:-1]:
        lines += [f"{name}\td{i}\t{draw.randint(1, 2)}" for i in draw.sample(range(10, 300), 20)]
    (folder / "qrels" / "test.tsv").write_text("\n".join(lines) + "\n")
    return folder


def judged(folder: Path) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for line in (folder / "qrels" / "test.tsv").read_text().splitlines()[1:]:
        query, document, grade = line.split("\t")
        found.setdefault(query, {})[document] = int(grade)
    return found


def drawn(folder: Path, *, seed: int, depth: int = DEEP) -> dict[str, dict[str, float]]:
    """A run over all judged queries, without a tie and without rows that no list may hold."""
    draw = random.Random(seed)
    allowed = [i for i in range(300) if i not in (0, 1, 5, 7)]
    return {
        query: {f"d{i}": float(depth - rank) for rank, i in enumerate(draw.sample(allowed, depth))}
        for query in judged(folder)
    }


def written(path: Path, run: Runs) -> Path:
    path.write_text(
        "".join(
            f"{query} Q0 {document} {rank} {score!r} tag\n"
            for query, scores in run.items()
            for rank, (document, score) in enumerate(scores.items(), 1)
        )
    )
    return path


def cut(run: Runs, depth: int) -> dict[str, dict[str, float]]:
    return {
        query: dict(sorted(scores.items(), key=lambda row: -row[1])[:depth])
        for query, scores in run.items()
    }


def expected(names: Sequence[str], folder: Path, run: Runs) -> dict[str, float]:
    """Means over all judged queries, as trec_eval -c takes them."""
    measures = [ir_measures.parse_measure(name) for name in names]
    found = ir_measures.calc_aggregate(measures, judged(folder), dict(run))
    return {str(measure): float(value) for measure, value in found.items()}


NAMES = ("nDCG@10", "RR@10", "AP", "R@10")


def check(record: Record, folder: Path, run: Runs) -> None:
    for name, value in expected(NAMES, folder, run).items():
        metric = record.metric(name)
        assert metric is not None
        assert metric.value == pytest.approx(value, abs=1e-9), name
        assert metric.n == QUERIES - 1


def scored(command: Command, folder: Path, out: Path, first: Path, *more: object) -> Record:
    answer = command(
        *("score", "--task", "reranking/folder", "--data", folder, "--first-stage", first),
        *("--model-name", "m", "--out", out, *more),
    )
    assert answer.code == 0, answer.err
    return read_record(only(out, "record.json"))


@pytest.mark.parametrize("depth", [None, 20, DEEP, 1000])
def test_a_run_deeper_than_the_lists_is_scored_on_what_they_keep(
    command: Command, folder: Path, tmp_path: Path, depth: int | None
) -> None:
    run = drawn(folder, seed=1)
    file = written(tmp_path / "run.txt", run)
    more = [] if depth is None else ["--depth", depth]
    record = scored(command, folder, tmp_path / "out", file, "--predictions", file, *more)
    kept = depth or 100
    check(record, folder, cut(run, kept))
    assert record.first_stage is not None
    assert record.first_stage.depth == kept
    left_out = record.model.details.get("rows_left_out", {})
    over = max(0, (DEEP - kept) * (QUERIES - 1))
    assert left_out == ({"below_depth": over} if over else {})
    path = only(tmp_path / "out", "record.json")
    before = path.read_bytes()
    path.unlink()
    assert command("score", path.parent).code == 0
    assert path.read_bytes() == before


def test_rows_that_no_list_may_hold_are_dropped_and_counted(
    command: Command, folder: Path, tmp_path: Path
) -> None:
    run = drawn(folder, seed=2, depth=50)
    full = {query: dict(scores) for query, scores in run.items()}
    for query in ("d0", "d1"):
        full[query] = {query: 999.0, **full[query]}
    full["q2"] = {"d5": 999.0, **full["q2"]}
    full["q3"] = {**full["q3"], "d7": 25.5}
    full["q11"] = {"d9": 1.0, "d8": 0.5}
    file = written(tmp_path / "run.txt", full)
    out = tmp_path / "out"
    answer = command(
        *("score", "--task", "reranking/folder", "--data", folder, "--first-stage", file),
        *("--predictions", file, "--model-name", "m", "--out", out),
    )
    assert answer.code == 0, answer.err
    record = read_record(only(out, "record.json"))
    check(record, folder, run)
    assert record.model.details["rows_left_out"] == {
        "empty_document": 1,
        "excluded_document": 1,
        "self_hit": 2,
        "unjudged_query": 2,
    }
    assert record.task.notes["self_hits_removed"] == 2
    assert record.task.notes["excluded_documents_removed"] == 1
    assert "1 empty document, 1 excluded document, 2 self hit, 2 unjudged query" in answer.out


@pytest.mark.parametrize(("query", "document"), [("q3", "d299x"), ("nobody", "d20"), ("q3", "d6")])
def test_a_row_that_is_strange_to_the_task_is_refused(
    command: Command, folder: Path, tmp_path: Path, query: str, document: str
) -> None:
    """Also a document of the corpus that is in no list of the query: the run ranks other lists."""
    lists = drawn(folder, seed=3, depth=50)
    lists["q3"].pop("d6", None)
    first = written(tmp_path / "first.txt", lists)
    lists.setdefault(query, {})[document] = 7.25
    file = written(tmp_path / "run.txt", lists)
    answer = command(
        *("score", "--task", "reranking/folder", "--data", folder, "--first-stage", first),
        *("--predictions", file, "--model-name", "m", "--out", tmp_path / "out"),
        *("--missing", "zero"),
    )
    assert answer.code == 1
    assert f"1 rows are not candidates of the task: '{query} / {document}'" in answer.err
    assert not (tmp_path / "out").exists()


def test_a_run_without_lines_for_judged_queries_counts_them_as_zero_when_told(
    command: Command, folder: Path, tmp_path: Path
) -> None:
    run = drawn(folder, seed=4, depth=60)
    del run["q3"], run["d1"]
    file = written(tmp_path / "run.txt", run)
    line = ("score", "--task", "reranking/folder", "--data", folder, "--first-stage", file)
    line += ("--predictions", file, "--model-name", "m", "--out", tmp_path / "out")
    answer = command(*line)
    assert answer.code == 3
    assert "lacks 2 of 11 judged queries: 'd1', 'q3'" in answer.err
    assert "--missing zero" in answer.err
    record = scored(
        command, folder, tmp_path / "out", file, "--predictions", file, "--missing", "zero"
    )
    check(record, folder, run)
    assert record.task.notes["judged_queries_without_a_list"] == 2
    answer = command(
        *("evaluate", "--model", "first-stage", "--task", "reranking/folder", "--data", folder),
        *("--first-stage", file, "--missing", "zero", "--out", tmp_path / "stage"),
    )
    assert answer.code == 0, answer.err
    check(read_record(only(tmp_path / "stage", "record.json")), folder, run)


@pytest.mark.parametrize("missing", ["zero", "first-stage"])
def test_a_listwise_run_of_20_on_lists_of_100(
    command: Command, folder: Path, tmp_path: Path, missing: str
) -> None:
    """``zero`` is trec_eval on the file; ``first-stage`` is the file with the rest behind it."""
    lists, draw = drawn(folder, seed=5, depth=100), random.Random(6)
    top = {}
    for query, scores in cut(lists, 20).items():
        order = draw.sample(list(scores), 20)
        top[query] = {document: 1.0 - rank / 64 for rank, document in enumerate(order)}
    first = written(tmp_path / "first.txt", lists)
    file = written(tmp_path / "run.txt", top)
    line = ("score", "--task", "reranking/folder", "--data", folder, "--first-stage", first)
    answer = command(*line, "--predictions", file, "--model-name", "m", "--out", tmp_path / "no")
    assert answer.code == 3
    assert "880 of 1100 candidates have no score" in answer.err
    assert "--missing first-stage" in answer.err
    whole: Runs = top
    if missing == "first-stage":
        whole = {
            query: {**scores, **{d: s - 1000 for d, s in lists[query].items() if d not in scores}}
            for query, scores in top.items()
        }
    out = tmp_path / "out"
    record = scored(command, folder, out, first, "--predictions", file, "--missing", missing)
    check(record, folder, whole)
    assert record.first_stage is not None
    stage = {metric.name: metric.value for metric in record.first_stage.metrics}
    assert stage["AP"] == pytest.approx(expected(["AP"], folder, lists)["AP"], abs=1e-9)
    assert record.model.options["missing"] == missing
    assert record.model.details["candidates_without_a_score"] == 880
    path = only(out, "record.json")
    part = json.loads(path.read_text())["part"]
    assert part["unranked_items"] == (880 if missing == "zero" else 0)
    assert part["tied_items"] == 0
    before = path.read_bytes()
    path.unlink()
    again = command("score", path.parent)
    assert again.code == 0
    rule = "count as not found" if missing == "zero" else "follow in first-stage order"
    assert f"880 candidates without a score {rule}" in again.out
    assert path.read_bytes() == before


def test_judgements_alone_are_enough_to_score_a_run(
    command: Command, folder: Path, tmp_path: Path
) -> None:
    run = drawn(folder, seed=8, depth=100)
    file = written(tmp_path / "run.txt", {**run, "x": {"d3": 1.0}})
    qrels = tmp_path / "mine.qrels.tsv"
    qrels.write_text((folder / "qrels" / "test.tsv").read_text())
    line = ("score", "--task", "reranking/folder", "--data", qrels, "--predictions", file)
    line += ("--model-name", "m", "--out", tmp_path / "out")
    answer = command(*line)
    assert answer.code == 2
    assert "--first-stage RUN" in answer.err
    texts = tmp_path / "texts.jsonl"
    texts.write_text('{"id": "a", "text": "b", "label": 0}\n')
    answer = command(*line[:3], "--data", texts, *line[5:])
    assert "judgements alone" not in answer.err
    answer = command(*line, "--first-stage", file)
    assert answer.code == 0, answer.err
    record = read_record(only(tmp_path / "out", "record.json"))
    assert record.task.id == "reranking/folder/mine"
    check(record, folder, run)
    assert record.model.details["rows_left_out"] == {"unjudged_query": 1}


def test_the_range_of_ties_is_that_of_all_orders(
    command: Command, folder: Path, tmp_path: Path
) -> None:
    """Scores of three values; the oracle reorders each tie by grade and asks ir_measures."""
    gold = judged(folder)
    run = {
        query: {document: float(round(score) % 3) for document, score in scores.items()}
        for query, scores in drawn(folder, seed=9, depth=60).items()
    }
    file = written(tmp_path / "run.txt", run)
    out = tmp_path / "out"
    answer = command(
        *("score", "--task", "reranking/folder", "--data", folder, "--first-stage", file),
        *("--predictions", file, "--model-name", "m", "--out", out),
    )
    assert answer.code == 0, answer.err
    ends = []
    for sign in (-1, 1):
        apart = {
            query: {d: s + sign * gold[query].get(d, 0) / 100 for d, s in scores.items()}
            for query, scores in run.items()
        }
        ends.append(expected(["nDCG@10"], folder, apart)["nDCG@10"])
    part = json.loads(only(out, "record.json").read_text())["part"]
    assert [part["tie_range"]["low"], part["tie_range"]["high"]] == pytest.approx(ends, abs=1e-9)
    assert f"nDCG@10 lies anywhere in {ends[0]:.4f} to {ends[1]:.4f}" in answer.out
    shown = command("show", only(out, "record.json").parent)
    assert f"nDCG@10 lies anywhere in {ends[0]:.4f} to {ends[1]:.4f}" in shown.out


def golden() -> list[tuple[str, str]]:
    sets = ("dbpedia-entity", "dl19", "fiqa", "nfcorpus", "scifact", "trec-covid")
    listwise = ("MiniLM-listwise", "MiniLM-listwise-adversarial", "MiniLM-listwise-targeted")
    models = ("MiniLM", *listwise, "RankT5-base", "monoT5-base", "monoT5-large")
    return [(name, model) for name in sets for model in models]


@pytest.mark.shared_data
@pytest.mark.parametrize(("name", "model"), golden())
def test_every_public_reranker_scores_to_its_golden_figure(
    command: Command, shared_data: Path, tmp_path: Path, name: str, model: str
) -> None:
    """golden.json: nDCG@10 by pytrec_eval, and its range over all orders of tied scores."""
    data = shared_data / "reranking"
    run = data / "reranker-runs" / name / f"{model}.trec.gz"
    known = json.loads((data / "reranker-runs" / "golden.json").read_text())[f"{name}/{model}"]
    task, source = "reranking/folder", data / "beir-topics-qrels" / f"{name}.qrels.txt.gz"
    if name == "dl19":
        task, source = "reranking/trec-dl/2019", data / "trec-dl-2019"
    answer = command(
        *("score", "--task", task, "--data", source, "--first-stage", run),
        *("--predictions", run, "--model-name", model, "--out", tmp_path),
        *("--missing", "zero"),  # NFCorpus: BM25 finds nothing for 15 of the 323 queries
    )
    assert answer.code == 0, answer.err
    record = read_record(only(tmp_path, "record.json"))
    low, high = known["nDCG@10 worst ties"], known["nDCG@10 best ties"]
    assert record.primary.n == known["queries"]
    assert record.primary.value is not None
    assert low - 1e-6 <= record.primary.value <= high + 1e-6
    ties = json.loads(only(tmp_path, "record.json").read_text())["part"]["tie_range"]
    assert (ties["low"], ties["high"]) == pytest.approx((low, high), abs=1.5e-6)
    if round(low, 4) < round(high, 4):
        assert f"nDCG@10 lies anywhere in {low:.4f} to {high:.4f}" in answer.out
