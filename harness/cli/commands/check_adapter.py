"""``marginbench check-adapter``."""

from __future__ import annotations

import click

from harness.cli.options import OnceCommand

DTYPES = ("auto", "float32", "bfloat16", "float16")


@click.command("check-adapter", cls=OnceCommand)
@click.argument("model", metavar="FILE.py|ADAPTER:CHECKPOINT")
@click.option("--option", "options", multiple=True, metavar="K=V", help="Adapter option.")
@click.option(
    "--device",
    default="auto",
    show_default=True,
    metavar="auto|cpu|cuda|cuda:N",
    help="Where it runs.",
)
@click.option(
    "--dtype",
    type=click.Choice(DTYPES),
    default="auto",
    show_default=True,
    help="Number format of the weights; auto is bfloat16 on a GPU that has it, else float32.",
)
def command(model: str, options: tuple[str, ...], device: str, dtype: str) -> int:
    """Run a few embedded items through all that a model can do.

    Each check is a line that says what is fine and what is wrong: what is returned, whether it is
    the same twice, one by one and in another order, and what odd items do.
    """
    from harness.cli.text_table import print_line
    from harness.engine.checking.run import check_adapter
    from harness.engine.checking.steps import WRONG

    wrong = 0
    for line in check_adapter(model, options, device=device, dtype=dtype):
        wrong += line.level == WRONG
        where = " ".join(filter(None, (line.capability, line.check)))
        print_line(f"{line.level:<5}  {where}: {line.words}")
    return 1 if wrong else 0
