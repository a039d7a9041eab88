from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.engine.batching import Room, length_sorted_batches, run_batches
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
    assert halvings == 2  # 10 -> 5 -> 2 + 2 + 2 + 2 + 2: five is not tried a second time


@given(st.lists(LENGTHS, min_size=1, max_size=3), SETTINGS, st.integers(300, 2000))
def test_what_did_not_fit_is_not_tried_again(
    parts: list[list[int]], settings: BatchSettings, fits: int
) -> None:
    """A device holds ``fits`` padded tokens, and one worker goes through several parts on it."""
    room, calls, halvings = Room.of(settings), [], 0
    for lengths in parts:

        def call(batch: list[tuple[int, int]]) -> np.ndarray:
            tokens = len(batch) * max(length for _, length in batch)
            calls.append((tokens, len(batch)))
            if tokens > fits:
                raise RuntimeError("CUDA out of memory. Tried to allocate 2 GiB")
            return np.array([place for place, _ in batch])

        numbered = list(enumerate(lengths))
        rows, halved = run_batches(numbered, lengths, room, call, lambda _: None)
        halvings += halved
        assert rows.tolist() == list(range(len(lengths)))
    failed = [tokens for tokens, _ in calls if tokens > fits]
    assert halvings == len(failed)
    assert all(later <= earlier // 2 for earlier, later in pairwise(failed))
    assert room.items == settings.items
    assert room.tokens == min([settings.tokens, *(tokens // 2 for tokens in failed)])
    for at, (tokens, size) in enumerate(calls):
        before = [t for t, _ in calls[:at] if t > fits]
        assert size == 1 or tokens <= min([settings.tokens, *(t // 2 for t in before)])


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


@pytest.mark.parametrize(
    "said",
    [
        "CUDA out of memory. Tried to allocate 20.00 MiB. GPU 0 has a total capacity of 8 GiB",
        "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
        "[enforce fail at alloc_cpu.cpp:119] err == 0. DefaultCPUAllocator: can't allocate memory: "
        "you tried to allocate 99 bytes. Error code 12 (Cannot allocate memory)",
        "Failed to allocate memory for requested buffer of size 1024",
    ],
)
def test_what_libraries_say_when_memory_is_out(said: str) -> None:
    assert is_out_of_memory(RuntimeError(said))


def test_settings_by_hand_replace_only_what_is_given() -> None:
    assert batch_settings("cpu", None, 7) == BatchSettings(
        batch_settings("cpu", None, None).tokens, 7
    )
    assert batch_settings("cuda:1", 5, None).tokens == 5
