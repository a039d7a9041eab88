"""Items that a model has no answer for, in every suite: named, or counted as the worst."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import ir_measures
import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image
from scipy.stats import spearmanr
from sklearn.metrics import roc_auc_score

from harness.records.record import Record, read_record
from tests.cli.conftest import Command, write_lines
from tests.cli.test_evaluate import only

ModelFile = Callable[..., Path]
WORST = ("--on-error", "worst-rank")


def run(command: Command, out: Path, *line: object) -> Record:
    answer = command(*line, "--out", out, *WORST)
    assert answer.code == 0, answer.err
    assert "items without an answer, which count as the worst" in answer.out
    path = only(out, "record.json")
    before = path.read_bytes()
    assert command("score", path.parent).code == 0
    assert path.read_bytes() == before
    assert command("show", path.parent).code == 0
    return read_record(path)


def refused(command: Command, out: Path, said: str, *line: object) -> None:
    answer = command(*line, "--out", out)
    assert answer.code == 1
    assert said in answer.err
    assert "--on-error worst-rank" in answer.err


# Reranking ------------------------------------------------------------------------------------


PAIRS = {
    "nan": """
        def score_pairs(pairs):
            found = [len(set(q.split()) & set(d.split())) + len(d) / 1000 for q, d in pairs]
            return [float("nan") if "doc7" in d.split() else s for s, (q, d) in zip(found, pairs)]
    """,
    "raises": """
        def score_pairs(pairs):
            if any("doc7" in d.split() for q, d in pairs):
                raise ValueError("too odd")
            return [len(set(q.split()) & set(d.split())) + len(d) / 1000 for q, d in pairs]
    """,
}


@pytest.mark.parametrize("how", PAIRS)
def test_a_pair(
    command: Command, collection: Path, model_file: ModelFile, tmp_path: Path, how: str
) -> None:
    """Document 7 is not found by any query: as ir_measures has it on lists without it."""
    line = ("evaluate", "--model", f"python:{model_file(PAIRS[how])}", "--device", "cpu")
    line += ("--task", "reranking/folder", "--data", collection)
    said = "ValueError: too odd" if how == "raises" else "scores are NaN or infinite"
    refused(command, tmp_path / "no", said, *line)
    record = run(command, tmp_path / "out", *line)
    full = model_file(name="full.py")
    answer = command(
        *("evaluate", "--model", f"python:{full}", "--device", "cpu", "--data", collection),
        *("--task", "reranking/folder", "--out", tmp_path / "full"),
    )
    assert answer.code == 0
    rows = pq.read_table(only(tmp_path / "full", "predictions.parquet")).to_pylist()
    lists: dict[str, dict[str, float]] = {}
    for row in rows:
        if row["item"] != "d7":
            lists.setdefault(row["group"], {})[row["item"]] = row["score"]
    qrels = {f"q{i}": {f"d{i}": 1} for i in range(60)}
    known = ir_measures.calc_aggregate(
        [ir_measures.parse_measure("nDCG@10"), ir_measures.parse_measure("AP")], qrels, lists
    )
    for measure, expected in known.items():
        metric = record.metric(str(measure))
        assert metric is not None
        assert metric.value == pytest.approx(expected, abs=2e-3)  # ties go by document ids there
    lost = sum(row["item"] == "d7" for row in rows)
    assert record.model.details["items_failed"] == lost
    assert record.model.details["failed"][0].endswith(" / d7")


LISTS = """
    def rank(query, documents):
        if query.split()[0] == "river":
            return [0, 0]
        return list(range(len(documents)))
