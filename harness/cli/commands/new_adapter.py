"""``marginbench new-adapter``."""

from __future__ import annotations

import re
from pathlib import Path
from shlex import quote

import click

from harness.cli.options import OnceCommand
from harness.registry import BROUGHT

HELP = f"""Write a file to start an adapter of your own from.

KIND is what it is to do: score_pairs, rank, embed_texts, score_texts, classify_texts,
embed_images, classify_images, score_images, a capability that a suite brings
({", ".join(BROUGHT)}), or load for a model with weights and
options. The file runs as it is.
"""


@click.command("new-adapter", cls=OnceCommand, help=HELP)
@click.argument("kind", metavar="KIND")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="File to write, which must not exist yet. Default: KIND.py here; - prints it.",
)
def command(kind: str, out: Path | None) -> None:
    """See :data:`HELP`."""
    from harness.adapters.python.nearest import either, meant
    from harness.adapters.python.starting import KINDS, starting_file
    from harness.errors import UsageError, did_you_mean
    from harness.registry import brought

    if kind not in {*KINDS, *brought().names()}:
        found = meant(kind)
        fix = f"Did you mean {either(found)}?" if found else did_you_mean(kind, KINDS)
        raise UsageError(f"no starting file of kind {kind!r}", fix=fix)
    path = out if out is not None else Path(f"{kind}.py")
    text = starting_file(kind)
    if str(path) == "-":
        click.echo(text, nl=False)
        return
    if path.suffix != ".py":
        raise UsageError(f"{path} is no name of a Python file", fix=f"Give {path}.py")
    if re.fullmatch(r"[\w./+-]+", str(path)):  # what a docstring and a shell take as it is
        text = text.replace("THIS_FILE", str(path))
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise UsageError(f"{path} is there already", fix="Give another by --out FILE") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be written ({error.strerror})") from None
    named = quote(f"./{path}" if str(path).startswith("-") else str(path))
    click.echo(f"written: {path}; try: marginbench check-adapter {named}")
