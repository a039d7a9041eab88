"""The one rule by which an answer becomes an order, case by case."""

from __future__ import annotations

import pytest

from harness.adapters.asking.repair import label_in, letters, numerals, order_in

NUMBERS = numerals(4)


@pytest.mark.parametrize(
    ("said", "order", "repaired"),
    [
        ("[2] > [1] > [4] > [3]", [1, 0, 3, 2], False),
        (" [2] > [1] > [4] > [3]\n", [1, 0, 3, 2], False),
        ("<think>[1] > [2] or so</think>\n[4] > [3] > [2] > [1]", [3, 2, 1, 0], False),
        ("[2] > [1]", [1, 0, 2, 3], True),
        ("[2] > [2] > [1] > [3] > [4]", [1, 0, 2, 3], True),
        ("[9] > [2] > [1] > [3] > [4]", [1, 0, 2, 3], True),
        ("[0] > [2]", [1, 0, 2, 3], True),
        ("2, 1, 4, 3", [1, 0, 3, 2], True),
        ("The ranking is [2] > [1] > [4] > [3].", [1, 0, 3, 2], True),
        ("[2]>[1]>[4]>[3]", [1, 0, 3, 2], True),
        ("②①④③ ", [1, 0, 3, 2], True),
        ("[02] > [1] > [4] > [3]", [1, 0, 3, 2], True),
        ("", [0, 1, 2, 3], True),
        ("I cannot help with that.", [0, 1, 2, 3], True),
        ("2143", [0, 1, 2, 3], True),
    ],
)
def test_numbers(said: str, order: list[int], repaired: bool) -> None:
    assert order_in(said, NUMBERS) == (order, repaired)


@pytest.mark.parametrize(
    ("said", "order", "repaired"),
    [
        ("[B] > [A] > [C]", [1, 0, 2], False),
        ("A good answer is [B]", [1, 0, 2], True),  # words have letters too
        ("[Z] > [C]", [2, 0, 1], True),
        ("b > a", [0, 1, 2], True),
    ],
)
def test_letters(said: str, order: list[int], repaired: bool) -> None:
    assert order_in(said, letters(3)) == (order, repaired)


def test_circled_digits_beside_each_other_are_one_number_each() -> None:
    assert order_in("③ ① ② ④", NUMBERS)[0] == [2, 0, 1, 3]


@pytest.mark.parametrize(
    ("said", "label"),
    [("Passage B", 1), ("B", 1), ("A or rather C", 2), ("", None), ("D", None), ("abc", None)],
)
def test_one_label(said: str, label: int | None) -> None:
    assert label_in(said, letters(3), r"\b([A-Z])\b") == label
