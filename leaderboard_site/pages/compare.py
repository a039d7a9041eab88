"""The page that compares two systems; without a script it lists what was compared beforehand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote

from leaderboard_site.addresses import Render, run_page, task_page
from leaderboard_site.board.board import Board, Line, Section
from leaderboard_site.board.systems import System, arrow, standing_sentence
from leaderboard_site.comparing.data import (
    INDEX,
    WorkKeys,
    data_page,
    index_script,
    system_script,
)
from leaderboard_site.comparing.paired import Memory
from leaderboard_site.comparing.plan import (
    BEST_PAIRED,
    MOST_PAIRED,
    Update,
    Verdicts,
    find_verdicts,
    updates,
    verdict_of,
)
from leaderboard_site.comparing.words import (
    APART,
    TOGETHER,
    UNKNOWN,
    Said,
    flips_rule,
    say_intervals,
    say_paired,
    tally,
)
from leaderboard_site.drawing.fragments import Keep
from leaderboard_site.reading.summary import Run
from leaderboard_site.tables.paging import cut, page_links, page_name
from leaderboard_site.text import clip, listing, plural, sentence

FOLDER = "compare"
MOST_TASKS = 40
"""Tasks of one update with a row; the page that compares the two has all of them."""


@dataclass(frozen=True, slots=True)
class Row:
    """One task of a comparison. ``href`` leads to the whole comparison of the two."""

    title: str
    page: str
    suite: str
    metric: str
    shown: str
    said: Said
    rule: str
    paired: bool
    names: tuple[str, str]
    href: str


@dataclass(frozen=True, slots=True)
class UpdateRows:
    """An update with its paired tasks, largest gap first, and a sentence on all others."""

    name: str
    revision: str
    before: str
    date: str
    page: str
    before_page: str
    standing: str
    href: str
    summary: str
    rows: tuple[Row, ...]
    others: str


def compare_files(
    board: Board,
    render: Render,
    *,
    kept: Memory | None = None,
    verdicts: Verdicts | None = None,
    drawn: Keep | None = None,
) -> dict[str, bytes]:
    """The compare page, the further pages of its tables, and the data of every system.

    Reads the tables of runs that are compared item by item, unless ``verdicts`` are known. ``kept``
    is what earlier builds found, by the content of both runs, and ``drawn`` gives data of systems
    that are compared with no other item by item. Raises :class:`InvalidError` when a
    table is not the one that its record was made with.
    """
    changes = updates(board.systems)
    if verdicts is None:
        verdicts = find_verdicts(board.systems, changes, kept=kept)
    keys = WorkKeys()
    files = {INDEX: index_script(board.systems, keys)}
    for system in board.systems:
        files[data_page(system)] = _data(system, verdicts, keys, drawn)
    return {**files, **_pages(board, changes, verdicts, render)}


def _data(system: System, verdicts: Verdicts, keys: WorkKeys, drawn: Keep | None) -> bytes:
    ids = [revision.manifest.id for revision in system.revisions]
    if drawn is None or any(map(verdicts.get, ids)):
        return system_script(system, verdicts, keys)
    facts = (system.id, system.name, system.page)
    return drawn("compare", ids, facts, lambda: system_script(system, {}, keys))


def _pages(
    board: Board, changes: Sequence[Update], verdicts: Verdicts, render: Render
) -> dict[str, bytes]:
    shown: list[Row | UpdateRows] = [
        *leader_rows(board, verdicts),
        *(update_rows(change, verdicts) for change in changes),
    ]
    pages = cut(shown, lambda item: 1 if isinstance(item, Row) else 2 + len(item.rows))
    files = {}
    for number, items in enumerate(pages, 1):
        page = page_name(FOLDER, number)
        files[page] = render(
            "compare.html.j2",
            root="../",
            number=number,
            pages=page_links(FOLDER, len(pages), number),
            leaders=[item for item in items if isinstance(item, Row)],
            updates=[item for item in items if isinstance(item, UpdateRows)],
            has_updates=bool(changes),
            words={"apart": APART, "together": TOGETHER, "unknown": UNKNOWN},
            most_paired=MOST_PAIRED,
            best_paired=BEST_PAIRED,
        )
    return files


def compare_href(first: str, second: str) -> str:
    """The page with two revisions chosen, from the site's root."""
    return f"{FOLDER}/index.html?a={quote(first, safe='/')}&b={quote(second, safe='/')}"


