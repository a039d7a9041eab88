"""The few systems of a table that pictures show, read in full."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from harness.exhibits import Shown
from harness.records.record import FirstStageRef, Record
from leaderboard_site.board.board import Line, Section
from leaderboard_site.reading.records import RunSource, load_run
from leaderboard_site.reading.summary import Run
from leaderboard_site.text import clip

MOST_DRAWN = 8


@dataclass(frozen=True, slots=True)
class Drawn:
    """Runs of a section, best first; ``is_cut`` when not all of its systems are among them."""

    runs: tuple[Shown, ...]
    is_cut: bool

    @property
    def stage(self) -> FirstStageRef | None:
        """The first stage of the section's lists, as the best run tells it."""
        return next((s for run in self.runs if (s := run.side.record.first_stage)), None)


def chosen(section: Section) -> tuple[Line, ...]:
    """The best systems of a section.

    The first stage and withdrawn systems come after all others, so that they are not drawn in place
    of a system.
    """
    lines = sorted(
        section.lines, key=lambda line: (line.run.is_first_stage, line.system.current.withdrawn)
    )
    return tuple(lines[:MOST_DRAWN])


def drawn(section: Section) -> Drawn:
    """Read the records of the best systems of a section with all that is drawn of them."""
    lines = chosen(section)
    runs = tuple(
        Shown(clip(line.system.name, most=60), load_run(source_of(line.run))) for line in lines
    )
    return Drawn(runs, is_cut(section))


def is_cut(section: Section) -> bool:
    """Whether a section has more systems than are drawn."""
    return len(section.lines) > MOST_DRAWN


def first_record(section: Section) -> Record:
    """The record of a section's first run: all of them tell the same of the task."""
    return load_run(source_of(section.run)).record


def source_of(run: Run) -> RunSource:
    """Where a run was read from."""
    return RunSource(Path(run.record), Path(run.tables) if run.tables else None)
