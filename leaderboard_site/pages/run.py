"""Pages of one revision: how each of its runs was made, and all that it scored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.submission.manifest.manifest import LargerEvidence, Manifest
from leaderboard_site.addresses import Render, run_page, system_page, task_page, to_root
from leaderboard_site.board.systems import EvidenceMark, arrow, evidence_mark, standing_sentence
from leaderboard_site.exhibits.class_items import consistency_view, flipped_list
from leaderboard_site.exhibits.items import ItemTable, shorten
from leaderboard_site.pages.facts import MetricLine, Pairs, system_detail
from leaderboard_site.pages.manifest import Again, Link, commands_of, manifest_facts, manifest_links
from leaderboard_site.pages.run_facts import Differing, facts_of_runs, run_title
from leaderboard_site.reading.parts import part_of
from leaderboard_site.reading.records import Entry
from leaderboard_site.reading.submitted import Submitted, SubmittedRun
from leaderboard_site.tables.figures import (
    DifferenceCell,
    Figure,
    Notes,
    difference_cell,
    metric_figure,
)
from leaderboard_site.text import clip, count, is_https, size

FEW_RUNS = 3
"""Up to so many runs have a table each; more are put side by side."""

MOST_RUNS = 20
MOST_LINES = 36
MOST_METRICS = 12
MOST_ITEM_ROWS = 60
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
    """Runs of one suite by metric. ``columns`` are names with their direction."""

    suite: str
    columns: tuple[str, ...]
    left_out: int
    has_gain: bool
    rows: tuple[RunRow, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MetricTable:
    """Every metric of one run, a row each."""

    title: str
    task: str
    page: str
    paired: bool
    lines: tuple[MetricLine, ...]
    evidence: EvidenceMark
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Failures:
    """Items of one run that it lost or does worst on."""

    title: str
    tables: tuple[ItemTable, ...]


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
    facts: Pairs
    links: tuple[Link, ...]
    runs: tuple[MetricTable, ...]
    suites: tuple[SuiteTable, ...]
    shared: tuple[tuple[str, Pairs], ...]
    differing: tuple[Differing, ...]
    failures: tuple[Failures, ...]
    worst: Pairs
    larger: tuple[Larger, ...]
    commands: tuple[Again, ...]
    commands_more: int
    pages: tuple[PageLink, ...]


def run_files(
    item: Submitted,
    before: Manifest | None,
    render: Render,
    *,
    lost: Mapping[str, Sequence[ItemTable]] | None = None,
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
    item: Submitted, before: Manifest | None, lost: Mapping[str, Sequence[ItemTable]]
) -> tuple[RunView, ...]:
    """The pages of a revision; see :func:`run_files`."""
    starts = list(range(0, len(item.runs), MOST_RUNS)) or [0]
    parts = [item.runs[start : start + MOST_RUNS] for start in starts]
    return tuple(_view(item, before, part, lost, n, len(parts)) for n, part in enumerate(parts, 1))


def _view(
    item: Submitted,
    before: Manifest | None,
    runs: Sequence[SubmittedRun],
    lost: Mapping[str, Sequence[ItemTable]],
    number: int,
    pages: int,
) -> RunView:
    manifest = item.manifest
    commands, commands_more = commands_of(manifest)
    shared, differing = facts_of_runs(runs)
    return RunView(
        name=clip(manifest.name),
        id=manifest.id,
        revision=manifest.revision,
        system_page=system_page(manifest),
        predecessor=manifest.predecessor or "",
        predecessor_page=run_page(before) if before else "",
        standing=standing_sentence(item.standing),
        facts=manifest_facts(manifest),
        links=manifest_links(manifest),
        runs=tuple(map(_metric_table, runs)) if len(runs) <= FEW_RUNS else (),
        suites=tuple(_suite_table(suite, runs) for suite in _suites(runs))
        if len(runs) > FEW_RUNS
        else (),
        shared=shared,
        differing=differing,
        failures=_failures(runs, lost),
        worst=_worst(runs),
        larger=tuple(_larger(file) for file in manifest.larger[:MOST_LARGER]),
        commands=commands,
        commands_more=commands_more,
        pages=tuple(
            PageLink(run_page(manifest, n), f"page {n}", n == number) for n in range(1, pages + 1)
        )
        if pages > 1
        else (),
    )


def _suites(runs: Sequence[SubmittedRun]) -> tuple[str, ...]:
    return tuple(sorted({run.loaded.record.task.suite for run in runs}))


def _suite_table(suite: str, runs: Sequence[SubmittedRun]) -> SuiteTable:
    own = [run for run in runs if run.loaded.record.task.suite == suite]
    metrics = {m.name: m for run in reversed(own) for m in reversed(run.loaded.record.metrics)}
    first = [run.loaded.record.task.primary_metric for run in own]
    names = list(dict.fromkeys([*first, *metrics]))
    shown = names[:MOST_METRICS]
    notes = Notes()
    rows = tuple(_run_row(run, shown, notes) for run in own)
    return SuiteTable(
        suite=clip(suite),
        columns=tuple(f"{clip(name, most=40)} {arrow(metrics.get(name))}" for name in shown),
        left_out=len(names) - len(shown),
        has_gain=any(row.gain for row in rows),
        rows=rows,
        notes=tuple(notes.reasons),
    )


def _metric_table(run: SubmittedRun) -> MetricTable:
    task, notes = run.loaded.record.task, Notes()
    detail = system_detail(run.loaded.record, notes)
    return MetricTable(
        title=run_title(run),
        task=f"{clip(task.id)}, version {clip(task.version, most=12)}, {task.fingerprint[:8]}",
        page=task_page(task.id),
        paired=detail.is_paired,
        lines=detail.metrics[:MOST_LINES],
        evidence=evidence_mark(run.evidence, run.evidence_reason),
        notes=tuple(notes.reasons),
    )


def _run_row(run: SubmittedRun, names: Sequence[str], notes: Notes) -> RunRow:
    task = run.loaded.record.task
    return RunRow(
        title=run_title(run),
        task=f"{clip(task.id)}, {task.fingerprint[:8]}",
        page=task_page(task.id),
        values=tuple(metric_figure(run.loaded.record.metric(name), notes) for name in names),
        gain=_gain(run, notes),
        evidence=evidence_mark(run.evidence, run.evidence_reason),
    )


def _gain(run: SubmittedRun, notes: Notes) -> DifferenceCell | None:
    record = run.loaded.record
    stage, metric = record.first_stage, record.metric(record.task.primary_metric)
    if stage is None or metric is None:
        return None
    found = next((d for d in stage.differences if d.name == metric.name), None)
    if found is None:
        return None
    return difference_cell(found, notes, higher_is_better=metric.higher_is_better)


def _failures(
    runs: Sequence[SubmittedRun], lost: Mapping[str, Sequence[ItemTable]]
) -> tuple[Failures, ...]:
    """What an update lost, then what a reference had right, then what is worst, by run."""
    tables = [
        (
            run_title(run),
            [*lost.get(run.loaded.record.task.id, ()), *_flipped(run), *run.loaded.worst],
        )
        for run in runs
    ]
    having = [(title, found) for title, found in tables if found]
    each = MOST_ITEM_ROWS // max(1, len(having))
    return tuple(Failures(title, shorten(found, each)) for title, found in having)


def _flipped(run: SubmittedRun) -> tuple[ItemTable, ...]:
    if not run.loaded.flipped:
        return ()
    rows = flipped_list(run_title(run), run.loaded.flipped).rows
    columns = ("Item", "Label", "Answer now", "Confidence")
    return (ItemTable("Right in the reference and wrong now", columns, rows, len(rows)),)


def _worst(runs: Sequence[SubmittedRun]) -> Pairs:
    """Where a run does worst, for the suites whose records tell of it."""
    said = []
    for run in runs:
        detection, classes = (
            part_of(run.loaded.record, "detection"),
            consistency_view([Entry(run.loaded, run_title(run))]),
        )
        if detection is not None and detection.worst_domain is not None:
            said.append((run_title(run), f"lowest TPR on domain {clip(detection.worst_domain)}"))
        if classes is not None and classes.carried:
            line = classes.carried[0]
            said.append((run_title(run), f"most often rejected: class {line.worst}"))
    return tuple(said)


def _larger(file: LargerEvidence) -> Larger:
    host = file.url.split("/")[2] if is_https(file.url) else ""
    link = Link("file", file.url, host)
    return Larger(clip(file.task), link, file.sha256, f"{size(file.bytes)} ({count(file.bytes)} B)")