def leader_rows(board: Board, verdicts: Verdicts) -> list[Row]:
    """For every task with two ranked systems: the one ahead against the next."""
    found = []
    for suite in board.suites:
        for task in suite.tasks:
            if task.main is not None and len(task.main.ranked) > 1:
                found.append(_leader(task.main, task.main.ranked[:2], verdicts))
    return found


def _leader(section: Section, lines: Sequence[Line], verdicts: Verdicts) -> Row:
    ahead, behind = lines
    ids = [line.system.current.manifest.id for line in (behind, ahead)]
    names = (clip(behind.system.name, most=40), clip(ahead.system.name, most=40))
    return pair_row(behind.run, ahead.run, ids, names, verdicts)


def pair_row(
    old: Run, new: Run, ids: Sequence[str], names: tuple[str, str], verdicts: Verdicts
) -> Row:
    """One task of two revisions; ``ids`` and ``names`` are those of the older or lesser first."""
    first, second = names
    paired = verdict_of(verdicts, ids[0], ids[1], old.work)
    if paired is None:
        said = say_intervals(old.main, new.main, first=first, second=second)
    else:
        said = say_paired(paired, first=first, second=second)
    return Row(
        title=clip(old.title, most=120),
        page=task_page(old.task),
        suite=old.suite,
        metric=old.primary,
        shown=f"{clip(old.primary, most=60)} {arrow(old.main)}".strip(),
        said=said,
        rule="" if paired is None or paired.flips is None else flips_rule(paired.flips),
        paired=paired is not None,
        names=names,
        href=compare_href(ids[0], ids[1]),
    )


def update_rows(update: Update, verdicts: Verdicts) -> UpdateRows:
    """A revision against the one before it: paired tasks one by one, the others in a sentence."""
    old, new = update.old.manifest, update.new.manifest
    names = ("its predecessor", "the update")
    rows = (pair_row(a, b, (old.id, new.id), names, verdicts) for a, b in update.runs)
    found = [replace(r, said=replace(r.said, sentence=sentence(r.said.sentence))) for r in rows]
    paired = [row for row in found if row.paired]
    unpaired = [row for row in found if not row.paired]
    paired.sort(key=lambda row: (-(row.said.gap or 0.0), row.title))
    return UpdateRows(
        name=clip(new.name),
        revision=new.revision,
        before=old.revision if old.system == new.system else old.id,
        date=new.date,
        page=run_page(new),
        before_page=run_page(old),
        standing=standing_sentence(update.new.standing),
        href=compare_href(old.id, new.id),
        summary=_summary(found),
        rows=tuple(paired[:MOST_TASKS]),
        others=_others(unpaired, len(paired) - MOST_TASKS),
    )


def _summary(rows: Sequence[Row]) -> str:
    if not rows:
        return "No task in common with its predecessor."
    if len(rows) == 1:
        return f"One task in common: {rows[0].said.word}."
    return f"{plural(len(rows), 'task')} in common: {tally(row.said.word for row in rows)}."


def _others(rows: Sequence[Row], more: int) -> str:
    said = []
    if rows:
        apart = [row.title for row in rows if row.said.word in ("better", "worse")]
        where = f" ({listing(apart)})" if apart else ""
        words = tally(row.said.word for row in rows)
        said.append(f"By intervals alone: {words}{where}.")
    if more > 0:
        said.append(f"{plural(more, 'more task')} in the comparison of the two.")
    return " ".join(said)
