"""A comparison in words, shared by the terminal, Markdown and JUnit."""

from __future__ import annotations

import math
from collections.abc import Sequence

from harness.compare.comparison import Comparison, TaskComparison
from harness.compare.correlations import DependentCorrelation
from harness.compare.deltas import Delta
from harness.compare.outcomes import Flips
from harness.compare.policy import CORRECTIONS, HOLM
from harness.compare.resources import Resource
from harness.compare.slices import LONGEST
from harness.compare.verdicts import Verdict, not_excluded
from harness.errors import printable
from harness.metrics.cards import asides

HEADER = ("metric", "baseline", "candidate", "difference", "95% interval", "p", "verdict")
LISTED, LISTED_FURTHER = 20, 5
"""Flipped items shown in the terminal: by the first definition of right, and by others."""

MOST_WITHIN = 5
"""Slices that the last line names."""


def metric_rows(task: TaskComparison) -> list[tuple[str, ...]]:
    """One row per metric, the primary one first and marked."""
    return [_row(delta, task) for delta in task.deltas]


def _row(delta: Delta, task: TaskComparison) -> tuple[str, ...]:
    return (
        ("* " if delta.decides else "") + delta.name + asides(delta.higher_is_better, delta.unit),
        number(delta.baseline),
        number(delta.candidate),
        signed(delta.difference),
        bounds(delta),
        p_value(delta.p if delta.holm is None else delta.holm),
        task.judged[delta.name].word,
    )


def bounds(delta: Delta) -> str:
    """The interval, marked where it may be too narrow."""
    if delta.interval is None:
        return "–"
    low, high = delta.interval
    return f"[{low:+.4f}, {high:+.4f}]" + (" rough" if delta.rough else "")


def flips_line(flips: Flips) -> str:
    """What flipped by one definition, in a line."""
    if flips.nfr is None:
        return f"flips by {flips.name}: – ({flips.reason})"
    bounds = ""
    if flips.interval is not None:
        bounds = f" [{flips.interval[0]:.2%}, {flips.interval[1]:.2%}]"
    right = bool(flips.rates) or flips.unit == "pairs"
    said = "were right and are wrong, NFR" if right else "lost by this measure, a rate of"
    line = (
        f"flips by {flips.name} ({flips.definition}): {flips.lost:,} of {flips.n:,} {flips.unit} "
        f"{said} {flips.nfr:.2%}{bounds}; {flips.won:,} the other way"
    )
    if flips.p is not None:
        line += f"; net change p {p_value(flips.p)}"
    if flips.directions:
        line += "; " + ", ".join(_direction(flips, kind) for kind in flips.directions)
    return line


def _direction(flips: Flips, kind: str) -> str:
    """How many of the lost are of a kind, with the interval of its share of all."""
    ends = flips.direction_intervals.get(kind)
    bounds = "" if ends is None else f" [{ends[0]:.2%}, {ends[1]:.2%}]"
    return f"{flips.directions[kind]:,} {kind}{bounds}"


def correlation_line(found: DependentCorrelation) -> str:
    """The tests of two correlations with one variable, in a line."""
    tests = found.tests
    if tests is None:
        return f"{found.metric}, tests of dependent correlations: undefined ({found.reason})"
    low, high = tests.zou_interval
    return (
        f"{found.metric} by tests of dependent correlations (beside the interval above, "
        f"{found.unit} taken for independent): "
        f"Williams t({found.n - 3}) {tests.williams_t:+.2f}, p {p_value(tests.williams_p)}; "
        f"Steiger z {tests.steiger_z:+.2f}, p {p_value(tests.steiger_p)}; "
        f"Meng z {tests.meng_z:+.2f}, p {p_value(tests.meng_p)}; "
        f"Zou's interval [{low:+.4f}, {high:+.4f}]"
    )


def rates_line(flips: Flips) -> str:
    """The other rates, in a line; empty without any."""
    shown = [f"{name} {number(v)}" for name, v in flips.rates.items() if name != "NFR"]
    return ", ".join(shown)


