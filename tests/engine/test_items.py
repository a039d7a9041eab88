"""Single items through the whole path: engine, store, scoring, predictions made elsewhere."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from harness.data import ItemData
from harness.data.asked import LoadRequest
from harness.engine.crew import Crew
from harness.engine.devices import parse_devices
from harness.engine.named import ModelSpec
from harness.engine.refused import PartsError
from harness.engine.run import run_task
from harness.errors import IncompleteError, InvalidError
from harness.metrics.base import MetricResult
from harness.nouns import MetricCard, Task, TaskCard
from harness.predictions.item_scores import read_item_scores
from harness.records.record import IntervalMethod
from harness.records.rescore import score_file
from harness.records.score import read_table
from harness.records.scored import Scored, Scoring
from harness.runs.batches import batch_settings
from harness.runs.folder import RunFolder
from harness.tasks.load import LoadedTask, load_task

CARD = TaskCard("t", "d", "s", "r", "l", "c")

LENGTH = """
def score_texts(texts):
    return [len(text) for text in texts]
"""

DARKNESS = """
DIRECTION = "lower"
import numpy as np
def score_images(images):
    assert all(image.mode == "RGB" for image in images)
    return [255 - np.asarray(image, dtype="float64").mean() for image in images]
"""


@dataclass(frozen=True)
class Grey:
    """An image of one grey, or a broken one."""

    name: str
    value: int | None

    def load(self) -> Image.Image:
        if self.value is None:
            raise OSError("broken")
        return Image.new("L", (20, 10), self.value)


def texts(count: int = 1200) -> ItemData:
    contents = ["x" * (1 + (i * 7919) % 997) for i in range(count)]
    ids = tuple(f"t{i}" for i in range(count))
    return ItemData(ids, contents, tuple(float(i % 2) for i in range(count)), ids)


def images(*broken: int, on_error: str = "error", count: int = 150) -> ItemData:
    ids = tuple(f"i{i}" for i in range(count))
    contents = [Grey(name, None if i in broken else i) for i, name in enumerate(ids)]
    return ItemData(ids, contents, tuple(map(float, range(count))), ids, on_error=on_error)


def unused(*_: Any) -> Any:
    raise AssertionError("the engine neither loads nor scores")


def run(folder: Path, source: str, data: ItemData, capability: str, device: str = "cpu") -> Any:
    model = folder / "model.py"
    folder.mkdir(exist_ok=True)
    model.write_text(source)
    (folder / "run").mkdir()
    spec = ModelSpec("python", str(model), {}, "float32")
    given = capability.partition("_")[2]
    task = Task("s/t", "1", "s", given, ("m",), CARD, unused, unused)
    loaded = LoadedTask(task, data, "f", None)
    devices = parse_devices(device, usable=("cpu", "cuda"))
    with Crew(spec, devices, batch_settings("cpu", None, None)) as crew:
        place = RunFolder(folder / "run")
        done = run_task(crew, place, loaded, capability=capability, title="t")
    return done.rows, done.journal


def test_texts_are_scored_in_canonical_order(tmp_path: Path) -> None:
    data = texts()
    scores, journal = run(tmp_path, LENGTH, data, "score_texts")
    assert scores.tolist() == [len(text) for text in data.contents]
    assert journal.latency is not None
    assert journal.latency["protocol"] == "one text per call"
    assert len(list((tmp_path / "run").glob("parts-*/*.npy"))) > 1


def test_images_are_scored_in_canonical_order_and_decoded_to_rgb(tmp_path: Path) -> None:
    scores, _ = run(tmp_path, DARKNESS, images(), "score_images")
    np.testing.assert_allclose(scores, 255 - np.arange(150))


def test_an_image_that_cannot_be_decoded_is_named(tmp_path: Path) -> None:
    with pytest.raises(PartsError, match=r"image i70: .*broken.*--on-error worst-rank"):
        run(tmp_path, DARKNESS, images(70), "score_images")


def test_worst_rank_keeps_the_others_and_marks_the_failed(tmp_path: Path) -> None:
    data = images(3, 149, on_error="worst-rank")
    scores, _ = run(tmp_path, DARKNESS, data, "score_images")
    assert np.flatnonzero(np.isnan(scores)).tolist() == [3, 149]
    assert scores[4] == 251


@pytest.mark.parametrize("value", ["float('nan')", "float('inf')"])
def test_scores_that_are_not_finite_name_their_items(tmp_path: Path, value: str) -> None:
    source = f"def score_texts(texts):\n    return [{value} if len(t) == 1 else 0.5 for t in texts]"
    with pytest.raises(PartsError, match=r"2 of 5 parts .*NaN or infinite: 't0'"):
        run(tmp_path, source, texts(), "score_texts")


def test_wrong_counts_are_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidError, match=r"score_texts\(\) returned shape \(1,\)"):
        run(tmp_path, "def score_texts(texts):\n    return [1.0]", texts(300), "score_texts")


MEAN = MetricCard("mean", "mean score", "higher", None, None, "volts")


def mean_score(task: Task, data: ItemData, scores: Any, scoring: Scoring) -> Scored:
    """Scoring of a suite of one's own: the mean score, nothing else."""
    value = float(np.mean(scores)) * (1 if scoring.direction == "higher" else -1)
    metric = MetricResult("mean", value, None, None, len(scores), MEAN, "no interval wanted")
    return Scored(
        metrics=(metric,),
        intervals=IntervalMethod(method="none", level=0.95, replicates=1, seed=0, clusters=3),
        columns={"gold": data.gold, "nothing": [None] * len(scores)},
        files={"side": {"name": ["a"], "value": [1.5]}},
        replicates={"mean": np.array([1.0, np.nan])},
        extra={"note.json": b"{}\n"},
    )


