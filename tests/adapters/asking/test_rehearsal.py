"""How many questions a protocol is expected to ask, before it asks any."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from harness.adapters.asking.asks import Asking
from harness.adapters.asking.in_step import in_step
from harness.adapters.asking.rehearsal import questions
from tests.adapters.asking.scripted import Perfect, documents, permutation
from tests.adapters.asking.test_protocols import COUNTS, PROTOCOLS

EXACT = ("listwise", "whole list", "first", "pairs, all", "pairs, written")


def asked(make: Callable[[list[str]], Asking], count: int, *, lists: bool) -> int:
    model = Perfect(permutation if lists else lambda best: best[0])
    in_step([make(documents(count))], model)
    return model.calls


@pytest.mark.parametrize("name", PROTOCOLS)
@pytest.mark.parametrize("count", COUNTS)
def test_exact_where_it_does_not_depend_on_the_answers_and_near_where_it_does(
    name: str, count: int
) -> None:
    expected = questions(PROTOCOLS[name]([""] * count))
    true = asked(PROTOCOLS[name], count, lists=name in ("listwise", "whole list"))
    if name in EXACT:
        assert expected == true
    else:
        assert true / 5 <= expected <= 5 * true


def test_the_counts_of_the_papers() -> None:
    assert questions(PROTOCOLS["listwise"]([""] * 100)) == 9
    assert questions(PROTOCOLS["pairs, all"]([""] * 100)) == 9900
