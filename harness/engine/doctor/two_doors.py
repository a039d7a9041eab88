"""Two doors asked the same, and where they differ, the search for why."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from harness.data import RankingData
from harness.engine.doctor.causes import length_that_parts
from harness.engine.doctor.doors import CLASSES, VECTORS, Door, Said, as_orders
from harness.engine.doctor.figures import row_of
from harness.engine.doctor.maps import Lists, Reals
from harness.engine.doctor.report import Row
from harness.engine.doctor.sample import Sample, swapped, words_behind
from harness.engine.doctor.steadiness import REFERENCE, Again, Found
from harness.engine.doctor.trials import SWAPPED, changes
from harness.engine.doctor.verdict import (
    DIFFERENT,
    SAME,
    Trial,
    Verdict,
    explained,
    judge,
    lower_precision,
)
from harness.errors import MarginBenchError

MOST_TRIALS = 16
"""Ways of asking that are tried at each door."""


ONE_BY_ONE = frozenset({"score_pairs", "score_lists", "embed_texts"})
"""Capabilities whose answer to a document does not depend on the others."""


def two_doors(a: Door, b: Door, sample: Sample, again: Again) -> Found:
    """Ask both and judge; ``again`` gives a door changed, to try known causes."""
    classes = _classes(a, b, sample)
    first, second = (door.ask(sample, "asked", classes=classes) for door in (a, b))
    if first.ranks != second.ranks:
        first, second = as_orders(first), as_orders(second)
    row = row_of("A | B", sample, first, second)
    if first.kind == CLASSES:
        return Found(CLASSES, (row,), _of_classes(row))
    lengths = _lengths(sample, first)
    verdict = judge(first.lists, second.lists, lengths, ranks=first.ranks)
    if verdict.kind != DIFFERENT:
        return Found(first.kind, (row,), _with_lengths(verdict, first, second))
    search = _Search(a, b, sample, again, first, second, lengths)
    return search.found(verdict, row)


class _Search:
    """Why two doors differ: known causes are tried until one makes them meet."""

    def __init__(
        self,
        a: Door,
        b: Door,
        sample: Sample,
        again: Again,
        first: Said,
        second: Said,
        lengths: Lists,
    ) -> None:
        self.doors = {"A": a, "B": b}
        self.said = {"A": first, "B": second}
        self.sample, self.again, self.lengths = sample, again, lengths
        self.rows: list[Row] = []

    def found(self, verdict: Verdict, row: Row) -> Found:
        """The verdict with a cause, where there is one among those that are known."""
        unsteady = self._unsteady()
        if unsteady is not None:
            return Found(self.said["A"].kind, (row, *self.rows), unsteady)
        a, b = self.said["A"].lists, self.said["B"].lists
        better = self._narrower(verdict)
        if better is None:
            better = verdict
            for trial in self._trials():
                better = explained(verdict, a, b, self.lengths, [trial])
                if better != verdict:
                    break
        return Found(self.said["A"].kind, (row, *self.rows), better)

    def _unsteady(self) -> Verdict | None:
        """A door that does not say the same twice cannot be compared with anything."""
        for letter, door in self.doors.items():
            said = self._as_asked(door.ask(self.sample, "once more"))
            if judge(self.said[letter].lists, said.lists, self.lengths).kind != SAME:
                self.rows.append(self._row(f"{letter} | {letter} once more", letter, said))
                return Verdict(
                    DIFFERENT,
                    f"{letter} does not give the same scores when it is "
                    "asked the same again, so nothing can equal it",
                )
        return None

    def _narrower(self, verdict: Verdict) -> Verdict | None:
        a, b = self.said["A"].lists, self.said["B"].lists
        for letter, door in self.doors.items():
            if door.model.spec.dtype != REFERENCE:
                continue
            for dtype in door.model.adapter.dtypes[1:]:
                said = self._try(letter, f"{letter} in {dtype}", dtype=dtype)
                if said is not None:
                    found = lower_precision(verdict, a, b, said.lists, letter, dtype)
                    if found != verdict:
                        return found
        return None

    def _trials(self) -> Iterator[Trial]:
        a, b = self.said["A"].lists, self.said["B"].lists
        long_only = length_that_parts(a, b, self.lengths) is not None
        for letter, door in self.doors.items():
            names = {"side": letter, "other": "B" if letter == "A" else "A"}
            if letter == "A" and self._swappable(door):
                said = self._as_asked(door.ask(swapped(self.sample), "swapped"))
                lists = _shaped(said, a)
                yield Trial("A", SWAPPED, f"one of them is given {SWAPPED}", lists)
            known = changes(
                door.model.adapter, door.model.spec.options, door.resolved(), long_only=long_only
            )
            for number, change in enumerate(known):
                if number == MOST_TRIALS:
                    break
                options = tuple(f"{name}={value}" for name, value in change.options)
                tried = self._try(letter, f"{letter} {change.said}", options=options)
                if tried is not None:
                    yield Trial(letter, change.said, change.means.format(**names), tried.lists)

    def _try(
        self, letter: str, what: str, *, options: tuple[str, ...] = (), dtype: str = ""
    ) -> Said | None:
        """A door's answers with something changed; ``None`` where it takes no such change."""
        try:
            with self.again(letter, options=options, dtype=dtype) as door:
                door.model = door.model.on(self.sample.task)
                said = self._as_asked(door.ask(self.sample, what.partition(" ")[2]))
        except MarginBenchError:
            return None
        if judge(said.lists, self.said[letter].lists, self.lengths).kind == SAME:
            return None  # the change is none
        other = "B" if letter == "A" else "A"
        self.rows.append(self._row(f"{what} | {other}", other, said))
        return said

    def _row(self, what: str, against: str, said: Said) -> Row:
        return row_of(what, self.sample, said, self.said[against])

    def _as_asked(self, said: Said) -> Said:
        return as_orders(said) if self.said["A"].ranks else said

    def _swappable(self, door: Door) -> bool:
        alone = door.model.capability in ONE_BY_ONE
        return alone and isinstance(self.sample.data, RankingData)


