"""Columns and cells that every big table shares: the system, its evidence, what it declares."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from harness.records.bars import FIRST_STAGE, REFERENCE
from leaderboard_site.board.families import SIZES, family_of, openness_of, size_of
from leaderboard_site.board.marks import NONE_KNOWN
from leaderboard_site.board.systems import System, arrow, day, evidence_mark
from leaderboard_site.reading.summary import MetricLike, Revision, Run
from leaderboard_site.tables.about import about_metric
from leaderboard_site.tables.figures import Figure, Notes
from leaderboard_site.tables.grid import Cell, Column, Facet, GridRow
from leaderboard_site.text import DASH, LONGEST_UNIT, clip, metric_name, plural, points

MOST_FACET_VALUES = 40
MOST_MONTHS = 12
ALONE = "no other of its family"
UNSTEADY = "Answers to a sample did not hold: "
UNRANKED = {
    FIRST_STAGE: "The first stage is what systems are measured against; it has no rank",
    REFERENCE: "The reference is what flips are counted against; it, or a copy of it, has no rank",
}
CONTROL_UNRANKED = "A control row is what systems are measured against; it has no rank"

RANK = Column(
    "rank", "Rank", "range", "Best and worst rank that the comparisons leave open", "number"
)
SYSTEM = Column("system", "System", kind="system")
EVIDENCE = Column("evidence", "Evidence")
LICENCE = Column("licence", "Licence", priority=3)
PARAMETERS = Column(
    "parameters", "Params", "millions", "Number of parameters", "number", priority=3
)
DATE = Column("date", "Date", "submitted", priority=3)


def metric_column(
    key: str,
    suite: str,
    name: str,
    metric: MetricLike | None,
    *,
    optional: bool = False,
    priority: int = 2,
    brief: bool = False,
) -> Column:
    """A column of one metric, with its unit and its direction behind its name.

    A ``brief`` head tells the direction by the arrow alone.
    """
    cut = metric_name(name)
    unit = "" if metric is None else clip(metric.unit, most=LONGEST_UNIT)
    said = arrow(metric) if brief else arrow_words(metric)
    about = about_metric(suite, name)
    if about is not None and cut.main != name:
        about = about._replace(title=f"{name}, {about.title}")
    return Column(
        key=key,
        head=cut.main,
        sub=" ".join(filter(None, [cut.parameters, unit, said])),
        title=name,
        about=about,
        kind="number",
        optional=optional,
        priority=priority,
    )


def arrow_words(metric: MetricLike | None) -> str:
    """``↑`` or ``↓`` with what it means; no arrow where neither end is better."""
    if metric is None:
        return ""
    if metric.higher_is_better is None:
        return "neither end is better"
    return "↑ higher is better" if metric.higher_is_better else "↓ lower is better"


def figure_cell(figure: Figure, sort: float | str | None = None, *, small: bool = True) -> Cell:
    """A figure as a cell; its interval goes below where ``small``."""
    return Cell(
        figure.text,
        sort,
        figure.interval if small else "",
        shade=figure.shade,
        best=figure.best,
        note=figure.note,
        reason=figure.reason,
    )


def system_cell(
    system: System,
    *,
    org: bool,
    detail: str = "",
    runs: Sequence[Run] = (),
    notes: Notes | None = None,
) -> Cell:
    """The row's head: the name, linked to the system's page, with its organisation if ``org``.

    Where an answer of one of its ``runs`` changed with the batch or the order, a note says so.
    """
    found = [run.unsteady for run in runs if run.unsteady]
    note, said = None, ""
    if found and notes is not None:
        further = f"; so on {plural(len(found) - 1, 'further task')}" if found[1:] else ""
        said = UNSTEADY + found[0] + further
        note = notes.number(said)
    manifest = system.current.manifest
    return Cell(
        text=clip(manifest.name),
        sort=manifest.name.casefold()[:80],
        small=" · ".join(
            filter(None, [clip(manifest.org, most=40) if org else "", clip(detail, most=120)])
        ),
        page=system.page,
        note=note,
        reason=said,
    )


def orgs_differ(systems: Iterable[System]) -> bool:
    """Whether systems are of several organisations: one that all share tells rows nothing."""
    return len({system.current.manifest.org for system in systems}) > 1


def evidence_cell(evidence: str, reason: str) -> Cell:
    """Glyph and word; sorted strongest first."""
    mark = evidence_mark(evidence, reason)
    return Cell(text=mark.word, sort=mark.word, glyph=mark.glyph, title=mark.reason)


def declared_cells(revision: Revision) -> tuple[Cell, Cell, Cell]:
    """Licence, parameters in millions and date."""
    manifest = revision.manifest
    size = manifest.parameters
    licence = Cell(text=clip(manifest.licence, most=24), sort=manifest.licence.casefold()[:40])
    parameters = Cell(
        text=DASH if size is None else millions(size),
        sort=None if size is None else float(size),
        reason="not stated" if size is None else "",
    )
    return licence, parameters, Cell(text=manifest.date, sort=day(manifest.date) or None)


def millions(size: int) -> str:
    """A number of parameters in millions: ``22.7``, ``< 0.1``, ``0``."""
    if 0 < size < 100_000:
        return "< 0.1"
    return f"{size / 1e6:,.1f}" if size else "0"


def unranked(role: str) -> str:
    """Why a row that is a bar has no rank."""
    return UNRANKED.get(role, CONTROL_UNRANKED)


def floor_text(name: str, floor: float) -> str:
    """Why a system is not ranked whose metric beside the primary one is below its floor."""
    return (
        f"Not ranked: {clip(name, most=40)} is below {points(floor, decimals=0)}, under which the "
        "metric that ranks tells little of how good a system is"
    )


def row_facets(system: System, evidence: str, fitted: str) -> dict[str, str]:
    """What a row can be filtered by; ``fitted`` is the word for what it knows of the task."""
    manifest = system.current.manifest
    return {
        "fitted": fitted or NONE_KNOWN,
        "size": size_of(manifest.parameters),
        "open": openness_of(manifest.licence),
        "family": clip(family_of(manifest.model), most=40),
        "evidence": evidence,
        "licence": clip(manifest.licence, most=24),
        "org": clip(manifest.org, most=40),
        "date": day(manifest.date)[:7] or "none",
    }


def with_facets(rows: Sequence[GridRow]) -> tuple[tuple[GridRow, ...], tuple[Facet, ...]]:
    """Rows with what they can be filtered by, and the choices above their table.

    A choice is there only where rows differ and the list can be read. Families of one system are
    one choice together, and dates are months, or years where there are too many months.
    """
    told = [dict(row.facets) for row in rows]
    families = Counter(found["family"] for found in told if "family" in found)
    large = {name for name, many in families.most_common(MOST_FACET_VALUES - 1) if many > 1}
    months = {found["date"] for found in told if "date" in found}
    for found in told:
        if found.get("family", ALONE) not in large and "family" in found:
            found["family"] = ALONE
        if "date" in found and len(months) > MOST_MONTHS:
            found["date"] = found["date"][:4]
    facets = _facets(told)
    keys = {facet.key for facet in facets}
    kept = ({key: value for key, value in found.items() if key in keys} for found in told)
    made = (row.with_facets(found) for row, found in zip(rows, kept, strict=True))
    return tuple(made), facets


FACETS = (
    ("fitted", "Fitted or zero-shot"),
    ("size", "Size"),
    ("open", "Openness"),
    ("licence", "Licence"),
    ("family", "Family"),
    ("org", "Organisation"),
    ("evidence", "Evidence"),
    ("date", "Submitted"),
)


def _facets(rows: Sequence[dict[str, str]]) -> tuple[Facet, ...]:
    found = []
    for key, label in FACETS:
        values = sorted({row[key] for row in rows if key in row})
        if key == "size":
            values.sort(key=SIZES.index)
        if key == "date":
            values.reverse()
        if 1 < len(values) <= MOST_FACET_VALUES:
            found.append(Facet(key, label, tuple(values)))
    return tuple(found)
