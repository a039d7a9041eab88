"""A time limit on parts, asked for by a program: workers are then processes that can be ended."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import marginbench as mb
from tests.face.conftest import TASK


def test_a_model_that_hangs_is_ended_and_one_that_answers_gives_the_same(texts: Path) -> None:
    file = texts.with_name("model.py")
    file.write_text(
        "import time\n"
        "def score_texts(texts):\n"
        "    if any('hang' in text for text in texts):\n"
        "        time.sleep(600)\n"
        "    return [float(len(text)) for text in texts]\n"
    )
    given: dict[str, Any] = {"data": texts, "quiet": True}
    plain = mb.evaluate(f"python:{file}", "detection/folder", out="plain", **given)[0]
    limited = mb.evaluate(
        f"python:{file}", "detection/folder", out="limited", part_timeout=60, **given
    )[0]
    assert limited.record.metrics == plain.record.metrics
    assert limited.record.predictions == plain.record.predictions
    texts.write_text(texts.read_text().replace("word7 ", "hang "))
    with pytest.raises(mb.MarginBenchError, match=r"did not answer within 0\.3 s"):
        mb.evaluate(f"python:{file}", "detection/folder", part_timeout=0.3, **given)
    assert limited.record.task.id == TASK
