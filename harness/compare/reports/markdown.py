"""A comparison as Markdown for a job summary or a comment, cut to a size.

Ids and names come from other people's data, so all that would be markup is escaped.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from harness.compare.comparison import Comparison, TaskComparison
from harness.compare.outcomes import Flips
from harness.compare.reports.caught import (
    ALARMS_HEADER,
    alarm_rows,
    power_lines,
    rows_of,
)
from harness.compare.reports.caught import HEADER as POWER_HEADER
from harness.compare.reports.slices import SliceTable, slice_lines, slice_tables
from harness.compare.reports.text import (
    HEADER,
    correlation_line,
    flips_line,
    item_columns,
    item_rows,
    metric_rows,
    policy_line,
    resource_line,
    summary_line,
)
from harness.errors import printable

MOST_BYTES = 60_000
"""Fits into a comment (65,536 characters), and far below a job summary's 1 MiB."""

LISTED = 50
CLOSE = "\n\n</details>"
CUT = "\n\n(cut here: the JSON report holds the rest)\n"


def to_markdown(found: Comparison, *, most_bytes: int = MOST_BYTES) -> str:
    """A heading with the outcome, then each task. At most ``most_bytes`` of UTF-8."""
    parts = [f"## MarginBench: {escaped(summary_line(found))}\n"]
    parts += [f"\n{escaped(line)}\n"] if (line := policy_line(found)) else []
    parts += [f"\n{escaped(line)}\n" for line in power_lines(found)]
    parts += [_task(task) for task in found.tasks]
    parts += _power(found)
    parts += [f"\n**Missing**: {escaped(task)}\n" for task in found.missing]
    text = "".join(parts)
    raw = text.encode()
    if len(raw) <= most_bytes:
        return text
    kept = raw[: most_bytes - len((CLOSE + CUT).encode())].decode(errors="ignore")
    kept = kept.rpartition("\n")[0]
    if kept.count("<details>") > kept.count("</details>"):  # else it would swallow what follows
        kept += CLOSE
    return kept + CUT


def _power(found: Comparison) -> list[str]:
    """The tables of what would have been caught, where they were asked for."""
    caught = found.caught
    if caught is None or not caught.alarms:
        return []
    return [
        "\n### What this gate would have caught\n",
        "\n" + table_of(POWER_HEADER, rows_of(caught)) + "\n",
        "\nFalse alarms, with the two sides exchanged at random:\n",
        "\n" + table_of(ALARMS_HEADER, alarm_rows(caught)) + "\n",
    ]


def _task(task: TaskComparison) -> str:
    lines = [f"\n### {escaped(task.task)}: {task.verdict.value}\n"]
    lines.append(f"{escaped(task.candidate)} against {escaped(task.baseline)}\n")
    lines += [f"- **fails**: {escaped(reason)}" for reason in task.failures]
    lines += [f"- **incomplete**: {escaped(reason)}" for reason in task.gaps]
    lines += [f"- {escaped(note)}" for note in task.notes]
    lines += [f"- {escaped(correlation_line(found))}" for found in task.correlations]
    lines += [f"- {escaped(resource_line(resource))}" for resource in task.resources]
    lines.append("\n" + table_of(HEADER, metric_rows(task)))
    lines += [_slices(table) for table in slice_tables(task)]
    lines += [f"- {escaped(line)}" for line in slice_lines(task)]
    for flips in task.flips:
        lines.append(_flips(flips))
    return "\n".join(lines) + "\n"


def _flips(flips: Flips) -> str:
    line = f"\n{escaped(flips_line(flips))}\n"
    if not flips.items:
        return line
    rows = item_rows(flips, LISTED)
    shown = f"the first {len(rows)} of {flips.lost:,}, worst first"
    table = table_of(item_columns(flips), rows)
    return f"{line}\n<details><summary>{shown}</summary>\n\n{table}\n\n</details>\n"


def _slices(table: SliceTable) -> str:
    lines = [f"\n{escaped(table.title)}:\n"]
    if table.rows:
        lines.append(table_of(table.header, table.rows) + "\n")
    return "\n".join([*lines, *(f"- {escaped(line)}" for line in table.below)])


def table_of(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table whose cells hold no markup."""
    lines = [_line(header), "|" + "---|" * len(header)]
    return "\n".join([*lines, *(_line(row) for row in rows)])


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(escaped(cell) for cell in cells) + " |"


def escaped(text: str) -> str:
    """Text for one cell or line of Markdown: 300 characters, nothing in it is markup."""
    flat = printable(" ".join(text.split())[:300])
    flat = flat.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    # A backslash stops no mention of a person or an issue: those are sought in the rendered text.
    flat = re.sub(r"((?<!\w)@|#)(?=\w)", "\\1\N{ZERO WIDTH SPACE}", flat)
    return re.sub(r"([\\`*_{}\[\]()#!|~@])", r"\\\1", flat)