"""


def test_a_list_that_does_not_come_back_whole(
    command: Command, collection: Path, model_file: ModelFile, tmp_path: Path
) -> None:
    line = ("evaluate", "--model", f"python:{model_file(LISTS)}", "--device", "cpu")
    line += ("--task", "reranking/folder", "--data", collection)
    answer = command(*line, "--out", tmp_path / "no")
    assert answer.code == 1
    assert "did not return every index" in answer.err
    record = run(command, tmp_path / "out", *line)
    assert record.model.details["items_failed"] > 0


def test_a_model_that_always_raises_is_no_matter_of_single_items(
    command: Command, collection: Path, model_file: ModelFile, tmp_path: Path
) -> None:
    file = model_file("def score_pairs(pairs): raise ValueError('never')")
    answer = command(
        *("evaluate", "--model", f"python:{file}", "--task", "reranking/folder", *WORST),
        *("--data", collection, "--device", "cpu", "--out", tmp_path / "out"),
    )
    assert answer.code == 1
    assert "ValueError: never" in answer.err


# Detection ------------------------------------------------------------------------------------


TEXTS = {
    "nan": """
        def score_texts(texts):
            return [float("nan") if "odd" in t else float(t.split()[-1]) for t in texts]
    """,
    "raises": """
        def score_texts(texts):
            if any("odd" in t for t in texts):
                raise RuntimeError("cannot")
            return [float(t.split()[-1]) for t in texts]
    """,
}


@pytest.mark.parametrize("how", TEXTS)
def test_a_text(command: Command, model_file: ModelFile, tmp_path: Path, how: str) -> None:
    """Odd human texts are above all others, odd machine texts below them."""
    draw = np.random.default_rng(2)
    labels = [i % 2 for i in range(120)]
    scores = [float(draw.normal(label)) for label in labels]
    odd = {3, 4, 50, 51, 90}
    data = tmp_path / "texts.jsonl"
    rows: list[dict[str, object]] = [
        {"id": f"t{i}", "label": labels[i], "text": f"{'odd' if i in odd else 'text'} {score!r}"}
        for i, score in enumerate(scores)
    ]
    write_lines(data, rows)
    line = ("evaluate", "--model", f"python:{model_file(TEXTS[how])}", "--device", "cpu")
    line += ("--task", "detection/folder", "--data", data)
    said = "text t3: " if how == "raises" else "5 of 120 scores are NaN or infinite: 't3'"
    refused(command, tmp_path / "no", said, *line)
    record = run(command, tmp_path / "out", *line, "--threshold", 0.5)
    filled = [(99.0 if not labels[i] else -99.0) if i in odd else scores[i] for i in range(120)]
    area = record.metric("AUROC")
    assert area is not None
    assert area.value == pytest.approx(roc_auc_score(labels, np.float32(filled)), abs=1e-12)
    rate = record.metric("FPR[threshold=0.5]")
    assert rate is not None
    human = [np.float32(s) for s, label in zip(filled, labels, strict=True) if not label]
    assert rate.value == sum(score > np.float32(0.5) for score in human) / len(human)
    assert record.model.details["items_failed"] == 5
    assert record.model.details["failed"] == [f"t{i}" for i in sorted(odd)]


def test_a_file_with_a_few_empty_scores(command: Command, tmp_path: Path) -> None:
    data, scores = tmp_path / "texts.jsonl", tmp_path / "scores.json"
    write_lines(data, [{"id": f"t{i}", "text": f"t {i}", "label": i % 2} for i in range(40)])
    scores.write_text(
        json.dumps([{"id": f"t{i}", "score": None if i < 3 else i} for i in range(40)])
    )
    line = ("score", "--task", "detection/folder", "--data", data, "--predictions", scores)
    line += ("--model-name", "m")
    refused(command, tmp_path / "no", "3 scores are NaN or infinite: 't0', 't1', 't2'", *line)
    assert run(command, tmp_path / "out", *line).model.details["items_failed"] == 3
    answer = command(*line, "--on-error", "worst-rank", "--out", tmp_path / "said")
    assert "count as the worst: 3, 't0', 't1', 't2'" in answer.out


# Pictures: consistency, flips, image quality ----------------------------------------------------


def pictures(tmp_path: Path) -> Path:
    """Five classes of six pictures, each class of its own grey; three are 1 pixel wide."""
    folder = tmp_path / "pictures"
    for label in range(5):
        (folder / f"c{label}").mkdir(parents=True)
        for i in range(6):
            odd = (label, i) in ((0, 0), (2, 3), (4, 5))
            path = folder / f"c{label}" / f"im{i}.png"
            Image.new("L", (1 if odd else 8, 8), 40 * label + 2 * i).save(path)
    return folder


EMBEDDER = """
    import numpy as np
    def embed_images(images):
        found = [np.asarray(image.convert("L"), dtype=float) for image in images]
        if any(pixels.shape[1] < 2 for pixels in found):
            raise ValueError("too small")
        return [[pixels.mean(), 1.0 + pixels.mean() ** 2 / 1000] for pixels in found]
"""
CLASSIFIER = """
    import numpy as np
    labels = [f"c{i}" for i in range(5)]
    def classify_images(images):
        found = [np.asarray(image.convert("L"), dtype=float) for image in images]
        if any(pixels.shape[1] < 2 for pixels in found):
            raise ValueError("too small")
        return [[-abs(pixels.mean() - 40 * i) for i in range(5)] for pixels in found]
"""
SCORER = """
    import numpy as np
    DIRECTION = "higher"
    def score_images(images):
        if any(image.width < 2 for image in images):
            raise ValueError("too small")
        return [float(np.asarray(image.convert("L")).mean()) for image in images]
