from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from harness.adapters import bm25, first_stage
from harness.capabilities import capabilities_of
from harness.errors import UsageError


@pytest.mark.parametrize("module", [bm25, first_stage])
def test_scores_come_back_unchanged(module: Any, load_with: Callable[..., Any]) -> None:
    adapter = module.ADAPTER
    model = load_with(adapter, "")
    scores = model.keep_first_stage((3.5, 3.5, -1.25))
    assert scores.dtype == np.float64
    assert scores.tolist() == [3.5, 3.5, -1.25]
    assert capabilities_of(model) == adapter.capabilities("") == {"keep_first_stage"}
    assert not adapter.scores_compare_across_queries
    assert model.keep_first_stage(()).shape == (0,)


@pytest.mark.parametrize("module", [bm25, first_stage])
def test_a_checkpoint_is_refused(module: Any, load_with: Callable[..., Any]) -> None:
    adapter = module.ADAPTER
    with pytest.raises(UsageError, match=f"{adapter.name} takes no checkpoint.*'./ckpt'"):
        adapter.identify("./ckpt", {})
    with pytest.raises(UsageError, match="takes no checkpoint"):
        load_with(adapter, "./ckpt")


def test_both_names_are_the_same_method() -> None:
    one, other = bm25.ADAPTER.identify("", {}), first_stage.ADAPTER.identify("", {})
    assert one.digest == other.digest
    assert (one.name, other.name) == ("bm25", "first-stage")
