"""Fitting any baseline by its name: what the commands that fit share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from harness.errors import UsageError
from harness.nouns import ItemData, LoadRequest, Task


def fit_baseline(task: Task, request: LoadRequest, out: Path, *, model: str, **options: Any) -> str:
    """Fit ``model`` on a task and save it in ``out``; returns its name for ``--model``.

    ``tfidf`` is fitted on the calibration split, all others on the task's learning split. Raises
    :class:`UsageError` when the task has no such split.
    """
    from harness.projection_model import METHODS

    if model == "tfidf":
        _detector(task, request, out, **options)
        return f"tfidf:{out}"
    if model in METHODS:
        _projection(task, request, out, method=model, **options)
        return f"{model}:{out}"
    _classifier(task, request, out, model=model, **options)
    return f"sklearn:{out}"


def _detector(
    task: Task, request: LoadRequest, out: Path, *, features: str = "word", seed: int = 0
) -> None:
    from harness.evaluate import load_task
    from harness.train_baseline import fit_on_calibration, save

    loaded = load_task(task, request)
    if not isinstance(loaded.data, ItemData) or loaded.task.input_kind != "texts":
        raise UsageError(f"{task.id} is no detection task", fix="See: marginbench list tasks")
    fitted = fit_on_calibration(
        loaded.data,
        task_id=loaded.task.id,
        fingerprint=loaded.fingerprint,
        features=features,
        seed=seed,
    )
    save(fitted, out)


def _projection(
    task: Task, request: LoadRequest, out: Path, *, method: str, size: int = 32, dimension: int = 0
) -> None:
    from harness.evaluate import settled
    from harness.projection_model import save
    from harness.train_baseline import fit_projection, learn

    learning = learn(settled(task, request), request)
    save(fit_projection(learning, method=method, size=size, dimension=dimension), out)


def _classifier(task: Task, request: LoadRequest, out: Path, *, model: str, **options: Any) -> None:
    from harness.evaluate import settled
    from harness.sklearn_baseline import save
    from harness.train_baseline import fit_classifier, learn

    learning = learn(settled(task, request), request)
    save(fit_classifier(learning, model=model, **options), out)
