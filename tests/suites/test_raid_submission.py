"""What RAID's board takes by pull request."""

from __future__ import annotations

import json

import numpy as np
import pytest

from harness.data import ItemData
from harness.nouns import Task, TaskCard
from harness.records.scored import Scored, Scoring
from suites.detection import protocol
from suites.detection.raid_submission import REQUIRED, metadata_json, predictions_json
from suites.detection.scoring import score

CARD = TaskCard("t", "d", "s", "r", "l", "c")


def _hidden(task_id: str) -> Scored:
    items = ItemData(("a", "b"), ["x", "y"], (), ("a", "b"))
    task = Task(task_id, "1", "detection", "texts", protocol.METRICS, CARD, lambda _: items, score)
    return score(task, items, np.array([0.5, 2], dtype=np.float32), Scoring())


def test_metadata_has_the_fields_of_the_template() -> None:
    """Source: leaderboard/template-metadata.json of liamdugan/raid at commit 97706fe."""
    found = json.loads(metadata_json())
    assert list(found) == [
        "date_released",
        "detector_name",
        "website",
        "paper_link",
        "huggingface_link",
        "github_link",
        "contact_info",
    ]
    assert set(found.values()) == {""}
    assert set(REQUIRED) <= set(found)


def test_predictions_read_back_to_the_bit() -> None:
    scores = np.array([0.1, -np.pi, 1e-300])
    rows = json.loads(predictions_json(["x", "y", "z"], scores))
    assert [row["id"] for row in rows] == ["x", "y", "z"]
    assert [row["score"] for row in rows] == scores.tolist()
    with pytest.raises(ValueError, match="Out of range"):
        predictions_json(["x"], np.array([np.nan]))


def test_both_files_are_written_for_raid_and_one_for_other_hidden_labels() -> None:
    assert set(_hidden("detection/raid-test").extra) == {"predictions.json", "metadata.json"}
    assert set(_hidden("detection/folder/mine").extra) == {"predictions.json"}
