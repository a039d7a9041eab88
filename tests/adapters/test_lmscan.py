from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from harness.adapters.lmscan import ADAPTER
from harness.capabilities import capabilities_of
from harness.errors import UsageError

lmscan = pytest.importorskip("lmscan", reason="needs marginbench[detectors]")

MACHINE = (
    "Moreover, it is important to note that this tapestry underscores a pivotal, multifaceted "
    "landscape. Furthermore, it is crucial to delve into these intricate, robust dynamics. "
) * 4
PERSON = (
    "I didn't go. Rain! Who'd walk three miles for a bun, eh? My knees hurt anyway, so no. " * 4
)


def test_scores_are_the_package_s_own(load_with: Callable[..., Any]) -> None:
    model = load_with(ADAPTER, "")
    scores = model.score_texts([MACHINE, PERSON])
    expected = [lmscan.scan(text).ai_probability for text in (MACHINE, PERSON)]
    np.testing.assert_array_equal(scores, np.array(expected))
    assert scores[0] > scores[1]
    assert capabilities_of(model) == ADAPTER.capabilities("")


def test_odd_texts_have_finite_scores(load_with: Callable[..., Any]) -> None:
    scores = load_with(ADAPTER, "").score_texts(["", " \n", "word", "日本語", "7 7 7"])
    assert np.isfinite(scores).all()
    assert scores.dtype == np.float64


def test_identity() -> None:
    assert ADAPTER.identify("", {}).details["package"].startswith("lmscan ")
    with pytest.raises(UsageError, match="no checkpoint"):
        ADAPTER.identify("x", {})
