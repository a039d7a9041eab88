"""From revisions to the board: which systems share a table, and the ranks they have in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from harness.records.bars import FIRST_STAGE
from leaderboard_site.addresses import suite_page, task_page
from leaderboard_site.board.beside import below_floor, shown_beside
from leaderboard_site.board.contenders import Contender, contenders
from leaderboard_site.board.headline import Named, against_text, certainty, headline
from leaderboard_site.board.marks import Mark, fitted_word, marks_of
from leaderboard_site.board.ranks import RankInterval
from leaderboard_site.board.standing import Barred, Standing, standing_of
from leaderboard_site.board.suites import SuiteName, known_suites
from leaderboard_site.board.systems import System, day, systems_of
from leaderboard_site.reading.summary import BarRow, Revision, Run
from leaderboard_site.text import clip, file_stem


@dataclass(frozen=True)
class Line:
    """One run of a system's current revision, on its way into a table."""

    system: System
    run: Run

    @cached_property
    def role(self) -> str:
        """The kind of bar that it is (a first stage, a control row), ``""`` for a system."""
        if self.run.is_first_stage:
            return FIRST_STAGE
        return self.run.role or self.system.current.manifest.control or ""

    @cached_property
    def measured(self) -> bool:
        """Whether it counts at all: a full run with a value, not withdrawn."""
        return (
            self.run.limit is None
            and not self.system.current.withdrawn
            and self.run.main is not None
            and self.run.main.value is not None
        )

    @cached_property
    def below(self) -> tuple[str, float] | None:
        """A metric beside the primary one that is below its floor, and that floor."""
        return below_floor(self.run)

    @property
    def ranked(self) -> bool:
        """Whether it takes part in the ranking: it counts, is no bar, and is above every floor."""
        return self.measured and not self.role and self.below is None

    @property
    def is_bar(self) -> bool:
        """Whether others are held to it: a control below a floor is beaten by that alone."""
        return self.measured and bool(self.role) and self.below is None

    @property
    def marks(self) -> tuple[Mark, ...]:
        """What is said of it in every table: above all, what it was fitted on."""
        return marks_of(self.system.current.manifest, self.run)

    @property
    def fitted(self) -> str:
        """The word for what it knows of the task that no stranger knows, ``""`` for nothing."""
        return fitted_word(self.marks)


@dataclass(frozen=True, slots=True)
class Section:
    """Runs that may be compared: equal task fingerprint, limit and primary metric.

    ``lines`` stand best first, those without a value last. ``ranks`` are by system; ``standing``
    is that of the ranked lines in their order, and of what they are read against.
    """

    id: str
    lines: tuple[Line, ...]
    ranks: Mapping[str, RankInterval]
    standing: Standing

    @property
    def run(self) -> Run:
        """Any run: all tell the same of the task."""
        return self.lines[0].run

    @property
    def fingerprint(self) -> str:
        """Fingerprint of the work."""
        return self.run.fingerprint

    @property
    def limit(self) -> int | None:
        """Set for quick looks."""
        return self.run.limit

    @property
    def ranked(self) -> tuple[Line, ...]:
        """Lines that have a rank, best first."""
        return tuple(line for line in self.lines if line.system.id in self.ranks)

    @property
    def bar(self) -> BarRow | None:
        """What its runs are read against, where no line of the table is that itself."""
        bar = self.told
        own = bar is not None and any(line.role == bar.kind for line in self.lines)
        return None if own else bar

    @property
    def told(self) -> BarRow | None:
        """What its runs are read against, as they tell it."""
        return next((line.run.bar for line in self.lines if line.run.bar is not None), None)

    @property
    def shown(self) -> tuple[str, ...]:
        """Metrics that stand next to the primary one, which misleads without them."""
        return shown_beside(self.run)

    @property
    def headline(self) -> str:
        """Who leads, in words; ``""`` for quick looks, which rank nobody."""
        return "" if self.limit is not None else headline(self.standing, self._named)

    @property
    def certainty(self) -> str:
        """How many ranks are certain, in words."""
        return "" if self.limit is not None else certainty(self.standing)

    @property
    def _named(self) -> Named:
        ranked, main = self.ranked, self.run.main
        return Named(
            [line.system.name for line in ranked],
            [line.fitted for line in ranked],
            "" if main is None else main.unit,
            lower=main is not None and main.higher_is_better is False,
            against=against_text(self.told, self.run.primary),
        )


@dataclass(frozen=True, slots=True)
class TaskBoard:
    """One task: ``full`` sections hold results, ``quick`` ones looks at the first groups only."""

    id: str
    title: str
    suite: str
    full: tuple[Section, ...]
    quick: tuple[Section, ...]

    @property
    def page(self) -> str:
        """Path of its page."""
        return task_page(self.id)

    @property
    def full_page(self) -> str:
        """Path of the page with every row."""
        return f"tasks/{file_stem(self.id)}.all.html"

    @property
    def staged(self) -> bool:
        """Whether it orders lists of a first stage."""
        return any(section.run.stage for section in (*self.full, *self.quick))

    @property
    def main(self) -> Section | None:
        """The section with most systems, or ``None`` when there are only quick looks."""
        return self.full[0] if self.full else None


