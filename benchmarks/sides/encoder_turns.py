"""Sides that take turns inside one process, each timed alone, and what is made of their rounds."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from harness.engine.crew import Done, Failed

Side = Callable[[], Any]
"""Does the work of one round and returns its numbers."""


def turns(sides: Mapping[str, Side], rounds: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Seconds and processor seconds of every side by round, and what each gave last.

    The order turns by one with every round: whoever comes first finds a cooler machine.
    """
    names = list(sides)
    spent: dict[str, Any] = {name: {"seconds": [], "processor": []} for name in names}
    gave: dict[str, Any] = {}
    for number in range(rounds):
        for name in names[number % len(names) :] + names[: number % len(names)]:
            wall, processor = time.perf_counter(), time.process_time()
            gave[name] = sides[name]()
            spent[name]["seconds"].append(time.perf_counter() - wall)
            spent[name]["processor"].append(time.process_time() - processor)
            print(f"round {number + 1}  {name}: {spent[name]['seconds'][-1]:.2f} s, processor "
                  f"{spent[name]['processor'][-1]:.2f} s", file=sys.stderr, flush=True)  # fmt: skip
    return spent, gave


def ratio(spent: Mapping[str, Any], theirs: str, ours: str, clock: str = "processor") -> float:
    """The median over rounds of their time / ours, each round by itself."""
    pairs = zip(spent[theirs][clock], spent[ours][clock], strict=True)
    return float(statistics.median(a / b for a, b in pairs))


def finished(part: Done | Failed) -> Done:
    """A part that was done; raises why another one could not be."""
    if isinstance(part, Failed):
        raise part.error
    return part


def apart(one: Any, other: Any) -> float:
    """The largest difference of two sets of numbers."""
    return float(np.abs(np.asarray(one, dtype=float) - np.asarray(other, dtype=float)).max())
