"""``marginbench site``."""

from __future__ import annotations

from pathlib import Path

import click

from harness.cli.options import out_option
from harness.registry import resolve


@click.command("site")
@click.option(
    "--records",
    required=True,
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder with record.json files at any depth.",
)
@out_option("site")
def command(records: Path, out: Path) -> None:
    """Build the static site from records."""
    page: Path = resolve("leaderboard_site.build:build_site")(records, out)
    click.echo(page.resolve().as_uri())
