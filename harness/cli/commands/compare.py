"""``marginbench compare``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.cli.options import OnceCommand
from harness.compare.policy import drop, fraction

if TYPE_CHECKING:
    from harness.compare.comparison import Comparison
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
@click.argument("runs", nargs=-1, required=True, type=SIDE, metavar="BASELINE [CANDIDATE]")
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
    listed: int | None,
    correction: str | None,
    **flags: Any,
) -> int:
    """Say what got better, what got worse and what flipped.

    BASELINE and CANDIDATE are runs, records or submissions. One folder with the runs of two models
    will do: the older one is the baseline. Without --policy the baseline's own holds.

    Exit 0 fine, 1 worse by the policy, 2 the two cannot be compared, 3 something is missing.
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
        old, new = _sides(runs)
        rules = policy_of(old, policy_file)
        found = compare(
            *with_files(old, new),
            rules.policy.override(**limits(**flags)).corrected(correction),
            suite_named,
            same_recipe=[read_sides(path) for path in same_recipe],
            policy_from=rules.where,
            made_for=rules.made_for,
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


def _sides(runs: Sequence[Path]) -> tuple[dict[str, Side], dict[str, Side]]:
    """Baseline and candidate: two folders, or the only two models of one."""
    from harness.compare.sides import all_sides, read_sides, two_sides
    from harness.errors import UsageError

    if len(runs) == 1:
        return two_sides(all_sides(runs), runs[0])
    if len(runs) > 2:
        raise UsageError(
            f"{len(runs)} runs were given, and two are compared",
            fix="Type: marginbench compare BASELINE CANDIDATE",
        )
    return read_sides(runs[0]), read_sides(runs[1])


def print_comparison(found: Comparison, listed: int | None = None) -> None:
    """The comparison in the terminal."""
    from harness.cli.text_table import print_table
    from harness.compare.reports import text as words

    for task in found.tasks:
        click.echo(f"{task.task}: {task.verdict.value}")
        click.echo(words.printable(f"  baseline {task.baseline}, candidate {task.candidate}"))
        print_table([words.HEADER, *words.metric_rows(task)], right=(1, 2, 3, 5))
        for delta in task.deltas:
            if delta.decides:
                click.echo(f"  {delta.name}: {task.judged[delta.name].why}")
        for correlation in task.correlations:
            click.echo(words.printable("  " + words.correlation_line(correlation)))
        for place, flips in enumerate(task.flips):
            click.echo("  " + words.flips_line(flips))
            if flips.rates:
                click.echo("    " + words.rates_line(flips))
            if flips.items:
                usual = words.LISTED_FURTHER if place else words.LISTED
                rows = words.item_rows(flips, usual if listed is None else listed)
                click.echo(f"    the first {len(rows)} of {flips.lost:,}, worst first:")
                print_table([words.item_columns(flips), *rows])
        if task.seed_floor is not None and task.flips and task.flips[0].nfr is not None:
            excess = task.flips[0].nfr - task.seed_floor
            click.echo(f"  noise floor of the recipe: NFR {task.seed_floor:.2%}, so {excess:+.2%}")
        for resource in task.resources:
            click.echo("  " + words.resource_line(resource))
        for note in task.notes:
            click.echo(f"  note: {note}")
        for gap in task.gaps:
            click.echo(f"  incomplete: {gap}")
        for failure in task.failures:
            click.echo(f"  fails: {failure}")
    if said := words.policy_line(found):
        click.echo(said)
    click.echo(words.summary_line(found))