"""


def test_a_picture_to_classify(command: Command, model_file: ModelFile, tmp_path: Path) -> None:
    line = ("evaluate", "--model", f"python:{model_file(CLASSIFIER)}", "--device", "cpu")
    line += ("--task", "flips/folder", "--data", pictures(tmp_path))
    refused(command, tmp_path / "no", "im0.png: ", *line)
    record = run(command, tmp_path / "out", *line)
    accuracy = record.metric("accuracy")
    assert accuracy is not None
    assert accuracy.value == 27 / 30
    assert record.model.details["items_failed"] == 3


def test_a_picture_to_embed(command: Command, model_file: ModelFile, tmp_path: Path) -> None:
    """R@1 by hand: the three without a vector miss, all others have their class next to them."""
    line = ("evaluate", "--model", f"python:{model_file(EMBEDDER)}", "--device", "cpu")
    line += ("--task", "consistency/folder", "--data", pictures(tmp_path))
    refused(command, tmp_path / "no", "too small", *line)
    record = run(command, tmp_path / "out", *line)
    plain = record.metric("R@1")
    assert plain is not None
    assert plain.n == 30
    assert plain.value is not None
    assert plain.value <= 27 / 30
    assert record.model.details["items_failed"] == 3


def test_a_picture_to_score(command: Command, model_file: ModelFile, tmp_path: Path) -> None:
    folder = tmp_path / "set"
    folder.mkdir()
    rows = []
    for i in range(30):
        Image.new("L", (1 if i in (4, 20) else 6, 6), 5 * i).save(folder / f"im{i:02d}.png")
        rows.append((f"im{i:02d}.png", i))
    with (folder / "mos.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("image", "mos"), *rows])
    line = ("evaluate", "--model", f"python:{model_file(SCORER)}", "--device", "cpu")
    line += ("--task", "image-quality/folder", "--data", folder)
    refused(command, tmp_path / "no", "image im04.png: ", *line)
    record = run(command, tmp_path / "out", *line)
    filled = [-9 if i in (4, 20) else i for i in range(30)]
    assert record.primary.value == pytest.approx(spearmanr(filled, range(30)).statistic, abs=1e-9)
    assert record.model.details["failed"] == ["im04.png", "im20.png"]


# Answers that are no class of the task ---------------------------------------------------------


def answers(tmp_path: Path, given: Sequence[object], ending: str) -> tuple[Path, Path]:
    labels, file = tmp_path / "labels.csv", tmp_path / f"answers.{ending}"
    rows = [(f"i{k}", f"c{k % 4}") for k in range(len(given))]
    with labels.open("w", newline="") as out:
        csv.writer(out).writerows([("id", "label"), *rows])
    if ending == "csv":
        with file.open("w", newline="") as out:
            table = [(f"i{k}", "" if a is None else a) for k, a in enumerate(given)]
            csv.writer(out).writerows([("id", "prediction"), *table])
    else:
        write_lines(file, [{"id": f"i{k}", "prediction": a} for k, a in enumerate(given)])
    return labels, file


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
@pytest.mark.parametrize("way", ["evaluate", "score"])
def test_an_answer_outside_the_classes_is_wrong_and_counted(
    command: Command, tmp_path: Path, ending: str, way: str
) -> None:
    given: list[object] = [f"c{k % 4}" for k in range(40)]
    given[3], given[10], given[11] = "n02000000", "", "unknown"
    labels, file = answers(tmp_path, given, ending)
    line: tuple[object, ...] = ("evaluate", "--model", f"predictions:{file}")
    if way == "score":
        line = ("score", "--predictions", file, "--model-name", "m")
    answer = command(
        *line, "--task", "flips/predictions", "--data", labels, "--out", tmp_path / "out"
    )
    assert answer.code == 0, answer.err
    assert "answers that are no class of the task, all of them wrong: 3" in answer.out
    record = read_record(only(tmp_path / "out", "record.json"))
    accuracy = record.metric("accuracy")
    assert accuracy is not None
    assert (accuracy.value, accuracy.n) == (37 / 40, 40)


@pytest.mark.parametrize("way", ["evaluate", "score"])
def test_null_is_no_answer_and_counts_as_wrong_where_asked(
    command: Command, tmp_path: Path, way: str
) -> None:
    given: list[object] = [f"c{k % 4}" for k in range(40)]
    given[7] = None
    labels, file = answers(tmp_path, given, "jsonl")
    line: tuple[object, ...] = ("evaluate", "--model", f"predictions:{file}")
    if way == "score":
        line = ("score", "--predictions", file, "--model-name", "m")
    line += ("--task", "flips/predictions", "--data", labels)
    refused(command, tmp_path / "no", "scores are NaN or infinite: 'i7'", *line)
    accuracy = run(command, tmp_path / "out", *line).metric("accuracy")
    assert accuracy is not None
    assert accuracy.value == 39 / 40


@pytest.mark.parametrize("way", ["evaluate", "score"])
def test_numbers_in_place_of_names_are_refused(command: Command, tmp_path: Path, way: str) -> None:
    labels, file = answers(tmp_path, [k % 4 for k in range(40)], "csv")
    line: tuple[object, ...] = ("evaluate", "--model", f"predictions:{file}")
    if way == "score":
        line = ("score", "--predictions", file, "--model-name", "m")
    answer = command(
        *line, "--task", "flips/predictions", "--data", labels, "--out", tmp_path / "out"
    )
    assert answer.code == 1
    assert "40 of 40 predictions name 4 classes that the task does not have" in answer.err
    assert "up to half may be others" in answer.err
