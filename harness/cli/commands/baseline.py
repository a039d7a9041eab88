"""``marginbench baseline``."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.cli.options import OnceCommand
from harness.cli.text_table import print_line

if TYPE_CHECKING:
    from harness.compare.baseline import Change, Updated
    from harness.compare.planned import Wanted
    from harness.compare.sides import Side


@click.group("baseline")
def command() -> None:
    """Make or update a committed baseline to compare with."""


@command.command("update", cls=OnceCommand)
@click.argument("runs", nargs=-1, type=click.Path(path_type=Path, exists=True))
@click.option(
    "--to",
    "folder",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="The baseline's folder, which you commit.",
)
@click.option(
    "--policy",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="TOML",
    help="Budgets to stand in the baseline, by which compare judges.",
)
@click.option(
    "--url",
    metavar="BASE",
    help="Where files above 5 MB will be: the baseline holds address and sha256 of each.",
)
@click.option(
    "--upload",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Where those files are put, for you to upload to BASE.",
)
@click.option(
    "--records-only",
    is_flag=True,
    help="No tables: nothing but a loss that intervals show is found then.",
)
def update(
    runs: tuple[Path, ...],
    folder: Path,
    policy: Path | None,
    url: str | None,
    upload: Path | None,
    records_only: bool,
) -> None:
    """Write RUNS into a baseline's folder and print what changed.

    Tasks that RUNS lack stay as they are; without RUNS the policy alone is set. Commit the folder,
    so that the change is reviewed. What no candidate could be compared with is refused.
    """
    from harness.compare.baseline import update_baseline
    from harness.compare.planned import NotComparableError, Wanted
    from harness.registry import suite_named

    typed = _typed(runs, folder, policy, url, upload, records_only)
    wanted = Wanted(folder, typed, records_only, url, upload, policy)
    _check(runs, wanted)
    try:
        made = update_baseline(_sides(runs), wanted, suite_named)
    except NotComparableError as error:
        for line in error.lines[:-1]:
            print_line(f"error: {line}", err=True)
        raise error.lines[-1] from error
    for change in made.changes:
        _print(change)
    _print_whole(made, wanted)


def _typed(
    runs: tuple[Path, ...], folder: Path, policy: Path | None, url: str | None,
    upload: Path | None, records_only: bool,
) -> str:  # fmt: skip
    """The command, as it would be typed again."""
    options = {"--to": folder, "--policy": policy, "--url": url, "--upload": upload}
    words = ["marginbench", "baseline", "update", *map(str, runs)]
    for name, value in options.items():
        words += [] if value is None else [name, str(value)]
    return shlex.join([*words, *(["--records-only"] if records_only else [])])


def _check(runs: tuple[Path, ...], wanted: Wanted) -> None:
    import re

    from harness.errors import UsageError

    if not runs and wanted.policy is None:
        raise UsageError("nothing to write", fix="Give RUNS, or a policy: --policy TOML")
    if (wanted.url is None) != (wanted.upload is None):
        raise UsageError(
            "--url and --upload go together",
            fix="Type: --url https://ADDRESS --upload DIR, and upload what is in DIR to ADDRESS",
        )
    if wanted.url is not None and wanted.records_only:
        raise UsageError("--url means nothing with --records-only", fix="Leave out one of them")
    if wanted.url is not None and not re.fullmatch(r"https://[!-~]{1,1500}", wanted.url):
        raise UsageError(
            f"--url {wanted.url!r} is no address", fix="Give one that begins with https://"
        )


def _sides(runs: tuple[Path, ...]) -> dict[str, Side]:
    from harness.compare.sides import read_sides
    from harness.errors import UsageError

    found: dict[str, Side] = {}
    for path in runs:
        sides = read_sides(path)
        twice = sorted(found.keys() & sides.keys())
        if twice:
            raise UsageError(f"two runs of {twice[0]} were given", fix="Give one model's runs")
        found |= sides
    return found


def _print(change: Change) -> None:
    from harness.cli.text_table import print_table
    from harness.compare.planned import said_size
    from harness.compare.reports.text import number, signed
    from harness.metrics.cards import asides

    before, after = change.before, change.after
    what = "new" if before is None else "unchanged" if not change.moved else "changed"
    print_line(f"{change.task}: {what} ({change.folder}, {said_size(change.bytes)})")
    if before is not None and before.task.fingerprint != after.task.fingerprint:
        print_line(f"  task {before.task.fingerprint[:8]} -> {after.task.fingerprint[:8]}")
    if before is not None and before.model.fingerprint != after.model.fingerprint:
        print_line(
            f"  model {before.model.name} ({before.model.fingerprint[:8]}) -> "
            f"{after.model.name} ({after.model.fingerprint[:8]})"
        )
    rows = [("metric", "before", "after", "difference")]
    for metric in after.metrics:
        old = before.metric(metric.name) if before else None
        was = old.value if old else None
        moved = None if was is None or metric.value is None else metric.value - was
        if before is None or was != metric.value:
            rows.append(
                (
                    metric.name + asides(True, metric.unit),
                    number(was),
                    number(metric.value),
                    signed(moved),
                )
            )
    if len(rows) > 1:
        print_table(rows, right=(1, 2, 3))
    _print_evidence(change)


def _print_evidence(change: Change) -> None:
    """What does not lie in the folder, and what cannot be decided for that."""
    from harness.compare.planned import said_size

    for name, why in change.left_out.items():
        print_line(f"  left out: {name} ({why})")
    for name, other in change.elsewhere.items():
        print_line(f"  elsewhere: {name} ({said_size(other.bytes)}) at {other.url}")
    if change.blind:
        print_line("  every comparison is incomplete (exit 3), but for what this still decides:")
        for line in change.decides or ["nothing: no metric that decides has an interval"]:
            print_line(f"    {line}")
    if change.flips is not None:
        print_line(f"  flips cannot be counted: {change.flips}")


def _print_whole(made: Updated, wanted: Wanted) -> None:
    from harness.compare.planned import said_size

    for key in made.gone:
        print_line(f"{key}: gone from the folder, and no longer part of the baseline")
    if wanted.policy is not None:
        print_line(f"policy: {wanted.policy}, by which compare judges without --policy")
    if made.uploads:
        size = said_size(sum(path.stat().st_size for path in made.uploads))
        print_line(f"upload what is in {wanted.upload} ({size}) to {wanted.url}")
    print_line(f"{wanted.folder}: {said_size(made.bytes)} in {made.files} files to commit")
