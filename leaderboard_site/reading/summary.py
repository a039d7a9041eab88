"""What the board knows of a submission: rows small enough to keep, and to read again at once.

A board of hundreds of systems holds tens of thousands of records. Each is read once, into a
:class:`Run`; whatever else a page needs (curves, flipped items, the task's card) is read from the
record of the few systems that it draws.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol

from harness.submission.manifest.manifest import Manifest
from harness.submission.manifest.status import WITHDRAWN, Standing

FIRST_STAGE_CAPABILITY = "keep_first_stage"


class BasisLike(Protocol):
    """What tables need of what an interval rests on: that of a record, or a :class:`Basis`."""

    @property
    def method(self) -> str:
        """Name of the method."""

    @property
    def units(self) -> int:
        """Units that it takes for independent."""

    @property
    def rough(self) -> str | None:
        """Why the interval may cover less than it says, or ``None``."""


class MetricLike(Protocol):
    """What tables need of a metric: one of a record, or a :class:`Metric`."""

    @property
    def name(self) -> str:
        """Name with parameters."""

    @property
    def value(self) -> float | None:
        """The value in its unit, or ``None`` when undefined."""

    @property
    def interval(self) -> tuple[float, float] | None:
        """Bounds, or ``None``."""

    @property
    def n(self) -> int:
        """Groups behind the value."""

    @property
    def higher_is_better(self) -> bool | None:
        """Direction; ``None`` where neither end is better."""

    @property
    def unit(self) -> str:
        """Unit of the values, ``""`` for a fraction."""

    @property
    def reason(self) -> str | None:
        """Why something is undefined."""

    @property
    def basis(self) -> BasisLike | None:
        """What the interval rests on, where that is known."""


class GainLike(Protocol):
    """What tables need of a paired difference: one of a record, or a :class:`Gain`."""

    @property
    def name(self) -> str:
        """Name of the metric."""

    @property
    def value(self) -> float | None:
        """Mean difference."""

    @property
    def interval(self) -> tuple[float, float] | None:
        """Bounds, or ``None``."""

    @property
    def wins(self) -> int:
        """Groups where the model is better."""

    @property
    def losses(self) -> int:
        """Groups where the model is worse."""

    @property
    def ties(self) -> int:
        """Groups where both are equal."""

    @property
    def reason(self) -> str | None:
        """Why something is undefined."""

    @property
    def basis(self) -> BasisLike | None:
        """What the interval rests on, where that is known."""


class Basis(NamedTuple):
    """What an interval rests on, as in :class:`harness.records.record.Basis`."""

    method: str
    units: int
    rough: str | None


class Metric(NamedTuple):
    """A metric as in :class:`harness.records.record.MetricValue`, without its cost."""

    name: str
    value: float | None
    interval: tuple[float, float] | None
    n: int
    higher_is_better: bool | None
    reason: str | None
    unit: str = ""
    basis: Basis | None = None


class Gain(NamedTuple):
    """Paired difference to the first stage, as in :class:`harness.records.record.Difference`."""

    name: str
    value: float | None
    interval: tuple[float, float] | None
    n: int
    wins: int
    losses: int
    ties: int
    reason: str | None
    basis: Basis | None = None


class Spread(NamedTuple):
    """How the primary metric moves with the units it rests on, for ranks by paired comparison.

    ``values`` are what each of the ``units`` adds to the metric (``drawn`` false), or bootstrap
    replicates of it: 32-bit floats, in base64. Runs of one work and one ``key`` pair.
    """

    key: str
    units: int
    drawn: bool
    values: str


class BarRow(NamedTuple):
    """What a run's figures are read against, as in :class:`harness.records.bars.Bar`.

    ``metrics`` are those that are known of it, ``fixed`` names those it has by definition, and
    ``spread`` is that of its primary metric.
    """

    kind: str
    name: str
    metrics: tuple[Metric, ...]
    fixed: tuple[str, ...] = ()
    spread: Spread | None = None

    def metric(self, name: str) -> Metric | None:
        """The metric of that name, or ``None``."""
        return next((metric for metric in self.metrics if metric.name == name), None)


class Effort(NamedTuple):
    """What asking cost over all groups of a task; ``None`` for what was not counted."""

    calls: int
    tokens: int | None
    price: float | None


class Speed(NamedTuple):
    """How fast a run was, and on what; seconds are of one query or item at a time, the median."""

    items_per_second: float | None
    latency_seconds: float | None
    device: str
    device_name: str


@dataclass(frozen=True, slots=True)
class Run:
    """One record as tables show it. Values are those of the record, each in its unit.

    ``metrics`` stand in the record's order, ``gain`` is that of the primary metric where there is
    a first stage (named by ``stage``). ``white_box`` is what has to be said of one that read texts
    with the model that wrote them, else ``""``. ``evidence`` is a key of
    :data:`leaderboard_site.reading.submitted.EVIDENCE_GLYPHS`. ``record`` is the record's file and
    ``tables`` the folder with the tables that belong to it, ``""`` when there is none.
    ``members`` counts the tasks of a mean over several, 0 for a single task. ``untimed`` says why
    there is no speed or latency. ``spread`` is there where the tables tell it. ``unsteady`` says
    what other than an item changed its answer, ``""`` where nothing was found to. ``doors`` says
    that code of the checkpoint was run or a pickle read. ``bar`` is what the run is read against,
    and ``role`` the kind of bar that it is itself, ``""`` for a system. ``learned`` names the split
    of this task that the model was fitted on, ``""`` where none is known.
    """

    task: str
    suite: str
    title: str
    version: str
    fingerprint: str
    members: int
    limit: int | None
    primary: str
    beside: tuple[str, ...]
    groups: int
    items: int
    model: str
    adapter: str
    model_fingerprint: str
    capability: str | None
    metrics: tuple[Metric, ...]
    gain: Gain | None
    stage: str
    white_box: str
    level: float
    speed: Speed | None
    untimed: str
    evidence: str
    evidence_reason: str
    created: str
    record: str
    tables: str
    spread: Spread | None = None
    unsteady: str = ""
    doors: str = ""
    bar: BarRow | None = None
    role: str = ""
    learned: str = ""
    effort: Effort | None = None

    def metric(self, name: str) -> Metric | None:
        """The metric of that name, or ``None``."""
        for metric in self.metrics:  # asked for each cell: a generator takes three times as long
            if metric.name == name:
                return metric
        return None

    @property
    def is_first_stage(self) -> bool:
        """Whether the model only keeps the order of the first stage."""
        return self.capability == FIRST_STAGE_CAPABILITY

    @property
    def main(self) -> Metric | None:
        """The metric that ranks systems, where the record has it."""
        return self.metric(self.primary)

    @property
    def work(self) -> tuple[str, str, int, str]:
        """Equal only for runs that may share a column: task, fingerprint, limit and metric."""
        return (self.task, self.fingerprint, self.limit or 0, self.primary)


@dataclass(frozen=True, slots=True)
class Revision:
    """One submission: what its manifest says, what maintainers say, and its runs by task id."""

    manifest: Manifest
    standing: Standing | None
    runs: tuple[Run, ...]

    @property
    def withdrawn(self) -> bool:
        """Whether it keeps its page but no rank."""
        return self.standing is not None and self.standing.state == WITHDRAWN
