"""``marginbench compare`` of two runs of 65,600 items / a bare process that reads the same files.

Whole processes. The bare one imports numpy and pyarrow and reads the tables, nothing more. Ours
also reads both records, checks the files' digests, pairs items, counts flips with intervals, and
prints. Target: at most three times as long, importing neither torch nor scikit-learn.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from common import SIDES, Side, arguments, finish, note, run_process, take_turns

TARGET = 3.0
HEAVY = ("torch", "sklearn", "pandas", "datasets")


def main() -> None:
    """Make the runs, run both sides in turn and print the ratio."""
    options = arguments(__doc__).parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run_process([sys.executable, str(SIDES / "compare_make.py"), name], {})
        runs = [str(folder / side) for side in ("old", "new")]
        ours = Side("ours", [sys.executable, "-m", "harness", "compare", *runs])
        bare = Side("bare", [sys.executable, str(SIDES / "compare_bare.py"), *runs])
        take_turns([ours, bare], options.rounds)
        imported = _imported(runs)
    ratio = _median(ours) / _median(bare)
    note(f"ours {_median(ours):.3f} s, bare {_median(bare):.3f} s")
    note(f"heavy packages imported: {', '.join(imported) or 'none'}")
    holds = ratio <= TARGET and not imported
    finish("compare", ratio=ratio, target=f"<= {TARGET:g}", holds=holds)


def _median(side: Side) -> float:
    return sorted(done.seconds for done in side.rounds)[len(side.rounds) // 2]


def _imported(runs: list[str]) -> list[str]:
    code = (
        "import sys; from harness.cli import run; run(['compare', *sys.argv[1:]]);"
        f"print('imported', *[name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = run_process([sys.executable, "-c", code, *runs], {})
    return done.output.strip().splitlines()[-1].split()[1:]


if __name__ == "__main__":
    main()
