"""The mean of a suite's tasks: which tasks it is over, and how sure it is."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace

from harness.registry import suite_named
from leaderboard_site.board.board import Line, Section, SuiteBoard
from leaderboard_site.board.contenders import (
    Contender,
    Drawn,
    contender,
    contenders,
    mean_drawn,
)
from leaderboard_site.board.headline import Named, against_text, headline
from leaderboard_site.board.ranks import RankInterval
from leaderboard_site.board.standing import Barred, Standing, standing_of
from leaderboard_site.board.systems import System
from leaderboard_site.reading.summary import BarRow, Basis, Metric, MetricLike

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
    """``sections`` are the core tasks; ``means``, ``ranks`` and ``ranked`` are by system id.

    ``roles`` are kinds of bars by the id of a system that is one, ``marks`` the words of what
    others know of a core task. ``bar`` is the mean of what the tasks' runs are read against, where
    it is one thing and no system. ``standing`` is that of ``ranked`` in its order, and of all bars.
    ``below`` are those of ``roles`` that nobody is held to: below a floor, or not counted.
    """

    sections: tuple[Section, ...]
    means: Mapping[str, Metric]
    ranks: Mapping[str, RankInterval]
    ranked: Mapping[str, Contender]
    roles: Mapping[str, str]
    marks: Mapping[str, str]
    bar: BarRow | None
    standing: Standing
    below: frozenset[str]

    def stands(self, id: str) -> bool:
        """Whether a system has a place in the order: a rank, or as what others are held to."""
        return id in self.ranks or (id in self.roles and id not in self.below)

    @property
    def single(self) -> bool:
        """Whether the mean is the value of one task."""
        return len(self.sections) == 1


def suite_means(suite: SuiteBoard) -> SuiteMeans:
    """Mean over the core tasks of every system, with ranks of those that have one."""
    core = core_sections(suite)
    lines = [{line.system.id: line for line in section.lines} for section in core]
    means = {
        system.id: _mean([line.get(system.id) for line in lines], core) for system in suite.systems
    }
    known = [s.id for s in suite.systems if core and means[s.id].value is not None]
    roles = {id: role for id in known if (role := _role(id, lines))}
    marks = {id: word for id in known if (word := _mark(id, lines))}
    ids = [id for id in known if all(line[id].ranked for line in lines)]
    own = [id for id in roles if all(line[id].is_bar for line in lines)]
    bar = mean_bar(core, {roles[id] for id in own})
    found, bars = _contenders(ids, own, means, lines, core, bar)
    named = [Barred(roles[id], _name(id, lines), found[id]) for id in own] + bars
    ranked = {id: found[id] for id in ids}
    standing = standing_of(list(ranked.values()), named, fitted=[id in marks for id in ids])
    ranks = dict(zip(ids, standing.ranks, strict=True))
    below = frozenset(roles.keys() - set(own))
    return SuiteMeans(core, means, ranks, ranked, roles, marks, bar, standing, below)


def _role(id: str, lines: Sequence[Mapping[str, Line]]) -> str:
    """The kind of bar that a system is on every core task, ``""`` for none."""
    found = {line[id].role for line in lines}
    return found.pop() if len(found) == 1 else ""


def _mark(id: str, lines: Sequence[Mapping[str, Line]]) -> str:
    return next((word for line in lines if (word := line[id].fitted)), "")


def _name(id: str, lines: Sequence[Mapping[str, Line]]) -> str:
    return lines[0][id].system.name


def _contenders(
    ids: Sequence[str],
    own: Sequence[str],
    means: Mapping[str, Metric],
    lines: Sequence[Mapping[str, Line]],
    core: Sequence[Section],
    bar: BarRow | None,
) -> tuple[dict[str, Contender], list[Barred]]:
    """The means to be compared, and the bar that is no system.

    Each task is drawn on its own, since tasks are separate samples.
    """
    every = [*ids, *own]
    drawn: list[list[Drawn | None]] = [[] for _ in range(len(every) + 1)]
    for stream, (by_system, section) in enumerate(zip(lines, core, strict=True)):
        runs = [by_system[id].run for id in every]
        metrics = [metric for run in runs if (metric := run.main) is not None]
        spreads = [run.spread for run in runs]
        told = section.told if bar is not None else None
        given = None if told is None else told.metric(section.run.primary)
        if told is not None and given is not None:
            metrics.append(given)
            spreads.append(told.spread)
        for place, one in enumerate(contenders(metrics, spreads, stream=stream)):
            drawn[place].append(one.drawn)
    found = {
        id: replace(contender(means[id]), drawn=mean_drawn(parts))
        for id, parts in zip(every, drawn, strict=False)
    }
    whole = None if bar is None else bar.metrics[0]
    if bar is None or whole is None or any(section.run.primary in bar.fixed for section in core):
        return found, []
    mean = replace(contender(whole), drawn=mean_drawn(drawn[-1]))
    return found, [Barred(bar.kind, bar.name, mean)]


def mean_bar(core: Sequence[Section], covered: Container[str] = ()) -> BarRow | None:
    """The mean of what runs of the core tasks are read against, if it is of one kind everywhere.

    ``covered`` are kinds of which a system is one on every core task: no other line stands for it.
    """
    bars = [
        bar for section in core if (bar := section.told) is not None and bar.kind not in covered
    ]
    names = {bar.name for bar in bars}
    if not bars or len(bars) < len(core) or len({bar.kind for bar in bars}) > 1:
        return None
    primary = core[0].run.primary
    metrics = [bar.metric(primary) for bar in bars]
    mean = mean_of(metrics, core)
    if mean.value is None:
        return None
    name = names.pop() if len(names) == 1 else f"the tasks’ own {bars[0].kind}s"
    return BarRow(bars[0].kind, name, (mean,), bars[0].fixed)


def best_first(suite: SuiteBoard, means: SuiteMeans) -> tuple[System, ...]:
    """Systems of a suite by their means; those without a rank or a mean come last."""

    def key(system: System) -> tuple[bool, bool, float, str]:
        metric = means.means[system.id]
        if metric.value is None:
            return (True, True, 0.0, system.id)
        value = -metric.value if metric.higher_is_better else metric.value
        return (False, not means.stands(system.id), value, system.id)

    return tuple(sorted(suite.systems, key=key))


def headline_of(suite: SuiteBoard, means: SuiteMeans) -> str:
    """Who leads a suite, and whether that is more than its bar, in words."""
    some = next((means.means[id] for id in means.ranked), None)
    names = {system.id: system.name for system in suite.systems}
    named = Named(
        [names[id] for id in means.ranked],
        [means.marks.get(id, "") for id in means.ranked],
        "" if some is None else some.unit,
        lower=some is not None and some.higher_is_better is False,
        against=against_text(means.sections[0].told, means.sections[0].run.primary)
        if means.single
        else "",
    )
    return headline(means.standing, named)


def core_sections(suite: SuiteBoard) -> tuple[Section, ...]:
    """The main sections of tasks that enough systems were run on, of one metric.

    Means over tasks are no tasks of their own here, unless there is nothing else.
    """
    mains = [task.main for task in suite.tasks if task.main is not None]
    systems = {system for section in mains for system in section.ranks}
    need = max(1, math.ceil(CORE_SHARE * len(systems)))
    core = [section for section in mains if len(section.ranks) >= need] if systems else mains
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


def _mean(lines: Sequence[Line | None], core: Sequence[Section]) -> Metric:
    mean = mean_of([None if line is None else line.run.main for line in lines], core)
    main = core[0].run.main if core else None
    if main is None or any(line is not None for line in lines):
        return mean
    # Which end is better is known of the tasks, also where a system was run on none of them.
    return mean._replace(higher_is_better=main.higher_is_better, unit=main.unit)


def mean_beside(lines: Sequence[Line | None], core: Sequence[Section], name: str) -> Metric:
    """The mean over the core tasks of a metric that stands beside the primary one."""
    metrics = [None if line is None else line.run.metric(name) for line in lines]
    like = core[0].run.metric(name) if core else None
    return mean_of(metrics, core, like=like)._replace(name=name)


def mean_of(
    metrics: Sequence[MetricLike | None],
    core: Sequence[Section],
    *,
    like: MetricLike | None = None,
) -> Metric:
    """The mean of one figure for each core task, ``None`` where there is none.

    Of a system that was run on none of them the direction is that of ``like``, by default of the
    primary metric: the head of a column is that of all of its cells.
    """
    values = [m.value for m in metrics if m is not None and m.value is not None]
    like = like or (core[0].run.main if core else None)
    some = next((m for m in metrics if m is not None), like)
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
