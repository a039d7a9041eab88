"""Methods and directions against the score lists that Bao et al. published with their texts."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.adapters.causal.methods import LIKELY, LOG_RANK, METHODS
from harness.metrics.thresholds.areas import auroc
from harness.metrics.thresholds.roc import roc

pytestmark = pytest.mark.shared_data

Lists = Mapping[str, Mapping[str, Any]]


@pytest.fixture(scope="module")
def cells(shared_data: Path) -> list[Lists]:
    """Of each domain and generator, the lists of GPT-Neo-2.7B by criterion."""
    found: dict[tuple[str, str], dict[str, Any]] = defaultdict(dict)
    path = shared_data / "detection" / "fastdetectgpt" / "scores_reported.jsonl"
    for line in path.read_text().splitlines():
        row = json.loads(line)
        if row["group"] == "exp_gpt3to4":
            criterion = row["method"].rpartition(".")[2]
            found[row["domain"], row["generator"]][criterion] = row
    assert len(found) == 9
    return list(found.values())


def test_lrr_is_what_follows_from_the_likelihoods_and_log_ranks(cells: list[Lists]) -> None:
    """Theirs are means over tokens, a log-rank with its sign turned so that higher is machine."""
    for lists in cells:
        for kind in ("human", "ai"):
            for likely, rank, lrr in zip(
                *(lists[name][kind] for name in ("likelihood", "logrank", "lrr")), strict=True
            ):
                sums = {LIKELY: 150 * likely, LOG_RANK: -150 * rank}
                assert METHODS["lrr"].score(sums, 150) == pytest.approx(lrr, rel=1e-6)


TURNED = {"rank": "rank", "logrank": "log-rank"}
"""Criteria that they publish with their sign turned: ours are as they are called."""


def test_directions_are_those_of_the_authors(cells: list[Lists]) -> None:
    for lists in cells:
        for criterion, method in {"likelihood": "likelihood", "lrr": "lrr", **TURNED}.items():
            row = lists[criterion]
            turn = -1 if criterion in TURNED else 1
            ours = [turn * np.array(row[kind]) for kind in ("human", "ai")]
            if METHODS[method].direction == "lower":
                ours = [-scores for scores in ours]
            assert auroc(roc(*ours)) == pytest.approx(row["roc_auc"], abs=1e-12)
            assert (min(map(np.min, ours)) < 0) == (criterion != "lrr")  # the sign is as claimed


def test_entropy_runs_the_other_way_there_and_seldom_holds(cells: list[Lists]) -> None:
    areas = [lists["entropy"]["roc_auc"] for lists in cells]
    assert sum(area > 0.5 for area in areas) == 1
    for lists in cells:
        row = lists["entropy"]
        human, machine = (np.array(row[kind]) for kind in ("human", "ai"))
        assert auroc(roc(human, machine)) == pytest.approx(row["roc_auc"], abs=1e-12)
        if METHODS["entropy"].direction == "lower":
            assert auroc(roc(-human, -machine)) == pytest.approx(1 - row["roc_auc"], abs=1e-12)
