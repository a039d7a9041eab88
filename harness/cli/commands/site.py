"""``marginbench site``."""

from __future__ import annotations

from pathlib import Path

import click

from harness.cli.options import OnceCommand, out_option
from harness.cli.text_table import print_line
from harness.errors import UsageError
from harness.registry import resolve

_FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)


@click.command("site", cls=OnceCommand)
@click.option("--submissions", type=_FOLDER, help="Folder of submissions.  [default: submissions]")
@click.option("--records", type=_FOLDER, help="Folder of runs instead: record.json at any depth.")
@click.option(
    "--recomputed",
    type=_FOLDER,
    help="What `marginbench validate --recomputed` wrote: evidence, curves and items.",
)
@click.option("--force", is_flag=True, help="Leave out what cannot be read instead of stopping.")
@click.option(
    "--cache",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File that keeps pages, so that the next build only makes what changed.",
)
@click.option(
    "--pictures",
    is_flag=True,
    help="Also write every chart as PNG, and the ranked systems of each table as a chart.",
)
@click.option("--serve", is_flag=True, help="Show the built site on this machine until Ctrl-C.")
@click.option("--port", default=8000, show_default=True, metavar="N", help="Port of the preview.")
@out_option("site")
def command(
    submissions: Path | None,
    records: Path | None,
    recomputed: Path | None,
    force: bool,
    cache: Path | None,
    pictures: bool,
    serve: bool,
    port: int,
    out: Path,
) -> None:
    """Build the static site from submissions or from runs."""
    if submissions is not None and records is not None:
        raise UsageError("both --submissions and --records are given", fix="Give one of them")
    if records is not None:
        from harness.records.finding import record_files

        record_files(records)  # a page of nothing would look like one of something
        build = resolve("leaderboard_site.build:build_runs")
        page, faults = build(records, out, force=force, pictures=pictures)
    else:
        root = submissions or Path("submissions")
        if not root.is_dir():
            raise UsageError(
                f"no folder {root} here", fix="Name one with --submissions DIR or --records DIR"
            )
        build = resolve("leaderboard_site.build:build_submissions")
        page, faults = build(
            root, out, recomputed=recomputed, force=force, cache=cache, pictures=pictures
        )
    for fault in faults:
        print_line(f"left out: {fault}", err=True)
    click.echo(page.resolve().as_uri())
    if serve:
        resolve("leaderboard_site.preview:serve")(out, port)
