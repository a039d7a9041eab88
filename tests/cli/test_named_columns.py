"""``--column ROLE=NAME`` and ``--predictions-column``: the record is that of the usual names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import marginbench
from harness.cli import run
from harness.records.record import Record, read_record

RANDOM = np.random.default_rng(11)
LABELS = np.tile([0, 1], 20)
TEXTS = pd.DataFrame(
    {"id": [f"t{n}" for n in range(40)], "label": LABELS,
     "text": [f"text number {n}" for n in range(40)]}
)  # fmt: skip
SCORES = pd.DataFrame({"id": TEXTS["id"], "score": RANDOM.normal(size=40) + LABELS})
CLASSES = pd.DataFrame({"id": TEXTS["id"], "prediction": np.where(SCORES["score"] > 0.5, 1, 0)})
OPINIONS = pd.DataFrame({"image": [f"{n}.png" for n in range(8)], "mos": RANDOM.normal(size=8)})
QUALITY = pd.DataFrame({"id": OPINIONS["image"], "score": RANDOM.normal(size=8)})


def pictures(folder: Path) -> None:
    for name in OPINIONS["image"]:
        Image.new("L", (4, 4)).save(folder / name)


CASES: dict[str, tuple[pd.DataFrame, pd.DataFrame, str, dict[str, str], dict[str, str]]] = {
    "detection/folder": (
        TEXTS, SCORES, "text", {"label": "Is Fake", "text": "body"},
        {"id": "key", "score": "P(machine)"},
    ),
    "flips/predictions": (
        TEXTS.drop(columns="text"), CLASSES, "id", {"id": "uid", "label": "gold class"},
        {"prediction": "guess", "id": "uid"},
    ),
    "image-quality/folder": (
        OPINIONS, QUALITY, "image", {"image": "dist_file", "mos": "mos_quality"},
        {"score": "pred_quality"},
    ),
}  # fmt: skip


def scored(folder: Path, task: str, named: bool) -> Record:
    """The record of a task, with the usual names or with others that are told."""
    data, predictions, _, roles, answers = CASES[task]
    folder.mkdir()
    pictures(folder)
    told: list[str] = []
    if named:
        # A column of the usual name that is something else must not be taken.
        data = data.rename(columns=roles).assign(label="decoy", score=0.0)
        predictions = predictions.rename(columns=answers).assign(confidence=None)
        told = [w for role, own in roles.items() for w in ("--column", f"{role}={own.upper()}")]
        told += [
            w for role, own in answers.items() for w in ("--predictions-column", f"{role}={own}")
        ]
    data.to_csv(folder / "data.csv", index=False)
    predictions.to_csv(folder / "answers.csv", index=False)
    code = run(
        ["score", "--task", task, "--data", str(folder / "data.csv"), "--predictions",
         str(folder / "answers.csv"), "--model-name", "m", "--out", str(folder / "runs"), *told]
    )  # fmt: skip
    assert code == 0
    return read_record(next((folder / "runs").rglob("record.json")))


@pytest.mark.parametrize("task", list(CASES))
def test_the_figures_are_those_of_the_usual_names(tmp_path: Path, task: str) -> None:
    usual, told = (scored(tmp_path / str(named), task, named) for named in (False, True))
    values: list[Any] = [[(m.name, m.value, m.interval) for m in r.metrics] for r in (usual, told)]
    assert values[0] == values[1]
    assert usual.primary.value is not None
    assert usual.task.fingerprint == told.task.fingerprint or task.startswith("image")


def test_a_run_is_scored_again_as_it_was_asked_for(tmp_path: Path) -> None:
    scored(tmp_path / "set", "detection/folder", named=True)
    folder = next((tmp_path / "set").rglob("record.json")).parent
    before = read_record(folder / "record.json")
    assert run(["score", str(folder)]) == 0
    assert read_record(folder / "record.json").metrics == before.metrics


def test_the_same_in_python(tmp_path: Path) -> None:
    told = scored(tmp_path / "set", "detection/folder", named=True)
    found = marginbench.score(
        task="detection/folder",
        data=tmp_path / "set" / "data.csv",
        predictions=tmp_path / "set" / "answers.csv",
        name="m",
        column=CASES["detection/folder"][3],
        predictions_column=CASES["detection/folder"][4],
        out=tmp_path / "python",
    )
    (record,) = [one.record for one in found]
    assert record.metrics == told.metrics


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--column", "label"], "--column 'label' is not ROLE=NAME"),
        (["--column", "=x"], "is not ROLE=NAME"),
        (["--column", "label=Lable"], "data.csv has no column 'Lable'; columns there: 'id', 'lab"),
        (["--predictions-column", "score=skore"], "answers.csv has no column 'skore'"),
    ],
)
def test_columns_that_are_not_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    TEXTS.to_csv(tmp_path / "data.csv", index=False)
    SCORES.to_csv(tmp_path / "answers.csv", index=False)
    code = run(
        ["score", "--task", "detection/folder", "--data", str(tmp_path / "data.csv"),
         "--predictions", str(tmp_path / "answers.csv"), "--model-name", "m", *words]
    )  # fmt: skip
    assert code == 2
    err = capsys.readouterr().err
    assert said in err
    assert err.count("\n") == 1
