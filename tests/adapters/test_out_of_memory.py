"""Out of memory in a real network: what a worker finds out once, it keeps for the whole run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.adapters.cross_encoder import ADAPTER
from harness.engine.crew import Failed, Worker
from harness.engine.held import HeldSpec
from harness.engine.jobs import PairJob
from harness.errors import IncompleteError
from harness.runs.batches import BatchSettings

torch = pytest.importorskip("torch", reason="torch adapters need marginbench[torch]")
pytest.importorskip("transformers", reason="needs marginbench[torch]")

WORDS = ("cat", "dog", "money", "bank", "river", "the", "on", "mat")


def _job(start: int, stop: int) -> PairJob:
    texts = [" ".join(WORDS[(n + k) % 8] for k in range(n % 9 + 1)) for n in range(start, stop)]
    pairs = [("what is money ?", text) for text in texts]
    return PairJob(tuple(pairs), tuple(str(n) for n in range(start, stop)))


class _Card:
    """A cross-encoder on a card that holds so many padded tokens and then says what torch says."""

    def __init__(self, model: Any, fits: int) -> None:
        self.fits, self.batches = fits, list[tuple[int, int]]()
        self.score_pairs, self.count_tokens = model.score_pairs, model.count_tokens
        reader = model._reader
        network = reader._model
        network.register_forward_pre_hook(self._look, with_kwargs=True)

    def _look(self, _: Any, __: Any, given: dict[str, Any]) -> None:
        rows, length = given["input_ids"].shape
        self.batches.append((rows, length))
        if rows * length > self.fits:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB.")


def _answers(card: _Card, settings: BatchSettings) -> tuple[list[Any], list[int]]:
    spec = HeldSpec(card, "card", frozenset({"score_pairs"}), {})
    worker = Worker(spec, "cpu", guest=True)
    done = [
        worker.run(part, _job(40 * part, 40 * part + 40), settings, lambda _: None)
        for part in range(3)
    ]
    for one in done:
        if isinstance(one, Failed):
            raise one.error
    return [one.rows for one in done], [one.halvings for one in done]


def test_a_worker_remembers_over_parts_what_its_card_holds(
    tmp_path: Path, tiny_bert: Callable[..., Path], load_with: Callable[..., Any]
) -> None:
    folder = str(tiny_bert(tmp_path / "ckpt", "BertForSequenceClassification", num_labels=1))
    card = _Card(load_with(ADAPTER, folder), fits=130)
    rows, halvings = _answers(card, BatchSettings(tokens=640, items=40))
    longest = max(length for _, length in card.batches)
    assert longest == 16
    # 40 x 16 = 640 -> 320 -> 160 -> 80, which fits, and no part tries more again.
    assert halvings == [3, 0, 0]
    refused = [rows * length for rows, length in card.batches if rows * length > card.fits]
    assert refused == [640, 320, 160]
    assert max(r * n for r, n in card.batches[3:]) <= 80
    ample = _Card(load_with(ADAPTER, folder), fits=10_000)
    expected, none = _answers(ample, BatchSettings(tokens=640, items=40))
    assert none == [0, 0, 0]
    for ours, theirs in zip(rows, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_a_card_that_holds_no_pair_at_all_says_so(
    tmp_path: Path, tiny_bert: Callable[..., Path], load_with: Callable[..., Any]
) -> None:
    folder = str(tiny_bert(tmp_path / "ckpt", "BertForSequenceClassification", num_labels=1))
    card = _Card(load_with(ADAPTER, folder), fits=1)
    with pytest.raises(IncompleteError, match="out of memory on a single item"):
        _answers(card, BatchSettings(tokens=640, items=40))
