"""``marginbench compare``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.cli.options import OnceCommand
from harness.compare.policy import drop, fraction

if TYPE_CHECKING:
    from harness.cli.report_files import ReportFiles
    from harness.compare.comparison import Comparison, TaskComparison
    from harness.compare.policy import Policy
    from harness.compare.several import Several
    from harness.compare.sides import Side


class Share(click.ParamType):  # type: ignore[type-arg, unused-ignore]
    """A share such as ``3%`` or ``0.03``."""

    name = "share"

    def convert(self, value: Any, param: Any, ctx: Any) -> float:
        """The share as a fraction."""
        try:
            return fraction(value)
        except ValueError:
            self.fail(f"{value!r} is not a share such as 3% or 0.03", param, ctx)


class Drop(click.ParamType):  # type: ignore[type-arg, unused-ignore]
    """A share, or a number in units of the metric."""

    name = "drop"

    def convert(self, value: Any, param: Any, ctx: Any) -> float:
        """The drop as a number."""
        try:
            return drop(value)
        except ValueError:
            self.fail(f"{value!r} is not a drop such as 3%, 0.03 or 1.5 units", param, ctx)


SIDE = click.Path(path_type=Path, exists=True)
FILE = click.Path(path_type=Path, dir_okay=False)


@click.command("compare", cls=OnceCommand)
@click.argument("runs", nargs=-1, required=True, type=SIDE, metavar="BASELINE [CANDIDATE]...")
@click.option("--policy", "policy_file", type=FILE, metavar="TOML", help="Budgets; flags go first.")
@click.option(
    "--min-drop",
    type=Drop(),
    help="Drop of a metric that does not matter, in place of its own margin.",
)
@click.option("--max-nfr", type=Share(), help="Negative flips allowed, such as 3%.")
@click.option("--strict", is_flag=True, default=None, help="What is not excluded does not pass.")
@click.option(
    "--max-new-failures", type=click.IntRange(min=0), metavar="N", help="Flipped items allowed."
)
@click.option(
    "--max-latency-ratio",
    type=click.FloatRange(min=0),
    metavar="X",
    help="Candidate over baseline.",
)
@click.option(
    "--max-memory-ratio", type=click.FloatRange(min=0), metavar="X", help="Candidate over baseline."
)
@click.option("--all-metrics", is_flag=True, default=None, help="Let every metric fail the task.")
@click.option(
    "--correction",
    type=click.Choice(["holm", "bh"]),
    help="How p are adjusted: no false alarm at all (holm), or few among the alarms (bh).",
)
@click.option(
    "--power",
    is_flag=True,
    help="Simulate which losses this policy would have caught, and count its false alarms.",
)
@click.option(
    "--list",
    "listed",
    type=click.IntRange(0),
    metavar="N",
    help="Flipped items to print, of each kind.",
)
@click.option(
    "--same-recipe",
    multiple=True,
    type=SIDE,
    metavar="RUN",
    help="A run of the baseline's recipe with another seed: the noise floor of flips.",
)
@click.option(
    "--by",
    multiple=True,
    metavar="COLUMN",
    help="Compare within slices too: domain, generator, attack, class, source or another column.",
)
@click.option("--json", "json_file", type=FILE, metavar="FILE", help="Write all as JSON.")
@click.option("--markdown", "markdown_file", type=FILE, metavar="FILE", help="Append Markdown.")
@click.option("--junit", "junit_file", type=FILE, metavar="FILE", help="Write JUnit XML.")
def command(
    runs: tuple[Path, ...],
    policy_file: Path | None,
    json_file: Path | None,
    markdown_file: Path | None,
    junit_file: Path | None,
    same_recipe: tuple[Path, ...],
    by: tuple[str, ...],
    listed: int | None,
    correction: str | None,
    power: bool,
    **flags: Any,
) -> int:
    """Say what got better, what got worse and what flipped.

    BASELINE and CANDIDATE are runs, records or submissions. One folder with the runs of two models
    will do: the older one is the baseline. Several candidates are each compared with the baseline.
    Without --policy the baseline's own holds.

    Of several candidates 2 goes before 1, that before 3, and that before 0.
    """
    from harness.cli.report_files import ReportFiles
    from harness.compare.comparison import compare
    from harness.compare.policy import limits
    from harness.compare.sides import read_sides
    from harness.compare.standing import policy_of, with_files
    from harness.errors import MarginBenchError, UsageError
    from harness.registry import suite_named

    files = ReportFiles(json_file, markdown_file, junit_file)
    try:
        files.prepare(policy_file, *runs, *same_recipe)
        seeds = [read_sides(path) for path in same_recipe]
        old, *new = _sides(runs)
        policy = policy_of(old, policy_file).override(**limits(**flags)).corrected(correction)
        if len(runs) > 2:
            return _several(old, runs[1:], policy, seeds, by, files, listed, power=power)
        found = compare(
            *with_files(old, *new), policy, suite_named, same_recipe=seeds, by=by, power=power
        )
        try:  # before the terminal, which may be closed
            files.write(found)
        finally:
            print_comparison(found, listed)
    except MarginBenchError as error:
        if error.exit_code != 1:
            raise
        # Here 1 means worse and nothing else.
        raise UsageError(error.message, fix=error.fix) from error
    return found.exit_code


def _several(
    old: dict[str, Side],
    candidates: Sequence[Path],
    policy: Policy,
    seeds: Sequence[dict[str, Side]],
    by: Sequence[str],
    files: ReportFiles,
    listed: int | None,
    *,
    power: bool,
) -> int:
    """Compare each of several candidates with the baseline, and give the worst exit status."""
    from harness.compare.several import candidates_at, compare_several
    from harness.compare.standing import with_several
    from harness.registry import suite_named

    found = compare_several(
        *with_several(old, candidates_at(candidates)),
        policy,
        suite_named,
        same_recipe=seeds,
        by=by,
        power=power,
    )
    try:
        files.write(found)
    finally:
        print_several(found, listed)
    return found.exit_code


def _sides(runs: Sequence[Path]) -> tuple[dict[str, Side], ...]:
    """Baseline and candidate: two folders, or two models of one; of more the baseline alone."""
    from harness.compare.sides import all_sides, read_sides, two_sides

    if len(runs) == 1:
        return two_sides(all_sides(runs), runs[0])
    return tuple(read_sides(path) for path in (runs if len(runs) == 2 else runs[:1]))


def print_slices(task: TaskComparison, listed: int | None = None) -> None:
    """What a task did within slices, in the terminal."""
    from harness.cli.text_table import print_line, print_table
    from harness.compare.reports import slices as told

    for table in told.slice_tables(task, told.LISTED if listed is None else listed):
        print_line(f"  {table.title}:")
        if table.rows:
            numbers = range(1, len(table.header) - 1 - ("verdict" in table.header))
            print_table([table.header, *table.rows], right=[n for n in numbers if n != 5])
        for line in table.below:
            print_line(f"    {line}")
    for line in told.slice_lines(task):
        print_line(f"  {line}")


def print_several(found: Several, listed: int | None = None) -> None:
    """A column for each candidate, then what is to be said of each."""
    from harness.cli.text_table import print_line, print_table
    from harness.compare.reports import several as told
    from harness.compare.reports.slices import LISTED
    from harness.compare.reports.text import policy_line, summary_line

    for table in told.overviews(found, LISTED if listed is None else listed):
        print_line(table.title + ":")
        print_table([table.header, *table.rows])
        for line in table.below:
            print_line(f"  {line}")
    for one in found.candidates:
        if one.found is None:
            print_line(f"{one.name}: INCOMPLETE – {one.refused}")
            continue
        print_power(one.found)
        print_line(f"{one.name}: {summary_line(one.found)}")
        for task in one.found.tasks:
            told_of = {"note": task.notes, "incomplete": task.gaps, "fails": task.failures}
            for kind, lines in told_of.items():
                for line in lines:
                    print_line(f"  {task.task}: {kind}: {line}")
    for _, compared in found.compared[:1]:
        if said := policy_line(compared):
            print_line(said)
    print_line(told.summary(found))


def print_comparison(found: Comparison, listed: int | None = None) -> None:
    """The comparison in the terminal."""
    from harness.cli.text_table import print_line, print_table
    from harness.compare.reports import text as words

    for task in found.tasks:
        print_line(f"{task.task}: {task.verdict.value}")
        print_line(f"  baseline {task.baseline}, candidate {task.candidate}")
        print_table([words.HEADER, *words.metric_rows(task)], right=(1, 2, 3, 5))
        for delta in task.deltas:
            if delta.decides:
                print_line(f"  {delta.name}: {task.judged[delta.name].why}")
        for correlation in task.correlations:
            print_line("  " + words.correlation_line(correlation))
        for place, flips in enumerate(task.flips):
            print_line("  " + words.flips_line(flips))
            if flips.rates:
                print_line("    " + words.rates_line(flips))
            if flips.items:
                usual = words.LISTED_FURTHER if place else words.LISTED
                rows = words.item_rows(flips, usual if listed is None else listed)
                print_line(f"    the first {len(rows)} of {flips.lost:,}, worst first:")
                print_table([words.item_columns(flips), *rows])
        print_slices(task, listed)
        if task.seed_floor is not None and task.flips and task.flips[0].nfr is not None:
            excess = task.flips[0].nfr - task.seed_floor
            print_line(f"  noise floor of the recipe: NFR {task.seed_floor:.2%}, so {excess:+.2%}")
        for resource in task.resources:
            print_line("  " + words.resource_line(resource))
        for note in task.notes:
            print_line(f"  note: {note}")
        for gap in task.gaps:
            print_line(f"  incomplete: {gap}")
        for failure in task.failures:
            print_line(f"  fails: {failure}")
    print_power(found)
    if said := words.policy_line(found):
        print_line(said)
    print_line(words.summary_line(found))


def print_power(found: Comparison) -> None:
    """What the gate would have caught: a line or two, before them the tables if asked for."""
    from harness.cli.text_table import print_line, print_table
    from harness.compare.reports import caught as words

    if found.caught is not None and found.caught.alarms:
        print_line("what this gate would have caught:")
        print_table([words.HEADER, *words.rows_of(found.caught)], right=(2, 3, 4))
        print_line("false alarms, with the two sides exchanged at random:")
        print_table([words.ALARMS_HEADER, *words.alarm_rows(found.caught)], right=(1, 2, 3))
    for line in words.power_lines(found):
        print_line(line)
