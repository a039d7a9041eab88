"""``marginbench evaluate``."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.cli.asked_models import models_options, pieces
from harness.cli.completing import complete_suites, complete_tasks
from harness.cli.config_file import ConfigCommand, config_option
from harness.cli.dry_run import dry_run_option, print_plan
from harness.cli.headline import headline
from harness.cli.options import (
    WORDS,
    load_options,
    metric_option,
    out_option,
    threshold_options,
)
from harness.cli.push import push_option, pushed
from harness.cli.run_options import log_option, part_timeout_option
from harness.cli.several_models import evaluate_each, requests_of
from harness.cli.text_table import print_line
from harness.data.asked import LoadRequest

if TYPE_CHECKING:
    from harness.cli.asked_models import AskedModel
    from harness.engine.cluster.asked import Cluster
    from harness.engine.evaluate import EvaluateRequest, Outcome
    from harness.engine.watch import Watch
    from harness.nouns import Aggregate
    from harness.runs.shards import Entry


MOST_NAMED = 3
"""Tasks without data that are told of one by one; of more than these their number is."""


@click.command("evaluate", cls=ConfigCommand)
@models_options()
@click.option(
    "--suite",
    "suite_names",
    multiple=True,
    metavar="S",
    shell_complete=complete_suites,
    help="All tasks of a suite.",
)
@click.option(
    "--task",
    "patterns",
    multiple=True,
    metavar="ID_OR_GLOB",
    shell_complete=complete_tasks,
    help="Task id or glob; several times, or with commas, for several. Each model does those of "
    "its kind.",
)
@click.option(
    "--trained-on",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="Classes that the model has learned, one a line: tasks of unseen ones refuse them.",
)
@load_options()
@click.option(
    "--device",
    default="auto",
    show_default=True,
    metavar="auto|cpu|cuda|cuda:0,1",
    help="One worker per device; auto takes every visible GPU.",
)
@click.option(
    "--dtype",
    type=click.Choice(["auto", "float32", "bfloat16", "float16"]),
    default="auto",
    show_default=True,
    help="Number format of the weights; auto is bfloat16 on a GPU that has it, else float32.",
)
@metric_option()
@threshold_options()
@click.option(
    "--available",
    is_flag=True,
    help="Of several tasks run those whose data are here and that the model can do; the others "
    "are no error.",
)
@click.option(
    "--batch-tokens",
    type=click.IntRange(min=1),
    metavar="N",
    help="Padded tokens per batch, at most.",
)
@click.option(
    "--batch-items", type=click.IntRange(min=1), metavar="N", help="Items per batch, at most."
)
@click.option(
    "--engine",
    type=click.Choice(["local", "ray"]),
    default="local",
    show_default=True,
    help="Who does the parts: processes of this machine, or workers of a Ray cluster.",
)
@click.option(
    "--ray-address",
    metavar="HOST:PORT|auto",
    help="A Ray that is running, of which this machine is a node. Default: RAY_ADDRESS, or one is "
    "started here and ended with the work.",
)
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    metavar="N",
    help="Workers of the cluster. Default: one for each GPU, or for each node without any.",
)
@click.option(
    "--gpus-per-worker",
    type=click.FloatRange(min=0),
    metavar="G",
    help="GPUs of each worker; a fraction shares one. Default: 1 where the cluster has any.",
)
@click.option(
    "--shard",
    metavar="I/N|auto",
    help="Do only the I-th of N shares of every task, for 'marginbench merge'; auto takes both "
    "numbers from a Slurm job array.",
)
@part_timeout_option()
@push_option()
@out_option()
@config_option()
@dry_run_option()
@log_option()
def command(
    models: tuple[AskedModel, ...],
    suite_names: tuple[str, ...],
    patterns: tuple[str, ...],
    trained_on: Path | None,
    load: LoadRequest,
    device: str,
    dtype: str,
    metrics: tuple[str, ...],
    threshold: float | None,
    strict: bool,
    available: bool,
    batch_tokens: int | None,
    batch_items: int | None,
    engine: str,
    ray_address: str | None,
    workers: int | None,
    gpus_per_worker: float | None,
    shard: str | None,
    part_timeout: float | None,
    push: Path | None,
    out: Path,
    dry_run: bool,
    watch: Watch,
) -> None:
    """Evaluate checkpoints on tasks.

    Run the same command again after an interruption: only missing parts are done.
    """
    from harness.engine.evaluate import EvaluateRequest
    from harness.tasks.selection import checked_metrics, select_tasks

    tasks, aggregates = select_tasks(pieces(suite_names), pieces(patterns))
    metrics = checked_metrics(tasks, metrics, threshold, inclusive=not strict)
    request = EvaluateRequest(
        model=models[0].model,
        options=(),
        tasks=tasks,
        aggregates=aggregates,
        load=replace(load, metrics=metrics),
        device=device,
        dtype=dtype,
        batch_tokens=batch_tokens,
        batch_items=batch_items,
        out=out,
        trained_on=trained_on,
        shard=None if shard is None else _entry(shard, aggregates),
        cluster=_cluster(engine, ray_address, workers, gpus_per_worker),
        part_timeout=part_timeout,
        quiet=watch.silent,
        watch=watch,
    )
    requests = requests_of(request, models, available=available)
    if dry_run:
        print_plan(requests)
    else:
        _evaluate(requests, push, available=available)


def _evaluate(requests: Sequence[EvaluateRequest], push: Path | None, *, available: bool) -> None:
    """Run one request, or each of several, and tell what became of it."""
    from harness.cli.record_table import print_summary
    from harness.engine.evaluate import evaluate
    from harness.records.record import Record
    from harness.runs.folder import RunFolder

    watch = requests[0].watch

    def report(folder: RunFolder, record: Record) -> None:
        if not watch.silent:
            print_line(f"{headline(record)}: {folder.record}", err=True)

    def tell(request: EvaluateRequest, outcome: Outcome) -> None:
        if request.shard is not None:
            _tell_shares(outcome, request.shard)
        _tell_failed(outcome, len(request.tasks), available=available)

    def show(records: Sequence[Record]) -> None:
        pushed(push, records)
        if records:
            print_summary(records)

    if len(requests) == 1:
        outcome = evaluate(requests[0], report)
        pushed(push, outcome.records.values())
        if requests[0].shard is None:
            print_summary(list(outcome.records.values()))
        tell(requests[0], outcome)
        return
    watch.expected = sum(len(request.tasks) for request in requests)
    evaluate_each(requests, report, tell, show)


def _cluster(
    engine: str, address: str | None, workers: int | None, gpus: float | None
) -> Cluster | None:
    from harness.engine.cluster.asked import cluster_of

    return cluster_of(engine, address, workers, gpus)


def _tell_failed(outcome: Outcome, count: int, *, available: bool) -> None:
    """Name what of so many tasks was not evaluated; an error unless that was agreed to."""
    from harness.errors import IncompleteError

    named_all = not available and len(outcome.failed) <= MOST_NAMED
    wrong = {
        task: error
        for task, error in outcome.failed.items()
        if named_all or task not in outcome.left_out
    }
    for task, error in wrong.items():
        named = str(error) if str(error).startswith(task) else f"{task}: {error}"
        click.echo(f"not evaluated: {named}", err=True)
    if not outcome.failed:
        return
    said = told(count, outcome)
    if wrong or not available or len(outcome.failed) == count:
        raise IncompleteError(said, fix=advice(outcome, wrong=bool(wrong)))
    click.echo(said, err=True)


def _entry(text: str, aggregates: Sequence[Aggregate]) -> Entry:
    from harness.runs.shards import Entry, parse_shard

    words = click.get_current_context().meta.get(WORDS, ())
    command = ("evaluate", *words) if words else ()
    return Entry(parse_shard(text, os.environ), command, tuple(mean.id for mean in aggregates))


def _tell_shares(outcome: Outcome, entry: Entry) -> None:
    """What was done of each task, and what puts it together with the rest."""
    folders: dict[Path, None] = {}
    for task, share in outcome.shares.items():
        done = f"{share.parts} of {share.total} parts" if share.parts else "no part of it"
        click.echo(f"{task}: shard {entry.shard}, {done}: {share.folder.path}", err=True)
        folders[share.folder.path.parent] = None
    if folders:
        words = shlex.join(["marginbench", "merge", *map(str, folders)])
        click.echo(f"when all {entry.shard.count} shards are done: {words}", err=True)


def told(count: int, outcome: Outcome) -> str:
    """How many of so many tasks were run, and what became of the others, in a line."""
    absent, unfit = len(outcome.absent), len(outcome.unfit)
    broken = len(outcome.failed) - absent - unfit
    parts = [
        f"{count - len(outcome.failed)} of {count} run",
        f"{absent} have no data here" if absent else "",
        f"{unfit} are not for this model" if unfit else "",
        f"{broken} were not evaluated" if broken else "",
    ]
    return "; ".join(filter(None, parts))


def advice(outcome: Outcome, *, wrong: bool) -> str:
    """What to type next where not every task was run."""
    if wrong:
        return "Mend what is named above and run the same command again"
    first = min(outcome.failed)
    why = f"why: --task {first}"
    if outcome.records or outcome.shares:
        return f"Leave the others out with --available, or ask for one to see {why}"
    return f"Give the folder that holds them with --data DIR, or ask for one to see {why}"
