"""``--push DIR``: what a model card needs, written at the end of an evaluation."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from harness.records.record import Record


def push_option() -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """``--push DIR``."""
    return click.option(
        "--push",
        type=click.Path(path_type=Path, file_okay=False),
        metavar="DIRECTORY",
        help="Write what a model card needs there: YAML for the hub, a table with intervals, a "
        "badge for each task. Nothing is sent anywhere.",
    )


def pushed(folder: Path | None, records: Iterable[Record]) -> None:
    """Write the card's files, if that was asked for and there is anything to say.

    Means over several tasks are in it too. Raises :class:`~harness.errors.UsageError` where the
    folder cannot be written.
    """
    found = list(records)
    if folder is None or not found:
        return
    from harness.exchange.card import push

    made = push(folder, found)
    for note in made.notes:
        click.echo(f"note: {note}", err=True)
    click.echo(f"for the model card: {len(made.files)} files in {folder}", err=True)
