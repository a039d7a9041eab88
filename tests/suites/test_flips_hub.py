"""Sets of the hub, read by ``datasets`` from a local folder: labels by name, pictures, bad pins."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from harness.data.asked import LoadRequest
from harness.errors import InvalidError, UsageError
from harness.tasks.hub import Hub
from suites.flips.hub import Pin, load_pinned, pins

NAMES = ["cat", "dog", "fox"]
Make = Callable[..., Pin]


@pytest.fixture
def local(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """A pin whose repository is a folder with one Parquet file."""
    datasets = pytest.importorskip("datasets")
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")

    def make(rows: dict[str, Any], features: Any, **changes: Any) -> Pin:
        folder = tmp_path / "repository"
        folder.mkdir()
        made = datasets.Dataset.from_dict(rows, features=features)
        made.to_parquet(folder / "test.parquet")
        hub = Hub(repository=str(folder), revision="0" * 40)
        return replace(pins()[1], hub=hub, split=("test",), count=6, **changes)

    return make


def picture(level: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("L", (4, 4), level).save(buffer, "PNG")
    return buffer.getvalue()


def test_pictures_with_labels_by_name(local: Make) -> None:
    import datasets

    columns = {"img": [{"bytes": picture(40 * n), "path": None} for n in range(6)],
               "label": [n % 3 for n in range(6)]}  # fmt: skip
    features = datasets.Features(
        {"img": datasets.Image(), "label": datasets.ClassLabel(names=NAMES)}
    )
    data = load_pinned(local(columns, features), LoadRequest())
    assert data.classes == tuple(NAMES)
    assert data.gold == (0.0, 1.0, 2.0, 0.0, 1.0, 2.0)
    assert data.ids[:2] == ("test/0", "test/1")
    assert data.contents[2].load().getpixel((0, 0)) == 80
    assert data.origin["revision"] == "0" * 40


def test_texts_and_what_does_not_fit(local: Make) -> None:
    import datasets

    columns = {"text": list("abcdef"), "label": [NAMES[n % 3] for n in range(6)]}
    features = datasets.Features(
        {"text": datasets.Value("string"), "label": datasets.Value("string")}
    )
    pin = local(columns, features, kind="texts", columns={"content": "text", "label": "label"})
    data = load_pinned(pin, LoadRequest())
    assert data.contents == list("abcdef")
    assert data.classes == tuple(NAMES)
    with pytest.raises(InvalidError, match="6 items were found, 7 are pinned"):
        load_pinned(replace(pin, count=7), LoadRequest())
    wrong = replace(pin, columns={"content": "text", "label": "label_text"})
    with pytest.raises(UsageError, match="has no column 'label_text', only text, label"):
        load_pinned(wrong, LoadRequest())
    with pytest.raises(UsageError, match="has no split validation, only test"):
        load_pinned(replace(pin, split=("validation",)), LoadRequest())
