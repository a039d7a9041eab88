"""Numbers of exhibits in words."""

from __future__ import annotations

import pytest

from harness.exhibits import P_VALUE, own_text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (2.71828, "m", "2.718"),
        (-1e-7, "m", "-1e-07"),
        (0.04999, P_VALUE, "0.05"),
        (1e-4, P_VALUE, "0.0001"),
        (9.99e-5, P_VALUE, "< 0.0001"),
        (0.0, P_VALUE, "< 0.0001"),
        (-0.5, P_VALUE, "-0.5"),  # which no p is: a record may claim anything
    ],
)
def test_a_number_in_a_unit_of_its_own(value: float, unit: str, text: str) -> None:
    assert own_text(value, unit) == text