def resource_line(resource: Resource) -> str:
    """A cost of both sides, in a line."""
    if resource.ratio is None:
        return f"{resource.name}: not compared ({resource.reason})"
    scale, unit = (1e3, "ms") if resource.unit == "s" else (2**-20, "MiB")
    old, new = (resource.baseline or 0) * scale, (resource.candidate or 0) * scale
    ratio = f"{resource.ratio:.2f} times"
    return f"{resource.name}: {old:,.1f} {unit} before, {new:,.1f} {unit} now, {ratio}"


def summary_line(found: Comparison) -> str:
    """The outcome as a whole. It is "fine" only where no loss that matters is known to be possible.

    Else it says the largest loss that the data do not exclude, as a multiple of its margin.
    """
    words = [f"{task.task}: {task.verdict.value}" for task in found.tasks]
    words += [f"{task}: missing in the candidate" for task in found.missing]
    head = {0: "fine", 1: "WORSE", 3: "INCOMPLETE"}[found.exit_code]
    if not found.exit_code and (open_loss := largest_open_loss(found)):
        head = f"CANNOT TELL – {open_loss}"
    return head + " – " + "; ".join(words) + _worse_within(found)


def _worse_within(found: Comparison) -> str:
    """Slices that are worse, if any: most decide nothing, and none is to be missed."""
    named = list(
        dict.fromkeys(
            f"{slices.column} {value[:LONGEST]!r} of {task.task}"
            for task in found.tasks
            for slices in task.slices
            for value, _, _ in slices.worse()
        )
    )
    more = f" and {len(named) - MOST_WITHIN} more" if len(named) > MOST_WITHIN else ""
    return f" – worse within {', '.join(named[:MOST_WITHIN])}{more}" if named else ""


def largest_open_loss(found: Comparison) -> str | None:
    """The largest loss of a metric that decides which could not be excluded; ``None`` without."""
    open_losses = [
        (task.task, row, not_excluded(row))
        for task in found.tasks
        for row in task.deltas
        if row.decides and task.judged[row.name].verdict is Verdict.CANNOT_TELL
    ]
    if not open_losses:
        return None
    task, row, loss = max(open_losses, key=lambda one: _in_margins(one[1], one[2]))
    unit = f" {row.unit}" if row.unit else ""
    size = "of any size" if loss is None else f"of up to {loss:.4f}{unit}"
    return (
        f"no loss is shown, but one of {row.name} {size} could not have been excluded on {task} "
        f"({row.margin:.4g}{unit} would not matter)"
    )


def _in_margins(row: Delta, loss: float | None) -> float:
    return math.inf if loss is None or not row.margin else loss / row.margin


def policy_line(found: Comparison) -> str:
    """Where the limits come from that were not typed, and how p are adjusted if not by Holm."""
    said = [found.policy.source] if found.policy.source else []
    if found.policy.correction != HOLM:
        said.append(f"p adjusted by {CORRECTIONS[found.policy.correction]}'s rule, not Holm's")
    return printable(f"policy: {'; '.join(said)}") if said else ""


def item_columns(flips: Flips) -> list[str]:
    """Names of what is known of each flipped item."""
    return list(flips.items[0]) if flips.items else []


def item_rows(flips: Flips, most: int) -> list[Sequence[str]]:
    """Flipped items, worst first."""
    columns = item_columns(flips)
    return [["–" if (v := item.get(c)) is None else printable(str(v)) for c in columns]
            for item in flips.items[:most]]  # fmt: skip


def number(value: float | None) -> str:
    """Four places, or a dash."""
    return "–" if value is None else f"{value:.4f}"


def signed(value: float | None) -> str:
    """Four places with the sign, or a dash."""
    return "–" if value is None else f"{value:+.4f}"


def p_value(p: float | None) -> str:
    """Two digits, or a dash."""
    if p is None:
        return "–"
    return f"{p:.2g}" if p >= 1e-4 else "< 0.0001"
