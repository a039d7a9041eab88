"""What the requests of a run cost, by the prices that were stated when it was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.strict_json import Json

TOKENS, UNITS = 1_000_000, 1_000
"""How many tokens, and how many billed units, a price is for."""


def with_cost(effort: Mapping[str, Any] | None, options: Mapping[str, Json]) -> Json:
    """``effort`` of a journal as a record has it: its requests with their cost.

    The options ``price`` (a million tokens, or those read where ``price_completion`` is given),
    ``price_completion`` and ``price_units`` (a thousand billed units) are prices in any one
    currency, 0 being none. Without a price, or the count that it is of, the cost is ``None``.
    """
    if effort is None:
        return None
    requests = effort.get("requests")
    if requests is None:
        return {**effort, "requests": None}
    units = requests.get("billed_units")
    return {**effort, "requests": {**requests, "cost": _cost(effort, units, options)}}


def _cost(
    effort: Mapping[str, Any], units: int | None, options: Mapping[str, Json]
) -> float | None:
    price, of_written = options.get("price"), options.get("price_completion")
    of_units = options.get("price_units")
    read, written = effort.get("prompt_tokens"), effort.get("completion_tokens")
    due: list[float | None] = []
    if price:
        due.append(_times(read, price, TOKENS))
    if of_written:
        due.append(_times(written, of_written, TOKENS))
    elif price:  # one price for all; scores and vectors have no tokens written
        due.append(_times(written or 0, price, TOKENS))
    if of_units:
        due.append(_times(units, of_units, UNITS))
    known = [one for one in due if one is not None]
    return sum(known) if due and len(known) == len(due) else None


def _times(count: int | None, price: float, each: int) -> float | None:
    return None if count is None else count * price / each
