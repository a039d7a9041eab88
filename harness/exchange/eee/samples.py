"""A row for each metric and item: its value, and with the first metric what the model said.

Where no figure is a mean over items, as of detectors and judges of images, a row has the item's raw
score and belongs to no figure; the schema wants to know of it too whether it is correct.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

from harness.compare.sides import Side
from harness.exchange.eee import SCHEMA_VERSION
from harness.exchange.evidence import ItemTable, answers, item_table
from harness.registry import card_of

NOT_HELD = "the id: texts of the task are no part of the evidence"


RAW = "#score"
"""Behind the name of an evaluation: rows are raw scores of items, and of no figure."""

NO_ANSWER = "no answer to this: the score is the model's own, of one item"


def sample_lines(side: Side, about: Mapping[str, Any]) -> Iterator[str]:
    """The lines of a file of items; ``about`` is the aggregate that they belong to."""
    table = item_table(side)
    if table is None or not table.columns:
        yield from _raw_lines(side, about)
        return
    said = answers(side)
    for place, column in enumerate(table.columns):
        best = _best(side, column.metric)
        for row, (item, value) in enumerate(zip(table.items, column.values, strict=True)):
            if value is not None:
                given = said.get(item, []) if place == 0 else []
                yield _row(
                    about,
                    item,
                    score=value,
                    is_correct=value == best,
                    raw=[_line(answer) for answer in given],
                    metadata=_metadata(table, row),
                    result=column.metric,
                )


def _raw_lines(side: Side, about: Mapping[str, Any]) -> Iterator[str]:
    for item, said in answers(side).items():
        score = said[0].get("score") if len(said) == 1 else None
        if isinstance(score, float) and math.isfinite(score):
            metadata = {"input": NOT_HELD, "is_correct": NO_ANSWER}
            yield _row(
                about, item, score=score, is_correct=False, raw=[_line(said[0])], metadata=metadata
            )


def _row(
    about: Mapping[str, Any],
    item: str,
    *,
    score: float,
    is_correct: bool,
    raw: list[str],
    metadata: dict[str, str],
    result: str = "",
) -> str:
    name = about["evaluation_results"][0]["evaluation_name"]
    found = {
        "schema_version": SCHEMA_VERSION,
        "evaluation_id": about["evaluation_id"],
        "model_id": about["model_info"]["id"],
        "evaluation_name": name if result else name + RAW,
        **({"evaluation_result_id": result} if result else {}),
        "sample_id": item,
        "interaction_type": "single_turn",
        "input": {"raw": item, "reference": []},
        "output": {"raw": raw},
        "answer_attribution": [],
        "evaluation": {"score": score, "is_correct": is_correct},
        "metadata": metadata,
    }
    return _line(found) + "\n"


def _line(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _metadata(table: ItemTable, row: int) -> dict[str, str]:
    shared = {} if table.clusters is None else {"cluster": str(table.clusters[row])}
    return {"input": NOT_HELD, **shared}


def _best(side: Side, metric: str) -> float:
    """The value that counts as correct: the better end of the metric, 1 where it has none.

    The schema asks of every row whether it is correct; a graded value is so where it is the best
    that there is.
    """
    card = card_of(side.record.task.suite, metric)
    if card is None or card.better == "neither":
        return 1.0
    end = card.high if card.better == "higher" else card.low
    return 1.0 if end is None else end
