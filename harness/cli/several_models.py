"""Each model with each task that is of its kind, and the worst exit status of all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from harness.errors import (
    IncompleteError,
    InvalidError,
    MarginBenchError,
    UsageError,
    first_ids,
)

if TYPE_CHECKING:
    from harness.cli.asked_models import AskedModel
    from harness.engine.evaluate import EvaluateRequest, Outcome
    from harness.engine.together import Report
    from harness.nouns import Task
    from harness.records.record import Record

WORST = (UsageError, InvalidError, IncompleteError)
"""Kinds of errors from the worst on: what cannot be carried out, what is wrong, what is missing."""


def requests_of(
    request: EvaluateRequest, models: Sequence[AskedModel], *, available: bool
) -> list[EvaluateRequest]:
    """A request for each model, of the tasks that are of its kind; a line tells of the others.

    All that can be wrong with any model is found here, before one is run. One model is asked for
    all tasks, unless with ``available``. Raises :class:`UsageError` for a model without a task,
    and, unless with ``available``, for a task without a model.
    """
    made = [replace(request, model=one.model, options=one.options, name=one.name) for one in models]
    if len(made) == 1 and not (available and len(request.tasks) > 1):
        return made
    fitting = [_fitting(one, request.tasks) for one in made]
    served = {task.id for tasks in fitting for task in tasks}
    for task in request.tasks:
        if task.id not in served and not available:
            _check(replace(made[0], tasks=(task,)))
    if len(made) > 1:
        for one, tasks in zip(made, fitting, strict=True):
            _check(replace(one, tasks=tasks or request.tasks))
    found = []
    for one, tasks in zip(made, fitting, strict=True):
        others = [task.id for task in request.tasks if task not in tasks]
        if others and tasks:
            what = "1 task asks" if len(others) == 1 else f"{len(others)} tasks ask"
            said = f"{one.model}: {what} for something else: {first_ids(others, most=3)}"
            click.echo(said, err=True)
        found.append(replace(one, tasks=tasks or request.tasks, several=len(made) > 1))
    return found


def _fitting(request: EvaluateRequest, tasks: Sequence[Task]) -> tuple[Task, ...]:
    """The tasks that are of a model's kind; its adapter alone is asked."""
    from harness.engine.named import capabilities_named
    from harness.engine.work import choose_capability

    assert isinstance(request.model, str), "typed"
    have = capabilities_named(request.model)
    found = []
    for task in tasks:
        try:
            choose_capability(task, have)
        except UsageError:
            continue
        found.append(task)
    return tuple(found)


def _check(request: EvaluateRequest) -> None:
    from harness.engine.evaluate import prepared_for

    prepared_for(request, request.tasks)


def evaluate_each(
    requests: Sequence[EvaluateRequest],
    report: Report,
    tell: Callable[[EvaluateRequest, Outcome], None],
    show: Callable[[Sequence[Record]], None],
) -> None:
    """Evaluate several models one after another; an error of one does not stop the others.

    ``show`` is called with all records, task by task, then ``tell`` with what became of each model,
    which may raise. Raises the worst of all errors in the end, after a line for each.
    """
    from harness.engine.evaluate import evaluate

    outcomes: list[tuple[EvaluateRequest, Outcome]] = []
    errors: list[MarginBenchError] = []

    def said(request: EvaluateRequest, error: MarginBenchError) -> None:
        click.echo(f"{request.model}: {error}", err=True)
        errors.append(error)

    for place, request in enumerate(requests):
        watch = request.watch
        watch.tell("model", model=str(request.model), number=place + 1, of=len(requests))
        try:
            outcomes.append((request, evaluate(request, report)))
        except MarginBenchError as error:
            said(request, error)
    records = [record for _, outcome in outcomes for record in outcome.records.values()]
    show(sorted(records, key=lambda record: record.task.id))
    for request, outcome in outcomes:
        try:
            tell(request, outcome)
        except MarginBenchError as error:
            said(request, error)
    if errors:
        kind = next(kind for kind in WORST if any(isinstance(error, kind) for error in errors))
        raise kind(
            f"{len(errors)} of {len(requests)} models are not done, as said above",
            fix="Mend that and run the same command again: what is done stays",
        )
