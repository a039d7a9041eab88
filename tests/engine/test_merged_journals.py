"""What a merged run says of how it was made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from harness.engine.merging.journals import merged
from harness.engine.merging.shards import Kept, differing
from harness.runs.folder import RunFolder
from harness.runs.journal import Journal
from harness.runs.shards import Entry, Shard


def kept(index: int, **said: Any) -> Kept:
    journal = Journal(finished=f"2026-01-0{index}", batch={"tokens": 1, "items": 1}, **said)
    return Kept(RunFolder(Path(f"s{index}")), Entry(Shard(index, 3)), {}, journal)


def test_spending_is_added_and_size_is_the_largest() -> None:
    found, lines = merged(
        [
            kept(1, wall_seconds=1.5, attempts=2, halvings=1, workers=2, load_seconds=4.0,
                 peak_memory=10, device="cuda:0", device_name="H", latency={"queries": 3},
                 invariance_reason="none", details={"a": 1}),
            kept(3, wall_seconds=2.0, attempts=1, workers=1, load_seconds=5.0, peak_memory=30,
                 peak_device_memory=7, device="cuda:0", device_name="H", details={"a": 1}),
            kept(2, wall_seconds=0.5, attempts=1, peak_device_memory=9, device="cpu",
                 device_name="C", details={"b": 2}),
        ]
    )  # fmt: skip
    assert (found.wall_seconds, found.attempts, found.halvings, found.workers) == (4.0, 4, 1, 2)
    assert (found.load_seconds, found.peak_memory, found.peak_device_memory) == (5.0, 30, 9)
    assert (found.device, found.device_name) == ("cuda:0,cpu", "H, C")
    assert (found.latency, found.invariance_reason) == ({"queries": 3}, "none")
    assert found.finished == "2026-01-03"
    assert (found.details, lines) == ({"a": 1, "b": 2}, [])


def test_what_a_model_says_differently_is_told() -> None:
    one = {"searched": 3, "settings": {"size": 8}}
    two = {"searched": 5, "settings": {"size": 8}}
    found, (line,) = merged([kept(1, details=one), kept(2, details=two)])
    assert found.details == one
    assert line == (
        "searched is 3 in shard 1/3 (s1) and 5 in shard 2/3 (s2): the first is recorded"
    )


def test_differences_are_named_by_their_place() -> None:
    ours = {"a": {"b": 1, "c": [1, 2]}, "d": None}
    theirs = {"a": {"b": 1, "c": [1]}, "e": 0}
    assert list(differing(ours, theirs)) == [("a.c", [1, 2], [1]), ("e", None, 0)]
    assert list(differing(ours, ours)) == []
