"""How often 95% intervals contain the figure they are of, and how often ``compare`` is wrong.

Samples are drawn from known populations and scored with the harness's own functions; see
``docs/coverage.md``, which this script writes. Ends with one JSON line, and exit code 1 when a
row misses its limit.
"""

from __future__ import annotations

import argparse
import datetime
import os
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
RESULTS = HERE / "results" / "coverage.jsonl"
PAGE = ROOT / "docs" / "coverage.md"
SHORT_REPETITIONS = 200
SHORT_SLACK = 0.02
"""Wider limits for few repetitions: only a clear loss fails."""


def find_cases() -> None:
    """Import what lies here, and keep this file from it: numba looks for a ``coverage``."""
    folders = [str(HERE), str(ROOT)]
    sys.path[:0] = folders
    import common  # noqa: F401
    import coverage_cases  # noqa: F401

    sys.path[:] = [name for name in sys.path if name != folders[0]]


def main(arguments: list[str] | None = None) -> int:
    """Run what is asked for; see the options."""
    find_cases()
    options = _parser().parse_args(arguments)
    from coverage_cases import judging, page, real_runs, runner

    if options.render:
        PAGE.write_text(page.render(runner.read(options.out)), encoding="utf-8")
        return 0
    kept = [] if options.short else runner.read(options.out)
    if real_runs.data_folder() is None:
        _note("no reranker-runs in MARGINBENCH_SHARED_DATA: cells of real queries are left out")
    wanted = runner.chosen(options.only, short=options.short)
    if options.missing:
        wanted = [cell for cell in wanted if not runner.done(kept, cell)]
    many = options.repetitions or (SHORT_REPETITIONS if options.short else 1000)
    stamp = runner.Stamp(_version(), datetime.datetime.now(datetime.UTC).date().isoformat())
    slack, failing, rows_made = SHORT_SLACK if options.short else 0.0, 0, 0
    for cell, rows, seconds in runner.run_all(wanted, many, options.processes):
        kept = runner.merged(kept, cell, rows, stamp)
        for row in rows:
            found = judging.faults(row, slack=slack)
            failing, rows_made = failing + bool(found), rows_made + 1
            _note(f"{seconds:7.1f} s  {cell.key}: {row['metric']} {_said(row)} {'; '.join(found)}")
        if not options.short:
            runner.write(options.out, kept)
    if not options.short:
        PAGE.write_text(page.render(runner.read(options.out)), encoding="utf-8")
    _finish(rows_made, failing)
    return 1 if failing else 0


def _parser() -> argparse.ArgumentParser:
    from common import Options, number

    parser = Options(__doc__)
    add = parser.add_argument
    add("--short", action="store_true", help="a few cells with wide limits; writes nothing")
    add("--repetitions", type=number(1), help="of each cell (200 in the short form, else 1,000)")
    add("--processes", type=number(1), default=os.cpu_count() or 1, help="cells run at a time")
    add("--only", default="", help="cells whose name contains this text")
    add("--missing", action="store_true", help="only cells that have no rows yet")
    add("--render", action="store_true", help="write the page from the rows there are")
    add("--out", type=Path, default=RESULTS, help="where rows are kept")
    return parser


def _version() -> str:
    text = (ROOT / "harness" / "__init__.py").read_text(encoding="utf-8")
    found = re.search(r'__version__ = "([^"]+)"', text)
    return found[1] if found else "unknown"


def _said(row: dict[str, object]) -> str:
    many = row["repetitions"]
    if row["kind"] != "coverage":
        return f"{row['happened']} of {many}"
    return (
        f"{row['covered']} of {many}, width {row['width']} ({row['reference_width']}), "
        f"rough {row['rough']}"
    )


def _finish(rows: int, failing: int) -> None:
    from json import dumps

    print(dumps({"name": "coverage", "rows": rows, "failing": failing, "holds": not failing}))


def _note(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
