"""Baselines fitted on the learning split of a task that is made here."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.adapters.projection import FISHERFACE, PCA
from harness.adapters.sklearn_baseline import ADAPTER as SKLEARN
from harness.data import ItemData
from harness.data.asked import LoadRequest
from harness.nouns import Task, TaskCard
from harness.tasks.images import FileImage
from tests.cli.conftest import Command

Image = pytest.importorskip("PIL.Image", reason="needs marginbench[images]")
pytest.importorskip("sklearn", reason="needs marginbench[baselines]")
CLASSES = ("ann", "bob", "cay", "never seen")
CARD = TaskCard("t", "d", "s", "r", "l", "c")


def items(contents: Sequence[Any], gold: Sequence[int]) -> ItemData:
    ids = tuple(f"i{index}" for index in range(len(contents)))
    return ItemData(ids, contents, tuple(map(float, gold)), ids, classes=CLASSES)


def task_of(data: ItemData | None, input_kind: str = "images") -> Task:
    def load(request: LoadRequest) -> ItemData:
        raise AssertionError("the test split must not be loaded")

    learn = None if data is None else (lambda request: data)
    metrics = ("accuracy",)
    return Task(
        "made/here", "1", "made", input_kind, metrics, CARD, load, load, learn=learn, asks="class"
    )


@pytest.fixture
def offer(monkeypatch: pytest.MonkeyPatch) -> Any:
    def put(task: Task) -> None:
        monkeypatch.setattr("harness.tasks.selection.find_task", lambda name: task)

    return put


@pytest.fixture
def pictures(tmp_path: Path) -> ItemData:
    draw = np.random.default_rng(1)
    patterns = draw.integers(60, 190, (3, 8, 8))
    sources = []
    for index in range(18):
        values = np.clip(patterns[index % 3] + draw.normal(0, 20, (8, 8)), 0, 255)
        path = tmp_path / f"{index}.png"
        Image.fromarray(values.astype(np.uint8)).save(path)
        sources.append(FileImage(path.name, path))
    return items(sources, [index % 3 for index in range(18)])


@pytest.fixture
def texts() -> ItemData:
    topics = ["river boat water", "loan money credit", "engine wheel road"]
    return items([f"{topics[i % 3]} {i}" for i in range(12)], [i % 3 for i in range(12)])


@pytest.mark.parametrize(
    ("method", "adapter", "dimension"), [("pca", PCA, 4), ("fisherface", FISHERFACE, 2)]
)
def test_projections(
    command: Command,
    tmp_path: Path,
    offer: Any,
    pictures: ItemData,
    method: str,
    adapter: Any,
    dimension: int,
) -> None:
    offer(task_of(pictures))
    extra = ("--dimension", 4) if method == "pca" else ()
    base = ("train-baseline", "--model", method, "--task", "made/here", "--size", 8, *extra)
    done = command(*base, "--out", tmp_path / "m")
    assert done.code == 0, done.err
    assert f"{method} of {dimension} dimensions from 18 images of 3 classes" in done.out
    details = adapter.identify(str(tmp_path / "m"), {}).details
    assert details["trained_on"] == ["made/here"]
    assert details["classes_learned"] == ["ann", "bob", "cay"]
    assert details["size"] == 8
    assert len(details["learned_fingerprint"]) == len(details["pixels_sha256"]) == 64
    model = adapter.load(str(tmp_path / "m"), device="cpu", dtype="float32")
    images = [source.load().convert("RGB") for source in pictures.contents]
    assert model.embed_images(images).shape == (18, dimension)
    assert command(*base, "--out", tmp_path / "again").code == 0
    for path in (tmp_path / "m").iterdir():
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes()


@pytest.mark.parametrize(
    "model", ["logistic-regression", "random-forest", "svc", "nearest-centroid"]
)
@pytest.mark.parametrize("kind", ["images", "texts"])
def test_classifiers(
    command: Command,
    tmp_path: Path,
    offer: Any,
    pictures: ItemData,
    texts: ItemData,
    model: str,
    kind: str,
) -> None:
    data = pictures if kind == "images" else texts
    offer(task_of(data, kind))
    out = tmp_path / "m"
    done = command("train-baseline", "--model", model, "--task", "x", "--out", out, "--seed", 5)
    assert done.code == 0, done.err
    assert f"{model} on {len(data.ids)} {kind} of 3 classes" in done.out
    assert SKLEARN.capabilities(str(out)) == {f"classify_{kind}"}
    parameters = SKLEARN.identify(str(out), {}).details["parameters"]
    assert parameters.get("random_state", 5) == 5
    loaded = SKLEARN.load(str(out), device="cpu", dtype="float32")
    contents = [s if kind == "texts" else s.load().convert("RGB") for s in data.contents]
    logits = getattr(loaded, f"classify_{kind}")(contents)
    assert list(logits.argmax(axis=1)) == list(data.gold)
    assert loaded.labels == ("ann", "bob", "cay")


def test_a_task_without_a_learning_split(command: Command, tmp_path: Path, offer: Any) -> None:
    offer(task_of(None))
    answer = command("train-baseline", "--model", "pca", "--task", "x", "--out", tmp_path / "m")
    assert answer.code == 2
    assert "made/here has no learning split" in answer.err
    assert answer.err.count("\n") == 1
    assert not (tmp_path / "m").exists()


def test_what_cannot_be_learned_from_is_one_line(
    command: Command, tmp_path: Path, offer: Any, pictures: ItemData, texts: ItemData
) -> None:
    (tmp_path / "3.png").write_bytes(b"no picture")
    cases = [
        (texts, "pca", 2, "made/here holds texts, and pca learns from images"),
        (pictures, "svc", 1, "image i3: cannot be decoded"),
        (replace(texts, gold=()), "svc", 2, "no contents with labels to learn from"),
        (replace(texts, gold=(1.0,) * 12), "svc", 2, "two classes or more"),
    ]
    for data, model, code, message in cases:
        offer(task_of(data))
        answer = command("train-baseline", "--model", model, "--task", "x", "--out", tmp_path / "m")
        assert (answer.code, message in answer.err) == (code, True), answer.err
        assert answer.err.count("\n") == 1
        assert not (tmp_path / "m").exists()


@pytest.mark.parametrize(
    ("model", "option", "value"),
    [("pca", "--seed", 1), ("fisherface", "--dimension", 3), ("tfidf", "--size", 8),
     ("svc", "--dimension", 3), ("pca", "--features", "char")],
)  # fmt: skip
def test_options_that_mean_nothing_are_refused(
    command: Command, tmp_path: Path, model: str, option: str, value: object
) -> None:
    arguments = ("--task", "x", "--model", model, option, value, "--out", tmp_path / "m")
    answer = command("train-baseline", *arguments)
    assert answer.code == 2
    assert f"{option} means nothing to --model {model}" in answer.err


def test_the_fingerprint_is_that_of_the_learning_split(
    command: Command, tmp_path: Path, offer: Any, texts: ItemData
) -> None:
    found = []
    for name, data in (
        ("a", texts),
        ("b", texts),
        ("c", items(texts.contents[:11], [0, 1, 2] * 4)),
    ):
        offer(task_of(replace(data, gold=data.gold[: len(data.ids)])))
        arguments = ("--model", "svc", "--task", "x", "--out", tmp_path / name)
        assert command("train-baseline", *arguments).code == 0
        manifest = json.loads((tmp_path / name / "manifest.json").read_text())
        found.append(manifest["facts"]["learned_fingerprint"])
    assert found[0] == found[1] != found[2]
