"""``marginbench report``."""

from __future__ import annotations

from pathlib import Path

import click

from harness.registry import resolve

_FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)


@click.command("report")
@click.argument("incoming", type=_FOLDER, default="submissions")
@click.option(
    "--base", type=_FOLDER, required=True, help="The folder of submissions as it was merged."
)
@click.option(
    "--data",
    type=click.Path(path_type=Path, exists=True),
    help="Folder with data sets, as for validate.",
)
@click.option(
    "--recomputed",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Where validate keeps run folders: what lies there is not computed again.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write it there instead of printing it.",
)
@click.option("--author", metavar="LOGIN:NUMBER", help="As for validate.")
@click.option(
    "--changed",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="As for validate; what lies outside the folder of submissions is listed.",
)
def command(
    incoming: Path,
    base: Path,
    data: Path | None,
    recomputed: Path | None,
    out: Path | None,
    author: str | None,
    changed: Path | None,
) -> None:
    """Say what new submissions change on the board.

    As Markdown for a comment: findings, the new rows with the ranks that the data leave
    open, and for each update the verdict against its predecessor. Exit status 0 whatever is found:
    validate is the check.
    """
    from harness.cli.report_files import write_file
    from harness.submission.folders.changed import read_changed
    from harness.submission.manifest.keepers import parse_author

    report = resolve("leaderboard_site.incoming.report:report_incoming")
    text: str = report(
        incoming,
        base,
        data=data,
        recomputed=recomputed,
        author=None if author is None else parse_author(author),
        changed=() if changed is None else read_changed(changed),
    )
    if out is None:
        click.echo(text, nl=False)
    else:
        write_file("--out", out, text.encode())
