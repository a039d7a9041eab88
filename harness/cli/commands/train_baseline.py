"""``marginbench train-baseline``."""

from __future__ import annotations

from collections.abc import Mapping, Set
from pathlib import Path
from typing import Any

import click

from harness.baselines.classifiers import ESTIMATORS
from harness.cli.options import OnceCommand, data_option, refuse_idle, told_options
from harness.data.asked import Told
from harness.environment import install
from harness.errors import UsageError

TAKES: Mapping[str, Set[str]] = {
    "tfidf": {"features", "seed"},
    "pca": {"size", "dimension"},
    "fisherface": {"size"},
    **dict.fromkeys(ESTIMATORS, frozenset({"features", "seed", "size"})),
}
"""Model -> options that mean something to it."""


@click.command("train-baseline", cls=OnceCommand)
@click.option("--task", "task_id", metavar="ID", required=True, help="Task to learn from.")
@data_option()
@told_options()
@click.option(
    "--model",
    type=click.Choice(list(TAKES)),
    default="tfidf",
    show_default=True,
    help="What to fit.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="MODEL_DIR",
    required=True,
    help="Folder for the model.",
)
@click.option(
    "--features",
    type=click.Choice(["word", "char"]),
    default="word",
    show_default=True,
    help="Count 1-2 words or 2-4 characters of texts.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0, max=2**32 - 1),
    metavar="N",
    default=0,
    show_default=True,
    help="Seed of what a fit draws at random.",
)
@click.option(
    "--size",
    type=click.IntRange(min=2, max=512),
    metavar="N",
    default=32,
    show_default=True,
    help="Side of the square that images are resized to.",
)
@click.option(
    "--dimension",
    type=click.IntRange(min=1),
    metavar="N",
    help="Components of pca; without it 128, or as many as there are.",
)
def command(
    task_id: str,
    data: Path | None,
    model: str,
    out: Path,
    told: Told,
    **options: Any,
) -> None:
    """Fit a baseline on the split that a task has for it.

    tfidf is a detector of machine-made texts, fitted on the task's calibration split; evaluate it
    with --model tfidf:MODEL_DIR. Its thresholds are then calibrated on texts it has learned from,
    which the record says. All others are fitted on the task's learning split: pca and fisherface
    embed images (--model pca:MODEL_DIR), the rest classify images or texts (--model
    sklearn:MODEL_DIR).
    """
    from importlib.util import find_spec

    refuse_idle(options.keys() - TAKES[model], f"to --model {model}")
    if find_spec("sklearn") is None:
        raise UsageError(
            "train-baseline needs scikit-learn",
            fix=f"Install with: {install('baselines')}",
        )
    from harness.baselines.fit import fit_baseline
    from harness.data.asked import LoadRequest
    from harness.tasks.selection import find_task

    kept = {name: options[name] for name in TAKES[model] if options[name] is not None}
    task, request = find_task(task_id), LoadRequest(data=data, told=told)
    click.echo(fit_baseline(task, request, out, model=model, **kept).said)
