"""The sample of the invariance row: which lists and items, and how many."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness.data import ItemData, RankingData, TaskData
from harness.engine.invariance import chosen
from tests.engine.test_engine import task_data
from tests.engine.test_items import texts


def ids(data: TaskData) -> list[Any]:
    if isinstance(data, RankingData):
        return [(group.id, group.candidates) for group in data.groups]
    assert isinstance(data, ItemData)
    return list(zip(data.ids, data.contents, strict=True))


def test_the_sample_is_chosen_by_what_the_task_holds() -> None:
    data = task_data()
    sample = chosen(data, 3000, listwise=False)
    turned = chosen(replace(data, groups=data.groups[::-1]), 3000, listwise=False)
    assert ids(sample) == ids(turned)
    items = texts()
    backwards = replace(
        items, ids=items.ids[::-1], contents=items.contents[::-1], clusters=items.clusters[::-1]
    )
    assert ids(chosen(items, 1200, listwise=False)) == ids(chosen(backwards, 1200, listwise=False))
    # Not the first ones, whatever a data set begins with.
    assert [name for name, _ in ids(sample)] != [group.id for group in data.groups[:3]]


@pytest.mark.parametrize(
    ("units", "listwise", "count", "longest"),
    [(10, False, 2, 5), (750, False, 3, 5), (1000, False, 2, 10), (1999, False, 3, 10),
     (2000, False, 2, 20), (3000, False, 3, 20), (10**6, False, 8, 20),
     (10**6, True, 4, 20), (10, True, 2, 10)],
)  # fmt: skip
def test_the_size_of_a_sample_follows_from_the_work(
    units: int, listwise: bool, count: int, longest: int
) -> None:
    found = chosen(task_data(), units, listwise=listwise)
    assert isinstance(found, RankingData)
    assert [len(group.candidates) for group in found.groups] == [longest] * count
    assert set(found.documents) == {d for group in found.groups for d in group.candidates}


@pytest.mark.parametrize(("units", "count"), [(10, 8), (400, 8), (900, 18), (10**6, 32)])
def test_the_size_of_a_sample_of_items(units: int, count: int) -> None:
    assert chosen(texts(), units, listwise=False).item_count == count
