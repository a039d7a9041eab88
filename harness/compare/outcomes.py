"""What two models of one suite got right, item by item: the input of every count of flips.

A suite hands over :class:`Outcomes`, by its own written definition of "right"; what follows from
them (rates, intervals, tests, the list of flipped items) is the same for all suites.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.metrics.flips import FlipCounts, flip_interval, flip_metrics, mcnemar
from harness.metrics.intervals import SEED, Bootstrap, Interval
from harness.metrics.intervals.shares import clopper_pearson
from harness.nouns import Suite
from harness.registry import blaming

Mask = NDArray[np.bool_]

MOST_LISTED = 1000
"""Flipped items kept, worst first."""


@dataclass(frozen=True, slots=True)
class Outcomes:
    """One definition of right on paired units; arrays run parallel.

    ``lost`` marks what was right and is wrong, ``won`` the reverse. ``right`` is (old, new) where
    right and wrong are all there is, else ``None``. ``severity`` orders the lost ones, worst
    first. ``shown`` are columns that explain a flip, such as the answer before and after.
    ``unit`` is the plural of what is counted. ``directions`` split the lost ones by kind.
    """

    name: str
    definition: str
    unit: str
    ids: Sequence[Any] | NDArray[Any]
    clusters: Sequence[Any] | NDArray[Any]
    lost: Mask
    won: Mask
    severity: NDArray[np.float64]
    right: tuple[Mask, Mask] | None = None
    changed: Mask | None = None
    shown: Mapping[str, Sequence[Any] | NDArray[Any]] = field(default_factory=dict)
    directions: Mapping[str, Mask] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Counted:
    """Units that turned from right to wrong (``lost``) and back (``won``), of ``n`` in all."""

    name: str
    definition: str
    unit: str
    n: int
    lost: int
    won: int

    @property
    def equal(self) -> int:
        """Units on which nothing changed."""
        return self.n - self.lost - self.won


@dataclass(frozen=True, slots=True)
class PairOutcomes(Counted):
    """Outcomes of pairs of items, which are too many to list: counts, and shares per item.

    ``lost_share`` is each item's share of lost pairs among its own, from which the interval comes.
    ``examples`` are some lost pairs, worst first.
    """

    lost_share: NDArray[np.float64]
    examples: Sequence[Mapping[str, Any]] = ()
    directions: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unknown:
    """A definition that cannot be applied here, and why."""

    name: str
    definition: str
    reason: str


@dataclass(frozen=True, slots=True)
class Flips(Counted):
    """Flips under one definition, with what is known of them.

    ``independent`` counts what the interval takes for independent: items, the clusters they form,
    or as many pairs as share no item.
    """

    nfr: float | None
    interval: Interval | None
    method: str
    p: float | None
    rates: Mapping[str, float | None]
    directions: Mapping[str, int]
    items: Sequence[Mapping[str, Any]]
    reason: str | None = None
    independent: int = 0


def outcomes_of(suite: Suite | None, old: Any, new: Any) -> list[Outcomes | PairOutcomes | Unknown]:
    """What two sides got right, by every definition of their suite; empty without one.

    Raises :class:`~harness.errors.SuiteError` where a suite of somebody else fails, or hands over
    columns of different lengths.
    """
    if suite is None or suite.right is None:
        return []
    with blaming(suite.name, "what its models got right"):
        found = list(suite.right(old, new))
        for one in found:
            _check_lengths(one)
    return found


def _check_lengths(found: Outcomes | PairOutcomes | Unknown) -> None:
    if not isinstance(found, Outcomes):
        if not isinstance(found, PairOutcomes | Unknown):
            raise TypeError(f"{type(found).__name__} is no outcomes")
        return
    columns = (found.ids, found.clusters, found.lost, found.won, found.severity)
    columns += (*(found.right or ()), *found.shown.values(), *found.directions.values())
    if len({len(column) for column in columns}) != 1:
        raise ValueError("its columns have different lengths")


def count_flips(found: Outcomes | PairOutcomes | Unknown) -> Flips:
    """Rates, interval, test and list of one definition."""
    if isinstance(found, Unknown):
        return Flips(found.name, found.definition, "", 0, 0, 0, None, None, "", None, {}, {}, (),
                     found.reason)  # fmt: skip
    if isinstance(found, PairOutcomes):
        return _of_pairs(found)
    return _of_items(found)


def _of_items(found: Outcomes) -> Flips:
    n, lost, won = len(found.lost), int(found.lost.sum()), int(found.won.sum())
    counts = _table(found)
    clusters = len(set(found.clusters))
    clustered = clusters < n
    interval = flip_interval("NFR", counts) if n else None
    method = "Clopper-Pearson"
    if clustered:
        interval, method = _clustered(found, clusters)
    rates = {}
    if found.right is not None:
        rates = {name: value for name, (value, _) in flip_metrics(counts).items()}
    return Flips(
        name=found.name,
        definition=found.definition,
        unit=found.unit,
        n=n,
        lost=lost,
        won=won,
        nfr=lost / n if n else None,
        interval=interval,
        method=method,
        p=mcnemar(lost, won) if not clustered else _cluster_p(found),
        rates=rates,
        directions={
            name: int((found.lost & mask).sum()) for name, mask in found.directions.items()
        },
        items=_listed(found),
        reason=None if n else "there is no item to compare on",
        independent=clusters,
    )


def _table(found: Outcomes) -> FlipCounts:
    lost, won = int(found.lost.sum()), int(found.won.sum())
    if found.right is None:
        return FlipCounts(0, lost, won, len(found.lost) - lost - won)
    old, new = found.right
    counts = FlipCounts.of(old, new)
    if found.changed is None:
        return counts
    return FlipCounts(*counts.table(), int((~old & ~new & found.changed).sum()))


def _bootstrap(found: Outcomes) -> Bootstrap:
    return Bootstrap([str(name) for name in found.clusters])


def _clustered(found: Outcomes, clusters: int) -> tuple[Interval | None, str]:
    if found.lost.any() and not found.lost.all():
        interval = _bootstrap(found).mean_interval(found.lost.astype(np.float64))
        return interval, "percentile bootstrap over clusters"
    # Drawing again what is all alike shows no spread, however few clusters there are.
    flipped = clusters if found.lost.any() else 0
    return clopper_pearson(flipped, clusters), "Clopper-Pearson over clusters"


def _cluster_p(found: Outcomes) -> float:
    """Two-sided p of the net change by random signs of whole clusters."""
    net = found.won.astype(np.float64) - found.lost
    boot = _bootstrap(found)
    sums = np.bincount(boot.codes, net, minlength=boot.clusters_count).astype(np.float64)
    return sign_flip_p(sums)


def sign_flip_p(sums: NDArray[np.float64], *, draws: int = 9999) -> float:
    """Two-sided Monte Carlo p that signed sums have mean 0: each sum's sign is drawn at random.

    Seeded; the observed arrangement counts as one draw (Phipson and Smyth 2010).
    """
    kept = sums[sums != 0]
    if not len(kept):
        return 1.0
    seen = abs(float(kept.sum()))
    raw = np.random.PCG64(np.random.SeedSequence([SEED, len(kept)]))
    beyond = 0
    rows = max(1, (1 << 21) // len(kept))
    for start in range(0, draws, rows):
        count = min(rows, draws - start)
        bits = np.asarray(raw.random_raw(count * len(kept)), dtype=np.uint64) >> np.uint64(63)
        signs = bits.astype(np.float64).reshape(count, len(kept)) * 2 - 1
        beyond += int((np.abs(signs @ kept) >= seen - 1e-12).sum())
    return (beyond + 1) / (draws + 1)


def _listed(found: Outcomes) -> list[dict[str, Any]]:
    rows = np.flatnonzero(found.lost)
    order = rows[np.argsort(-found.severity[rows], kind="stable")][:MOST_LISTED]
    return [
        {"id": str(found.ids[row]), **{name: _plain(v[row]) for name, v in found.shown.items()}}
        for row in order.tolist()
    ]


def _plain(value: Any) -> Any:
    plain = value.item() if isinstance(value, np.generic) else value
    if isinstance(plain, float):
        return round(plain, 6) if plain == plain else None
    return plain


def _of_pairs(found: PairOutcomes) -> Flips:
    rate = found.lost / found.n if found.n else None
    disjoint = len(found.lost_share) // 2
    interval, method = None, "normal, by the projection of pairs onto items"
    if found.n and disjoint and found.lost in (0, found.n):
        # No spread to project: as many pairs as share no item are independent.
        interval = clopper_pearson(disjoint if found.lost else 0, disjoint)
        method = "Clopper-Pearson over pairs that share no item"
    elif rate is not None and disjoint:
        # Variance of a U-statistic of order 2 by its first projection (Hoeffding 1948).
        error = 2 * float(np.nanstd(found.lost_share, ddof=1)) / np.sqrt(len(found.lost_share))
        interval = (max(0.0, rate - 1.96 * error), min(1.0, rate + 1.96 * error))
    return Flips(
        name=found.name,
        definition=found.definition,
        unit=found.unit,
        n=found.n,
        lost=found.lost,
        won=found.won,
        nfr=rate,
        interval=interval,
        method=method,
        p=None,
        rates={},
        directions=found.directions,
        items=found.examples,
        reason=None if found.n else "there is no pair to compare on",
        independent=disjoint,
    )
