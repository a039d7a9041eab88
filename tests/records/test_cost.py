"""What requests cost, by hand."""

from __future__ import annotations

from typing import Any

import pytest

from harness.records.cost import with_cost


def asked(read: int | None, written: int | None, units: int | None) -> dict[str, Any]:
    return {
        "prompt_tokens": read,
        "completion_tokens": written,
        "requests": {"billed_units": units},
    }


@pytest.mark.parametrize(
    ("effort", "options", "cost"),
    [
        (asked(2_000_000, 500_000, None), {"price": 3.0}, 7.5),
        (asked(2_000_000, 500_000, None), {"price": 3.0, "price_completion": 10.0}, 11.0),
        (asked(2_000_000, None, None), {"price": 0.02, "price_completion": None}, 0.04),
        (asked(2_000_000, 500_000, None), {"price_completion": 10.0}, 5.0),
        (asked(None, None, 1_500), {"price_units": 2.0}, 3.0),
        (asked(1_000_000, None, 1_500), {"price_units": 2.0, "price": 1.0}, 4.0),
        (asked(None, None, None), {"price": 3.0}, None),
        (asked(None, None, 10), {"price": 3.0, "price_units": 2.0}, None),
        (asked(5, None, None), {"price": 3.0, "price_completion": 1.0}, None),
        (asked(5, 5, 5), {}, None),
        (asked(0, 0, None), {"price": 3.0}, 0.0),
        (asked(5, 5, None), {"price": 0.0}, None),
        (asked(5_000_000, 5, None), {"price": 2.0, "price_completion": 0.0}, 10.00001),
    ],
)
def test_cost_is_counts_times_prices(
    effort: dict[str, Any], options: dict[str, float | None], cost: float | None
) -> None:
    found = with_cost(effort, options)["requests"]["cost"]
    assert found == (None if cost is None else pytest.approx(cost, rel=1e-12))


def test_without_requests_there_is_nothing_to_pay() -> None:
    assert with_cost(None, {"price": 1.0}) is None
    assert with_cost({"calls": 3}, {"price": 1.0}) == {"calls": 3, "requests": None}
