"""What a pull request would change: its submissions validated, ranked and put into words."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from pathlib import Path

from harness.errors import IncompleteError, InvalidError, UsageError
from harness.strict_json import Json
from harness.submission.confined.limits import MIB, Limits
from harness.submission.confined.pool import Ended, confined
from harness.submission.folders.places import list_places
from harness.submission.folders.read import Found, read_all, read_forced
from harness.submission.manifest.keepers import Author
from harness.submission.rules.tree import cost
from harness.submission.subject.finding import Finding, finding
from harness.submission.validate import validate
from leaderboard_site.incoming.markdown import to_markdown
from leaderboard_site.incoming.rows import NewRows, new_rows

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

    All else is as for :func:`harness.submission.validate.validate`. What a
    submission holds never raises; a broken ``base`` does (:class:`InvalidError`), and so does what
    this machine fails at (:class:`IncompleteError`): a comment would say less than is true.
    """
    if not incoming.is_dir():
        raise UsageError(f"{incoming} is not a folder of submissions")
    place = nullcontext(recomputed) if recomputed else tempfile.TemporaryDirectory()
    with place as folder:
        runs = Path(str(folder))
        report = validate(
            (incoming,), base=base, data=data, recomputed=runs, author=author, changed=changed
        )
        if report.lost:
            raise IncompleteError(f"not all was looked at: {report.lost[0]}")
        beside = outside(changed, incoming)
        limits = _limits(len(list_places(incoming).revisions))
        sides = _confined(lambda: _sides(incoming, base), limits)
        if sides.stopped:
            told = _with_cost(report.findings, sides)
            return to_markdown(NewRows((), (), 0), told, outside=beside)
        new, before = sides.value
        if before:
            validate([Path(path) for path in before], data=data, recomputed=runs)
        faulty = _faulty(new, report.findings)

        def worded() -> str:
            rows = new_rows(base, incoming, recomputed=runs, faulty=faulty)
            return to_markdown(rows, report.findings, outside=beside)

        text = _confined(worded, limits)
        if text.stopped:
            told = _with_cost(report.findings, text)
            return to_markdown(NewRows((), tuple(new), 0), told, outside=beside)
        return str(text.value)


def outside(changed: Iterable[str], incoming: Path) -> list[str]:
    """Changed paths that lie outside the folder of submissions."""
    return [path for path in changed if not path.startswith(f"{incoming.name}/")]


def _limits(count: int) -> Limits:
    """What reading so many submissions may cost, for whoever reads all of them at once."""
    return Limits(seconds=20 + count // 10, memory=768 * MIB + count * MIB)


def _confined(work: Callable[[], Json], limits: Limits) -> Ended:
    """Work that reads what strangers wrote, in a child with limits."""
    ended = confined(lambda _, watch: _or_fault(work), [None], lambda _: limits)[0]
    if ended.lost:
        raise IncompleteError(f"the report could not be made: {ended.lost}")
    if ended.value is None:
        return ended
    value, fault = ended.value
    if fault is not None:
        raise InvalidError(fault[0], fix=fault[1])
    return ended._replace(value=value)


def _or_fault(work: Callable[[], Json]) -> Json:
    try:
        return work(), None
    except InvalidError as error:  # of the base
        return None, (error.message, error.fix)


def _with_cost(findings: Sequence[Finding], ended: Ended) -> list[Finding]:
    said = cost("the folder of submissions", ended)
    return [finding("tree-cost", said), *findings]


def _sides(incoming: Path, base: Path) -> tuple[list[str], list[str]]:
    """Ids of what is new, and folders of what that may be compared with."""
    merged = _ids(read_all(base))
    arrived = read_forced(incoming).submissions
    new = [found for found in arrived if found.manifest.id not in merged]
    before = _updated(new, (found for found in arrived if found.manifest.id in merged))
    return sorted(_ids(new)), [str(folder) for folder in before]


def _updated(new: Iterable[Found], merged: Iterable[Found]) -> list[Path]:
    """What new ones may be compared with: the merged ones that they name, and their own past."""
    systems = {found.manifest.system for found in new}
    named = {found.manifest.predecessor for found in new}
    return [
        found.folder
        for found in merged
        if found.manifest.id in named or found.manifest.system in systems
    ]


def _faulty(new: Iterable[str], findings: Iterable[Finding]) -> set[str]:
    """New submissions that findings are of; all of them where a path was cut short."""
    paths = [finding.path for finding in findings]
    if any(CUT in path for path in paths):
        return set(new)
    return {"/".join(path.split("/")[:2]) for path in paths}


def _ids(submissions: Iterable[Found]) -> set[str]:
    return {found.manifest.id for found in submissions}
