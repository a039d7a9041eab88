"""A page for each system: what it scores, how it changed, how to make it again and cite it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.submission.manifest.manifest import Manifest
from leaderboard_site.addresses import Render, run_page, system_page, task_page, to_root
from leaderboard_site.board.ranks import RankInterval
from leaderboard_site.board.systems import (
    EvidenceMark,
    System,
    arrow,
    evidence_mark,
    standing_sentence,
)
from leaderboard_site.pages.citing import bibtex
from leaderboard_site.pages.manifest import Again, Link, commands_of, manifest_facts, manifest_links
from leaderboard_site.plots.tools.svg import Svg
from leaderboard_site.plots.versions import Version, versions_plot
from leaderboard_site.reading.submitted import LOCAL
from leaderboard_site.reading.summary import Revision, Run
from leaderboard_site.tables.figures import Figure, Notes, dash, metric_figure, scale_text
from leaderboard_site.text import DASH, clip, count

Ranks = Mapping[tuple[str, str], RankInterval]
"""(``ORG__MODEL/REVISION``, task id) -> rank on the board."""

MOST_TASKS = 100
MOST_CELLS = 600
MOST_REVISIONS = 40
MOST_DECLARED = 50
MOST_PLOTS = 3


@dataclass(frozen=True, slots=True)
class ResultRow:
    """The primary value of one task."""

    suite: str
    task: str
    title: str
    page: str
    label: str
    metric: str
    shown: str
    arrow: str
    value: Figure
    n: str
    evidence: EvidenceMark


@dataclass(frozen=True, slots=True)
class RevisionRow:
    """One revision, with its value on each task of a suite."""

    revision: str
    page: str
    date: str
    predecessor: str
    predecessor_page: str
    standing: str
    withdrawn: bool
    values: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class RevisionTable:
    """Revisions by task, newest first. ``columns`` are (title, metric, the same as shown)."""

    suite: str
    scale: str
    columns: tuple[tuple[str, str, str], ...]
    rows: tuple[RevisionRow, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SystemView:
    """All that the page of a system shows."""

    id: str
    name: str
    org: str
    revision: str
    run_page: str
    description: str
    facts: tuple[tuple[str, str], ...]
    links: tuple[Link, ...]
    is_local: bool
    declared: tuple[str, ...]
    declared_more: int
    standing: str
    rows: tuple[ResultRow, ...]
    rows_more: int
    scale: str
    ranked: bool
    notes: tuple[str, ...]
    history: tuple[Svg, ...]
    tables: tuple[RevisionTable, ...]
    revisions: int
    revisions_more: int
    commands: tuple[Again, ...]
    commands_more: int
    bibtex: str


RANK_SLOT = b"<!--rank-->"
"""Holds the place of a rank in the template. No text can be taken for it: ``<`` is escaped."""


def system_draft(
    system: System, known: Mapping[str, Manifest], render: Render, *, ranked: bool
) -> bytes:
    """The page of a system, also of one that was withdrawn, with slots for its ranks if ``ranked``.

    A newcomer moves the ranks of hundreds of systems and nothing else on their pages, so a page
    is drawn without them and kept. ``known`` are the manifests that have pages, by id.
    """
    return render(
        "system.html.j2",
        root=to_root(system.page),
        system=system_view(system, known, ranked=ranked),
    )


def rank_texts(system: System, ranks: Ranks) -> tuple[str, ...]:
    """The ranks on a system's page in the order of its rows, a dash where there is none.

    Empty when it has no rank at all. ``ranks`` are those of the board.
    """
    current = system.current
    found = [
        None if run.limit is not None else ranks.get((current.manifest.id, run.task))
        for run in current.runs[:MOST_TASKS]
    ]
    return tuple(DASH if rank is None else str(rank) for rank in found) if any(found) else ()


def set_ranks(draft: bytes, ranks: Sequence[str]) -> bytes:
    """The page that a draft becomes with these ranks in its slots."""
    parts = draft.split(RANK_SLOT)
    assert len(parts) == len(ranks) + 1, "a slot for each rank"
    ends = [rank.encode() for rank in ranks] + [b""]
    return b"".join(piece for pair in zip(parts, ends, strict=True) for piece in pair)


def system_view(system: System, known: Mapping[str, Manifest], *, ranked: bool) -> SystemView:
    """What the page of a system shows; ``known`` are the manifests that have pages, by id."""
    current = system.current
    manifest = current.manifest
    notes = Notes()
    shown = current.runs[:MOST_TASKS]
    commands, commands_more = commands_of(manifest)
    tables = tuple(_revision_table(system, suite, known) for suite in _suites(system))
    return SystemView(
        id=system.id,
        name=system.name,
        org=manifest.org,
        revision=manifest.revision,
        run_page=run_page(manifest),
        description=manifest.description,
        facts=manifest_facts(manifest),
        links=manifest_links(manifest),
        is_local=manifest.org == LOCAL,
        declared=tuple(clip(task, most=120) for task in manifest.trained_on[:MOST_DECLARED]),
        declared_more=max(0, len(manifest.trained_on) - MOST_DECLARED),
        standing=standing_sentence(current.standing),
        rows=tuple(_result_row(run, notes) for run in shown),
        rows_more=len(current.runs) - len(shown),
        scale=scale_text(run.main.unit for run in shown if run.main),
        ranked=ranked,
        notes=tuple(notes.reasons),
        history=_history(system),
        tables=tables,
        revisions=len(system.revisions),
        revisions_more=len(system.revisions) - min((len(t.rows) for t in tables), default=0),
        commands=commands,
        commands_more=commands_more,
        bibtex=bibtex(manifest),
    )


def _history(system: System) -> tuple[Svg, ...]:
    """The primary metric of each task from revision to revision, where equal work was done.

    Metrics of different units have pictures of their own.
    """
    current = {run.work for run in system.current.runs}
    titles = Counter(run.title for run in system.current.runs)
    versions: dict[str, list[Version]] = {}
    for revision in system.revisions:
        for run in revision.runs:
            metric = run.main
            if run.work not in current or run.limit or metric is None or metric.value is None:
                continue
            low, high = metric.interval or (None, None)
            name = revision.manifest.revision
            title = clip(run.title if titles[run.title] == 1 else run.task, most=40)
            version = Version(title, name, metric.value, low, high)
            versions.setdefault(metric.unit, []).append(version)
    names = [revision.manifest.revision for revision in system.revisions]
    plots = (versions_plot(names, versions[unit], unit=unit) for unit in sorted(versions))
    return tuple(plot for plot in plots if plot is not None)[:MOST_PLOTS]


def _suites(system: System) -> tuple[str, ...]:
    return tuple(sorted({run.suite for revision in system.revisions for run in revision.runs}))


def _result_row(run: Run, notes: Notes) -> ResultRow:
    metric = run.main
    limit = "" if run.limit is None else f", first {count(run.limit)} groups only"
    return ResultRow(
        suite=clip(run.suite),
        task=clip(run.task, most=120),
        title=clip(run.title, most=120),
        page=task_page(run.task),
        label=f"version {clip(run.version, most=20)}, {run.fingerprint[:8]}{limit}",
        metric=run.primary,
        shown=clip(run.primary, most=60),
        arrow=arrow(metric),
        value=metric_figure(metric, notes),
        n=DASH if metric is None else count(metric.n),
        evidence=evidence_mark(run.evidence, run.evidence_reason),
    )


def _revision_table(system: System, suite: str, known: Mapping[str, Manifest]) -> RevisionTable:
    """Values of different work never share a column: it is told by fingerprint as well."""
    found = [_by_work(revision, suite) for revision in system.revisions]
    columns = sorted({key for works in found for key in works})[:MOST_TASKS]
    examples = {key: run for works in found for key, run in works.items()}
    suites = len(_suites(system))
    most = max(2, min(MOST_REVISIONS // suites, MOST_CELLS // max(1, len(columns) * suites)))
    notes = Notes()
    rows = [
        _revision_row(revision, [works.get(key) for key in columns], known, notes)
        for revision, works in list(zip(system.revisions, found, strict=True))[-most:]
    ]
    versions = {key[0]: sum(other[0] == key[0] for other in columns) for key in columns}
    return RevisionTable(
        suite=clip(suite),
        scale=scale_text(run.main.unit for run in examples.values() if run.main),
        columns=tuple(_column(examples[key], many=versions[key[0]] > 1) for key in columns),
        rows=tuple(reversed(rows)),
        notes=tuple(notes.reasons),
    )


Work = tuple[str, str, int]


def _by_work(revision: Revision, suite: str) -> dict[Work, Run]:
    runs = [run for run in revision.runs if run.suite == suite]
    return {(run.task, run.fingerprint, run.limit or 0): run for run in runs}


def _column(run: Run, *, many: bool) -> tuple[str, str, str]:
    title = clip(run.title, most=80)
    shown = f"{clip(run.primary, most=60)} {arrow(run.main)}".rstrip()
    return (f"{title} ({run.fingerprint[:8]})" if many else title), run.primary, shown


def _revision_row(
    revision: Revision,
    runs: Sequence[Run | None],
    known: Mapping[str, Manifest],
    notes: Notes,
) -> RevisionRow:
    manifest = revision.manifest
    before = known.get(manifest.predecessor or "")
    absent = "The revision was not submitted on this task"
    return RevisionRow(
        revision=manifest.revision,
        page=run_page(manifest),
        date=manifest.date,
        predecessor=manifest.predecessor or "",
        predecessor_page=system_page(before) if before else "",
        standing=standing_sentence(revision.standing),
        withdrawn=revision.withdrawn,
        values=tuple(
            dash(absent, notes) if run is None else metric_figure(run.main, notes) for run in runs
        ),
    )
