"""What it cost to ask a language model or a server, in a line each."""

from __future__ import annotations

from harness.records.amounts import cost, duration
from harness.records.run_info import Effort, Requests


def effort_lines(effort: Effort | None, groups: int) -> list[str]:
    """Questions of a language model, and requests to a server; nothing where there were none."""
    if effort is None:
        return []
    read, written, requests = effort.prompt_tokens, effort.completion_tokens, effort.requests
    lines = []
    if read is not None and written is not None:
        lines.append("asked: " + _asked(effort, read, written, groups))
    if requests is not None:
        tokens = "" if written is not None else _tokens(read)
        mended = f", {_repaired(effort)}" if effort.repairs and not lines else ""
        lines.append("requests: " + _requested(requests) + tokens + mended)
    return lines


def _asked(effort: Effort, read: int, written: int, queries: int) -> str:
    """What asking cost, for one query and over all."""
    each = max(queries, 1)
    return (
        f"{effort.calls / each:,.1f} questions, {read / each:,.0f} tokens read and "
        f"{written / each:,.0f} written, {effort.repairs / each:,.2f} answers "
        f"repaired a query; in all {effort.calls:,}, {read:,}, "
        f"{written:,} and {effort.repairs:,} (in {effort.groups_repaired:,} of "
        f"{queries:,} queries)"
    )


def _repaired(effort: Effort) -> str:
    return f"{effort.repairs:,} answers repaired (in {effort.groups_repaired:,} queries)"


def _requested(requests: Requests) -> str:
    parts = [f"{requests.answered:,} answered, {requests.retries:,} times asked again"]
    if requests.median_seconds is not None and requests.p95_seconds is not None:
        parts.append(
            f"{duration(requests.median_seconds)} each "
            f"(95th percentile {duration(requests.p95_seconds)})"
        )
    if requests.shortened:
        parts.append(f"{requests.shortened:,} prompts shortened")
    if requests.unseen:
        parts.append(f"{requests.unseen:,} labels not among the likeliest tokens")
    if requests.billed_units is not None:
        parts.append(f"{requests.billed_units:,} billed units")
    if requests.cost is not None:
        parts.append(f"cost {cost(requests.cost)} by the stated price")
    return ", ".join(parts)


def _tokens(read: int | None) -> str:
    return ", tokens not counted by the server" if read is None else f", {read:,} tokens read"
