"""Sets through ``datasets``: local folders in place of the hub, no network."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from harness.data.asked import LoadRequest
from harness.errors import UsageError
from harness.tasks.hub import Hub, read_hub
from suites.detection import loading
from suites.detection.pins import pins

RAID = next(pin for pin in pins() if pin.id == "detection/raid-test")


def test_without_the_package_one_line_says_how_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(UsageError, match=r"pip install .*\[datasets\]"):
        loading.load_pinned(RAID, LoadRequest())


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hub:
    pytest.importorskip("datasets")
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")
    folder = tmp_path / "repository"
    folder.mkdir()
    rows = [{"id": "a", "generation": "one"}, {"id": "b", "generation": None}]
    (folder / "test.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return Hub(repository=str(folder), revision="0" * 40)


def test_the_same_texts_as_from_files(repository: Hub, tmp_path: Path) -> None:
    data = loading.load_pinned(replace(RAID, hub=repository), LoadRequest())
    local = loading.load_pinned(RAID, LoadRequest(data=Path(repository.repository)))
    assert data.ids == local.ids == ("a", "b")
    assert data.contents == local.contents == ("one", "")
    assert data.notes == {"empty_texts": 1}
    assert data.origin["revision"] == "0" * 40


def test_a_split_that_is_not_there_is_named(repository: Hub) -> None:
    with pytest.raises(UsageError, match="has no split train or extra, only test"):
        next(read_hub(repository, ("train", "extra"), "0" * 40, "detection/x"))


def test_what_the_library_cannot_load_is_one_line(tmp_path: Path) -> None:
    pytest.importorskip("datasets")
    hub = Hub(repository=str(tmp_path / "nowhere"), revision="0" * 40)
    with pytest.raises(UsageError, match="cannot be loaded through datasets") as raised:
        next(read_hub(hub, ("test",), "0" * 40, "detection/x"))
    assert "\n" not in str(raised.value)
