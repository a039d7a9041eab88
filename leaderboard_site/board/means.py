"""The mean of a suite's tasks: which tasks it is over, and how sure it is."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from harness.registry import suite_named
from leaderboard_site.board.board import Line, Section, SuiteBoard
from leaderboard_site.board.contenders import (
    Contender,
    Drawn,
    contender,
    contenders,
    mean_drawn,
    ranks_of,
)
from leaderboard_site.board.ranks import RankInterval, ties_in_words
from leaderboard_site.board.systems import System
from leaderboard_site.reading.summary import Basis, Metric

CORE_SHARE = 0.5

MEAN_RULE = (
    "The mean of a suite is over its core tasks: those that at least half of its systems were run "
    "on, as far as they share the metric that most of them have. A system that lacks one of them "
    "has no mean. Of tasks that hold the same items (another list or label, a sample of a set, a "
    "compilation) one counts. The others are separate samples, so the half-widths of their "
    "intervals are added in quadrature and divided by the number of tasks."
)


@dataclass(frozen=True, slots=True)
class SuiteMeans:
    """``sections`` are the core tasks; ``means``, ``ranks`` and ``ranked`` are by system id."""

    sections: tuple[Section, ...]
    means: Mapping[str, Metric]
    ranks: Mapping[str, RankInterval]
    ranked: Mapping[str, Contender]

    @property
    def single(self) -> bool:
        """Whether the mean is the value of one task."""
        return len(self.sections) == 1


def suite_means(suite: SuiteBoard) -> SuiteMeans:
    """Mean over the core tasks of every system, with ranks of those that have one."""
    core = core_sections(suite)
    lines = [{line.system.id: line for line in section.lines} for section in core]
    means = {system.id: _mean(system, core, lines) for system in suite.systems}
    ranked = [
        system
        for system in suite.systems
        if means[system.id].value is not None
        and all(line[system.id].ranked for line in lines)
        and core
    ]
    found = _contenders([system.id for system in ranked], means, lines)
    ranks = dict(zip(found, ranks_of(list(found.values())), strict=True))
    return SuiteMeans(core, means, ranks, found)


def _contenders(
    ids: Sequence[str], means: Mapping[str, Metric], lines: Sequence[Mapping[str, Line]]
) -> dict[str, Contender]:
    """The means to be ranked; each task is drawn on its own, since tasks are separate samples."""
    drawn: dict[str, list[Drawn | None]] = {id: [] for id in ids}
    for stream, by_system in enumerate(lines):
        runs = [by_system[id].run for id in ids]
        metrics = [metric for run in runs if (metric := run.main) is not None]
        found = contenders(metrics, [run.spread for run in runs], stream=stream)
        for id, one in zip(ids, found, strict=True):
            drawn[id].append(one.drawn)
    return {id: replace(contender(means[id]), drawn=mean_drawn(drawn[id])) for id in ids}


def best_first(suite: SuiteBoard, means: SuiteMeans) -> tuple[System, ...]:
    """Systems of a suite by their means; those without a rank or a mean come last."""

    def key(system: System) -> tuple[bool, bool, float, str]:
        metric = means.means[system.id]
        if metric.value is None:
            return (True, True, 0.0, system.id)
        value = -metric.value if metric.higher_is_better else metric.value
        return (False, system.id not in means.ranks, value, system.id)

    return tuple(sorted(suite.systems, key=key))


def ties_of(suite: SuiteBoard, means: SuiteMeans) -> str:
    """Who leads a suite, and which systems cannot be told apart from it, in words."""
    ranked = [system for system in best_first(suite, means) if system.id in means.ranks]
    return ties_in_words([s.name for s in ranked], [means.ranks[s.id] for s in ranked])


def core_sections(suite: SuiteBoard) -> tuple[Section, ...]:
    """The main sections of tasks that enough systems were run on, of one metric.

    Means over tasks are no tasks of their own here, unless there is nothing else.
    """
    mains = [task.main for task in suite.tasks if task.main is not None]
    systems = {system for section in mains for system in section.ranks}
    need = max(1, math.ceil(CORE_SHARE * len(systems)))
    core = [section for section in mains if len(section.ranks) >= need]
    core = [section for section in core if not section.run.members] or core
    core = _apart(suite.name, core)
    if not core:
        return ()
    metric, _ = max(Counter(s.run.primary for s in core).items(), key=lambda p: (p[1], p[0]))
    return tuple(section for section in core if section.run.primary == metric)


def _apart(name: str, core: Sequence[Section]) -> list[Section]:
    """One section of each group of tasks that hold the same items, in the order they stand."""
    suite = suite_named(name)
    if suite is None or not suite.alike:
        return list(core)
    order = {task.id: place for place, task in enumerate(suite.tasks)}
    kept: set[str] = set()
    for section in sorted(core, key=lambda section: order.get(section.run.task, len(order))):
        task = section.run.task
        if not any(task in group and kept.intersection(group) for group in suite.alike):
            kept.add(task)
    return [section for section in core if section.run.task in kept]


def _mean(system: System, core: Sequence[Section], lines: Sequence[Mapping[str, Line]]) -> Metric:
    found = [by_system.get(system.id) for by_system in lines]
    metrics = [line.run.main if line is not None else None for line in found]
    values = [m.value for m in metrics if m is not None and m.value is not None]
    some = next((m for m in metrics if m is not None), None)
    made = Metric(
        name=core[0].run.primary if core else "",
        value=None,
        interval=None,
        n=0,
        higher_is_better=True if some is None else some.higher_is_better,
        reason="No task was run by half of the systems",
        unit="" if some is None else some.unit,
    )
    if not core:
        return made
    if len(values) < len(core):
        missing = len(core) - len(values)
        return made._replace(reason=f"No value on {missing} of {len(core)} core tasks")
    made = made._replace(n=sum(m.n for m in metrics if m is not None))
    mean = math.fsum(values) / len(values)
    rough = sum(m is not None and m.basis is not None and bool(m.basis.rough) for m in metrics)
    if rough:
        said = f"{rough} of {len(core)} core tasks"
        made = made._replace(basis=Basis("", 0, f"so are those of {said}"))
    intervals = [m.interval for m in metrics if m is not None and m.interval is not None]
    if len(intervals) < len(core):
        return made._replace(value=mean, reason="A core task has no interval")
    if len(core) == 1:
        return made._replace(value=mean, interval=intervals[0], reason=None)
    low = math.sqrt(math.fsum((v - i[0]) ** 2 for v, i in zip(values, intervals, strict=True)))
    high = math.sqrt(math.fsum((i[1] - v) ** 2 for v, i in zip(values, intervals, strict=True)))
    bounds = (mean - low / len(core), mean + high / len(core))
    return made._replace(value=mean, interval=bounds, reason=None)
