"""What a run costs beside its model: seconds until the first item, and memory for a million pairs.

First: the process ``marginbench evaluate`` with a ``python:`` scorer that has nothing to load, on a
folder task of 100 queries x 100 candidates from a run file, from the start of the process until the
scorer is asked for the first time: the quickest of the rounds, since other work on the machine only
ever adds. The median of processor seconds up to there stands beside it. Target: 1.5 s.

Then: the same command on 10,000 queries x 100 candidates, a million pairs, beside a process that
reads the same files into dictionaries, scores the pairs list by list and keeps the scores. The
difference of their peak memories is the engine's. Target: 500 MB. One round, as it is counted, not
timed.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

from common import SIDES, Finished, arguments, evaluate_command, finish, note, run_process

SECONDS, MEGABYTES = 1.5, 500
SCORER = SIDES / "plain_scorer.py"


def main() -> None:
    """Measure both and print the worse of the two shares of its target."""
    rounds = arguments(__doc__).parse_args().rounds
    with tempfile.TemporaryDirectory() as name:
        small, large = made(100, Path(name) / "small"), made(10_000, Path(name) / "large")
        started = [first_item(small, Path(name)) for _ in range(rounds + 1)][1:]
        ours = evaluated(large, Path(name) / "runs")
        bare = run_process([sys.executable, str(SCORER), str(large), str(large / "run.trec")])
    seconds = min(wall for wall, _ in started)
    processor = statistics.median(spent for _, spent in started)
    beyond = (ours.peak_memory - bare.peak_memory) / 1e6
    note(f"first item after {seconds:.2f} s, {processor:.2f} s of it on a processor")
    note(
        f"a million pairs: ours {ours.peak_memory / 1e6:,.0f} MB in {ours.seconds:.1f} s, bare "
        f"{bare.peak_memory / 1e6:,.0f} MB in {bare.seconds:.1f} s; beyond that {beyond:,.0f} MB"
    )
    load = os.getloadavg()[0]
    note(f"load average at the end: {load:.2f} on {os.cpu_count()} processors")
    shares = (seconds / SECONDS, beyond / MEGABYTES)
    finish(
        "start",
        ratio=max(shares),
        target=f"first item <= {SECONDS:g} s and memory <= {MEGABYTES} MB (ratio <= 1)",
        holds=max(shares) <= 1,
    )


def made(queries: int, folder: Path) -> Path:
    """An invented data set."""
    run_process([sys.executable, str(SIDES / "start_make.py"), str(queries), str(folder)])
    return folder


def command(folder: Path) -> list[str]:
    """``marginbench evaluate`` with the scorer on a data set."""
    return evaluate_command(
        sys.executable, "--model", f"python:{SCORER}", "--task", "reranking/folder",
        "--data", str(folder), "--first-stage", str(folder / "run.trec"), "--device", "cpu",
    )  # fmt: skip


def first_item(folder: Path, out: Path) -> tuple[float, float]:
    """Seconds, and processor seconds, from the start of the process to the first item."""
    told = out / "first.json"
    start = time.monotonic()
    line = [part.replace("{fresh}", tempfile.mkdtemp(dir=out)) for part in command(folder)]
    run_process(line, {"MARGINBENCH_FIRST": str(told)})
    moment = json.loads(told.read_text())
    return moment["at"] - start, moment["processor"]


def evaluated(folder: Path, out: Path) -> Finished:
    """The whole command."""
    return run_process([part.replace("{fresh}", str(out)) for part in command(folder)])


if __name__ == "__main__":
    main()
