"""The invariance row of single texts, of classes, and of images."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.engine.invariance import chosen
from tests.engine.test_engine import task_of
from tests.engine.test_invariance import TEXTS, measured
from tests.engine.test_items import images, texts


@pytest.mark.parametrize(("term", "moved"), [("0", 0), ("(len(texts) - 1) * (len(t) % 3)", 1)])
def test_single_texts(tmp_path: Path, term: str, moved: int) -> None:
    source = f"""
        def score_texts(texts):
            return [len(t) + 1000 * ({term}) for t in texts]
    """
    found = measured(tmp_path, source, texts(), "score_texts", task=TEXTS)
    assert (found.lists, found.items, found.judged, found.measured) == (None, 24, "rank", "score")
    assert found.batch is not None
    assert found.batch.changed is not None
    assert (found.batch.changed > 0.5) is bool(moved)
    assert found.batch.first_changed is None
    assert found.order is not None
    assert found.order.changed == 0


def test_classes(tmp_path: Path) -> None:
    source = """
        labels = ["a", "b"]

        def classify_texts(texts):
            return [[0.0, (len(t) % 2) - 0.5 + (len(texts) == 1)] for t in texts]
    """
    data = replace(texts(), classes=("a", "b"))
    found = measured(tmp_path, source, data, "classify_texts", task=task_of("texts", "class"))
    assert (found.judged, found.measured) == ("class", "confidence")
    assert found.batch is not None
    even = [len(t) % 2 == 0 for t in chosen(data, 1200, listwise=False).contents]  # type: ignore[attr-defined]
    assert found.batch.changed == sum(even) / len(even)
    assert found.batch.difference is not None
    assert found.batch.difference > 0.1
    assert found.batch.tau is None


@pytest.mark.parametrize("lost", [(), tuple(range(0, 150, 2))])
def test_images_and_those_that_cannot_be_answered_for(tmp_path: Path, lost: Any) -> None:
    source = """
        import numpy as np

        def embed_images(images):
            return [[np.asarray(i, dtype="float64").mean() + 1, 10.0] for i in images]
    """
    data = images(*lost, on_error="worst-rank" if lost else "error")
    found = measured(tmp_path, source, data, "embed_images", task=task_of("images", "embedding"))
    assert (found.judged, found.measured, found.items) == ("nearest neighbour", "1 - cosine", 8)
    assert found.batch is not None
    assert (found.batch.changed, found.batch.one_sided) == (0, 0)
    assert found.batch.difference == pytest.approx(0, abs=1e-12)
    assert (found.batch.n < 8) is bool(lost)
