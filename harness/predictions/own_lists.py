"""A run as people have it, fitted to a task's lists.

It may hold more than the task ranks and less. What the task's own rules take out is dropped and
counted; what is strange to the task stays, to be refused; for what is not there the person says
what becomes of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import compress
from typing import NamedTuple

import numpy as np

from harness.capabilities import Floats
from harness.data import RankingData
from harness.errors import IncompleteError, InvalidError, first_ids
from harness.predictions.matching import matched
from harness.strict_json import Json

Pair = tuple[str, str]


class Fitted(NamedTuple):
    """Rows that stand for candidates, or are strange to the task.

    ``dropped`` are counts by why, ``filled`` the candidates that the run says nothing of.
    """

    keys: Mapping[str, Sequence[str]]
    scores: Floats
    dropped: dict[str, int]
    filled: int


def fitted(
    data: RankingData, groups: Sequence[str], items: Sequence[str], scores: Floats, *, missing: str
) -> Fitted:
    """The rows of a run, which are in any order, with those that ``missing`` asks for.

    ``missing`` is one of :data:`harness.data.asked.MISSING`. With ``"zero"`` a candidate without a
    row gets NaN: it was not found. With ``"first-stage"`` such candidates follow the others of
    their query in the order of the first stage.

    Raises :class:`IncompleteError` for missing candidates when nothing was said, and
    :class:`InvalidError` when not one candidate has a row.
    """
    wanted = data.keys()
    rows = matched(wanted, {"group": groups, "item": items})
    if rows is not None and len(rows):
        return Fitted(wanted, scores[rows], {}, 0)
    pairs = list(zip(groups, items, strict=True))
    candidates = dict.fromkeys(zip(wanted["group"], wanted["item"], strict=True))
    strange = [place for place, pair in enumerate(pairs) if pair not in candidates]
    dropped, kept = _sorted_out(data, pairs, strange)
    here = set(compress(pairs, kept))
    lacking = [pair for pair in candidates if pair not in here]
    if len(lacking) == len(candidates) and candidates:
        raise InvalidError(
            f"not one of {len(candidates)} candidates has a score: {_named(lacking)}",
            fix="Check that these predictions belong to this task and its candidate lists",
        )
    left = list(compress(pairs, kept))
    values = scores[kept]
    if lacking and missing == "error" and all(pair in candidates for pair in left):
        raise IncompleteError(
            f"{len(lacking)} of {len(candidates)} candidates have no score: {_named(lacking)}",
            fix="If the model ranked no more, say what becomes of the rest: --missing zero (they "
            "count as not found) or --missing first-stage (they follow in first-stage order)",
        )
    filled = [] if missing == "error" else lacking
    if filled:
        fill = _behind(left, values, filled) if missing == "first-stage" else None
        rest = np.full(len(filled), np.nan) if fill is None else fill
        values = np.concatenate([values, rest.astype(values.dtype)])
        left += filled
    keys = {"group": [pair[0] for pair in left], "item": [pair[1] for pair in left]}
    return Fitted(keys, values, dropped, len(filled))


def _sorted_out(
    data: RankingData, pairs: Sequence[Pair], strange: Sequence[int]
) -> tuple[dict[str, int], np.ndarray[tuple[int], np.dtype[np.bool_]]]:
    """Counts of what the task takes out, by why, and which rows are left."""
    kept = np.ones(len(pairs), dtype=bool)
    if not strange or data.left_out is None:
        return {}, kept
    reasons = data.left_out.reasons([pairs[place] for place in strange])
    counts = Counter(why for why in reasons if why is not None)
    kept[[place for place, why in zip(strange, reasons, strict=True) if why is not None]] = False
    return dict(sorted(counts.items())), kept


def _behind(pairs: Sequence[Pair], scores: Floats, filled: Sequence[Pair]) -> Floats:
    """Scores of candidates that follow the ranked ones of their query, each below the one before.

    Steps are four units in the last place of float32, so that none falls together with another.
    """
    lowest: dict[str, float] = {}
    for (query, _), score in zip(pairs, scores.tolist(), strict=True):
        lowest[query] = min(lowest.get(query, score), score)
    steps: Counter[str] = Counter()
    found = np.empty(len(filled), dtype=np.float64)
    for place, (query, _) in enumerate(filled):
        steps[query] += 1
        low = lowest.get(query, 0.0)
        found[place] = low - steps[query] * max(abs(low), 1.0) * 2.0**-20
    return found.astype(scores.dtype)


def _named(pairs: Sequence[Pair]) -> str:
    return first_ids([" / ".join(pair) for pair in pairs])


def recorded(missing: str, found: Fitted) -> Mapping[str, Json]:
    """What a record tells of a run that was fitted; empty where nothing had to be done."""
    told: dict[str, Json] = {}
    if found.dropped:
        told["rows_left_out"] = dict(found.dropped)
    if found.filled:
        told["candidates_without_a_score"] = found.filled
        told["missing"] = missing
    return told
