"""A folder of train-baseline's form that asks for endless work, or for other figures every time."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.baselines.classifiers import ESTIMATORS, Baseline, manifest_of, parameters_of, save
from harness.errors import InvalidError

NAN = float("nan")
BAD: dict[str, dict[str, tuple[Any, ...]]] = {
    "random-forest": {
        "n_estimators": (10**9, 0, True, 10.0, "100", None),
        "n_jobs": (-1, 10**6, None),
        "random_state": (None, -1, 2**32, 0.0, [1]),
    },
    "logistic-regression": {"C": (NAN, float("inf"), 0, -1, "1", True), "max_iter": (10**9, 0)},
    "svc": {"kernel": ("precomputed", "os.system", 1, ["rbf"]), "gamma": (NAN, "x", 0, 1e300)},
}
CASES = [(model, name, value) for model, of in BAD.items() for name, v in of.items() for value in v]


def folder(path: Path, model: str, **changed: Any) -> Path:
    parameters = parameters_of(model, 7) | changed
    save(Baseline(model, ["a", "b"], (0, 1), ("x", "y"), {}, features="word"), path)
    about = json.loads((path / "manifest.json").read_text())
    (path / "manifest.json").write_text(json.dumps(about | {"parameters": parameters}))
    return path


@pytest.mark.parametrize("model", ESTIMATORS)
def test_those_that_are_written_are_taken(tmp_path: Path, model: str) -> None:
    assert manifest_of(str(folder(tmp_path, model)))["parameters"] == parameters_of(model, 7)


@pytest.mark.parametrize(("model", "name", "value"), CASES)
def test_others_are_refused(tmp_path: Path, model: str, name: str, value: Any) -> None:
    with pytest.raises(InvalidError, match="unusable value of parameters"):
        manifest_of(str(folder(tmp_path, model, **{name: value})))
