"""How the cost of each command grows with its data: exponents over four doublings.

Whole processes, ``marginbench score`` on invented data of five sizes, each twice the one before.
Seconds of processor time and peak memory are fitted by ``a + b n^p``: ``a`` is what a start
costs, ``p`` how the rest grows. The data come from a seed, and every size has the replicates and
the intervals of the smallest: precision is not what pays for size. Target: 1.1 at most for
every command, in time and in memory. (Counting every pair of a consistency task is not among
them: that is 2 by its nature.)
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from common import SIDES, Finished, arguments, finish, note, number, require, run_process

TARGET = 1.1
DOUBLINGS = 4
ONE_CORE = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}

COMMANDS: Mapping[str, tuple[int, tuple[str, ...]]] = {
    "detection": (10_000, ("detection/folder", "data.parquet", "answers.parquet")),
    "flips": (20_000, ("flips/predictions", "data.parquet", "answers.parquet")),
    "quality": (8_000, ("image-quality/folder", "data.csv", "answers.parquet")),
    "run": (1_000, ("reranking/folder", "data", "answers.trec")),
}
"""By kind of data: the smallest size, the task, its data and the answers."""


def main() -> None:
    """Measure every kind and print the largest exponent."""
    parser = arguments(__doc__)
    parser.add_argument("--only", choices=list(COMMANDS), help="one kind alone")
    parser.add_argument("--smallest", type=number(1), help="the smallest size, instead of its own")
    given = parser.parse_args()
    require("numpy", "scipy", "pyarrow")
    exponents: list[float] = []
    for kind in [given.only] if given.only else COMMANDS:
        smallest = given.smallest or COMMANDS[kind][0]
        sizes = [smallest << doubling for doubling in range(DOUBLINGS + 1)]
        exponents += measured(kind, sizes, given.rounds)
    worst = max(exponents)
    finish("growth", ratio=worst, target=f"<= {TARGET:g}", holds=worst <= TARGET)


def measured(kind: str, sizes: Sequence[int], rounds: int) -> list[float]:
    """The exponents of time and memory of one kind; leaves where a size has less precision."""
    seconds, memory, precision = [], [], []
    for size in sizes:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name) / "data"
            make = [sys.executable, str(SIDES / "growth_make.py"), kind, str(size), str(folder)]
            run_process(make)
            done = [scored(kind, folder, Path(name) / f"out{n}") for n in range(rounds)]
            precision.append(precision_of(Path(name) / "out0"))
        seconds.append(min(one.processor_seconds for one in done))
        memory.append(min(one.peak_memory for one in done) / 1e6)
        note(f"{kind} {size:,}: {seconds[-1]:.2f} s, {memory[-1]:.0f} MB, {precision[-1]}")
    if any(_less(other, precision[0]) for other in precision):
        sys.exit(f"{kind}: size costs precision: {precision}")
    found = []
    for what, unit, values in (("time", "s", seconds), ("memory", "MB", memory)):
        start, each, exponent = fitted(sizes, values)
        note(
            f"{kind}: {what} {start:.2f} {unit} + {each:.3g} {unit} per item, power {exponent:.2f}"
        )
        found.append(exponent)
    return found


def scored(kind: str, folder: Path, out: Path) -> Finished:
    """One run of the command."""
    task, data, answers = COMMANDS[kind][1]
    first = ["--first-stage", str(folder / "first.trec")] if kind == "run" else []
    words = ["score", "--task", task, "--data", str(folder / data), *first, "--model-name", "m"]
    answered = ["--predictions", str(folder / answers), "--out", str(out)]
    return run_process([sys.executable, "-m", "harness", *words, *answered], ONE_CORE)


def precision_of(out: Path) -> dict[str, Any]:
    """What a record has of precision: replicates, and metrics without an interval."""
    record = json.loads(next(out.glob("*/*/record.json")).read_text())
    without = [one["name"] for one in record["metrics"] if one["interval"] is None]
    return {"replicates": record["intervals"]["replicates"], "no interval": without}


def _less(found: dict[str, Any], smallest: dict[str, Any]) -> bool:
    """Whether a size has fewer replicates or intervals; more of them are no fault."""
    lost = set(found["no interval"]) - set(smallest["no interval"])
    return bool(lost) or found["replicates"] < smallest["replicates"]


def fitted(sizes: Sequence[int], values: Sequence[float]) -> tuple[float, float, float]:
    """``a``, ``b`` and ``p`` of a + b n^p, none below 0, by least squares of the ratios.

    The fit is over a grid of p. Where values do not grow by a tenth, p is 0: nothing can be told.
    """
    import numpy as np
    from scipy.optimize import nnls

    n, y = np.asarray(sizes, dtype=np.float64), np.asarray(values, dtype=np.float64)
    if y.max() < 1.1 * y.min():
        return float(y.mean()), 0.0, 0.0
    best = (np.inf, 0.0, 0.0, 0.0)
    for power in np.arange(0.3, 2.51, 0.01):
        columns = np.stack([np.ones_like(n), n**power], axis=1)
        (start, each), error = nnls(columns / y[:, None], np.ones_like(y))
        best = min(best, (float(error), float(start), float(each), float(power)))
    return best[1:]


if __name__ == "__main__":
    main()
