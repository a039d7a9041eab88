"""Rules about what a record says twice: figures, counts and intervals that have to fit together.

Where data and predictions are at hand all of it is computed again. This holds elsewhere too: for
lists of the submitter's own, for data that are not here, for tables that are kept elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.metrics.intervals import LEVEL, METHODS, SEED
from harness.nouns import Suite
from harness.records.contradictions import SLACK, Told, contradictions, not_held
from harness.records.record import Basis, Difference, FirstStageRef, MetricValue, Record
from harness.submission.evidence.facts import TableFacts
from harness.submission.subject.around import Board
from harness.submission.subject.finding import Fault
from harness.submission.subject.subject import Claim, Subject

SCORE_AGAIN = "Score the run again with this version, marginbench score RUN_DIR, and pack it again"
MOST_REPLICATES = 1_000_000
MOST_SHOWN = 5


def consistent(subject: Subject, board: Board) -> Iterator[Fault]:
    """What a record says in several places is the same in all of them."""
    for claim in subject.claims:
        facts = board.tables.get((subject.id, claim.task_id, ""))
        found = list(record_faults(claim, facts if isinstance(facts, TableFacts) else None))
        if claim.place is not None and claim.place.aggregate is not None:
            members = [other.record for other in subject.claims if other is not claim]
            found += mean_faults(claim.record, members)
        for said in found[:MOST_SHOWN]:
            yield Fault(subject.at(claim.path), said, SCORE_AGAIN)


def record_faults(claim: Claim, facts: TableFacts | None) -> Iterator[str]:
    """All of it in one record; ``facts`` are of its predictions, where they can be read."""
    record = claim.record
    for metric in record.metrics:
        yield from _metric_faults(metric.name, metric)
    if record.first_stage is not None:
        yield from _stage_faults(record, record.first_stage)
    if claim.place is not None and is_ours(claim.place.suite):
        yield from _method_faults(record)
    if record.intervals.clusters > max(record.task.groups, record.task.items):
        yield f"intervals: {record.intervals.clusters:,} clusters of {record.task.items:,} items"
    yield from _failure_faults(record, facts)
    if claim.task is not None:
        yield from contradictions(record.part, _told(record, facts))


def mean_faults(record: Record, others: Sequence[Record]) -> Iterator[str]:
    """What a mean over tasks tells of its making that its members do not tell."""
    members = [other for other in others if other.task.id in (record.task.members or {})]
    if not members:
        return  # ``record-members`` tells
    for name in ("model", "environment"):
        if getattr(record, name) not in [getattr(member, name) for member in members]:
            yield f"{name}: is that of none of its members"
    if record.created != max(member.created for member in members):
        yield f"created: {record.created[:40]!r} is not when the last of its members was finished"
    for name in ("run", "part"):
        if getattr(record, name) is not None:
            yield f"{name}: a mean over tasks has none"
    if record.files:
        yield "files: a mean over tasks has none"


def _failure_faults(record: Record, facts: TableFacts | None) -> Iterator[str]:
    """Items without an answer, of which the record tells beside the predictions."""
    told = record.model.details.get("items_failed")
    if told is None or facts is None:
        return
    if isinstance(told, bool) or told != facts.nulls:
        yield f"model.details.items_failed: {told!r:.40}, {facts.nulls:,} have no answer"


def _told(record: Record, facts: TableFacts | None) -> Told:
    scored = facts is not None and facts.distinct is not None
    return Told(
        groups=record.task.groups,
        items=record.task.items,
        metrics={metric.name: metric.value for metric in record.metrics},
        distinct=facts.distinct if facts is not None else None,
        nulls=facts.nulls if facts is not None and scored else None,
    )


def _metric_faults(place: str, metric: MetricValue | Difference) -> Iterator[str]:
    yield from not_held(place, metric.value, metric.interval)
    if metric.value is not None and metric.n == 0:
        yield f"{place}: a value of nothing: n is 0"
    yield from _basis_faults(place, metric.basis, metric.interval is not None)


def _basis_faults(place: str, basis: Basis | None, there: bool) -> Iterator[str]:
    if basis is None:
        return
    if not there:
        yield f"{place}: a basis without an interval"


def _stage_faults(record: Record, stage: FirstStageRef) -> Iterator[str]:
    if record.task.items > record.task.groups * stage.depth:
        most = record.task.groups * stage.depth
        yield f"first_stage: {record.task.items:,} items, a depth of {stage.depth:,} gives {most:,}"
    for metric in stage.metrics:
        yield from _metric_faults(f"first_stage {metric.name}", metric)
    names = [difference.name for difference in stage.differences]
    if len(set(names)) < len(names) or set(names) - {metric.name for metric in record.metrics}:
        yield "first_stage: differences of metrics that the record does not have, or twice"
    for difference in stage.differences:
        place = f"first_stage difference of {difference.name[:60]}"
        yield from _metric_faults(place, difference)
        yield from _difference_faults(place, difference, record, stage)


def _difference_faults(
    place: str, found: Difference, record: Record, stage: FirstStageRef
) -> Iterator[str]:
    if found.wins + found.losses + found.ties != found.n:
        yield f"{place}: wins, losses and ties do not add up to {found.n:,}"
    if found.n > record.task.groups:
        yield f"{place}: {found.n:,} groups, the task has {record.task.groups:,}"
    ours = record.metric(found.name)
    theirs = next((metric for metric in stage.metrics if metric.name == found.name), None)
    if ours is None or theirs is None or not ours.n == theirs.n == found.n:
        return
    known = None not in (ours.value, theirs.value, found.value)
    apart = (ours.value or 0.0) - (theirs.value or 0.0)
    if known and abs(apart - (found.value or 0.0)) > SLACK:
        yield (
            f"{place}: {found.value!r} is claimed, {ours.value!r} less {theirs.value!r} is "
            f"{apart!r}"
        )
    elif known and found.value and not (found.wins or found.losses):
        yield f"{place}: {found.value!r} though all groups are ties"


def is_ours(suite: Suite) -> bool:
    """Whether a suite is one of this project, whose intervals are by our methods alone."""
    return suite.find.__module__.partition(".")[0] == "suites"


def _method_faults(record: Record) -> Iterator[str]:
    found, stage = record.intervals, record.first_stage
    if found.level != LEVEL or found.seed != SEED or found.replicates > MOST_REPLICATES:
        yield (
            f"intervals: level {found.level!r}, seed {found.seed} and {found.replicates:,} "
            f"replicates; here {LEVEL!r} and {SEED}"
        )
    told: list[MetricValue | Difference] = [*record.metrics]
    told += [*stage.metrics, *stage.differences] if stage else []
    bases = [one.basis for one in told if one.basis is not None]
    for method in sorted({basis.method for basis in bases} - METHODS.keys()):
        yield f"basis: {method[:60]!r} is no method of an interval"
