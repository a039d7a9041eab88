"""Shares and paired differences of shares, with clusters and without."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from coverage_cases import references
from coverage_cases.base import Cell, Generator, Seen
from harness.metrics.intervals import paired_share, share

SHARES = (0.5, 0.9, 0.99)
SIZES = (10, 20, 50, 200, 1000)
CLUSTERS = (10, 20, 50, 100)
WITHIN = (0.1, 0.6)
PER_CLUSTER = 5

Reals = NDArray[np.float64]


def codes_of(clusters: int) -> NDArray[np.int64]:
    """Numbers of clusters of five."""
    return np.repeat(np.arange(clusters), PER_CLUSTER)


def clustered_hits(random: Generator, p: float, clusters: int, icc: float) -> Reals:
    """Hits whose chance is the cluster's own, from a beta distribution with this correlation."""
    own = random.beta(p * (1 - icc) / icc, (1 - p) * (1 - icc) / icc, clusters)
    return (random.random((clusters, PER_CLUSTER)) < own[:, None]).astype(np.float64).reshape(-1)


@dataclass(frozen=True, slots=True)
class Share:
    """A share of independent items."""

    p: float
    n: int

    def __call__(self, random: Generator) -> Mapping[str, Seen]:
        """Draw once."""
        hits = (random.random(self.n) < self.p).astype(np.float64)
        found = share(hits)
        return {"share": Seen.of(found, self.p, reference=("Wilson", references.wilson_of(hits)))}


@dataclass(frozen=True, slots=True)
class ClusteredShare:
    """A share of items in clusters of five."""

    p: float
    clusters: int
    icc: float

    def __call__(self, random: Generator) -> Mapping[str, Seen]:
        """Draw once."""
        hits = clustered_hits(random, self.p, self.clusters, self.icc)
        codes = codes_of(self.clusters)
        reference = "Wilson, design effect, t", references.wilson_clustered(hits, codes)
        return {"share": Seen.of(share(hits, codes), self.p, reference=reference)}


@dataclass(frozen=True, slots=True)
class PairedShare:
    """Two models on the same items: some are lost, some won; the old one is right at ``right``."""

    lost: float
    won: float
    right: float
    n: int

    def __call__(self, random: Generator) -> Mapping[str, Seen]:
        """Draw once."""
        parts = [self.lost, self.won, self.right - self.lost]
        lost, won, both, neither = random.multinomial(self.n, [*parts, 1 - sum(parts)])
        net = np.repeat([-1.0, 1.0, 0.0], [lost, won, both + neither])
        ends = references.newcombe(int(lost), int(won), self.n, int(both))
        reference = "Newcombe's 10", ends
        truth = self.won - self.lost
        return {"difference of shares": Seen.of(paired_share(net), truth, reference=reference)}


@dataclass(frozen=True, slots=True)
class ClusteredPairedShare:
    """The same in clusters of five, whose members share a latent normal number."""

    lost: float
    won: float
    clusters: int
    icc: float

    def __call__(self, random: Generator) -> Mapping[str, Seen]:
        """Draw once."""
        shared = np.repeat(random.normal(size=self.clusters), PER_CLUSTER)
        own = random.normal(size=len(shared))
        level = stats.norm.cdf(np.sqrt(self.icc) * shared + np.sqrt(1 - self.icc) * own)
        net = np.where(level < self.lost, -1.0, np.where(level > 1 - self.won, 1.0, 0.0))
        codes = codes_of(self.clusters)
        reference = "t over clusters", references.cluster_t(net, codes)
        found = paired_share(net, codes)
        truth = self.won - self.lost
        return {"difference of shares": Seen.of(found, truth, reference=reference)}


FLIPPING = ((0.05, 0.05, 0.9), (0.1, 0.02, 0.8), (0.05, 0.0, 0.9), (0.01, 0.01, 0.9))


def cells() -> list[Cell]:
    """Every cell of shares."""
    short = {(0.9, 20), (0.99, 50), (0.5, 200)}
    found = [
        Cell("share", f"p = {p:g}", n, n, Share(p, n), short=(p, n) in short)
        for p in SHARES
        for n in SIZES
    ]
    found += [
        Cell(
            "share, clusters of 5",
            f"p = {p:g}, correlation {icc:g}, {clusters} clusters",
            clusters * PER_CLUSTER,
            clusters,
            ClusteredShare(p, clusters, icc),
            short=(p, clusters, icc) in {(0.9, 20, 0.6), (0.9, 50, 0.6), (0.5, 50, 0.1)},
        )
        for p in SHARES
        for icc in WITHIN
        for clusters in CLUSTERS
    ]
    found += [
        Cell(
            "paired share",
            f"{lost:.0%} lost, {won:.0%} won",
            n,
            n,
            PairedShare(lost, won, right, n),
            short=n in (20, 50) and lost == 0.05,
        )
        for lost, won, right in FLIPPING
        for n in SIZES
    ]
    found += [
        Cell(
            "paired share, clusters of 5",
            f"{lost:.0%} lost, {won:.0%} won, latent correlation {icc:g}, {clusters} clusters",
            clusters * PER_CLUSTER,
            clusters,
            ClusteredPairedShare(lost, won, clusters, icc),
            short=(lost, clusters, icc) == (0.1, 50, 0.6),
        )
        for lost, won in ((0.05, 0.05), (0.1, 0.02))
        for icc in WITHIN
        for clusters in CLUSTERS
    ]
    return found
