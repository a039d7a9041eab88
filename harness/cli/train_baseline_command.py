"""``marginbench train-baseline``."""

from __future__ import annotations

from pathlib import Path

import click

from harness.cli.options import data_option
from harness.errors import UsageError


@click.command("train-baseline")
@click.option("--task", "task_id", metavar="ID", required=True, help="Task with the texts.")
@data_option()
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
    help="Count 1-2 words or 2-4 characters.",
)
@click.option("--seed", type=click.IntRange(min=0, max=2**32 - 1), default=0, show_default=True)
def command(task_id: str, data: Path | None, out: Path, features: str, seed: int) -> None:
    """Fit the TF-IDF detector on a task's calibration split.

    Evaluate it with --model tfidf:MODEL_DIR. Its thresholds are then calibrated on texts it has
    learned from, which the record says.
    """
    from importlib.util import find_spec

    if find_spec("sklearn") is None:
        raise UsageError(
            "train-baseline needs scikit-learn",
            fix="Install with: pip install 'marginbench[baselines]'",
        )
    from harness.cli.selection import find_task
    from harness.evaluate import load_task
    from harness.nouns import ItemData, LoadRequest
    from harness.train_baseline import fit_on_calibration, save

    loaded = load_task(find_task(task_id), LoadRequest(data=data))
    if not isinstance(loaded.data, ItemData) or loaded.task.input_kind != "texts":
        raise UsageError(f"{task_id} is no detection task", fix="See: marginbench list tasks")
    model = fit_on_calibration(
        loaded.data,
        task_id=loaded.task.id,
        fingerprint=loaded.fingerprint,
        features=features,
        seed=seed,
    )
    save(model, out)
    facts = model.facts
    click.echo(
        f"{out}: {len(model.vocabulary)} terms from {facts['texts']} texts "
        f"({facts['machine']} by machines)"
    )
