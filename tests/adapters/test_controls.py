"""Control rows: chance, a constant, length and the labels, and where there can be none."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from harness.adapters import adapters
from harness.errors import UsageError
from harness.records.bars import CONTROLS, control_of
from harness.records.record import Record, read_record
from tests.cli.conftest import Command, collection, command, model_file

__all__ = ["collection", "command", "model_file"]

TEXTS = [f"text number {n}" for n in range(400)]


def made(name: str, checkpoint: str = "", **options: Any) -> Any:
    return adapters().get(name).load(checkpoint, device="cpu", dtype="float32", **options)


def pictures(count: int) -> list[Image.Image]:
    random = np.random.default_rng(5)
    return [
        Image.fromarray(random.integers(0, 256, (4, 5 + n % 3, 3), dtype=np.uint8))
        for n in range(count)
    ]


def test_chance_follows_from_seed_and_content_alone() -> None:
    model = made("random", seed=0)
    whole = model.score_texts(TEXTS)
    assert model.score_texts(TEXTS[::-1])[::-1].tolist() == whole.tolist()
    assert made("random", seed=0).score_texts(TEXTS[7:9]).tolist() == whole[7:9].tolist()
    other = made("random", seed=1).score_texts(TEXTS)
    assert abs(np.corrcoef(whole, other)[0, 1]) < 0.2
    assert len(set(whole.tolist())) == len(TEXTS)
    # The mean of 400 even numbers has a standard deviation of 0.0144.
    assert abs(whole.mean() - 0.5) < 5 * 0.0144
    pairs = model.score_pairs([("ab", "c"), ("a", "bc"), ("ab", "c")])
    assert pairs[0] == pairs[2] != pairs[1]  # where one text ends counts


def test_random_directions_lean_nowhere() -> None:
    found = made("random", seed=3).embed_texts(TEXTS, kind="document")
    assert found.shape == (400, 64)
    assert found.dtype == np.float32
    flat = found.astype(float).ravel()
    assert abs(flat.mean()) < 5 / np.sqrt(flat.size)
    assert abs(flat.var() - 1) < 5 * np.sqrt(2 / flat.size)
    unit = found / np.linalg.norm(found, axis=1, keepdims=True)
    cosines = (unit @ unit.T)[np.triu_indices(400, 1)]
    assert abs(cosines.mean()) < 0.005
    images = made("random", seed=3).embed_images(pictures(3))
    assert len({tuple(row) for row in images.tolist()}) == 3


def test_classes_are_drawn_evenly_and_a_constant_says_the_first(tmp_path: Path) -> None:
    file = tmp_path / "classes.txt"
    file.write_text("cat\ndog\nfish\nbird\n")
    model = made("random", str(file), seed=0)
    assert model.labels == ("cat", "dog", "fish", "bird")
    counts = Counter(model.classify_texts(TEXTS).argmax(axis=1).tolist())
    assert set(counts) == {0, 1, 2, 3}
    assert max(abs(count - 100) for count in counts.values()) < 5 * np.sqrt(400 * 0.25 * 0.75)
    constant = made("constant", "cat,dog")
    assert constant.labels == ("cat", "dog")
    assert constant.classify_images(pictures(3)).argmax(axis=1).tolist() == [0, 0, 0]
    assert set(constant.score_texts(TEXTS)) == {0.0}


@pytest.mark.parametrize("checkpoint", ["cat", "cat,cat", ","])
def test_classes_that_are_none_are_refused(checkpoint: str) -> None:
    with pytest.raises(UsageError, match="random:a,b,c"):
        adapters().get("random").identify(checkpoint, {"seed": 0})


def test_length_counts_characters_and_pixels() -> None:
    model = made("length")
    assert model.score_texts(["", "abc", "äß€"]).tolist() == [0, 3, 3]
    assert model.score_pairs([("a long query", "ab"), ("q", "abcd")]).tolist() == [2, 4]
    assert model.score_images(pictures(3)).tolist() == [20, 24, 28]


@pytest.mark.parametrize("name", ["random", "constant", "length", "oracle"])
def test_each_says_that_it_is_a_control(name: str) -> None:
    adapter = adapters().get(name)
    found = adapter.identify("", {"seed": 4} if name == "random" else {})
    assert control_of(found.details) == name
    assert name in CONTROLS
    assert found.name == ("random, seed 4" if name == "random" else name)


def records(out: Path) -> dict[str, Record]:
    found = map(read_record, out.rglob("record.json"))
    return {record.model.adapter: record for record in found}


def test_of_lists_the_oracle_is_what_no_reranker_exceeds(
    command: Command, collection: Path, tmp_path: Path
) -> None:
    """Each query has one relevant document: its best nDCG is the share of lists that hold it."""
    out = tmp_path / "runs"
    answer = command(
        *("evaluate", "-q", "--model", "oracle,random,length,bm25", "--task", "reranking/folder"),
        *("--data", collection, "--out", out),
    )
    assert answer.code == 0, answer.err
    found = records(out)
    recall = next(
        metric
        for metric in found["bm25"].first_stage.metrics  # type: ignore[union-attr]
        if metric.name.startswith("R@100")
    )
    assert recall.value is not None
    best = found["oracle"].primary.value
    assert best == pytest.approx(recall.value, abs=1e-12)
    assert all(record.primary.value <= best for record in found.values())  # type: ignore[operator]


def test_of_pairs_that_people_chose_between_the_oracle_is_right(
    command: Command, tmp_path: Path
) -> None:
    pytest.importorskip("networkx")
    answer = command(
        *("evaluate", "-q", "--model", "oracle,constant", "--task"),
        *("preference/docstrings/networkx", "--limit", 30, "--out", tmp_path, "--seed", 4),
    )
    assert answer.code == 0, answer.err
    found = records(tmp_path)
    assert (found["oracle"].primary.value, found["constant"].primary.value) == (1, 0)
    assert found["oracle"].intervals.seed == 4


def test_of_texts_and_classes_the_oracle_is_right(command: Command, tmp_path: Path) -> None:
    rows = [{"text": f"{'word ' * (n % 9)}{n}", "label": n % 2} for n in range(120)]
    path = tmp_path / "texts.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    out = tmp_path / "runs"
    line = ("evaluate", "-q", "--model", "oracle,random", "--out", out)
    assert command(*line, "--task", "detection/folder", "--data", path).code == 0
    found = records(out)
    assert found["oracle"].primary.value == 1
    auroc = found["random"].metric("AUROC")
    assert auroc is not None
    assert auroc.value is not None
    assert abs(auroc.value - 0.5) < 5 * np.sqrt(121 / (12 * 60 * 60))  # Mann and Whitney


def test_of_opinions_where_lower_is_better_the_oracle_is_turned_round(
    command: Command, tmp_path: Path
) -> None:
    for number, image in enumerate(pictures(12)):
        image.save(tmp_path / f"{number}.png")
    for column, out in (("mos", "a"), ("dmos", "b")):
        lines = [f"image,{column}", *(f"{n}.png,{n * n + 0.5}" for n in range(12))]
        (tmp_path / f"{column}.csv").write_text("\n".join(lines) + "\n")
        answer = command(
            *("evaluate", "-q", "--model", "oracle", "--task", "image-quality/folder"),
            *("--data", tmp_path / f"{column}.csv", "--out", tmp_path / out),
        )
        assert answer.code == 0, answer.err
        assert records(tmp_path / out)["oracle"].primary.value == pytest.approx(1)


def test_without_labels_and_of_embeddings_there_is_no_oracle(
    command: Command, tmp_path: Path
) -> None:
    path = tmp_path / "texts.jsonl"
    path.write_text("".join(json.dumps({"text": f"text {n}"}) + "\n" for n in range(9)))
    line = ("evaluate", "--model", "oracle", "--out", tmp_path / "runs", "--task")
    hidden = command(*line, "detection/folder", "--data", path)
    assert hidden.code == 2
    assert "its labels are not at hand, so there is no oracle" in hidden.err
    near = command(*line, "consistency/faces")
    assert near.code == 2
    assert "asks for an embedding" in near.err


def test_a_run_again_gives_the_same_answers(
    command: Command, collection: Path, model_file: Callable[..., Path], tmp_path: Path
) -> None:
    del model_file
    files = []
    for out, batch in (("a", "3"), ("b", "64")):
        answer = command(
            *("evaluate", "-q", "--model", "random", "--task", "reranking/folder", "--data"),
            *(collection, "--out", tmp_path / out, "--batch-items", batch),
        )
        assert answer.code == 0, answer.err
        files.append(next((tmp_path / out).rglob("predictions.parquet")).read_bytes())
    assert files[0] == files[1]
