"""``marginbench compare --power`` on 65,600 items: what the gate would have caught, in seconds.

Whole processes, with the losses simulated and 1,000 exchanges of the two sides, beside the same
comparison without. There is no peer: the ratio that is printed is seconds. Target: at most 5.
Beside it, what the line that every comparison prints costs: 60 tasks of 400 graded items, with it
and without, in one process.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time

import numpy as np
from common import SIDES, Side, arguments, finish, note, run_process, take_turns

TARGET = 5.0
TASKS, ITEMS = 60, 400


def main() -> None:
    """Make the runs, compare them both ways in turn, and print the seconds."""
    options = arguments(__doc__).parse_args()
    with tempfile.TemporaryDirectory() as name:
        made = run_process([sys.executable, str(SIDES / "power_make.py"), name])
        note(made.output.strip().splitlines()[-1])
        command = [sys.executable, "-m", "harness", "compare", f"{name}/old", f"{name}/new"]
        # Both kinds of budget, neither of which is broken.
        command += ["--min-drop", "1%", "--max-nfr", "50%", "--list", "0"]
        full, plain = Side("--power", [*command, "--power"]), Side("without", command)
        take_turns([full, plain], options.rounds)
    for line in full.rounds[-1].output.splitlines():
        if line.startswith("would have caught"):
            note(line)
    note(f"with --power {full.seconds:.2f} s, without {plain.seconds:.2f} s")
    note(f"{TASKS} tasks x {ITEMS} items: the line takes {_line_seconds(options.rounds):.2f} s")
    finish("power", ratio=full.seconds, target=f"<= {TARGET:g} s", holds=full.seconds <= TARGET)


def _line_seconds(rounds: int) -> float:
    """Median seconds of the quick losses of many tasks, all at once included."""
    from harness.compare.detectable import Detectable, at_once, smallest
    from harness.compare.planted import Bar, Items

    random = np.random.default_rng(1)
    pairs = random.beta(0.6, 0.4, (TASKS, 2, ITEMS))
    bar, taken = Bar(0.01, 0.025 / TASKS), []
    for _ in range(rounds):
        start = time.perf_counter()
        rows = []
        for number, (old, new) in enumerate(pairs):
            found = Items(old, new, None, bar)
            rows.append(
                Detectable(
                    task=str(number), name="metric", unit="", allowed=0.01, named=0.02,
                    loss=smallest(found.chance, found.most), caught=found.chance(0.02),
                    simulated=False, chance=found.chance, most=found.most,
                )
            )  # fmt: skip
        at_once(rows)
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


if __name__ == "__main__":
    main()
