"""``marginbench submit``."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from harness.errors import UsageError


@click.command("submit")
@click.argument(
    "runs",
    nargs=-1,
    required=True,
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    metavar="RUN_DIR...",
)
@click.option("--org", required=True, metavar="O", help="Organisation, as a folder name.")
@click.option("--name", required=True, metavar="N", help="Name of the system on the pages.")
@click.option("--revision", metavar="R", help="Folder name of this revision. Default: a digest.")
@click.option("--predecessor", metavar="ID", help="ORG__MODEL/REVISION that this one updates.")
@click.option("--licence", metavar="SPDX", help="Licence of the weights, or 'proprietary'.")
@click.option("--contact", metavar="TEXT", help="Who answers questions.")
@click.option("--description", default="", metavar="TEXT", help="A sentence or two.")
@click.option("--parameters", type=click.IntRange(min=0), help="Number of parameters.")
@click.option("--trained-on", multiple=True, metavar="TASK", help="Task whose test data it saw.")
@click.option("--link", "links", multiple=True, metavar="KIND=URL", help="code, paper, weights.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default="submissions",
    show_default=True,
    help="The repository's folder of submissions.",
)
def command(
    runs: tuple[Path, ...],
    org: str,
    name: str,
    revision: str | None,
    predecessor: str | None,
    licence: str | None,
    contact: str | None,
    description: str,
    parameters: int | None,
    trained_on: tuple[str, ...],
    links: tuple[str, ...],
    out: Path,
) -> None:
    """Pack finished runs of one model into the folder that a pull request adds."""
    from harness.registry import suite_named
    from harness.submission.pack import TODO, About, pack

    about = About(
        org=org,
        name=name,
        date=datetime.now(UTC).date().isoformat(),
        revision=revision,
        licence=licence or TODO,
        contact=contact or TODO,
        description=description,
        parameters=parameters,
        predecessor=predecessor,
        trained_on=trained_on,
        links=dict(_link(text) for text in links),
    )
    folder = pack(runs, about, out=out, suite_of=suite_named)
    click.echo(f"wrote {folder}")
    if TODO in (about.licence, about.contact):
        click.echo(f"fill in what says {TODO} in {folder / 'submission.toml'}")
    click.echo(f"check it with: marginbench validate {folder}")


def _link(text: str) -> tuple[str, str]:
    kind, sign, url = text.partition("=")
    if not sign:
        raise UsageError(f"--link {text!r} is not KIND=URL", fix="Such as --link code=https://...")
    return kind, url
