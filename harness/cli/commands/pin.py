"""Print the fingerprints of tasks whose data are here, as a suite pins them.

``python -m harness.cli.commands.pin TASK [--data DIR]``.
"""

from __future__ import annotations

import json

import click

from harness.submission.catalogue.fingerprints import Known


@click.command()
@click.argument("tasks", nargs=-1, required=True)
@click.option("--data", type=click.Path(exists=True), help="As for marginbench validate.")
@click.option("--note", default="", help="How the data were had.")
def command(tasks: tuple[str, ...], data: str | None, note: str) -> None:
    """Print the entries of tasks whose data are here."""
    from pathlib import Path

    from harness.submission.catalogue.places import place_of
    from harness.submission.recompute.tasks import Absent, TaskLoader

    found = {}
    loader = TaskLoader(None if data is None else Path(data))
    for name in tasks:
        place = place_of(name)
        if place is None or place.task is None:
            raise click.ClickException(f"unknown task {name!r}")
        loaded = loader.load(place, on_error="error")
        if isinstance(loaded, Absent):
            raise click.ClickException(f"{name}: {loaded.reason} ({loaded.detail})")
        known = Known(loaded.fingerprint, loaded.data.group_count, loaded.data.item_count, note)
        entry = {key: value for key, value in known._asdict().items() if value is not False}
        found[name] = {loaded.task.version: [entry]}
    click.echo(json.dumps(found, indent=2))


if __name__ == "__main__":
    command()
