"""``marginbench plot``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.cli.arguments import runs_argument
from harness.cli.completing import complete_tasks
from harness.cli.options import OnceCommand
from harness.errors import UsageError, did_you_mean, first_ids

if TYPE_CHECKING:
    from harness.compare.sides import Side

KINDS = ("forest", "latency", "curves", "dots", "scatter", "bundle", "trade")
ENDINGS = (".svg", ".png")


@click.command("plot", cls=OnceCommand)
@runs_argument()
@click.option(
    "--kind",
    type=click.Choice(KINDS),
    default=KINDS[0],
    show_default=True,
    help="Values with intervals, values against time, or what the task's suite shows of its runs.",
)
@click.option(
    "--task",
    metavar="ID",
    shell_complete=complete_tasks,
    help="The task to show, where RUNS are of several.",
)
@click.option("--metric", metavar="NAME", help="In place of the metric that ranks systems.")
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE.svg|FILE.png",
    help="File to write; of several pictures the others are FILE-2, FILE-3, ...",
)
def command(
    paths: tuple[Path, ...], kind: str, task: str | None, metric: str | None, out: Path
) -> None:
    """Draw runs of one task as a picture for a paper.

    The best system comes first. Charts are those of the site's pages.
    """
    from harness.cli.report_files import write_file
    from harness.registry import resolve

    if out.suffix.lower() not in ENDINGS:
        raise UsageError(f"{out} is no name of a picture", fix=f"Give {out.stem}.svg or .png")
    if metric is not None and kind not in KINDS[:2]:
        raise UsageError(f"--metric means nothing to {kind}", fix="Leave out --metric")
    sides = _sides(paths, task)
    _check_metric(sides, metric)
    draw: Any = resolve("leaderboard_site.taking.single:pictures")
    found: list[bytes] = draw(sides, kind, metric or "")
    if not found:
        raise UsageError(
            f"there is nothing to draw as {kind} of {sides[0].record.task.id}",
            fix=f"Other kinds: {', '.join(other for other in KINDS if other != kind)}",
        )
    for number, svg in enumerate(found, 1):
        place = out if number == 1 else out.with_stem(f"{out.stem}-{number}")
        png = place.suffix.lower() == ".png"
        data = resolve("leaderboard_site.taking.single:as_png")(svg) if png else svg
        write_file("--out", place, data)
        click.echo(place)


def _sides(paths: Sequence[Path], task: str | None) -> list[Side]:
    """The runs of the task that is meant; :class:`UsageError` where that is not one."""
    from harness.compare.sides import Side
    from harness.records.finding import read_records
    from harness.records.systems import task_names

    found = read_records(paths)
    records = [record for _, record in found]
    named = list(zip(found, task_names(records), strict=True))
    tasks = sorted({record.task.id for record in records})
    if task is not None and task not in tasks:
        raise UsageError(f"no run here is of {task!r}", fix=did_you_mean(task, tasks))
    if task is None and len(tasks) > 1:
        raise UsageError(
            f"these are runs of {len(tasks)} tasks: {first_ids(tasks, most=3)}",
            fix="Name one with --task ID",
        )
    chosen = [(run, name) for run, name in named if task is None or run[1].task.id == task]
    works = dict.fromkeys(name for _, name in chosen)
    if len(works) > 1:
        raise UsageError(
            f"these runs did different work: {first_ids(list(works))}",
            fix="Name the folders of those that belong together",
        )
    return [Side(record, folder) for (folder, record), _ in chosen]


def _check_metric(sides: Sequence[Side], metric: str | None) -> None:
    known = {one.name for side in sides for one in side.record.metrics}
    if metric is not None and metric not in known:
        raise UsageError(f"no run here has a metric {metric!r}", fix=did_you_mean(metric, known))