def task(data: ItemData) -> Task:
    return Task("s/t", "1", "s", "texts", ("mean",), CARD, lambda _: data, mean_score)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("p.csv", "id,score\nt2,3\nt0,1\nt1,2\n"),
        ("p.jsonl", '{"id": "t2", "score": 3}\n{"id": "t0", "score": 1}\n{"id": "t1", "score": 2}'),
        ("p.json", json.dumps([{"id": f"t{i}", "score": i + 1} for i in (1, 0, 2)])),
    ],
)
def test_predictions_made_elsewhere_are_scored(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    _, record = score_file(
        task(texts(3)),
        LoadRequest(),
        predictions=tmp_path / name,
        model_name="m",
        comparable=True,
        direction="lower",
        out=tmp_path / "runs",
    )
    assert record.primary.value == -2
    assert record.model.direction == "lower"
    assert [file.file for file in record.files] == [
        "note.json", "replicates.parquet", "side.parquet"
    ]  # fmt: skip
    folder = next((tmp_path / "runs").rglob("record.json")).parent
    assert read_table(folder / "replicates.parquet") == {"mean": [1.0, None]}
    assert read_table(folder / "groups.parquet")["item"] == ["t0", "t1", "t2"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id,score\nt0,1\n", "2 of 3 items have no score"),
        ("id,score\nt0,1\nt0,2\nt1,1\nt2,1\n", "1 rows stand twice: 't0'"),
        ("id,score\nt0,1\nt1,1\nt2,1\nt9,1\n", "1 rows are not items of the task: 't9'"),
        ("id,score\nt0,1\nt1,nan\nt2,1\n", "1 scores are NaN or infinite: 't1'"),
        ("id,score\nt0,high\n", "row 1: score 'high' is not a number"),
        ("name,score\nt0,1\n", "row 1: no id and score"),
    ],
)
def test_predictions_that_cannot_be_used_are_one_line(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "p.csv"
    path.write_text(text)
    with pytest.raises((InvalidError, IncompleteError), match=said):
        score_file(
            task(texts(3)),
            LoadRequest(),
            predictions=path,
            model_name="m",
            comparable=True,
            direction="higher",
            out=tmp_path / "runs",
        )


def test_a_file_that_is_not_json_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "p.json").write_text("{")
    with pytest.raises(InvalidError, match="cannot be read as predictions"):
        read_item_scores(tmp_path / "p.json")


def test_the_fingerprint_knows_texts_labels_and_facts() -> None:
    base = load_task(task(texts(3)), LoadRequest()).fingerprint
    data = texts(3)
    others = [
        ItemData(data.ids, ["other", *data.contents[1:]], data.gold, data.clusters),
        ItemData(data.ids, data.contents, (1.0, *data.gold[1:]), data.clusters),
        ItemData(data.ids, data.contents, data.gold, data.clusters, facts={"scale": 5}),
        ItemData(data.ids, data.contents, data.gold, data.clusters, {"domain": ("a", "b", "c")}),
    ]
    found = {load_task(task(other), LoadRequest()).fingerprint for other in others}
    assert len(found | {base}) == 5
    notes = ItemData(data.ids, data.contents, data.gold, data.clusters, notes={"odd": 1})
    assert load_task(task(notes), LoadRequest()).fingerprint == base
