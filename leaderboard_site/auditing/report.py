"""An audit as JSON and as lines: every figure in full, every sentence as the page has it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from harness.compare.boards.board import Reading
from harness.metrics.intervals import LEVEL
from leaderboard_site.auditing.figures import Audited, AuditedRow
from leaderboard_site.board.ranks import RANK_RULE
from leaderboard_site.text import DASH, better_end, bounds, count, plural, quantity

FORMAT = 1
TOLD, NOT_TOLD = "told apart", "cannot tell"


def audit_json(source: str, reading: Reading, found: Sequence[Audited]) -> str:
    """The audit as JSON: values in the board's own unit, fractions as such."""
    made = {
        "format": FORMAT,
        "source": source,
        "form": reading.form,
        "taken_for": reading.taken,
        "level": LEVEL,
        "rank_rule": RANK_RULE,
        "boards": [_board(one) for one in found],
    }
    return json.dumps(made, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _board(one: Audited) -> dict[str, Any]:
    board = one.board
    return {
        "title": board.title,
        "metric": board.metric,
        "higher_is_better": board.higher_is_better,
        "item": board.item,
        "items": len(board.items),
        "clusters": None if board.clusters is None else len(set(board.clusters)),
        "systems": len(one.systems),
        "certain_ranks": one.standing.certified,
        "neighbouring_pairs": max(0, len(one.systems) - 1),
        "separable_pairs": one.standing.separable,
        "first_place": _dropped(one),
        "said": [line for line in (one.headline, one.certainty, one.lead) if line],
        "notes": [*board.notes, *one.remarks, *board.caveats],
        "rows": [_row(row) for row in one.rows],
    }


def _dropped(one: Audited) -> dict[str, Any] | None:
    if one.dropped is None:
        return None
    return {"items": one.dropped.items, "of": one.dropped.n, "rival": one.rival}


def _row(row: AuditedRow) -> dict[str, Any]:
    return {
        "name": row.name,
        "kind": row.kind or "system",
        "value": row.value,
        "interval": None if row.sure.interval is None else list(row.sure.interval),
        "interval_method": row.sure.method,
        "interval_rough": row.sure.rough,
        "no_interval": row.sure.reason,
        "rank": None if row.rank is None else [row.rank.best, row.rank.worst],
        "better_than_next": row.below,
    }


def heading(one: Audited) -> str:
    """``nDCG@10, higher is better; 300 queries, 7 systems``."""
    board = one.board
    better = f"{better_end(board.higher_is_better)} is better"
    shared = ""
    if board.clusters is not None:
        shared = f" in {plural(len(set(board.clusters)), 'cluster')}"
    items = f"{plural(len(board.items), board.item)}{shared}"
    return f"{board.metric}, {better}; {items}, {plural(len(one.systems), 'system')}"


def scale(one: Audited) -> str:
    """What the numbers of a table are."""
    return one.board.unit or "points"


def cells(one: Audited) -> list[list[str]]:
    """Rank, name, value, interval, and whether a system is told apart from the next."""
    found = []
    for row in one.rows:
        found.append([rank_text(row), row.name, *figure(one, row), next_text(row)])
    return found


def rank_text(row: AuditedRow) -> str:
    """``2–4``, or nothing for a line."""
    return "" if row.rank is None else str(row.rank)


def next_text(row: AuditedRow) -> str:
    """Whether a system is told apart from the next one below; the kind of a line."""
    if row.rank is None:
        return f"{row.kind}: a line, not ranked"
    return "" if row.below is None else TOLD if row.below else NOT_TOLD


def figure(one: Audited, row: AuditedRow) -> tuple[str, str]:
    """Value and interval as they are shown; ``~`` stands before an interval that is rough."""
    unit = one.board.unit
    if row.sure.interval is None:
        return quantity(row.value, unit), DASH
    rough = "~" if row.sure.rough else ""
    return quantity(row.value, unit), rough + bounds(row.sure.interval, unit)


def notes_of(one: Audited) -> tuple[str, ...]:
    """What was done to the input and what is odd in it, then what its kind cannot tell."""
    return (*one.board.notes, *one.remarks, *rough_notes(one), *one.board.caveats)


def rough_notes(one: Audited) -> tuple[str, ...]:
    """Why intervals are rough or missing, each reason once with whom it is about."""
    reasons: dict[str, list[str]] = {}
    for row in one.rows:
        said = row.sure.rough and f"~ {row.sure.rough}"
        if row.sure.interval is None and not said:
            said = f"No interval: {row.sure.reason}"
        if said:
            reasons.setdefault(said, []).append(row.name)
    return tuple(_about(said, names, len(one.rows)) for said, names in reasons.items())


def _about(said: str, names: Sequence[str], rows: int) -> str:
    who = "all" if len(names) == rows else plural(len(names), "row")
    return f"{said} ({who if len(names) > 1 else names[0][:60]})."


def totals(found: Sequence[Audited]) -> str:
    """One sentence over several boards, ``""`` for one."""
    if len(found) < 2:
        return ""
    certain = sum(one.standing.certified for one in found if len(one.systems) > 1)
    systems = sum(len(one.systems) for one in found if len(one.systems) > 1)
    pairs = sum(max(0, len(one.systems) - 1) for one in found)
    apart = sum(one.standing.separable for one in found)
    return (
        f"On {plural(len(found), 'board')} together, {count(certain)} of {count(systems)} ranks "
        f"are certain and {count(apart)} of {count(pairs)} neighbouring pairs are told apart; each "
        "board is judged by itself."
    )
