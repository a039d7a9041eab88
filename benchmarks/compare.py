"""``marginbench compare`` of two runs of 65,600 items, and of 60 tasks of 400 items.

Whole processes. The first row is two runs of 65,600 items / a bare process that imports numpy and
pyarrow and reads the same tables, nothing more. Ours also reads both records, checks the files'
digests, derives the records' figures again, pairs items, counts flips with intervals, and prints.
Target: at most three times as long, importing neither torch nor scikit-learn.

The other rows are processor seconds that 60 tasks of 400 items take beyond one of them (at most 2):
tasks of the cheapest kind to compare, and of the dearest, whose pairs are counted again from
embeddings.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from common import SIDES, Side, arguments, finish, note, run_process, take_turns

TARGET = 3.0
SECONDS = 2.0
HEAVY = ("torch", "sklearn", "pandas", "datasets", "scipy")

FIRST = {"classes": "*labels-00*", "pairs": "consistency.faces*"}
"""Kind of task -> the folder of one of its tasks."""


def main() -> None:
    """Make the runs, run all sides in turn and print the rows."""
    options = arguments(__doc__).parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _items(folder, options.rounds)
        run_process([sys.executable, str(SIDES / "compare_tasks.py"), name], {})
        _tasks(folder / "classes", "classes", options.rounds)
        _tasks(folder / "faces", "pairs", options.rounds)


def _items(folder: Path, rounds: int) -> None:
    run_process([sys.executable, str(SIDES / "compare_make.py"), str(folder)], {})
    runs = [folder / side for side in ("old", "new")]
    ours = _compare("ours", runs)
    bare = Side("bare", [sys.executable, str(SIDES / "compare_bare.py"), *map(str, runs)])
    take_turns([ours, bare], rounds)
    imported = _imported(runs)
    ratio = ours.seconds / bare.seconds
    processor = ours.processor_seconds / bare.processor_seconds
    note(f"ours {ours.seconds:.3f} s, bare {bare.seconds:.3f} s; processor time {processor:.2f}")
    note(f"heavy packages imported: {', '.join(imported) or 'none'}")
    holds = ratio <= TARGET and not imported
    finish("compare", ratio=ratio, target=f"<= {TARGET:g}", holds=holds)


def _tasks(folder: Path, kind: str, rounds: int) -> None:
    every = [folder / side for side in ("old", "new")]
    first = [next(side.glob(f"*/{FIRST[kind]}")) for side in every]
    many, one = _compare(f"60 tasks, {kind}", every), _compare("one task", first)
    take_turns([many, one], rounds)
    # No ratio: other work on the machine would count in full, so it is the processor's seconds.
    more = many.processor_seconds - one.processor_seconds
    note(f"60 tasks {many.processor_seconds:.2f} s, one {one.processor_seconds:.2f} s")
    note(f"by the clock {many.seconds - one.seconds:+.2f} s")
    finish(f"compare 60 tasks, {kind}", ratio=more, target=f"<= {SECONDS:g} s more than one",
           holds=more <= SECONDS)  # fmt: skip


def _compare(name: str, runs: list[Path]) -> Side:
    return Side(name, [sys.executable, "-m", "harness", "compare", *map(str, runs)])


def _imported(runs: list[Path]) -> list[str]:
    code = (
        "import sys; from harness.cli import run; run(['compare', *sys.argv[1:]]);"
        f"print('imported', *[name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = run_process([sys.executable, "-c", code, *map(str, runs)], {})
    return done.output.strip().splitlines()[-1].split()[1:]


if __name__ == "__main__":
    main()
