"""``marginbench score``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from harness.cli.options import (
    OnceCommand,
    columns_told,
    load_options,
    metric_option,
    out_option,
    refuse_idle,
    threshold_options,
)
from harness.data.asked import LoadRequest
from harness.errors import UsageError

OF_FILES = (
    *("comparable", "depth", "direction", "first_stage", "limit", "missing", "on_error", "out"),
    *("label_map", "opinion", "cluster", "bits", "column", "predictions_column"),
)
"""Options that a run folder answers by itself."""

OF_RUNS = ("accept_changed_predictions",)
"""Options that only a run folder leaves open."""


@click.command("score", cls=OnceCommand)
@click.argument("runs", nargs=-1, type=click.Path(path_type=Path, exists=True), metavar="RUN_DIR")
@click.option("--task", "task_id", metavar="ID", help="Task that the predictions answer.")
@click.option(
    "--predictions",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="Parquet (group, item, score), TREC run, or CSV/JSON of single items (id, score).",
)
@click.option(
    "--predictions-column",
    multiple=True,
    metavar="ROLE=NAME",
    help="Which column of a table of predictions a role has (id, score, prediction, confidence).",
)
@click.option("--model-name", metavar="NAME", help="Name of the model that made them.")
@click.option(
    "--comparable",
    is_flag=True,
    help="The scores compare across queries, so that one threshold could serve all of them.",
)
@click.option(
    "--direction",
    type=click.Choice(["higher", "lower"]),
    default="higher",
    show_default=True,
    help="Which scores mean more of what the task asks for.",
)
@click.option(
    "--accept-changed-predictions",
    is_flag=True,
    help="Score a run's predictions though they are not those that were made there.",
)
@load_options()
@metric_option()
@threshold_options()
@out_option()
def command(
    runs: tuple[Path, ...],
    task_id: str | None,
    predictions: Path | None,
    predictions_column: tuple[str, ...],
    model_name: str | None,
    comparable: bool,
    direction: str,
    accept_changed_predictions: bool,
    load: LoadRequest,
    metrics: tuple[str, ...],
    threshold: float | None,
    strict: bool,
    out: Path,
) -> None:
    """Score runs again, or predictions made elsewhere.

    Needs no model. Either RUN_DIR (one or more, or a folder of them), or --task with --predictions
    and --model-name.
    """
    from harness.cli.record_table import print_summary
    from harness.records.rescore import score_file, score_runs, tasks_of
    from harness.tasks.selection import checked_metrics, find_task

    given = [task_id, predictions, model_name]
    if runs and not any(given):
        refuse_idle(OF_FILES, "for RUN_DIR, which is scored where it lies, as it was asked for")
        scored = score_runs(
            runs,
            find_task,
            data=load.data,
            accept_changed=accept_changed_predictions,
            metrics=checked_metrics(
                tasks_of(runs, find_task), metrics, threshold, inclusive=not strict
            ),
            draws=load.draws if load.draws.given() else None,
        )
        print_summary([record for _, record in scored])
        return
    refuse_idle(OF_RUNS, "for a file, which is scored as it is")
    if runs or task_id is None or predictions is None or model_name is None:
        raise UsageError(
            "score needs either run folders, or all of --task, --predictions and --model-name"
        )
    task = find_task(task_id)
    metrics = checked_metrics([task], metrics, threshold, inclusive=not strict)
    request = replace(load, metrics=metrics)
    _, record = score_file(
        task,
        request,
        predictions=predictions,
        columns=dict(columns_told(predictions_column, "--predictions-column")),
        model_name=model_name,
        comparable=comparable,
        direction=direction,
        out=out,
    )
    print_summary([record])
