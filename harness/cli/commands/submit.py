"""``marginbench submit``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.cli.arguments import run_folders_argument
from harness.cli.options import OnceCommand
from harness.errors import UsageError

if TYPE_CHECKING:
    from harness.submission.pack import Made


@click.command("submit", cls=OnceCommand)
@run_folders_argument("runs")
@click.option("--org", required=True, metavar="O", help="Organisation, as a folder name.")
@click.option("--name", required=True, metavar="N", help="Name of the system on the pages.")
@click.option("--revision", metavar="R", help="Folder name of this revision. Default: a digest.")
@click.option("--predecessor", metavar="ID", help="ORG__MODEL/REVISION that this one updates.")
@click.option("--licence", metavar="SPDX", help="Licence of the weights, or 'proprietary'.")
@click.option("--contact", metavar="TEXT", help="Who answers questions.")
@click.option("--description", default="", metavar="TEXT", help="A sentence or two.")
@click.option("--parameters", type=click.IntRange(min=0), metavar="N", help="Number of parameters.")
@click.option("--trained-on", multiple=True, metavar="TASK", help="Task whose test data it saw.")
@click.option(
    "--link", "links", multiple=True, metavar="KIND=URL", help="code, paper, weights or home."
)
@click.option(
    "--larger",
    multiple=True,
    metavar="TASK=URL",
    help="Keep a task's predictions at that address instead; TASK#TABLE for one of several.",
)
@click.option("--date", metavar="DAY", help="Day of submission, YYYY-MM-DD. Default: today, UTC.")
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
    larger: tuple[str, ...],
    date: str | None,
    out: Path,
) -> None:
    """Pack finished runs of one model for a pull request.

    It writes the folder that the pull request adds. RUN_DIR is a run folder or a folder of them, as
    evaluate or score wrote it.
    """
    from harness.registry import suite_named
    from harness.submission.manifest.licence import licence_fault, licence_hint
    from harness.submission.pack import TODO, About, pack

    if licence is not None and (fault := licence_fault(licence)):
        raise UsageError(f"--licence {licence!r} {fault}", fix=licence_hint(licence))

    about = About(
        org=org,
        name=name,
        date=date or datetime.now(UTC).date().isoformat(),
        revision=revision,
        licence=licence or TODO,
        contact=contact or TODO,
        description=description,
        parameters=parameters,
        predecessor=predecessor,
        trained_on=trained_on,
        links=_pairs("--link", links, "code=https://..."),
        larger=_pairs("--larger", larger, "TASK=https://..."),
    )
    made = pack(runs, about, out=out, suite_of=suite_named)
    todo = [f"--{name}" for name in ("licence", "contact") if getattr(about, name) == TODO]
    _report(made, todo)


def _report(made: Made, todo: Sequence[str]) -> None:
    click.echo(f"wrote {made.folder}")
    for address, path in made.uploads.items():
        click.echo(f"put {path} at {address}")
    if todo:
        place = made.folder / "submission.toml"
        click.echo(f"fill in what says TODO in {place} ({' and '.join(todo)} were not given)")
    click.echo(f"check it with: marginbench validate {made.folder}")


def _pairs(option: str, texts: Sequence[str], example: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in texts:
        key, sign, value = text.partition("=")
        if not sign or not key or not value or key in found:
            raise UsageError(
                f"{option} {text!r} is not {example.partition('=')[0].upper()}=URL, once each",
                fix=f"Such as {option} {example}",
            )
        found[key] = value
    return found
