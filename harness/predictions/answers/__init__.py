"""What a task asks of each item: one object per kind, and the one list of kinds.

Another kind is one file beside these, a row of :data:`ANSWERS`, and the capabilities that serve it
(:data:`harness.engine.work.LIFTS`).
"""

from __future__ import annotations

from harness.data import TaskData
from harness.errors import UsageError, did_you_mean
from harness.nouns import Task
from harness.predictions.answers.base import Answer
from harness.predictions.answers.classes import ClassAnswer
from harness.predictions.answers.embedding import EmbeddingAnswer
from harness.predictions.answers.likelihood import LikelihoodAnswer
from harness.predictions.answers.score import ScoreAnswer
from harness.predictions.answers.verdict import VerdictAnswer

ANSWERS: dict[str, type[Answer]] = {
    kind.name: kind
    for kind in (ScoreAnswer, ClassAnswer, EmbeddingAnswer, VerdictAnswer, LikelihoodAnswer)
}
"""What :attr:`harness.nouns.Task.asks` may say -> what it means."""


def kind_of(task: Task) -> type[Answer]:
    """The kind of answer a task asks for, known before its data are loaded.

    Raises :class:`UsageError` for a kind that there is not.
    """
    if task.asks not in ANSWERS:
        raise UsageError(f"{task.id} asks for {task.asks!r}", fix=did_you_mean(task.asks, ANSWERS))
    return ANSWERS[task.asks]


def answer_of(task: Task, data: TaskData) -> Answer:
    """What a task asks of each item of its data."""
    return kind_of(task).of(data)
