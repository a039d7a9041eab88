"""Scores of a detection task -> metrics, operating points, ROC points and the transfer matrix."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.capabilities import Floats
from harness.data import ItemData
from harness.errors import InvalidError
from harness.metrics.base import MetricResult
from harness.metrics.intervals import Bootstrap
from harness.metrics.thresholds.areas import auroc
from harness.nouns import Task
from harness.records.record import IntervalMethod
from harness.records.scored import Scored, Scoring
from suites.detection import protocol as names
from suites.detection.board import Board
from suites.detection.cells import operating_points, slice_aurocs, transfer_matrix
from suites.detection.curves import roc_table
from suites.detection.fixed import fixed_rates
from suites.detection.record import DetectionPart, RaidPart

HIDDEN = "the labels are hidden"
RAID = "detection/raid"
Reals = NDArray[np.float64]


def score(task: Task, data: ItemData, scores: Floats, scoring: Scoring) -> Scored:
    """Compute a detection task's metrics; see :mod:`suites.detection.protocol` for their names.

    Without gold every metric is null and ``predictions.json`` is written for RAID's own board,
    for its own task with the ``metadata.json`` to fill in.
    """
    if not data.gold:
        return _hidden(task, data, _oriented(scores, scoring))
    scores = np.asarray(scores)
    bad = sorted(set(data.gold) - {0.0, 1.0})
    if bad:
        raise InvalidError(f"{task.id}: labels must be 0 or 1, found {bad[:3]}")
    oriented = worst_filled(_oriented(scores, scoring), data.gold)
    board = Board.make(data, oriented, task.metrics, bootstrap=scoring.bootstrap(data.clusters))
    fixed = fixed_rates(board, scores, lower=scoring.direction == "lower")
    metrics = board.metrics(task, fixed.metrics)
    raid_part, raid_cells = _raid(task, data, oriented)
    return Scored(
        metrics=tuple(metrics),
        intervals=IntervalMethod(**board.bootstrap.describe()),
        part=_part(board, raid_part),
        columns={**_columns(data, board), **fixed.columns},
        files={"roc": roc_table(board.layout, oriented), **raid_cells, **fixed.tables},
        replicates=board.replicates(),
    )


def _oriented(scores: Floats, scoring: Scoring) -> Reals:
    values = np.asarray(scores, dtype=np.float64)
    return -values if scoring.direction == "lower" else values


def worst_filled(scores: Reals, gold: Sequence[float]) -> Reals:
    """Scores in which NaN, a text that could not be scored, is the worst that can be said of it.

    Such a human text is above all others, such a machine text below them, each by a mean step, so
    that nothing depends on the scores' unit. Raises :class:`InvalidError` when no text has a score.
    """
    failed = np.isnan(scores)
    if not failed.any():
        return scores
    known = scores[~failed]
    if not len(known):
        raise InvalidError(f"not one of {len(scores)} texts has a score")
    distinct = len(np.unique(known))
    step = float(np.ptp(known)) / (distinct - 1) if distinct > 1 else max(abs(float(known[0])), 1.0)
    human = np.asarray(gold) == 0
    return np.where(failed, np.where(human, known.max() + step, known.min() - step), scores)


def _part(board: Board, raid: RaidPart | None) -> DetectionPart:
    """What only detection has in a record."""
    data, layout = board.data, board.layout
    test = np.concatenate([layout.negatives, layout.positives])
    distinct, sizes = np.unique(board.scores[test], return_counts=True)
    area = auroc(board.curve())
    return DetectionPart(
        points=operating_points(board),
        aurocs=slice_aurocs(board),
        transfer=transfer_matrix(board),
        calibration=layout.source,
        n_neg=len(layout.negatives),
        n_pos=len(layout.positives),
        distinct_scores=len(distinct),
        tied_items=int(sizes[sizes > 1].sum()),
        below_chance=area is not None and area < 0.5,
        length_auroc=board.length().value,
        texts_in_both_classes=texts_in_both_classes(data),
        worst_domain=board.worst_domain(),
        raid=raid,
    )


def texts_in_both_classes(data: ItemData) -> int:
    """How many distinct texts stand in both classes."""
    if not data.has_contents:
        return 0
    sides: tuple[set[str], set[str]] = (set(), set())
    for text, label in zip(data.contents, data.gold, strict=True):
        sides[int(label)].add(text)
    return len(sides[0] & sides[1])


def _columns(data: ItemData, board: Board) -> dict[str, Sequence[Any]]:
    kept = {name: data.columns[name] for name in ("split", *names.SLICES) if name in data.columns}
    return {"label": [int(label) for label in data.gold], "score": board.scores.tolist(), **kept}


def _raid(
    task: Task, data: ItemData, scores: Reals
) -> tuple[RaidPart | None, dict[str, Mapping[str, Sequence[Any]]]]:
    if not task.id.startswith(RAID):
        return None, {}
    from suites.detection.raid_bench import raid_part

    part, cells = raid_part(data, scores)
    return part, {"raid": cells}


def _hidden(task: Task, data: ItemData, scores: Reals) -> Scored:
    from suites.detection.raid_submission import metadata_json, predictions_json

    if np.isnan(scores).any():
        raise InvalidError(
            f"{int(np.isnan(scores).sum())} of {len(scores)} texts have no score, and with hidden "
            "labels nobody can say what is the worst for them",
            fix="Give every text a score",
        )
    files = {"predictions.json": predictions_json(data.ids, scores)}
    if task.id.startswith(RAID):
        files["metadata.json"] = metadata_json()
    bootstrap = Bootstrap(data.clusters)
    return Scored(
        metrics=tuple(
            MetricResult.of(name, None, None, 0, names.card(name), reason=HIDDEN)
            for name in task.metrics
        ),
        intervals=IntervalMethod(**bootstrap.describe()),
        extra=files,
    )
