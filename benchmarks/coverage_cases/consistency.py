"""Embedders: OPIS, R@1 and TAR over classes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coverage_cases.base import Cell, Generator, Seen
from harness.capabilities import Floats
from harness.data import ItemData
from harness.scored import Scoring
from suites.consistency.protocol import METRICS, OPIS, R1, TEST, tar_name
from suites.consistency.scoring import score

DIMENSION = 8
NOISE = 0.5
UNEQUAL = 0.35
"""Standard deviation of the logarithm of a class's own noise."""

WANTED = (OPIS, R1, tar_name(0.01), tar_name(0.001))

Reals = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Embedder:
    """Items around the centre of their class, whose noise is the class's own or all classes'."""

    classes: int
    items: int
    unequal: float

    def centres(self, random: Generator) -> Reals:
        """The centres of the classes, shape (classes, 1, dimensions)."""
        return random.normal(size=(self.classes, 1, DIMENSION))

    def around(self, centres: Reals, random: Generator) -> Floats:
        """Embeddings around the centres, class after class."""
        noise = NOISE * np.exp(self.unequal * random.normal(size=(self.classes, 1, 1)))
        items = centres + noise * random.normal(size=(self.classes, self.items, DIMENSION))
        return items.reshape(-1, DIMENSION).astype(np.float32)

    def data(self) -> ItemData:
        """The labelled items."""
        n = self.classes * self.items
        names = tuple(f"class {number:04d}" for number in range(self.classes))
        codes = np.repeat(np.arange(self.classes), self.items).tolist()
        return ItemData(
            ids=tuple(f"{number:06d}" for number in range(n)),
            contents=(),
            gold=tuple(float(code) for code in codes),
            clusters=tuple(names[code] for code in codes),
            columns={"split": (TEST,) * n},
            classes=names,
        )

    def __call__(self, random: Generator) -> Mapping[str, Seen]:
        """Draw once. What depends on the number of classes is held to its own mean."""
        task: Any = SimpleNamespace(id="consistency", metrics=METRICS)
        scored = score(task, self.data(), self.around(self.centres(random), random), Scoring())
        found = {result.name: result for result in scored.metrics}
        return {name: Seen.metric(found[name], None) for name in WANTED if name in found}


def said(classes: int, items: int, unequal: float) -> str:
    """A layout in words."""
    return f"{classes} classes x {items}, {'unequal' if unequal else 'equal'} classes"


def cells() -> list[Cell]:
    """Every cell of embedders."""
    return [
        Cell(
            "consistency",
            said(classes, items, unequal),
            classes * items,
            classes,
            Embedder(classes, items, unequal),
            share=0.4 if classes < 200 else 0.15,
            short=(classes, items, unequal) == (50, 5, UNEQUAL),
        )
        for unequal in (UNEQUAL, 0.0)
        for classes, items in ((20, 5), (20, 10), (50, 5), (50, 10), (200, 5))
    ]
