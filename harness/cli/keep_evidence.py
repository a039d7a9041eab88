"""Print ``submissions/evidence.json``: which runs follow from their predictions, with what.

``python -m harness.cli.keep_evidence [DIR [DATA]] > evidence.json``, for maintainers, after a
merge. What stands there of bytes that are unchanged stays as it is, so that the file tells of the
versions with which figures once followed; runs that do not follow are not added. ``DATA`` is what
``marginbench validate --data`` takes: without it runs of tasks that come with no package are not
added either.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

from harness.submission.recompute.earlier import (
    Earlier,
    as_text,
    content_of,
    read_earlier,
    versions_here,
)
from harness.submission.subject.around import RECOMPUTED
from harness.submission.validate import validate


def evidence_text(root: Path, data: Path | None = None) -> str:
    """The text of the file for a folder of submissions; ``data`` as for ``validate``."""
    known, today, here = read_earlier(root), datetime.now(UTC).date().isoformat(), versions_here()
    kept = {}
    for id, runs in validate([root], data=data).evidence.items():
        for task, outcome in runs.items():
            content = content_of(root / id, task)
            entry = known.get((id, task))
            if entry is not None and entry.content == content:
                kept[id, task] = entry
            elif outcome.level == RECOMPUTED:
                kept[id, task] = Earlier(content=content, versions=here, date=today)
    return as_text(kept)


if __name__ == "__main__":
    given = [*map(Path, sys.argv[1:])] or [Path("submissions")]
    sys.stdout.write(evidence_text(*given[:2]))
