"""``marginbench doctor``."""

from __future__ import annotations

import json
import sys
from contextlib import nullcontext, redirect_stdout
from pathlib import Path

import click

from harness.cli.options import (
    OnceCommand,
    data_option,
    first_stage_option,
    told_options,
)
from harness.data.asked import LoadRequest, Told

DTYPES = ("auto", "float32", "bfloat16", "float16")


@click.command("doctor", cls=OnceCommand)
@click.argument("model", metavar="ADAPTER:CHECKPOINT")
@click.option(
    "--against",
    metavar="ADAPTER:CHECKPOINT",
    help="Another door to what should be the same model, such as "
    "rerank-api:http://127.0.0.1:8080. Without it one door is asked in several ways.",
)
@click.option("--option", "options", multiple=True, metavar="K=V", help="Adapter option of MODEL.")
@click.option(
    "--against-option",
    "against_options",
    multiple=True,
    metavar="K=V",
    help="Adapter option of --against.",
)
@click.option(
    "--task", "task_id", metavar="ID", help="Task to ask about. Default: an embedded one."
)
@click.option(
    "--queries",
    type=click.IntRange(min=1),
    metavar="N",
    help="Queries or single items to ask about. Default: 20 queries, or 60 items.",
)
@click.option(
    "--depth",
    type=click.IntRange(min=1),
    metavar="N",
    help="Candidates asked about of each query. Default: 20.",
)
@data_option()
@first_stage_option()
@told_options()
@click.option(
    "--device",
    default="auto",
    show_default=True,
    metavar="auto|cpu|cuda|cuda:N",
    help="The device of MODEL.",
)
@click.option(
    "--against-device",
    metavar="auto|cpu|cuda|cuda:N",
    help="The device of --against. Default: that of MODEL.",
)
@click.option(
    "--dtype",
    type=click.Choice(DTYPES),
    default="auto",
    show_default=True,
    help="Number format of MODEL's weights; auto is float32.",
)
@click.option(
    "--against-dtype",
    type=click.Choice(DTYPES),
    default="auto",
    show_default=True,
    help="Number format of the weights of --against.",
)
@click.option(
    "--batch-items", type=click.IntRange(min=1), metavar="N", help="Items per batch, at most."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(
    model: str,
    against: str | None,
    options: tuple[str, ...],
    against_options: tuple[str, ...],
    task_id: str | None,
    queries: int | None,
    depth: int | None,
    data: Path | None,
    first_stage: str | None,
    told: Told,
    device: str,
    against_device: str | None,
    dtype: str,
    against_dtype: str,
    batch_items: int | None,
    as_json: bool,
) -> int:
    """Say whether two doors lead to the same model, or whether one is steady.

    The same lists go through both: exit code 0 for the same model, 1 for another one, 3 where that
    could not be checked. Of an image-quality model it also says what the pictures' size does.
    """
    from harness.cli.doctor_table import print_report
    from harness.engine.doctor.request import DoctorRequest, Side
    from harness.engine.doctor.run import examine

    _refuse_lone(against, against_options, against_device, against_dtype)
    second = None
    if against is not None:
        second = Side(against, against_options, against_device or device, against_dtype)
    with redirect_stdout(sys.stderr) if as_json else nullcontext():  # what a model may print
        report = examine(
            DoctorRequest(
                first=Side(model, options, device, dtype),
                second=second,
                task=task_id,
                load=LoadRequest(data=data, first_stage=first_stage, told=told),
                depth=depth,
                count=queries,
                batch_items=batch_items,
                quiet=as_json,
            )
        )
    if as_json:
        click.echo(json.dumps(report.as_json(), indent=2, allow_nan=False))
    else:
        print_report(report)
    return report.exit_code


def _refuse_lone(
    against: str | None, options: tuple[str, ...], device: str | None, dtype: str
) -> None:
    """Raise :class:`UsageError` for what is said of a second door that is not there."""
    from harness.errors import UsageError

    given = {
        "--against-option": bool(options),
        "--against-device": device is not None,
        "--against-dtype": dtype != "auto",
    }
    for name, said in given.items():
        if said and against is None:
            raise UsageError(f"{name} needs --against", fix="Name the other door by --against")
