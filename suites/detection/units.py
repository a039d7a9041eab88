"""Which human texts give the threshold for which test items: the three policies as data.

Thresholds and false positives are counted on human texts that nobody attacked: a text that a
tool has rewritten is no longer what a human wrote. Machine texts count under every attack.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.data import ItemData
from suites.detection.protocol import (
    CALIBRATED,
    CALIBRATION,
    PER_DOMAIN,
    TEST,
    UNATTACKED,
)

Rows = NDArray[np.int64]

MOST_NAMED = 3
"""Domains that a sentence names."""


@dataclass(frozen=True, slots=True)
class Unit:
    """Test items that share a threshold, and the human texts it is calibrated on (rows).

    ``conformal``: the threshold is for other texts than those it is calibrated on.
    """

    domain: str
    calibration: Rows
    negatives: Rows
    positives: Rows
    conformal: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    """The rows of a task by role. ``source`` says in words where calibrated thresholds are from.

    ``attacked`` names the attacks that the test's human texts are under.
    """

    domains: tuple[str, ...]
    negatives: Rows
    positives: Rows
    domain_of: NDArray[np.str_]
    calibration: Rows
    source: str
    attacked: tuple[str, ...] = ()

    @property
    def no_humans(self) -> str:
        """Why there are no negatives."""
        if not self.attacked:
            return "no human texts among the test items"
        names = ", ".join(self.attacked[:5])
        return f"all human texts among the test items are under an attack: {names}"

    def units(self, policy: str) -> list[Unit]:
        """The units of a policy; calibrated units without a source have no calibration rows."""
        if policy == PER_DOMAIN:
            return [self._unit(d, self._of(d, self.negatives)) for d in self.domains]
        if policy == CALIBRATED:
            return [self._unit(d, self._calibration_for(d), conformal=True) for d in self.domains]
        return [Unit("", self.negatives, self.negatives, self.positives)]

    def human(self, domain: str) -> Rows:
        """Test negatives of a domain."""
        return self._of(domain, self.negatives)

    def sources(self) -> list[str]:
        """Domains of the human texts that thresholds for others are taken from."""
        rows = self.calibration if len(self.calibration) else self.negatives
        return [str(name) for name in np.unique(self.domain_of[rows]).tolist()]

    def calibrating(self, domain: str) -> Rows:
        """Human texts of a domain to calibrate on: its calibration split, else its test texts."""
        own = self._of(domain, self.calibration)
        return own if len(self.calibration) else self.human(domain)

    def _calibration_for(self, domain: str) -> Rows:
        if len(self.calibration):
            own = self._of(domain, self.calibration)
            return own if len(own) else self.calibration
        return np.asarray(self.negatives[self.domain_of[self.negatives] != domain])

    def _unit(self, domain: str, calibration: Rows, *, conformal: bool = False) -> Unit:
        positives = self._of(domain, self.positives)
        return Unit(domain, calibration, self.human(domain), positives, conformal)

    def _of(self, domain: str, rows: Rows) -> Rows:
        return np.asarray(rows[self.domain_of[rows] == domain])


def lay_out(data: ItemData) -> Layout:
    """Sort a labelled task's rows by role."""
    return lay_out_rows(np.asarray(data.gold), data.columns)


def lay_out_rows(gold: NDArray[Any], columns: Mapping[str, Sequence[str] | NDArray[Any]]) -> Layout:
    """The same from labels (rows,) and columns by name."""

    def column(name: str, absent: str) -> NDArray[np.str_]:
        values = columns.get(name)
        return np.array(values if values is not None else [absent] * len(gold), dtype=np.str_)

    human = gold == 0
    split = column("split", TEST)
    untouched = np.isin(column("attack", ""), UNATTACKED)
    test = split == TEST
    domain_of = column("domain", "")
    rows = np.arange(len(gold))
    calibration = rows[(split == CALIBRATION) & human & untouched]
    negatives, positives = rows[test & human & untouched], rows[test & ~human]
    domains = tuple(np.unique(domain_of[np.concatenate([negatives, positives])]).tolist())
    source = _source(set(domain_of[calibration].tolist()), domains)
    attacked = np.unique(column("attack", "")[test & human & ~untouched]).tolist()
    return Layout(domains, negatives, positives, domain_of, calibration, source, tuple(attacked))


OWN_SPLIT = "the calibration split, domain by domain"
WHOLE_SPLIT = "the calibration split as a whole"
OTHER_DOMAINS = "for each domain, the human texts of the other domains"
NOWHERE = "nowhere: there is neither a calibration split nor a second domain"
"""What ``[calibrated]`` can mean. The first three are different questions, and a record says which
of them its figures answer."""


def _source(calibrated: set[str], domains: tuple[str, ...]) -> str:
    """Where thresholds come from, ``calibrated`` being the domains of the calibration split."""
    lacking = [domain for domain in domains if domain not in calibrated]
    if calibrated and domains == ("",):
        return WHOLE_SPLIT
    if calibrated and len(lacking) < len(domains):
        named = ", ".join(domain or "no domain" for domain in lacking[:MOST_NAMED])
        more = f" and {len(lacking) - MOST_NAMED} more" if len(lacking) > MOST_NAMED else ""
        return OWN_SPLIT + (f"; all of it for {named}{more}, which it lacks" if lacking else "")
    if calibrated:
        return WHOLE_SPLIT + ", which has none of the test's domains"
    return OTHER_DOMAINS if len(domains) > 1 else NOWHERE
