"""The correlation block with intervals on 11,125 images / scipy in a loop of the same replicates.

As many images as SPAQ has, 2,000 replicates over images. Ours: SRCC, KRCC and PLCC with their
intervals. Theirs: ``spearmanr``, ``kendalltau`` and ``pearsonr`` on the resampled lists, for a
part of the replicates whose time is scaled up. Our KRCC replicates are the linear projection at
this size (see the metric's page); SRCC and PLCC must agree with scipy's to 1e-9. Target: at least
5 times as fast.
"""

from __future__ import annotations

import sys

from common import SIDES, Side, arguments, finish, note, require, take_turns

TARGET = 5.0


def main() -> None:
    """Run both sides in turn and print the ratio."""
    options = arguments(__doc__).parse_args()
    require("scipy")
    side = str(SIDES / "correlation_sides.py")
    ours = Side("ours", [sys.executable, side, "ours"])
    theirs = Side("scipy in a loop", [sys.executable, side, "scipy"])
    take_turns([ours, theirs], options.rounds, warm_up=False)
    for name in ("srcc", "plcc"):
        gap = abs(ours.median(name) - theirs.median(name))
        if gap > 1e-9:
            sys.exit(f"the two sides disagree on {name} by {gap}")
    ratio = theirs.median("seconds") / ours.median("seconds")
    note(f"ours {ours.median('seconds'):.2f} s, scipy {theirs.median('seconds'):.2f} s")
    note(f"sd of KRCC: ours {ours.median('krcc_sd'):.6f}, scipy {theirs.median('krcc_sd'):.6f}")
    finish("correlations", ratio=ratio, target=f">= {TARGET:g}", holds=ratio >= TARGET)


if __name__ == "__main__":
    main()
