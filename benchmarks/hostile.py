"""``marginbench validate`` of the worst submissions that were thought of, one after the other.

Each lies alone in a folder of submissions and is looked at by a command of its own: seconds by the
clock, and the highest resident memory of any of its processes and of all of them together. A line
for the worst of each kind, and one for all. Targets: at most 30 s and 1 GB, and every command ends
with an exit status of its own, never with a traceback.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from common import ROOT, arguments, finish, note

sys.path.insert(0, str(ROOT))

SECONDS, MEMORY = 30.0, 1e9
PAGE = os.sysconf("SC_PAGE_SIZE")


class Cost(NamedTuple):
    """Of one command: seconds, bytes of its largest process and of all at a time, exit status."""

    seconds: float
    largest: int
    together: int
    status: int = 0
    fault: str = ""


def main() -> None:
    """Run every kind and print the worst."""
    from tests.hostile.costs.submissions import KINDS

    parser = arguments(__doc__)
    parser.add_argument("--only", default="", help="names that begin with this")
    options = parser.parse_args()
    worst = Cost(0.0, 0, 0)
    for kind, cases in KINDS.items():
        costs = {n: measured(write) for n, write in cases.items() if n.startswith(options.only)}
        if not costs:
            continue
        slow = max(costs, key=lambda name: costs[name].seconds)
        large = max(costs, key=lambda name: costs[name].together)
        print(json.dumps(_line(kind, costs, slow, large)), flush=True)
        for name, cost in costs.items():
            if cost.fault:
                sys.exit(f"{name} ended with {cost.status}:\n{cost.fault}")
        every = [worst, *costs.values()]
        worst = Cost(
            max(cost.seconds for cost in every),
            max(cost.largest for cost in every),
            max(cost.together for cost in every),
        )
    note(f"all: {worst.seconds:.1f} s, {worst.together / 1e6:.0f} MB together")
    holds = worst.seconds <= SECONDS and worst.together <= MEMORY
    finish("hostile", ratio=worst.seconds / SECONDS, target="<= 1 (30 s), <= 1 GB", holds=holds)


def _line(kind: str, costs: dict[str, Cost], slow: str, large: str) -> dict[str, object]:
    return {
        "kind": kind,
        "submissions": len(costs),
        "seconds": round(costs[slow].seconds, 1),
        "slowest": slow,
        "largest_process_mb": round(max(cost.largest for cost in costs.values()) / 1e6),
        "together_mb": round(costs[large].together / 1e6),
        "dearest": large,
    }


def measured(write: Callable[[Path], object]) -> Cost:
    """Write one submission, validate it, and watch the processes of that."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name) / "submissions"
        root.mkdir()
        write(root)
        begun = time.perf_counter()
        command = [sys.executable, "-m", "harness", "validate", str(root), "--json"]
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        seen = [0, 0]
        watcher = threading.Thread(target=_watch, args=(process, seen), daemon=True)
        watcher.start()
        _, errors = process.communicate()
        watcher.join()
        expected = process.returncode in (0, 1)
        fault = "" if expected else errors.decode(errors="replace")[-2000:]
        return Cost(time.perf_counter() - begun, seen[0], seen[1], process.returncode, fault)


def _watch(process: subprocess.Popen[bytes], seen: list[int]) -> None:
    """The largest process and the largest sum, every few milliseconds, as Linux counts them.

    Pages that a child shares with its parent are counted for both.
    """
    while process.poll() is None:
        sizes = [_resident(pid) for pid in (process.pid, *_children(process.pid))]
        seen[0], seen[1] = max(seen[0], *sizes), max(seen[1], sum(sizes))
        time.sleep(0.005)


def _children(pid: int) -> list[int]:
    try:
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE
    except (OSError, IndexError, ValueError):
        return 0


if __name__ == "__main__":
    main()
