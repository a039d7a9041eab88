"""A cell of the table of coverage: a population with a known figure, drawn from again and again."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from harness.metrics.base import MetricResult
from harness.metrics.intervals import LEVEL, Interval, Uncertainty

SEED = 20261129
FEW, MANY = 20, 50
"""Units from which on coverage must be at least .90 and .93."""

LIMITS = {FEW: 0.90, MANY: 0.93}
WIDEST = 1.25
"""How much wider than the reference an interval may be."""

Generator = np.random.Generator
Reference = tuple[str, Interval]


@dataclass(frozen=True, slots=True)
class Seen:
    """One figure in one repetition. ``truth`` is what it estimates, ``None`` for its own mean.

    ``reference`` is the reference method's name and interval, ``None`` where that is the spread of
    the value over the repetitions.
    """

    value: float | None
    truth: float | None
    interval: Interval | None
    rough: bool
    method: str
    reference: Reference | None = None

    @classmethod
    def of(
        cls,
        sure: Uncertainty | None,
        truth: float | None,
        *,
        value: float | None = None,
        reference: Reference | None = None,
    ) -> Seen:
        """From the uncertainty of a figure."""
        if sure is None:
            return cls(value, truth, None, False, "", reference)
        return cls(value, truth, sure.interval, sure.rough is not None, sure.method or "none",
                   reference)  # fmt: skip

    @classmethod
    def metric(
        cls, result: MetricResult, truth: float | None, reference: Reference | None = None
    ) -> Seen:
        """From a metric as a record gets it."""
        if result.sure is not None:
            return cls.of(result.sure, truth, value=result.value, reference=reference)
        return cls(result.value, truth, result.interval, False, "not said", reference)


Draw = Callable[[Generator], Mapping[str, Seen]]


@dataclass(frozen=True, slots=True)
class Cell:
    """A population and a size. ``draw`` gives figures by name, the same in each repetition.

    ``units`` counts what is independent: the limits go by it. ``share`` of the repetitions that
    are asked for is enough where one of them costs much. ``short`` cells are of the short form,
    ``real`` ones draw from real runs, whose files are needed.
    """

    situation: str
    population: str
    n: int
    units: int
    draw: Draw
    share: float = 1.0
    short: bool = False
    real: bool = False

    @property
    def key(self) -> str:
        """Its name in results."""
        return f"{self.situation} / {self.population} / {self.n}"


@dataclass(frozen=True, slots=True)
class Rates:
    """A cell that counts how often something happens, such as a false alarm.

    ``draw`` gives 0 or 1 (or ``None``, where there was no occasion) by name, and ``limits`` per
    name what the rate may be: ``("at most", .025)``. Other names are means, shown as they are.
    """

    situation: str
    population: str
    n: int
    draw: Callable[[Generator], Mapping[str, float | None]]
    limits: Mapping[str, tuple[str, float]] = field(default_factory=dict)
    share: float = 1.0
    short: bool = False
    real: bool = False

    @property
    def key(self) -> str:
        """Its name in results."""
        return f"{self.situation} / {self.population} / {self.n}"


Row = dict[str, Any]


def wilson(hits: float, n: int, level: float = LEVEL) -> Interval:
    """Wilson's interval of a share (Journal of the American Statistical Association 22, 1927)."""
    from statistics import NormalDist

    z = NormalDist().inv_cdf((1 + level) / 2)
    middle = (hits + z * z / 2) / (n + z * z)
    half = z / (n + z * z) * math.sqrt(hits * (n - hits) / n + z * z / 4)
    return max(0.0, middle - half), min(1.0, middle + half)


def generator_of(key: str, repetition: int) -> Generator:
    """The random numbers of one repetition: they depend on the cell's name and its number alone."""
    words = [SEED, zlib.crc32(key.encode()), repetition]
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(words)))


def run(cell: Cell | Rates, repetitions: int) -> list[Row]:
    """Draw, and sum up each figure: one row per name."""
    many = max(1, round(repetitions * cell.share))
    found: dict[str, list[Any]] = {}
    for number in range(many):
        for name, seen in cell.draw(generator_of(cell.key, number)).items():
            found.setdefault(name, []).append(seen)
    if isinstance(cell, Rates):
        return [_rate(cell, name, values) for name, values in found.items()]
    return [_coverage(cell, name, values) for name, values in found.items()]


def _coverage(cell: Cell, name: str, seen: Sequence[Seen]) -> Row:
    """Coverage, widths and limits of one figure of a cell."""
    known = [one for one in seen if one.value is not None or one.truth is not None]
    values = [one.value for one in known if one.value is not None]
    own = float(np.mean(values)) if values else math.nan
    made = [(one, own if one.truth is None else one.truth) for one in known if one.interval]
    n = len(made)
    low = sum(one.interval[0] > truth + 1e-12 for one, truth in made if one.interval)
    high = sum(one.interval[1] < truth - 1e-12 for one, truth in made if one.interval)
    widths = [one.interval[1] - one.interval[0] for one, _ in made if one.interval]
    rough = sum(one.rough for one, _ in made) / n if n else 0.0
    firm = [(one, truth) for one, truth in made if not one.rough]
    row: Row = {
        "kind": "coverage",
        "situation": cell.situation,
        "population": cell.population,
        "metric": name,
        "n": cell.n,
        "units": cell.units,
        "truth": "own mean" if known and known[0].truth is None else "known",
        "repetitions": n,
        "undefined": len(seen) - n,
        "nominal": LEVEL,
        "covered": n - low - high,
        "missed_low": low,
        "missed_high": high,
        "width": _rounded(np.mean(widths)) if widths else None,
        "zero_width": sum(width <= 0 for width in widths),
        "rough": _rounded(rough),
        "firm": len(firm),
        "firm_covered": sum(_inside(one.interval, truth) for one, truth in firm),
        "methods": _counted([one.method for one, _ in made]),
        **_reference(made, values),
    }
    return row


def _reference(made: Sequence[tuple[Seen, float]], values: Sequence[float]) -> Row:
    given = [(one.reference, truth) for one, truth in made if one.reference is not None]
    if given:
        widths = [end - start for (_, (start, end)), _ in given]
        return {
            "reference": given[0][0][0],
            "reference_width": _rounded(np.mean(widths)),
            "reference_covered": sum(_inside(ends, truth) for (_, ends), truth in given),
            "reference_repetitions": len(given),
        }
    # An interval that knew the spread over the repetitions would be as wide as this.
    spread = 2 * 1.959964 * float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
    return {
        "reference": SPREAD,
        "reference_width": _rounded(spread),
        "reference_covered": None,
        "reference_repetitions": None,
    }


SPREAD = "spread"
"""The reference where no method is standard: 3.92 standard deviations over the repetitions."""


def _rate(cell: Rates, name: str, values: Sequence[float | None]) -> Row:
    known = [value for value in values if value is not None]
    side, limit = cell.limits.get(name, (None, None))
    return {
        "kind": "rate" if side else "mean",
        "situation": cell.situation,
        "population": cell.population,
        "metric": name,
        "n": cell.n,
        "repetitions": len(known),
        "happened": _rounded(sum(known)),
        "side": side,
        "limit": limit,
    }


def _inside(interval: Interval | None, truth: float) -> bool:
    return interval is not None and interval[0] <= truth + 1e-12 and truth - 1e-12 <= interval[1]


def _counted(names: Sequence[str]) -> dict[str, int]:
    return {name: names.count(name) for name in sorted(set(names))}


def _rounded(value: Any) -> float:
    return float(f"{float(value):.6g}")
