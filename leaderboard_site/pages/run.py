"""Pages of one revision: how each of its runs was made, and all that it scored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.exhibits import Table, worst_of
from harness.records.open_doors import open_doors
from harness.records.white_box import said_of
from harness.submission.manifest.manifest import LargerEvidence, Manifest
from leaderboard_site.addresses import Render, run_page, system_page, task_page, to_root
from leaderboard_site.board.systems import EvidenceMark, arrow, evidence_mark, standing_sentence
from leaderboard_site.pages.behind import Behind, Failures, behind, failures
from leaderboard_site.pages.facts import (
    MetricLine,
    Pairs,
    interval_sentences,
    is_paired,
    metric_lines,
)
from leaderboard_site.pages.manifest import Again, Link, commands_of, manifest_facts, manifest_links
from leaderboard_site.pages.run_facts import Differing, facts_of_runs, run_title
from leaderboard_site.reading.submitted import Submitted, SubmittedRun
from leaderboard_site.tables.figures import (
    DifferenceCell,
    Figure,
    Notes,
    difference_cell,
    metric_figure,
    scale_text,
)
from leaderboard_site.text import clip, count, is_https, size

FEW_RUNS = 3
"""Up to so many runs have a table each; more are put side by side."""

MOST_RUNS = 20
MOST_LINES = 36
MOST_METRICS = 12
MOST_LARGER = 20
"""Bounds that keep a page below 250 KB and 200 rows; further runs stand on further pages."""


@dataclass(frozen=True, slots=True)
class RunRow:
    """All metrics of one run; ``gain`` is the paired difference to the first stage, if any."""

    title: str
    task: str
    page: str
    values: tuple[Figure, ...]
    gain: DifferenceCell | None
    evidence: EvidenceMark


@dataclass(frozen=True, slots=True)
class SuiteTable:
    """Runs of one suite by metric. ``columns`` are names, and names as shown with an arrow."""

    suite: str
    scale: str
    columns: tuple[tuple[str, str], ...]
    left_out: int
    has_gain: bool
    rows: tuple[RunRow, ...]
    notes: tuple[str, ...]
    intervals: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MetricTable:
    """Every metric of one run, a row each."""

    title: str
    suite: str
    scale: str
    task: str
    page: str
    paired: bool
    lines: tuple[MetricLine, ...]
    evidence: EvidenceMark
    notes: tuple[str, ...]
    intervals: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Larger:
    """A file kept elsewhere. ``link`` has no host when its address is only shown as text."""

    task: str
    link: Link
    sha256: str
    size: str


@dataclass(frozen=True, slots=True)
class PageLink:
    """Another page of the same revision."""

    page: str
    label: str
    here: bool


@dataclass(frozen=True, slots=True)
class RunView:
    """What one page of a revision shows."""

    name: str
    id: str
    revision: str
    system_page: str
    predecessor: str
    predecessor_page: str
    standing: str
    white_box: tuple[tuple[str, str], ...]
    doors: tuple[tuple[str, str], ...]
    facts: Pairs
    links: tuple[Link, ...]
    runs: tuple[MetricTable, ...]
    suites: tuple[SuiteTable, ...]
    shared: tuple[tuple[str, Pairs], ...]
    differing: tuple[Differing, ...]
    behind: tuple[Behind, ...]
    failures: tuple[Failures, ...]
    larger: tuple[Larger, ...]
    commands: tuple[Again, ...]
    commands_more: int
    pages: tuple[PageLink, ...]


def run_files(
    item: Submitted,
    before: Manifest | None,
    render: Render,
    *,
    lost: Mapping[str, Sequence[Table]] | None = None,
) -> dict[str, bytes]:
    """``r/ORG__MODEL/REVISION/index.html``, and ``page-2.html`` beside it where runs are many.

    ``before`` is the manifest of its predecessor where that has a page, ``lost`` are the items
    that the predecessor had right, by task.
    """
    return {
        (path := run_page(item.manifest, number)): render(
            "run.html.j2", root=to_root(path), run=view
        )
        for number, view in enumerate(run_views(item, before, lost or {}), 1)
    }


def run_views(
    item: Submitted, before: Manifest | None, lost: Mapping[str, Sequence[Table]]
) -> tuple[RunView, ...]:
    """The pages of a revision; see :func:`run_files`."""
    starts = list(range(0, len(item.runs), MOST_RUNS)) or [0]
    parts = [item.runs[start : start + MOST_RUNS] for start in starts]
    return tuple(_view(item, before, part, lost, n, len(parts)) for n, part in enumerate(parts, 1))


def _view(
    item: Submitted,
    before: Manifest | None,
    runs: Sequence[SubmittedRun],
    lost: Mapping[str, Sequence[Table]],
    number: int,
    pages: int,
) -> RunView:
    manifest = item.manifest
    commands, commands_more = commands_of(manifest)
    shared, differing = facts_of_runs(runs)
    worst = [worst_of(run.side) for run in runs]
    return RunView(
        name=clip(manifest.name),
        id=manifest.id,
        revision=manifest.revision,
        system_page=system_page(manifest),
        predecessor=manifest.predecessor or "",
        predecessor_page=run_page(before) if before else "",
        standing=standing_sentence(item.standing),
        white_box=white_boxes(runs),
        doors=doors(runs),
        facts=manifest_facts(manifest),
        links=manifest_links(manifest),
        runs=tuple(map(_metric_table, runs)) if len(runs) <= FEW_RUNS else (),
        suites=tuple(_suite_table(suite, runs) for suite in _suites(runs))
        if len(runs) > FEW_RUNS
        else (),
        shared=shared,
        differing=differing,
        behind=behind(clip(manifest.name), runs, worst, few=len(runs) <= FEW_RUNS),
        failures=failures(runs, lost, worst),
        larger=tuple(_larger(file) for file in manifest.larger[:MOST_LARGER]),
        commands=commands,
        commands_more=commands_more,
        pages=tuple(
            PageLink(run_page(manifest, n), f"page {n}", n == number) for n in range(1, pages + 1)
        )
        if pages > 1
        else (),
    )


def doors(runs: Sequence[SubmittedRun]) -> tuple[tuple[str, str], ...]:
    """Titles of runs whose checkpoint ran code of its own or was a pickle, and which it was."""
    said = ((run_title(run), open_doors(run.record.model)) for run in runs)
    return tuple((title, text) for title, text in said if text)


def white_boxes(runs: Sequence[SubmittedRun]) -> tuple[tuple[str, str], ...]:
    """Titles of runs that read texts with their own generator, with what that means."""
    said = ((run_title(run), said_of(run.record.model.details)) for run in runs)
    return tuple((title, clip(text, most=300)) for title, text in said if text)


def _suites(runs: Sequence[SubmittedRun]) -> tuple[str, ...]:
    return tuple(sorted({run.record.task.suite for run in runs}))


def _suite_table(suite: str, runs: Sequence[SubmittedRun]) -> SuiteTable:
    own = [run for run in runs if run.record.task.suite == suite]
    metrics = {m.name: m for run in reversed(own) for m in reversed(run.record.metrics)}
    first = [run.record.task.primary_metric for run in own]
    names = list(dict.fromkeys([*first, *metrics]))
    shown = names[:MOST_METRICS]
    notes = Notes()
    rows = tuple(_run_row(run, shown, notes) for run in own)
    return SuiteTable(
        suite=clip(suite),
        scale=scale_text(metrics[name].unit for name in shown if name in metrics),
        columns=tuple(
            (name, f"{clip(name, most=60)} {arrow(metrics.get(name))}".rstrip()) for name in shown
        ),
        left_out=len(names) - len(shown),
        has_gain=any(row.gain for row in rows),
        rows=rows,
        notes=tuple(notes.reasons),
        intervals=interval_sentences(run.record for run in own),
    )


def _metric_table(run: SubmittedRun) -> MetricTable:
    task, notes = run.record.task, Notes()
    return MetricTable(
        title=run_title(run),
        suite=task.suite,
        scale=scale_text(metric.unit for metric in run.record.metrics),
        task=f"{clip(task.id)}, version {clip(task.version, most=12)}, {task.fingerprint[:8]}",
        page=task_page(task.id),
        paired=is_paired(run.record),
        lines=metric_lines(run.record, notes)[:MOST_LINES],
        evidence=evidence_mark(run.evidence, run.evidence_reason),
        notes=tuple(notes.reasons),
        intervals=interval_sentences([run.record]),
    )


def _run_row(run: SubmittedRun, names: Sequence[str], notes: Notes) -> RunRow:
    task = run.record.task
    return RunRow(
        title=run_title(run),
        task=f"{clip(task.id)}, {task.fingerprint[:8]}",
        page=task_page(task.id),
        values=tuple(metric_figure(run.record.metric(name), notes) for name in names),
        gain=_gain(run, notes),
        evidence=evidence_mark(run.evidence, run.evidence_reason),
    )


def _gain(run: SubmittedRun, notes: Notes) -> DifferenceCell | None:
    record = run.record
    if record.gain is None:
        return None
    return difference_cell(record.gain, record.primary, notes)


def _larger(file: LargerEvidence) -> Larger:
    host = file.url.split("/")[2] if is_https(file.url) else ""
    link = Link("file", file.url, host)
    return Larger(clip(file.task), link, file.sha256, f"{size(file.bytes)} ({count(file.bytes)} B)")
