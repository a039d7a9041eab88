"""Detection sets on real data with known counts."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from harness.data.asked import LoadRequest
from suites.detection.folder import read_own
from suites.detection.loading import load_pinned
from suites.detection.pins import pins

pytestmark = pytest.mark.shared_data


def test_outfox(shared_data: Path) -> None:
    pin = next(pin for pin in pins() if pin.id == "detection/outfox")
    data = load_pinned(pin, LoadRequest(data=shared_data / "detection"))
    names = [data.columns[name] for name in ("split", "generator", "attack")]
    machines = ("chatgpt", "text_davinci_003", "flan_t5_xxl")
    expected = {(split, "human", "none"): 500 for split in ("calibration", "test")}
    expected |= {(s, m, "none"): 500 for s in ("calibration", "test") for m in machines}
    expected |= {("test", m, "dipper"): 500 for m in machines}
    expected[("test", "chatgpt", "outfox")] = 500
    assert Counter(zip(*names, strict=True)) == expected
    assert sum(data.gold) == 5000
    assert len(set(data.clusters)) == 997  # prompts, three of which several essays share
    small = load_pinned(pin, LoadRequest(data=shared_data / "detection", limit=3))
    assert Counter(small.columns["split"]) == {"calibration": 3, "test": 3}
    assert set(small.gold) == {0.0, 1.0}


def test_fast_detect_gpt(shared_data: Path) -> None:
    data = read_own(shared_data / "detection" / "fastdetectgpt" / "texts_exp_gpt3to4.jsonl")
    assert data.item_count == 2700
    assert sum(data.gold) == 1350
    assert Counter(data.columns["domain"]) == {"pubmed": 900, "writing": 900, "xsum": 900}
    machines = {"davinci": 450, "gpt-3.5-turbo": 450, "gpt-4": 450}
    assert Counter(data.columns["generator"]) == {"human": 1350, **machines}
    assert len(set(data.clusters)) == 1350
    assert data.notes["texts_in_both_classes"] == 2
