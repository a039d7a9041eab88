"""What a pull request would change: its submissions validated, ranked and put into words."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from pathlib import Path

from harness.errors import UsageError
from harness.submission.folders.read import Found, read_all, read_forced
from harness.submission.manifest.keepers import Author
from harness.submission.subject.finding import Finding
from harness.submission.validate import validate
from leaderboard_site.incoming.markdown import to_markdown
from leaderboard_site.incoming.rows import new_rows

CUT = "[... "
"""What :func:`harness.submission.untrusted.shown.shown` puts where it leaves something out."""


def report_incoming(
    incoming: Path,
    base: Path,
    *,
    data: Path | None = None,
    recomputed: Path | None = None,
    author: Author | None = None,
    changed: Sequence[str] = (),
) -> str:
    """Markdown on ``incoming`` beside ``base``, the same folder of submissions as it was merged.

    All else as for :func:`harness.submission.validate.validate`. What a
    submission holds never raises; a broken ``base`` does (:class:`InvalidError`).
    """
    if not incoming.is_dir():
        raise UsageError(f"{incoming} is not a folder of submissions")
    place = nullcontext(recomputed) if recomputed else tempfile.TemporaryDirectory()
    with place as folder:
        runs = Path(str(folder))
        report = validate(
            (incoming,), base=base, data=data, recomputed=runs, author=author, changed=changed
        )
        merged = _ids(read_all(base))
        arrived = read_forced(incoming).submissions
        new = [found for found in arrived if found.manifest.id not in merged]
        before = _updated(new, (found for found in arrived if found.manifest.id in merged))
        if before:
            validate(before, data=data, recomputed=runs)
        rows = new_rows(base, incoming, recomputed=runs, faulty=_faulty(new, report.findings))
        return to_markdown(rows, report.findings, outside=outside(changed, incoming))


def outside(changed: Iterable[str], incoming: Path) -> list[str]:
    """Changed paths that lie outside the folder of submissions."""
    return [path for path in changed if not path.startswith(f"{incoming.name}/")]


def _updated(new: Iterable[Found], merged: Iterable[Found]) -> list[Path]:
    """What new ones may be compared with: the merged ones that they name, and their own past."""
    systems = {found.manifest.system for found in new}
    named = {found.manifest.predecessor for found in new}
    return [
        found.folder
        for found in merged
        if found.manifest.id in named or found.manifest.system in systems
    ]


def _faulty(new: Iterable[Found], findings: Iterable[Finding]) -> set[str]:
    """New submissions that findings are of; all of them where a path was cut short."""
    paths = [finding.path for finding in findings]
    if any(CUT in path for path in paths):
        return _ids(new)
    return {"/".join(path.split("/")[:2]) for path in paths}


def _ids(submissions: Iterable[Found]) -> set[str]:
    return {found.manifest.id for found in submissions}