def _shaped(said: Said, like: Lists) -> list[Reals]:
    ends = np.cumsum([len(one) for one in like])[:-1]
    return np.split(np.concatenate([np.zeros(0), *said.lists]), ends)


def _classes(a: Door, b: Door, sample: Sample) -> tuple[str, ...]:
    if sample.task.asks != "class":
        return ()
    own = getattr(sample.data, "classes", ())
    return tuple(dict.fromkeys((*own, *a.labels(), *b.labels())))


def _lengths(sample: Sample, said: Said) -> list[Reals]:
    words = words_behind(sample.data)
    if said.kind != VECTORS:
        return words
    (each,) = words  # a cosine is of two texts
    return [np.delete(np.maximum(each, each[place]), place) for place in range(len(each))]


def _of_classes(row: Row) -> Verdict:
    if row.moved:
        return Verdict(
            DIFFERENT,
            f"these are not the same model: {row.moved:.1%} of the items get another class",
        )
    if row.difference is None:
        return Verdict(SAME, "the same class for every item; confidences are unknown on one side")
    if row.difference <= 1e-4:
        return Verdict(
            SAME,
            "the same class for every item, and the same confidence in it "
            f"(to {row.difference:.1e})",
        )
    return Verdict(
        DIFFERENT,
        "these are not the same model: the same classes, but confidences are "
        f"up to {row.difference:.2g} apart",
    )


def _with_lengths(verdict: Verdict, first: Said, second: Said) -> Verdict:
    """Of embeddings, also what cosines do not see: vectors of other lengths."""
    if verdict.kind != SAME or first.vectors is None or second.vectors is None:
        return verdict
    norms = [
        np.linalg.norm(said.vectors.astype(np.float64), axis=1)
        for said in (first, second)
        if said.vectors is not None
    ]
    if first.vectors.shape[1] != second.vectors.shape[1]:
        return Verdict(
            SAME,
            f"{verdict.words}; but vectors have {first.vectors.shape[1]} and "
            f"{second.vectors.shape[1]} dimensions",
        )
    if np.allclose(norms[0], norms[1], rtol=1e-3):
        return verdict
    unit = [bool(np.allclose(one, 1, atol=1e-3)) for one in norms]
    who = "A" if unit[0] and not unit[1] else "B" if unit[1] and not unit[0] else ""
    why = f"only {who} scales vectors to length 1" if who else "vectors have other lengths"
    return Verdict(SAME, f"{verdict.words}; {why}, which no cosine sees")
