"""Files under the name of a board whose items its figures cannot be made of: refused, not scored.

A figure that picks candidates by place, or items by id, was another number or none.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.data.asked import LoadRequest
from harness.errors import InvalidError
from suites.preference.boards import read_published
from suites.preference.published import pins

Item = dict[str, Any]


def pairs(name: str, subset: str, chosen: int, rejected: int) -> Item:
    return {
        "id": name,
        "prompt": name,
        "subset": subset,
        "chosen": [f"c{n}" for n in range(chosen)],
        "rejected": [f"r{n}" for n in range(rejected)],
    }


def load(folder: Path, board: str, *items: Item) -> int:
    path = folder / "board.jsonl"
    path.write_text("".join(json.dumps(item) + "\n" for item in items))
    request = LoadRequest(data=path, limit=len(items))
    return len(read_published(pins()[f"preference/{board}"], request).groups)


GOOD: dict[str, tuple[Item, ...]] = {
    "rewardbench-2": (
        pairs("1", "Math", 1, 3),
        pairs("ref:1", "Ties", 1, 2),
        pairs("tied:1", "Ties", 2, 2),
    ),
    "rm-bench": (pairs("1", "chat", 3, 3), pairs("2", "code", 3, 3)),
}


@pytest.mark.parametrize("board", GOOD)
def test_items_as_they_should_be_are_read(tmp_path: Path, board: str) -> None:
    assert load(tmp_path, board, *GOOD[board]) == len(GOOD[board])


@pytest.mark.parametrize(
    ("board", "odd"),
    [
        ("rewardbench-2", lambda: pairs("2", "Math", 2, 3)),
        ("rewardbench-2", lambda: pairs("tied-2", "Ties", 2, 2)),
        ("rewardbench-2", lambda: pairs("tied:", "Ties", 2, 2)),
        ("rm-bench", lambda: pairs("3", "chat", 1, 3)),
        ("rm-bench", lambda: pairs("3", "chat", 3, 2)),
        ("rm-bench", lambda: pairs("3", "chat", 4, 4)),
    ],
)
def test_items_of_another_shape_are_refused(
    tmp_path: Path, board: str, odd: Callable[[], Item]
) -> None:
    with pytest.raises(InvalidError, match="1 items are not as they should be"):
        load(tmp_path, board, *GOOD[board], odd())


def test_all_domains_of_a_board_may_be_there(tmp_path: Path) -> None:
    counts = {"chat": 129, "code": 228, "math": 9, "safety-refuse": 5, "safety-response": 4}
    rows = [pairs(f"{name}{n}", name, 3, 3) for name, count in counts.items() for n in range(count)]
    path = tmp_path / "board.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    request = LoadRequest(data=path)
    assert len(read_published(pins()["preference/rm-bench"], request).groups) == len(rows)
