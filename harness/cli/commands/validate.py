"""``marginbench validate``."""

from __future__ import annotations

from pathlib import Path

import click

from harness.cli.text_table import print_line


@click.command("validate")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATH]...")
@click.option("--json", "json_wanted", is_flag=True, help="Print JSON.")
@click.option(
    "--base",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="The folder of submissions as it was merged: nothing in it may change.",
)
@click.option(
    "--data",
    type=click.Path(path_type=Path, exists=True),
    help="Folder with data sets, as for evaluate, or with a folder of them for each suite.",
)
@click.option(
    "--recomputed",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Keep a run folder there for each run that was recomputed equal.",
)
@click.option(
    "--author",
    metavar="LOGIN:NUMBER",
    help="The account that sends the pull request: which organisations it may add to.",
)
@click.option(
    "--changed",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="All paths that the pull request changes, as git diff --name-only -z lists them.",
)
def command(
    paths: tuple[Path, ...],
    json_wanted: bool,
    base: Path | None,
    data: Path | None,
    recomputed: Path | None,
    author: str | None,
    changed: Path | None,
) -> int:
    """Check submissions and compute their figures again.

    PATH is a folder of submissions, one ORG__MODEL in it, or one revision; without it,
    "submissions". All findings are shown at once. Exit status: 0 without any, 1 with some, 3 when
    a run could not be recomputed because data that should be here could not be read, or because
    of this machine (a full disk, no memory, a missing package). Every core is used.
    """
    from harness.submission.folders.changed import read_changed
    from harness.submission.manifest.keepers import parse_author
    from harness.submission.report import as_json, as_lines, unfinished
    from harness.submission.validate import validate

    report = validate(
        paths or (Path("submissions"),),
        base=base,
        data=data,
        recomputed=recomputed,
        author=None if author is None else parse_author(author),
        changed=() if changed is None else read_changed(changed),
    )
    if json_wanted:
        click.echo(as_json(report))
    else:
        for line in as_lines(report):
            click.echo(line)
    lost = unfinished(report)
    for line in lost:
        print_line(f"not recomputed: {line}", err=True)
    if report.findings:
        return 1
    return 3 if lost else 0
