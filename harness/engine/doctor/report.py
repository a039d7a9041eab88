"""What ``doctor`` found, as data: rows of figures, a verdict, and what images' sizes do."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from harness.engine.doctor.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Shift:
    """A metric at both sides and its difference, second minus first, with a paired interval."""

    metric: str
    first: float | None
    second: float | None
    difference: float | None
    interval: tuple[float, float] | None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """Two answers compared. ``None`` stands for what such answers do not have.

    ``difference`` is the largest between two scores (or confidences, or cosines), ``tau`` the mean
    Kendall tau, ``members`` and ``order`` the shares of queries whose first ten are others or
    stand otherwise, ``moved`` the share of single items whose rank, class or nearest neighbour
    is another.
    """

    what: str
    difference: float | None
    tau: float | None
    members: float | None = None
    order: float | None = None
    moved: float | None = None
    shift: Shift | None = None


@dataclass(frozen=True, slots=True)
class Sized:
    """A metric of pictures that were resized before the model saw them."""

    size: str
    value: float | None
    interval: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Report:
    """The whole of it. ``doors`` are letters with what stands behind them; ``kind`` says of what
    answers the rows are (``lists``, ``scores``, ``classes``, ``vectors``)."""

    doors: tuple[tuple[str, str], ...]
    task: str
    asked: str
    kind: str
    rows: tuple[Row, ...]
    verdict: Verdict
    sizes: tuple[Sized, ...] = ()
    sized_metric: str = ""
    notes: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """0 the same, 1 not the same, 3 could not be checked."""
        return self.verdict.exit_code

    def as_json(self) -> dict[str, Any]:
        """Plain values, as ``--json`` prints them."""
        return {**asdict(self), "doors": dict(self.doors), "exit_code": self.exit_code}
