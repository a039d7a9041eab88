"""Files of other tools in which a thing stands several times: one figure, one scorer, one table."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.cli import run
from harness.errors import InvalidError
from harness.tasks.results import read_results


def put(folder: Path, files: dict[str, Any]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = "".join(json.dumps(row) + "\n" for row in content)
        path.write_text(lines if name.endswith(".jsonl") else json.dumps(content))
    return folder


def taken(folder: Path, kind: str, place: Path) -> int:
    return run(["import", kind, str(place), "--out", str(folder / "out")])


def sample(name: int, **scores: object) -> dict[str, Any]:
    return {"id": name, "epoch": 1, "scores": {k: {"value": v} for k, v in scores.items()}}


def log(*samples: dict[str, Any]) -> dict[str, Any]:
    about = {"task": "T", "model": "M", "created": "2026-01-01"}
    return {"version": 2, "status": "success", "eval": about, "samples": list(samples)}


def bundle(name: str, **score: float) -> dict[str, Any]:
    own = {"name": name, "samples": 1, "scores": {"acc": {"value": 0.5, **score}}}
    return {"benchmark": own, "config": {"model": "M"}}


REWARDS = [{"problem_idx": 0, "repeat": 0, "reward": 1}]


def test_of_several_scorers_one_is_read_whatever_their_order(tmp_path: Path) -> None:
    samples = (sample(1, a="C", b="I"), sample(2, b="I", a="C"))
    put(tmp_path, {"log.json": log(*samples)})
    assert read_results(tmp_path / "log.json") == {"1": "right", "2": "right"}
    assert taken(tmp_path, "inspect", tmp_path / "log.json") == 0
    assert [path.name for path in (tmp_path / "out/items").iterdir()] == ["T.accuracy.jsonl"]


def test_samples_of_another_scorer_are_refused(tmp_path: Path) -> None:
    put(tmp_path, {"log.json": log(sample(1, a="C"), sample(2, b="C"))})
    with pytest.raises(InvalidError, match="no score by 'a'"):
        read_results(tmp_path / "log.json")
    assert taken(tmp_path, "inspect", tmp_path / "log.json") == 1


def test_letters_and_numbers_of_one_scorer_are_one_table(tmp_path: Path) -> None:
    put(tmp_path, {"log.json": log(sample(1, a="C"), sample(2, a=0.0))})
    assert taken(tmp_path, "inspect", tmp_path / "log.json") == 0
    (table,) = (tmp_path / "out/items").iterdir()
    values = [json.loads(line)["value"] for line in table.read_text().splitlines()]
    assert values == [1.0, 0.0]


def test_rewards_of_two_bundles_in_one_folder_are_nobodys(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {"eval-a.json": bundle("A"), "eval-b.json": bundle("B"), "results.jsonl": REWARDS}
    assert taken(tmp_path, "nemo", put(tmp_path / "both", files)) == 2
    assert "a folder of its own" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_an_interval_whose_ends_are_the_wrong_way_round_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    turned = bundle("A", ci_lower=0.9, ci_upper=0.1)
    place = put(tmp_path / "a", {"eval-a.json": turned, "results.jsonl": REWARDS})
    assert taken(tmp_path, "nemo", place) == 1
    assert "above the upper one" in capsys.readouterr().err


@pytest.mark.parametrize(("second", "code"), [(0.5, 0), (0.9, 1)])
def test_two_values_of_one_figure_of_mteb_are_refused(
    tmp_path: Path, second: float, code: int
) -> None:
    def result(value: float) -> dict[str, Any]:
        return {
            "task_name": "T",
            "scores": {"test": [{"hf_subset": "default", "main_score": value}]},
        }

    files = {"m/r/T.json": result(0.5), "m/r/copy.json": result(second)}
    assert taken(tmp_path, "mteb", put(tmp_path / "r", files)) == code


def test_a_file_that_a_card_describes_twice_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = {"@type": "cr:FileObject", "@id": "f", "contentUrl": "a.csv", "sha256": "0" * 64}
    both = [file, {**file, "sha256": "1" * 64}]
    card = {"@context": {}, "@type": "Dataset", "name": "n", "distribution": both}
    assert taken(tmp_path, "croissant", put(tmp_path, {"c.json": card}) / "c.json") == 1
    assert "'f' stands twice" in capsys.readouterr().err
