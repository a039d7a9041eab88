"""A record without the metrics that somebody asked for beside the task's own."""

from __future__ import annotations

from harness.nouns import Suite
from harness.records.record import Record


def without_extra(record: Record, suite: Suite | None) -> Record:
    """The record as the board knows it: with the metrics of its task, or of a mean's members.

    What was computed beside them ranks nobody and is not what a submission is checked by.
    """
    ids = record.task.members or (record.task.id,)
    tasks = [] if suite is None else [task for name in ids if (task := suite.find(name))]
    own = {name for task in tasks for name in task.metrics}
    extra = {metric.name for metric in record.metrics} - own
    if not own or not extra:
        return record
    stage = record.first_stage
    if stage is not None:
        stage = stage.model_copy(
            update={
                # Its ceiling stands last, which somebody may have asked for by name as well.
                "metrics": [
                    *(metric for metric in stage.metrics[:-1] if metric.name not in extra),
                    *stage.metrics[-1:],
                ],
                "differences": [one for one in stage.differences if one.name not in extra],
            }
        )
    kept = [metric for metric in record.metrics if metric.name in own]
    return record.model_copy(update={"metrics": kept, "first_stage": stage})
