"""``marginbench validate`` of a submission of 672,000 rows / a bare process that scores them once.

Whole processes. The bare one reads the same files with pyarrow and calls the same scoring function
once. Ours also reads the set as every user does, fingerprints it, looks at the submission by every
rule, and compares what it scored with what the record claims. Targets: at most twice as long, and
at most 1 GB of memory.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from common import SIDES, Side, arguments, finish, note, run_process, take_turns

TARGET = 2.0
MEMORY = 1e9


def main() -> None:
    """Make the set and the submission, run both sides in turn and print the ratio."""
    options = arguments(__doc__).parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run_process([sys.executable, str(SIDES / "validate_make.py"), name], {})
        command = [sys.executable, "-m", "harness", "validate", str(folder / "submissions")]
        ours = Side("ours", [*command, "--data", str(folder / "data")])
        bare = Side("bare", [sys.executable, str(SIDES / "validate_bare.py"), name])
        take_turns([ours, bare], options.rounds, warm_up=False)
    for done in ours.rounds:
        if "1 recomputed" not in done.output or "no findings in 1 submission" not in done.output:
            sys.exit(f"validate did not do its work:\n{done.output}")
    ratio = ours.seconds / bare.seconds
    processor = ours.processor_seconds / bare.processor_seconds
    note(f"ours {ours.seconds:.1f} s, bare {bare.seconds:.1f} s; processor time {processor:.2f}")
    note(f"peak memory: ours {ours.peak_memory / 1e9:.2f} GB, bare {bare.peak_memory / 1e9:.2f} GB")
    holds = ratio <= TARGET and ours.peak_memory <= MEMORY
    finish("validate", ratio=ratio, target=f"<= {TARGET:g}, <= 1 GB", holds=holds)


if __name__ == "__main__":
    main()
