"""What a board does not know of a suite, counted, for the first page."""

from __future__ import annotations

from harness.registry import suite_named
from leaderboard_site.board.board import SuiteBoard
from leaderboard_site.board.means import SuiteMeans
from leaderboard_site.text import count, plural


def not_run(suite: SuiteBoard) -> tuple[str, ...]:
    """Ids of tasks in the catalogue that nobody was run on; none without the suite's package."""
    catalogue = suite_named(suite.name)
    ran = {task.id for task in suite.tasks}
    known = [task.id for task in catalogue.tasks] if catalogue else []
    return tuple(task for task in known if task not in ran)


def tasks_text(suite: SuiteBoard) -> str:
    """``1 of 14 tasks``, or ``3 tasks`` where no catalogue says how many there are."""
    ran, left = len(suite.tasks), len(not_run(suite))
    return f"{count(ran)} of {plural(ran + left, 'task')}" if left else plural(ran, "task")


def not_known(suite: SuiteBoard, means: SuiteMeans) -> str:
    """One sentence on ranks, baseline and tasks of which nothing is known; ``""`` for nothing."""
    standing = means.standing
    many, open_ranks = len(standing.ranks), len(standing.ranks) - standing.certified
    parts = []
    if many == 1:
        parts.append("how the one system compares with any other")
    elif open_ranks:
        which = "any" if open_ranks == many else count(open_ranks)
        parts.append(f"the exact rank of {which} of the {many} systems")
    if many and standing.hardest is None and not _by_definition(means):
        parts.append("what a simple baseline reaches")
    if len(means.sections) > 1 or not means.sections:
        part = len(means.means) - sum(m.value is not None for m in means.means.values())
        if part:
            parts.append(
                f"the mean of {plural(part, 'system')} that {'was' if part == 1 else 'were'} not "
                "run on every core task"
            )
    if left := len(not_run(suite)):
        parts.append(f"how any system does on {plural(left, 'task')} of the suite")
    return f"{'; '.join(parts)}." if parts else ""


def _by_definition(means: SuiteMeans) -> bool:
    """Whether figures are counted against something, which says what a baseline would."""
    return any(
        (bar := section.told) is not None and section.run.primary in bar.fixed
        for section in means.sections
    )
