from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.adapters.zippy import ADAPTER, ENGINES, parts
from harness.capabilities import capabilities_of
from harness.errors import UsageError

pytest.importorskip("zippy", reason="needs marginbench[detectors]")

SHORT = "The committee met on Tuesday, and (as before) it could not agree on anything at all. " * 3
LONG = "".join(f"Sentence {i} speaks of rivers, of {i * 7} bridges and of tea. " for i in range(40))

Load = Callable[..., Any]


@pytest.mark.parametrize("engine", ENGINES)
def test_scores_are_the_package_s_own(engine: str, load_with: Load) -> None:
    from zippy import zippy

    package = zippy.Zippy(zippy.CompressionEngine[engine.upper()])
    model = load_with(ADAPTER, "", engine=engine)
    texts = [SHORT, LONG[:2500]]  # two chunks at most: the package forks for more
    scores = model.score_texts(texts)
    for text, score in zip(texts, scores, strict=True):
        label, confidence = package.run_on_text_chunked(text)
        assert score == (confidence if label == "AI" else -confidence)
    assert scores.dtype == np.float64
    assert capabilities_of(model) == ADAPTER.capabilities("")
    assert model.resolved["engine"] == engine


@pytest.mark.parametrize("length", [0, 1, 100, 261, 262, 263, 20_000, 70_000])
def test_kept_zlib_state_changes_no_score(length: int) -> None:
    from zippy import zippy

    from harness.adapters.zippy import _zlib_delta

    text = zippy.clean_text(LONG * 40)[:length]
    label, confidence = zippy.ZlibLlmDetector(prelude_str=zippy.PRELUDE_STR).score_text(text)
    assert _zlib_delta()(text) == (confidence if label == "AI" else -confidence)


def test_text_the_package_was_seeded_with_scores_as_machine_made(load_with: Load) -> None:
    from zippy import zippy

    model = load_with(ADAPTER, "")
    noise = "".join(random.Random(0).choices("abcdefghijklmnopqrstuvwxyz ", k=1000))
    seeded, other = model.score_texts([zippy.PRELUDE_STR[5000:6000], noise])
    assert seeded > 0 > other


def test_odd_texts_have_finite_scores(load_with: Load) -> None:
    model = load_with(ADAPTER, "")
    scores = model.score_texts(["", "\n\t", "日本語", "x" * 5000, "\ud800 a"])
    assert np.isfinite(scores).all()
    assert (scores[0], scores[2]) == (0, 0)
    assert model.score_texts([]).shape == (0,)


def test_parts_lose_only_single_spaces() -> None:
    assert parts("aaa bbb ccc", 4) == ["aaa", "bbb", "ccc"]
    assert parts("aaaabbbb cc", 4) == ["aaaa", "bbbb", "cc"]
    assert parts("short", 100) == ["short"]
    assert " ".join(parts(LONG, 100)) == LONG


def test_identity_follows_the_seed_and_bad_options_are_named() -> None:
    identity = ADAPTER.identify("", {"engine": "zlib"})
    assert identity.name == "zippy-zlib"
    assert len(identity.digest) == 64
    with pytest.raises(UsageError, match=r"unknown engine 'zlibb'.*'zlib'"):
        ADAPTER.identify("", {"engine": "zlibb"})
    with pytest.raises(UsageError, match="no checkpoint"):
        ADAPTER.identify("x", {})
    with pytest.raises(UsageError, match="chunk"):
        ADAPTER.identify("", {"chunk": 0})


@pytest.mark.shared_data
def test_above_chance_on_news_and_prose(shared_data: Path, load_with: Load) -> None:
    from sklearn.metrics import roc_auc_score

    path = shared_data / "detection" / "fastdetectgpt" / "texts_exp_gpt3to4.jsonl"
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()][::9]
    scores = load_with(ADAPTER, "").score_texts([row["text"] for row in rows])
    assert 0.65 < roc_auc_score([row["label"] for row in rows], scores) < 0.8
