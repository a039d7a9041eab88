"""``evaluate`` and ``score``: a model or predictions in, records out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from os import PathLike
from typing import Any, Unpack

from harness.adapters import adapters
from harness.adapters.options import checked_options, option_words
from harness.capabilities import Model
from harness.data.asked import Draws
from harness.engine.evaluate import EvaluateRequest, Outcome
from harness.engine.evaluate import evaluate as run_request
from harness.engine.held import HeldModel
from harness.errors import IncompleteError, MarginBenchError, UsageError
from harness.face.asked import (
    Loading,
    a_path,
    a_text,
    columns_named,
    draws,
    existing,
    load_request,
    one_of,
    one_task,
    paths,
    texts,
)
from harness.face.results import Results, Run
from harness.face.running import Evaluating, Running, parted, running_request
from harness.nouns import Task
from harness.records.record import Record
from harness.records.rescore import score_file, score_runs
from harness.runs.folder import RunFolder
from harness.strict_json import Json
from harness.tasks.selection import Wanted, checked_metrics, choose_tasks, find_task


def evaluate(
    model: str | Model,
    tasks: Wanted | Iterable[Wanted],
    *,
    data: str | PathLike[str] | None = None,
    out: str | PathLike[str] = "runs",
    name: str | None = None,
    version: str | None = None,
    options: Mapping[str, Json] | None = None,
    trained_on: str | PathLike[str] | None = None,
    available: bool = False,
    quiet: bool = False,
    each: Callable[[Run], object] | None = None,
    **how: Unpack[Evaluating],
) -> Results:
    """Evaluate a model on tasks, write its runs below ``out``, and return them.

    ``model`` is ``"ADAPTER:CHECKPOINT"``, or any object with a capability
    (:mod:`harness.capabilities`), which stays in this process. An object has no content to tell it
    by: its ``name``, which it then needs, and its ``version`` are its identity. With a version,
    what an object of that name and version has left is used again and gone on with. Without one,
    every call evaluates anew, as a run of its own. An object says ``direction = "lower"`` where
    lower scores mean more of what is asked. ``device`` is where it is; nothing is moved.

    ``tasks`` is a task's name, a suite's name, a glob, a :class:`Task`, a :class:`Suite`, or
    several of these. ``name`` is what tables call a checkpoint. ``options`` go to its adapter.
    ``trained_on`` is a file of classes that the model has learned, one a line. ``how`` is where the
    model is asked and in what parts (:class:`harness.face.running.Running`), and how the data are
    taken (:class:`harness.face.asked.Loading`). ``engine="ray"`` asks workers of a Ray cluster, and
    a program that has joined one already keeps it. With ``part_timeout``, which an object has not,
    workers are processes of their own. All else is as in ``marginbench evaluate``.
    Progress goes to standard error, unless ``quiet``. ``each`` is called with every run as it ends;
    what it raises ends the evaluation, and what was finished is kept.

    Raises a :class:`MarginBenchError`: :class:`UsageError` before anything is loaded, and
    :class:`IncompleteError` at the end when some of several tasks could not be evaluated; the
    others are then below ``out``. With ``available`` tasks whose data are not here, and those that
    the model cannot do, are left out without an error.
    """
    running, loading = parted(how)
    if not isinstance(model, str):
        _refuse_idle(running, options)
    chosen, means = choose_tasks(tasks)
    load = load_request(data, **loading)
    checked_metrics(chosen, load.metrics)
    request = EvaluateRequest(
        model=model if isinstance(model, str) else _held(model, name, version),
        options=_option_words(model, options),
        tasks=chosen,
        aggregates=means,
        load=load,
        out=a_path("out", out),
        trained_on=existing("trained_on", trained_on),
        name=_checkpoint_name(name, version) if isinstance(model, str) else None,
        guest=True,
        quiet=quiet,
        **running_request(running),
    )
    return _results_of(request, available=available, each=each)


def _results_of(
    request: EvaluateRequest, *, available: bool, each: Callable[[Run], object] | None
) -> Results:
    found: list[Run] = []

    def keep(folder: RunFolder, record: Record) -> None:
        found.append(Run(record, folder.path))
        if each is not None:
            each(found[-1])

    outcome = run_request(request, keep)
    if not (available and outcome.records and outcome.failed.keys() <= outcome.left_out):
        _refuse_failures(outcome, request.out)
    return Results(found)


def score(
    runs: str | PathLike[str] | Sequence[str | PathLike[str]] | None = None,
    *,
    task: str | Task | None = None,
    predictions: str | PathLike[str] | None = None,
    name: str | None = None,
    comparable: bool = False,
    direction: str = "higher",
    data: str | PathLike[str] | None = None,
    predictions_column: Mapping[str, str] | None = None,
    out: str | PathLike[str] = "runs",
    accept_changed_predictions: bool = False,
    **loading: Unpack[Loading],
) -> Results:
    """Score finished runs again where they lie, or a file of predictions made elsewhere.

    Either ``runs`` (a folder, or several), with ``data`` where they are no longer where they were;
    or ``task``, ``predictions`` and ``name``, with the options of ``marginbench score``.
    ``loading`` is as for :func:`evaluate`. Needs no model. Raises a :class:`MarginBenchError`.
    """
    if runs is not None and not _given(task=task, predictions=predictions, name=name):
        return Results(
            [
                Run(record, folder.path)
                for folder, record in score_runs(
                    paths("runs", runs),
                    find_task,
                    data=existing("data", data),
                    accept_changed=accept_changed_predictions,
                    metrics=texts("metrics", loading.get("metrics", ())),
                    draws=_draws_given(loading),
                )
            ]
        )
    if runs is not None or task is None or predictions is None or name is None:
        raise UsageError("score needs either runs, or all of task, predictions and name")
    file = a_path("predictions", predictions)
    if not file.is_file():
        raise UsageError(f"{file} is not there")
    wanted = one_task(task)
    load = load_request(data, **loading)
    checked_metrics([wanted], load.metrics)
    folder, record = score_file(
        wanted,
        load,
        predictions=file,
        model_name=a_text("name", name),
        comparable=comparable,
        direction=one_of("direction", direction, ("higher", "lower")),
        out=a_path("out", out),
        columns=dict(columns_named("predictions_column", predictions_column)),
    )
    return Results([Run(record, folder.path)])


def _draws_given(loading: Loading) -> Draws | None:
    found = draws(loading.get("seed"), loading.get("replicates"))
    return found if found.given() else None


def _checkpoint_name(name: str | None, version: str | None) -> str | None:
    if version is not None:
        raise UsageError("version belongs to an object; a checkpoint is known by its content")
    return None if name is None else a_text("name", name)


def _held(model: Model, name: str | None, version: str | None) -> HeldModel:
    if name is None:
        raise UsageError(
            "an object in memory needs a name, which stands for its content",
            fix='Give one, and a version that changes with the model: name="mine", version="2"',
        )
    if version is not None and not str(version).strip():
        raise UsageError("version is empty", fix="Give a text, or none for a run of its own")
    return HeldModel(model, a_text("name", name), None if version is None else str(version))


def _given(**values: Any) -> list[str]:
    return [name for name, value in values.items() if value is not None]


def _refuse_idle(running: Running, options: Mapping[str, Json] | None) -> None:
    dtype = running.get("dtype", "auto")
    changed = None if dtype == "auto" else dtype
    idle = _given(options=options, dtype=changed, part_timeout=running.get("part_timeout"))
    if idle:
        raise UsageError(
            f"{idle[0]} means nothing to an object in memory, which is used as it is",
            fix=f"Leave out {idle[0]}",
        )


def _option_words(model: str | Model, options: Mapping[str, Json] | None) -> tuple[str, ...]:
    """Options as the command line has them, so that both are checked in one place."""
    if options is None or not isinstance(model, str):
        return ()
    adapter = adapters().get(model.partition(":")[0])
    return tuple(option_words(adapter, checked_options(options)))


def _refuse_failures(outcome: Outcome, out: str | PathLike[str]) -> None:
    if not outcome.failed:
        return
    first: list[tuple[str, MarginBenchError]] = list(outcome.failed.items())[:3]
    said = "; ".join(f"{task}: {error.message}" for task, error in first)
    more = len(outcome.failed) - len(first)
    raise IncompleteError(
        f"{len(outcome.failed)} of {len(outcome.failed) + len(outcome.records)} tasks were not "
        f"evaluated: {said}" + (f"; and {more} more" if more else ""),
        fix=f"The others are there: runs({str(out)!r})",
    )
