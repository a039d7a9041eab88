"""New rows of a board as a comment on a pull request: Markdown, cut to what a comment may hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.compare.reports.text import number, signed
from harness.submission.subject.finding import Finding
from leaderboard_site.board.ranks import surely_better
from leaderboard_site.board.systems import arrow
from leaderboard_site.comparing.paired import Paired
from leaderboard_site.incoming.rows import Change, NewRevision, NewRow, NewRows, Update
from leaderboard_site.incoming.safe_markdown import code, prose, table
from leaderboard_site.reading.submitted import EVIDENCE_GLYPHS
from leaderboard_site.reading.summary import BasisLike, Gain, Metric
from leaderboard_site.tables.figures import ROUGH
from leaderboard_site.text import DASH, about, plural

MARKER = "<!-- marginbench submission -->"
"""First line of the comment, by which a later one finds it."""

MOST_BYTES = 60_000
"""GitHub takes 65,536 characters."""

MOST_FINDINGS = 50
MOST_TASKS = 60
READING = (
    "Rank: the best and the worst place that the data leave open, among the current "
    "revisions of all systems on the same work. *Better* is said where a gain is shown, "
    "*worse* where a loss beyond the metric's margin is, *not worse* where one is excluded. "
    "Values are fractions, or in the unit behind a metric's name. `~` stands before an interval "
    "that may cover less than it says, for too few units; the record has the reason. A newly wrong "
    "item was "
    "right before the update."
)


def to_markdown(new: NewRows, findings: Sequence[Finding], *, outside: Sequence[str] = ()) -> str:
    """The comment: findings, then each new revision with its rows. At most :data:`MOST_BYTES`.

    ``outside`` are paths that are changed beside the submissions: all of them are listed that fit.
    """
    kept = [f"{MARKER}\n## MarginBench: {_summary(new, findings)}\n"]
    room = MOST_BYTES - len(kept[0].encode()) - 1000  # the rest is for what stands at the end
    if outside:
        kept.append(_outside(outside, room // 3))
        room -= len(kept[-1].encode())
    if findings:
        kept.append(_findings(findings, room))
        room -= len(kept[-1].encode())
    shown = 0
    for revision in new.revisions:
        section = _revision(revision)
        room -= len(section.encode())
        if room < 0:
            break
        kept.append(section)
        shown += 1
    return "\n".join(kept) + _end(new, shown)


def _summary(new: NewRows, findings: Sequence[Finding]) -> str:
    many = plural(len(new.revisions) + new.more, "new revision")
    return (
        f"{plural(len(findings), 'finding')}, {many} without one"
        if findings
        else (f"{many}, no finding")
    )


def _outside(paths: Sequence[str], room: int) -> str:
    """Every path that is changed outside the submissions, until the room is used up."""
    lines = ["### Changed outside the new folder\n"]
    room -= 200
    for path in paths:
        lines.append(f"- {code(path, most=200)}")
        room -= len(lines[-1].encode()) + 1
        if room < 0:
            lines.pop()
            break
    rest = len(paths) - len(lines) + 1
    if rest:
        lines.append(f"\n{plural(rest, 'more path')}: see the list of files of the pull request.")
    return "\n".join(lines) + "\n"


def _findings(findings: Sequence[Finding], room: int) -> str:
    rows = [
        (code(one.path), code(one.rule, most=60), prose(one.message), prose(one.fix))
        for one in findings[:MOST_FINDINGS]
    ]
    while rows and len(_finding_table(rows, findings).encode()) > room:
        rows.pop()
    return _finding_table(rows, findings)


def _finding_table(rows: Sequence[Sequence[str]], findings: Sequence[Finding]) -> str:
    lines = ["### Findings\n", table(("file", "rule", "what is wrong", "what to do"), rows)]
    rest = len(findings) - len(rows)
    if rest:
        lines.append(f"\n{plural(rest, 'more finding')}: see the artifact of the check.")
    lines.append("\nThe same check runs locally: `marginbench validate submissions`\n")
    return "\n".join(lines)


def _revision(new: NewRevision) -> str:
    manifest = new.revision.manifest
    lines = [f"### {prose(manifest.name)}: {code(manifest.id, most=200)}\n", _about(new), ""]
    rows = [cells for row in new.rows[:MOST_TASKS] for cells in _rows(row)]
    header = ("task", "metric", "value", "95% interval", "rank", "evidence")
    lines.append(table(header, rows, right=(2, 3, 4)))
    if len(new.rows) > MOST_TASKS:
        lines.append(f"\n{plural(len(new.rows) - MOST_TASKS, 'more task')}.")
    if new.update is not None:
        lines.append(_update(new.update))
    return "\n".join(lines) + "\n"


def _about(new: NewRevision) -> str:
    manifest = new.revision.manifest
    parts = [f"Licence {prose(manifest.licence)}"]
    if manifest.parameters is not None:
        parts.append(f"{manifest.parameters:,} parameters")
    if manifest.trained_on:
        parts.append(f"may have seen test data of {_names(manifest.trained_on)}")
    return "; ".join(parts) + "."


def _rows(row: NewRow) -> Iterator[tuple[str, ...]]:
    """The metric that ranks, then those without which it misleads."""
    run = row.run
    rank = DASH if row.rank is None else f"{row.rank} of {row.among}"
    evidence = f"{EVIDENCE_GLYPHS[run.evidence]} {run.evidence}"
    yield (code(run.task), _metric(run.primary, run.main), *_value(run.main), rank, evidence)
    for name in run.beside:
        yield ("", _metric(name, run.metric(name)), *_value(run.metric(name)), "", "")
    if run.gain is not None:
        yield ("", f"difference to {code(run.stage)}", *_gain(run.gain), "", "")


def _metric(name: str, metric: Metric | None) -> str:
    unit = f" ({prose(metric.unit)})" if metric is not None and metric.unit else ""
    return f"{code(name)}{unit} {arrow(metric)}".strip()


def _value(metric: Metric | None) -> tuple[str, str]:
    if metric is None or metric.value is None:
        return DASH, prose((metric.reason if metric else None) or "undefined")
    if metric.interval is None:
        return number(metric.value), prose(metric.reason or "no interval")
    low, high = metric.interval
    return number(metric.value), f"{_mark(metric.basis)}[{number(low)}, {number(high)}]"


def _gain(gain: Gain) -> tuple[str, str]:
    if gain.value is None:
        return DASH, prose(gain.reason or "undefined")
    if gain.interval is None:
        return signed(gain.value), prose(gain.reason or "no interval")
    return signed(gain.value), _mark(gain.basis) + _bounds(gain.interval)


def _mark(basis: BasisLike | None) -> str:
    return ROUGH if basis is not None and basis.rough else ""


def _bounds(interval: tuple[float, float]) -> str:
    return f"[{signed(interval[0])}, {signed(interval[1])}]"


def _update(update: Update) -> str:
    lines = [f"\nAgainst {code(update.predecessor.manifest.id, most=200)}:\n"]
    if update.changes:
        header = ("task", "verdict", "difference", "95% interval", "newly wrong", "newly right")
        rows = [_change(change) for change in update.changes[:MOST_TASKS]]
        lines.append(table(header, rows, right=(2, 3)))
    if len(update.changes) > MOST_TASKS:
        lines.append(f"\n{plural(len(update.changes) - MOST_TASKS, 'more task')}.")
    if update.other_work:
        lines.append(f"\nOther data or another version, not compared: {_names(update.other_work)}.")
    if update.lacking:
        lines.append(f"\nNot evaluated this time: {_names(update.lacking)}.")
    return "\n".join(lines)


def _change(change: Change) -> tuple[str, ...]:
    task = code(change.before.task)
    if change.paired is None:
        return (task, _apart(change), _plain_difference(change), DASH, DASH, DASH)
    found = change.paired
    bounds = DASH if found.interval is None else _bounds(found.interval)
    return (task, _verdict(found), signed(found.difference), bounds, *_flips(found))


def _verdict(found: Paired) -> str:
    words = [f"**{found.verdict}**"]
    if found.needed:
        words.append(f"about {about(found.needed)} items would tell")
    words += [prose(ground) for ground in found.grounds[:2]]
    return "; ".join(words)


def _flips(found: Paired) -> tuple[str, str]:
    flips = found.flips
    if flips is None:
        return DASH, DASH
    return f"{flips.lost:,} of {flips.n:,} {prose(flips.unit)}", f"{flips.won:,}"


def _apart(change: Change) -> str:
    """What the two records allow on their own, by their intervals: often nothing."""
    before, after = change.before.main, change.after.main
    if before is None or after is None or before.value is None or after.value is None:
        return "**cannot tell**; undefined on one side"
    if surely_better(after, before):
        return "**better**; by the two intervals alone, items were not compared"
    if surely_better(before, after):
        return "**worse**; by the two intervals alone, items were not compared"
    return "**cannot tell**; there were no predictions to compare item by item"


def _plain_difference(change: Change) -> str:
    before, after = change.before.main, change.after.main
    if before is None or after is None or before.value is None or after.value is None:
        return DASH
    return signed(after.value - before.value)


def _names(names: Sequence[str], *, most: int = 5) -> str:
    shown = ", ".join(code(name) for name in names[:most])
    rest = len(names) - most
    return f"{shown} and {rest} more" if rest > 0 else shown


def _end(new: NewRows, shown: int) -> str:
    lines = []
    rest = len(new.revisions) - shown + new.more
    if rest:
        lines.append(f"\n{plural(rest, 'more new revision')}, too many to show here.")
    if new.held:
        lines.append(f"\nNo rows yet for what has findings: {_names(new.held)}.")
    if shown:
        lines.append(f"\n<sub>{READING}</sub>")
    return "\n".join(lines) + "\n"
