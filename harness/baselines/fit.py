"""Fitting any baseline by its name, and saving it: what the commands that fit share."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from harness.baselines.model_folder import write_asked
from harness.data import ItemData
from harness.data.asked import LoadRequest
from harness.errors import UsageError
from harness.nouns import Task


class FittedBaseline(NamedTuple):
    """A saved baseline: its name for ``--model``, and what was fitted, in a line."""

    model: str
    said: str


def fit_baseline(
    task: Task, request: LoadRequest, out: Path, *, model: str, **options: Any
) -> FittedBaseline:
    """Fit ``model`` on a task and save it in ``out``.

    ``tfidf`` is fitted on the calibration split, all others on the task's learning split. Raises
    :class:`UsageError` when the task has no such split.
    """
    from harness.baselines.projection import METHODS

    if model == "tfidf":
        made = FittedBaseline(f"tfidf:{out}", _detector(task, request, out, **options))
    elif model in METHODS:
        said = _projection(task, request, out, method=model, **options)
        made = FittedBaseline(f"{model}:{out}", said)
    else:
        said = _classifier(task, request, out, model=model, **options)
        made = FittedBaseline(f"sklearn:{out}", said)
    write_asked(out, request.data)
    return made


def _detector(
    task: Task, request: LoadRequest, out: Path, *, features: str = "word", seed: int = 0
) -> str:
    from harness.baselines.learn import fit_on_calibration, save
    from harness.tasks.load import load_task

    loaded = load_task(task, request)
    asked = (loaded.task.input_kind, loaded.task.asks)
    if not isinstance(loaded.data, ItemData) or asked != ("texts", "score"):
        raise UsageError(f"{task.id} asks for no score of texts", fix="See: marginbench list tasks")
    fitted = fit_on_calibration(
        loaded.data,
        task_id=loaded.task.id,
        fingerprint=loaded.fingerprint,
        features=features,
        seed=seed,
    )
    save(fitted, out)
    facts = fitted.facts
    return (
        f"{out}: {len(fitted.vocabulary)} terms from {facts['texts']} texts "
        f"({facts['machine']} by machines)"
    )


def _projection(
    task: Task, request: LoadRequest, out: Path, *, method: str, size: int = 32, dimension: int = 0
) -> str:
    from harness.baselines.learn import fit_projection, learn
    from harness.baselines.projection import save
    from harness.tasks.load import resolved

    learning = learn(resolved(task, request), request)
    fitted = fit_projection(learning, method=method, size=size, dimension=dimension)
    save(fitted, out)
    return (
        f"{out}: {method} of {len(fitted.components)} dimensions from {learning.data.item_count} "
        f"images of {len(learning.learned)} classes"
    )


def _classifier(task: Task, request: LoadRequest, out: Path, *, model: str, **options: Any) -> str:
    from harness.baselines.classifiers import save
    from harness.baselines.learn import fit_classifier, learn
    from harness.tasks.load import resolved

    learning = learn(resolved(task, request), request)
    fitted = fit_classifier(learning, model=model, **options)
    save(fitted, out)
    return (
        f"{out}: {model} on {learning.data.item_count} {fitted.kind} of "
        f"{len(learning.learned)} classes"
    )
