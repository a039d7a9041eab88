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

from harness.metrics.flips import FlipCounts, flip_metrics, net_change_p, share_of_items
from harness.metrics.intervals import METHODS, Interval, Uncertainty, base
from harness.metrics.intervals.shares import clopper_pearson
from harness.metrics.intervals.smooth import LOGIT, jackknife
from harness.nouns import Suite
from harness.registry import blaming

Mask = NDArray[np.bool_]
Ints = NDArray[np.int64]

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
    """Outcomes of pairs of items, which are too many to list: counts, all and by cluster.

    ``touching`` holds for each cluster of items (named by ``clustered_by``, such as references)
    the lost pairs and all pairs that touch it, shape (clusters, 2), each pair once: from these the
    interval comes. ``examples`` are some lost pairs, worst first.
    """

    touching: Ints
    clustered_by: str
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
    or as many pairs as share no cluster. ``units`` counts what the method goes by, and ``rough``
    says why its interval may cover less than it promises. ``direction_intervals`` are of the shares
    that the kinds of lost items have of all.
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
    units: int = 0
    rough: str | None = None
    direction_intervals: Mapping[str, Interval | None] = field(default_factory=dict)


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


def touching(clusters: Ints, of_items: Ints, within: Ints) -> Ints:
    """Pairs that touch each cluster, each once: (items, kinds) -> (clusters, kinds).

    ``of_items`` counts the pairs of every item, so one within a cluster twice over its items;
    ``within`` counts those inside each cluster, once.
    """
    sums = np.zeros_like(within)
    np.add.at(sums, clusters, of_items)
    return sums - within


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
    clusters, codes = _clusters(found)
    sure = share_of_items(found.lost, codes)
    rates = {}
    if found.right is not None:
        rates = {name: value for name, (value, _) in flip_metrics(_table(found)).items()}
    return Flips(
        name=found.name,
        definition=found.definition,
        unit=found.unit,
        n=n,
        lost=lost,
        won=won,
        nfr=lost / n if n else None,
        interval=sure.interval,
        method=_title(sure),
        p=net_change_p(found.lost, found.won, codes),
        rates=rates,
        directions={
            name: int((found.lost & mask).sum()) for name, mask in found.directions.items()
        },
        items=_listed(found),
        reason=None if n else "there is no item to compare on",
        independent=clusters,
        units=sure.units,
        rough=sure.rough,
        direction_intervals={
            name: share_of_items(found.lost & mask, codes).interval
            for name, mask in found.directions.items()
        },
    )


def _clusters(found: Outcomes) -> tuple[int, Ints | None]:
    """How many clusters there are, and the number of each item's where some are shared."""
    names = [str(name) for name in found.clusters]
    distinct = set(names)
    if len(distinct) == len(names):
        return len(names), None
    number = {name: code for code, name in enumerate(sorted(distinct))}
    return len(number), np.fromiter((number[name] for name in names), np.int64, len(names))


def _title(sure: Uncertainty) -> str:
    return METHODS[sure.method].title if sure.method is not None else ""


def _table(found: Outcomes) -> FlipCounts:
    lost, won = int(found.lost.sum()), int(found.won.sum())
    if found.right is None:
        return FlipCounts(0, lost, won, len(found.lost) - lost - won)
    old, new = found.right
    counts = FlipCounts.of(old, new)
    if found.changed is None:
        return counts
    return FlipCounts(*counts.table(), int((~old & ~new & found.changed).sum()))


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
    touched = found.touching[found.touching[:, 1] > 0]
    disjoint = len(touched) // 2
    sure = _pairs_sure(found, touched)
    return Flips(
        name=found.name,
        definition=found.definition,
        unit=found.unit,
        n=found.n,
        lost=found.lost,
        won=found.won,
        nfr=found.lost / found.n if found.n else None,
        interval=sure.interval,
        method=_title(sure),
        p=None,
        rates={},
        directions=found.directions,
        items=found.examples,
        reason=None if found.n else "there is no pair to compare on",
        independent=disjoint,
        units=sure.units,
        rough=sure.rough,
    )


def _pairs_sure(found: PairOutcomes, touched: Ints) -> Uncertainty:
    """The rate's interval by leaving out one cluster, with all pairs that touch it.

    Where no pair is lost, or every one, nothing tells how clusters differ: as many pairs as share
    no cluster are independent, and count alone.
    """
    disjoint, what = len(touched) // 2, found.clustered_by
    if not found.n or not disjoint:
        return base.none(len(touched), f"fewer than two {what} with pairs")
    if found.lost in (0, found.n):
        bound = clopper_pearson(disjoint if found.lost else 0, disjoint)
        return base.by(base.CLOPPER_PEARSON, bound, disjoint)
    lost, all_pairs = found.lost - touched[:, 0], found.n - touched[:, 1]
    with np.errstate(invalid="ignore", divide="ignore"):
        deleted = lost / all_pairs
    return jackknife(
        found.lost / found.n, deleted, scale=LOGIT, limits=(0.0, 1.0), what=what
    )  # fmt: skip
