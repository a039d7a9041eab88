from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.engine.batching import (
    length_sorted_batches,
    run_batches,
)
from harness.errors import IncompleteError
from harness.memory import is_out_of_memory
from harness.runs.batches import BatchSettings, batch_settings

LENGTHS = st.lists(st.integers(1, 300), max_size=80)
SETTINGS = st.builds(BatchSettings, tokens=st.integers(1, 2000), items=st.integers(1, 40))


@given(LENGTHS, SETTINGS)
def test_every_item_is_in_exactly_one_batch_within_both_budgets(
    lengths: list[int], settings: BatchSettings
) -> None:
    batches = length_sorted_batches(lengths, settings)
    assert sorted(i for batch in batches for i in batch) == list(range(len(lengths)))
    for batch in batches:
        longest = max(lengths[i] for i in batch)
        assert len(batch) <= settings.items
        assert len(batch) == 1 or longest * len(batch) <= settings.tokens


@given(LENGTHS, SETTINGS)
def test_batches_run_from_long_to_short(lengths: list[int], settings: BatchSettings) -> None:
    flat = [lengths[i] for batch in length_sorted_batches(lengths, settings) for i in batch]
    assert flat == sorted(lengths, reverse=True)


@given(LENGTHS, SETTINGS)
def test_rows_come_back_in_the_given_order(lengths: list[int], settings: BatchSettings) -> None:
    items = list(range(len(lengths)))
    ticks: list[int] = []
    rows, halvings = run_batches(
        items, lengths, settings, lambda b: np.array(b, dtype=np.float32), ticks.append
    )
    assert rows.tolist() == items
    assert halvings == 0
    assert sum(ticks) == len(items)


def test_a_batch_that_does_not_fit_is_halved_until_it_does() -> None:
    seen: list[int] = []

    def call(batch: list[int]) -> np.ndarray:
        seen.append(len(batch))
        if len(batch) > 3:
            raise RuntimeError("CUDA out of memory. Tried to allocate 2 GiB")
        return np.array(batch, dtype=np.float32)

    rows, halvings = run_batches(
        list(range(10)), [1] * 10, BatchSettings(100, 10), call, seen.append
    )
    assert rows.tolist() == list(range(10))
    assert halvings == 3  # 10 -> 5 + 5 -> (2 + 3) + (2 + 3)


def test_one_item_that_does_not_fit_is_incomplete_and_says_what_to_do() -> None:
    def call(batch: list[int]) -> np.ndarray:
        raise MemoryError

    with pytest.raises(IncompleteError, match="max_length"):
        run_batches([1, 2], [1, 1], BatchSettings(100, 10), call, lambda _: None)


def test_other_errors_pass_through() -> None:
    def call(batch: list[int]) -> np.ndarray:
        raise ValueError("shape")

    with pytest.raises(ValueError, match="shape"):
        run_batches([1], [1], BatchSettings(1, 1), call, lambda _: None)
    assert not is_out_of_memory(ValueError("shape"))


def test_settings_by_hand_replace_only_what_is_given() -> None:
    assert batch_settings("cpu", None, 7) == BatchSettings(
        batch_settings("cpu", None, None).tokens, 7
    )
    assert batch_settings("cuda:1", 5, None).tokens == 5
