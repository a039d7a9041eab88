"""RAID at its real size: 672,000 rows, 10,881 cells, two targets / raid-bench 0.2.0 on the same.

The rows have the shape of RAID's hidden test with invented scores. Ours: raid-bench's own figures
by ``suites.detection.raid_bench``. Theirs: ``run_evaluation`` in an environment of its own, with
the versions it pins. Both must agree on every cell. Targets: at least 25 times as fast, timed
inside each process from arrays in memory to cells, and at most 2 GB for the whole of our process.
"""

from __future__ import annotations

import sys

from common import SIDES, Side, arguments, finish, note, peer_environment, require, take_turns

TARGET = 25.0
MEMORY = 2e9
STEPS = [
    ["numpy~=1.26.4", "pandas~=2.2.2", "scikit-learn~=1.3.2"],
    ["--no-deps", "raid-bench==0.2.0"],
]


def main() -> None:
    """Run both sides in turn and print the ratio."""
    options = arguments(__doc__).parse_args()
    require("numpy")
    theirs_python = peer_environment("raid", STEPS)
    ours = Side("ours", [sys.executable, str(SIDES / "raid_ours.py")])
    theirs = Side("raid-bench", [str(theirs_python), str(SIDES / "raid_theirs.py")])
    take_turns([ours, theirs], options.rounds, warm_up=False)
    digests = {done.answer["digest"] for half in (ours, theirs) for done in half.rounds}
    if len(digests) != 1:
        sys.exit(f"the two sides disagree: {digests}")
    ratio = theirs.median("seconds") / ours.median("seconds")
    note(f"ours {ours.median('seconds'):.1f} s, raid-bench {theirs.median('seconds'):.1f} s")
    note(f"peak memory of ours {ours.peak_memory / 1e9:.2f} GB")
    holds = ratio >= TARGET and ours.peak_memory <= MEMORY
    finish("raid_size", ratio=ratio, target=f">= {TARGET:g}, <= 2 GB", holds=holds)


if __name__ == "__main__":
    main()
