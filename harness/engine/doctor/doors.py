"""A door: one model that is asked about a sample, in a given batch, order and number format."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from harness.capabilities import LOOKED_UP
from harness.data import ItemData, RankingData
from harness.engine.crew import Crew, Failed
from harness.engine.doctor.maps import Reals
from harness.engine.doctor.sample import Sample, turned
from harness.engine.jobs import Job
from harness.engine.named import PreparedModel
from harness.engine.progress import progress
from harness.engine.ranking import unit_rows
from harness.engine.work import Work, check_fit, make_work, serving
from harness.errors import IncompleteError, InvalidError
from harness.predictions.answers.base import Answer, Rows
from harness.predictions.answers.classes import ClassAnswer
from harness.runs.batches import BatchSettings

ORDERS = frozenset({"rank", "asking"})
"""Capabilities whose answers are places in an order, which have no size of their own."""

LISTS, SCORES, CLASSES, VECTORS = "lists", "scores", "classes", "vectors"


@dataclass(frozen=True, slots=True)
class Said:
    """What a door said of a sample, in the sample's order.

    ``lists`` are scores, higher being more, each list of one query; of single items one list, and
    of vectors the cosine of each with the others. ``ranks`` says that scores are places.
    ``classes`` and ``vectors`` are there where that was asked. ``rows`` are the raw answers.
    """

    kind: str
    rows: Rows
    lists: tuple[Reals, ...]
    ranks: bool = False
    classes: tuple[str, ...] = ()
    vectors: Rows | None = None


class Door:
    """A model behind a letter. Weights are loaded when it is first asked."""

    def __init__(
        self,
        letter: str,
        model: PreparedModel,
        device: str,
        batch: BatchSettings,
        *,
        guest: bool = False,
        quiet: bool = False,
    ) -> None:
        self.letter = letter
        self.model = model
        self.device = device
        self.batch = batch
        self.quiet = quiet
        self._crew = Crew(model.spec, [device], batch, guest=guest)

    def __enter__(self) -> Door:
        self._crew.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._crew.__exit__(None)

    def check(self, sample: Sample) -> None:
        """Raise :class:`UsageError` where the model cannot be asked about the sample."""
        check_fit(
            self.model.capability, self.model.adapter, sample.loaded, self.model.identity.details
        )

    def labels(self) -> tuple[str, ...]:
        """The classes of a classifier, told once it is loaded; none of answers on file."""
        if self.model.capability in LOOKED_UP:
            return ()
        return tuple(map(str, self._crew.model().labels))

    def resolved(self) -> Mapping[str, Any]:
        """The settings in force, as the loaded model tells them."""
        return dict(getattr(self._crew.model(), "resolved", {}))

    def ask(
        self,
        sample: Sample,
        what: str,
        *,
        batch: BatchSettings | None = None,
        reverse: bool = False,
        classes: Sequence[str] = (),
    ) -> Said:
        """Ask about the whole sample. ``what`` heads the progress shown.

        Raises :class:`IncompleteError` for answers that cannot be used: then nothing is known.
        """
        asked = turned(sample) if reverse else sample
        work = _work(asked, self.model.capability, classes)
        self._crew.batch = batch or self.batch
        jobs: list[tuple[int, Job]] = [(i, work.job(i)) for i in range(len(work.sizes))]
        parts: dict[int, Rows] = {}
        title = None if self.quiet else f"{self.letter} · {what}"
        try:
            with progress(title, total=sum(work.sizes), done=0) as shown:
                for done in self._crew.run(jobs, shown.advance):
                    if isinstance(done, Failed):
                        raise done.error
                    parts[done.index] = done.rows
        except InvalidError as error:
            said = f"{self.letter} could not be asked: {error.message}"
            raise IncompleteError(said, fix=error.fix) from error
        rows = work.assemble([parts[i] for i in sorted(parts)])
        return self._said(asked, rows, classes, reverse)

    def _said(self, asked: Sample, rows: Rows, classes: Sequence[str], reverse: bool) -> Said:
        sign = -1.0 if self.model.identity.direction == "lower" else 1.0
        data = asked.data
        if isinstance(data, RankingData):
            ends = np.cumsum([len(group.candidates) for group in data.groups])[:-1]
            lists = np.split(sign * np.asarray(rows, dtype=np.float64), ends)
            lists = [one[::-1] for one in lists] if reverse else lists
            flat = np.concatenate([np.zeros(0), *lists])
            return Said(LISTS, flat, tuple(lists), ranks=self.model.capability in ORDERS)
        rows = rows[::-1] if reverse else rows
        if asked.task.asks == "class":
            names = tuple(classes[int(code)] for code in rows[:, 0])
            return Said(CLASSES, rows, (np.asarray(rows[:, 1], np.float64),), classes=names)
        if asked.task.asks == "embedding":
            return Said(VECTORS, rows, tuple(cosines(rows)), vectors=rows)
        return Said(SCORES, rows, (sign * np.asarray(rows, dtype=np.float64),))


def as_orders(said: Said) -> Said:
    """Scores as places, n for the best of n: to be compared with a door that gives only those."""
    if said.ranks:
        return said
    lists = []
    for scores in said.lists:
        places = np.empty(len(scores))
        places[np.argsort(-scores, kind="stable")] = np.arange(len(scores), 0, -1)
        lists.append(places)
    return replace(said, lists=tuple(lists), ranks=True)


def cosines(vectors: Rows) -> list[Reals]:
    """The cosine of each vector with every other, in order."""
    units = unit_rows(vectors).astype(np.float64)
    table = units @ units.T
    return [np.delete(row, place) for place, row in enumerate(table)]


def _work(sample: Sample, capability: str, classes: Sequence[str]) -> Work:
    data = sample.data
    if sample.task.asks == "class" and isinstance(data, ItemData):
        # By their names: doors are compared with each other, whatever classes the task has.
        answer: Answer = ClassAnswer(tuple(classes))
        return serving(sample.task)[capability](data, answer, capability)
    return make_work(sample.loaded, capability)