@dataclass(frozen=True, slots=True)
class SuiteBoard:
    """One suite and its tasks in order of their ids.

    ``question`` is what it asks, ``""`` where its package is not installed.
    """

    name: str
    question: str
    tasks: tuple[TaskBoard, ...]
    systems: tuple[System, ...]

    @property
    def page(self) -> str:
        """Path of its page."""
        return suite_page(self.name)

    @property
    def full_page(self) -> str:
        """Path of the page with every row."""
        return f"suites/{file_stem(self.name)}.all.html"

    @property
    def changed(self) -> str:
        """Day of the newest revision."""
        return max((day(s.revisions[-1].manifest.date) for s in self.systems), default="")


@dataclass(frozen=True, slots=True)
class Board:
    """The whole board. ``ranks``: (``ORG__MODEL/REVISION``, task id) -> rank in the main table."""

    systems: tuple[System, ...]
    suites: tuple[SuiteBoard, ...]
    ranks: Mapping[tuple[str, str], RankInterval]

    @property
    def tasks(self) -> int:
        """Number of tasks."""
        return sum(len(suite.tasks) for suite in self.suites)

    @property
    def records(self) -> int:
        """Number of records, of every revision."""
        return sum(len(r.runs) for system in self.systems for r in system.revisions)


def make_board(revisions: Iterable[Revision]) -> Board:
    """Group the current revision of each system by suite, task and work.

    Suites that are installed are always there, also without any system.
    """
    systems = systems_of(revisions)
    by_task: dict[str, list[Line]] = {}
    for system in systems:
        for run in system.current.runs:
            by_task.setdefault(run.task, []).append(Line(system, run))
    tasks = [_task(task, by_task[task]) for task in sorted(by_task)]
    known = known_suites(task.suite for task in tasks)
    return Board(
        systems=systems,
        suites=tuple(_suite(suite, tasks, systems) for suite in known),
        ranks={
            (line.system.current.manifest.id, task.id): rank
            for task in tasks
            for section in reversed(task.full)
            for line in section.lines
            if (rank := section.ranks.get(line.system.id)) is not None
        },
    )


def _suite(suite: SuiteName, tasks: Sequence[TaskBoard], systems: Sequence[System]) -> SuiteBoard:
    own = (s for s in systems if any(run.suite == suite.name for run in s.current.runs))
    return SuiteBoard(
        name=suite.name,
        question=suite.question,
        tasks=tuple(task for task in tasks if task.suite == suite.name),
        systems=tuple(own),
    )


def _task(task: str, lines: Sequence[Line]) -> TaskBoard:
    groups: dict[tuple[str, str, int, str], list[Line]] = {}
    for line in lines:
        groups.setdefault(line.run.work, []).append(line)
    # The table with most systems first: it is the one a reader came for.
    ordered = sorted(groups.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    stem = file_stem(task)
    sections = [_section(f"{stem}-{n}", found) for n, (_, found) in enumerate(ordered, 1)]
    first = ordered[0][1][0].run
    return TaskBoard(
        id=task,
        title=clip(first.title, most=120),
        suite=first.suite,
        full=tuple(section for section in sections if section.limit is None),
        quick=tuple(section for section in sections if section.limit is not None),
    )


def _section(id: str, lines: Sequence[Line]) -> Section:
    ordered = tuple(sorted(lines, key=_best_first))
    ranked = [line for line in ordered if line.ranked]
    found, bars = compared(ranked, ordered)
    standing = standing_of(found, bars, fitted=[bool(line.fitted) for line in ranked])
    ranks = {line.system.id: rank for line, rank in zip(ranked, standing.ranks, strict=True)}
    return Section(id=id.replace(".", "-"), lines=ordered, ranks=ranks, standing=standing)


def compared(
    ranked: Sequence[Line], lines: Sequence[Line], *, stream: int = 0
) -> tuple[list[Contender], list[Barred]]:
    """Lines of one work as they are ranked, and the bars among or behind ``lines``."""
    rows = [line for line in lines if line.is_bar]
    own = {line.role for line in rows}
    told = next((line.run.bar for line in lines if line.run.bar is not None), None)
    given = None if told is None or told.kind in own else told.metric(lines[0].run.primary)
    metrics = [m for line in (*ranked, *rows) if (m := line.run.main)]
    spreads = [line.run.spread for line in (*ranked, *rows)]
    names = [(line.role, line.system.name) for line in rows]
    if told is not None and given is not None and given.value is not None:
        metrics.append(given)
        spreads.append(told.spread)
        names.append((told.kind, told.name))
    found = contenders(metrics, spreads, stream=stream)
    many = len(ranked)
    fixed = set() if told is None else {told.kind} if lines[0].run.primary in told.fixed else set()
    bars = [
        Barred(kind, name, one)
        for (kind, name), one in zip(names, found[many:], strict=True)
        if kind not in fixed
    ]
    return found[:many], bars


def _best_first(line: Line) -> tuple[bool, bool, float, bool, str]:
    """A bar before its equals; what is below a floor after all others, undefined last."""
    metric = line.run.main
    if metric is None or metric.value is None:
        return (True, True, 0.0, not line.role, line.system.id)
    value = -metric.value if metric.higher_is_better else metric.value
    return (False, line.below is not None, value, not line.role, line.system.id)
