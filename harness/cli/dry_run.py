"""``evaluate --dry-run``: a table of what would be run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from harness.cli.options import Decorator
from harness.cli.text_table import print_line, print_table
from harness.records.amounts import duration

if TYPE_CHECKING:
    from harness.engine.evaluate import EvaluateRequest
    from harness.engine.planned import Planned

UNKNOWN = "unknown"


def dry_run_option() -> Decorator:
    """``--dry-run``."""
    return click.option(
        "--dry-run",
        is_flag=True,
        help="Run and write nothing; say what would be run, what of it is done, and how long the "
        "rest takes if it goes as earlier runs of the model in --out did.",
    )


def print_plan(requests: Sequence[EvaluateRequest]) -> None:
    """A line for each model and task, and one for what is left of all."""
    from harness.engine.planned import plan

    found = [one for request in requests for one in plan(request)]
    rows: list[tuple[str, ...]] = [
        ("model", "task", "items", "calls", "parts done", "time", "tokens")
    ]
    rows += [_row(one) for one in found]
    print_table(rows, right=(2, 3))
    for one in found:
        if one.why:
            print_line(f"  – {one.task}: {one.why}")
    print_line(_total(found))


def _row(one: Planned) -> tuple[str, ...]:
    if one.items is None or one.calls is None:
        return (one.model, one.task, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN)
    return (
        one.model,
        one.task,
        f"{one.items:,}",
        f"{one.calls:,}",
        f"{one.parts_done} of {one.parts}",
        _time(one),
        _tokens(one),
    )


def _time(one: Planned) -> str:
    if one.done:
        return "–"
    if one.seconds is None:
        return UNKNOWN
    like = "" if one.like == one.task else f" (as on {one.like})"
    return f"about {duration(one.seconds)}{like}"


def _tokens(one: Planned) -> str:
    if one.done:
        return "–"
    return UNKNOWN if one.tokens is None else f"about {one.tokens:,}"


def _total(found: Sequence[Planned]) -> str:
    """All that is left in a line; what of it nobody knows is counted apart."""
    left = [one for one in found if not one.done]
    if not left:
        return "nothing is left to do; figures would be computed again"
    known = [one.seconds for one in left if one.seconds is not None]
    told = [f"{len(left)} of {len(found)} to run"]
    told += [f"about {duration(sum(known))}"] * bool(known)
    unknown = len(left) - len(known)
    told += [f"time unknown of {unknown}"] * bool(unknown)
    return "; ".join(told) + ". Nothing was run or written"
