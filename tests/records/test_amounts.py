"""Speeds and times carry no digit that nobody needs."""

from __future__ import annotations

import pytest

from harness.records.amounts import cost, duration, rate


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (177_616.4, "178,000"), (1_239.6, "1,240"), (999.7, "1,000"), (447.58, "448"),
        (56.12, "56.1"), (4.38, "4.38"), (0.304, "0.30"),
    ],
)  # fmt: skip
def test_three_digits_of_a_speed(value: float, shown: str) -> None:
    assert rate(value) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0.0, "0 ms"), (0.00001, "< 0.1 ms"), (0.0008, "0.8 ms"), (0.2056, "206 ms"),
        (19.5495, "19.5 s"), (250.2, "4 min 10 s"), (7_500.0, "2 h 5 min"),
    ],
)  # fmt: skip
def test_a_time_in_the_unit_that_fits(seconds: float, shown: str) -> None:
    assert duration(seconds) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.0, "0"), (0.0000875, "0.0000875"), (1e-12, "0.000000000001"), (0.25, "0.25"),
     (12.345, "12.345"), (1234.5, "1,234.50"), (2e6, "2,000,000.00")],
)  # fmt: skip
def test_a_cost_has_no_exponent(value: float, shown: str) -> None:
    assert cost(value) == shown
