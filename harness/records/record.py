"""The record: one model on one task, as strict, versioned, fully documented JSON.

A record is derived from predictions and can be made again from them. Values are fractions,
or stand in the unit that is named beside them;
what is undefined is ``null`` with a ``reason``. Unknown fields are refused, NaN cannot be
written, records of a newer schema are refused and those of an older one are migrated. What only
one suite has is the record's part, validated by the model that the suite names.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from types import NoneType
from typing import Any

from pydantic import Field, SerializeAsAny, ValidationError, create_model
from pydantic_core import PydanticSerializationError
from pydantic_core import to_json as fast_json

from harness.errors import InvalidError
from harness.files import read_regular
from harness.records.base import Interval, Strict
from harness.records.migrations import migrate
from harness.records.parts import MOST_SUITES, RAW, declared
from harness.records.run_info import Environment, RunInfo
from harness.strict_json import finite, no_constant, unique_keys


class TaskRef(Strict):
    """Which task the record is about."""

    id: str = Field(description="Task id: `suite/family/set`.")
    suite: str = Field(description="Name of the suite.")
    version: str = Field(description="Version of the task's protocol.")
    fingerprint: str = Field(
        description="sha256 over version, items, gold and candidates: equal only for equal work."
    )
    groups: int = Field(
        ge=0, description="Number of groups in the task as evaluated: queries, or single items."
    )
    items: int = Field(ge=0, description="Number of scores: (query, candidate) pairs, or items.")
    limit: int | None = Field(
        description="Set when only the first so many groups were taken: a quick look, not a result."
    )
    on_error: str = Field(
        description="`error`, or `worst-rank` when items that fail count as the worst of the task."
    )
    primary_metric: str = Field(description="Name of the metric that ranks systems.")
    beside: list[str] = Field(
        description="Metrics that tables show next to the primary one, which misleads without them."
    )
    title: str = Field(description="Name of the data set for tables.")
    description: str = Field(description="What the task is, in a sentence.")
    source: str = Field(description="Where the data came from.")
    revision: str = Field(
        description="Pinned revision, version or sha256 of the data, or that none is pinned."
    )
    licence: str = Field(
        description="Licence of the data: SPDX expressions, `none stated`, `own terms (NAME)`, "
        "`public domain` or the notice in quotation marks, each with what it is of."
    )
    citation: str = Field(description="How to cite the data.")
    caveats: list[str] = Field(description="What a reader must know before trusting the figures.")
    notes: dict[str, int] = Field(
        description="Counts found on load, such as judged documents absent from the corpus."
    )
    origin: dict[str, Any] = Field(
        description="Where the data came from as they were loaded: commits, digests of files, "
        "layout; of image files their number, bytes and a digest of names and sizes. Not part of "
        "the fingerprint: the same items are the same work in any file."
    )
    members: dict[str, str] | None = Field(
        description="For a mean over several tasks: member task id -> fingerprint; else null."
    )


class ModelRef(Strict):
    """Which model the record is about."""

    name: str = Field(description="Name for tables, which is not part of the fingerprint.")
    revision: str | None = Field(description="Hub commit of the checkpoint, when it has one.")
    adapter: str = Field(
        description="Adapter that loaded it, `predictions` for a scored file, or `memory` for an "
        "object in memory, which cannot be made again from a name."
    )
    checkpoint: str = Field(description="What the adapter was given; a path keeps its last part.")
    options: dict[str, Any] = Field(description="Every adapter option with its resolved value.")
    dtype: str | None = Field(
        description="Number format of the weights; null for scored files and objects in memory."
    )
    trust_remote_code: bool = Field(description="True when the checkpoint's own code was run.")
    fingerprint: str = Field(
        description="sha256 over weights, adapter, options and dtype; of an object in memory over "
        "its name and version."
    )
    details: dict[str, Any] = Field(description="Further facts from the adapter.")
    capability: str | None = Field(description="Capability used, such as `score_pairs`.")
    scores_compare_across_queries: bool = Field(
        description="Whether one threshold could serve all queries; rank-only models say false."
    )
    direction: str = Field(
        description="Which raw scores mean more of what is asked: `higher` or `lower`."
    )


class Basis(Strict):
    """What an interval rests on."""

    method: str = Field(
        description="Name of the method, one of `harness.metrics.intervals.METHODS` for suites of "
        "this project."
    )
    units: int = Field(
        ge=0,
        description="Units that the method takes for independent: clusters, classes, references, "
        "or single items.",
    )
    rough: str | None = Field(
        description="Why the interval may cover less than its level says, such as too few units; "
        "else null."
    )


class MetricValue(Strict):
    """One metric of one model on one task."""

    name: str = Field(description="Name with parameters, such as `nDCG@10`.")
    value: float | None = Field(description="The value in its unit, or null when undefined.")
    unit: str = Field(description="Name of the unit; empty for a fraction.")
    interval: Interval | None = Field(description="Interval of the value, or null.")
    n: int = Field(ge=0, description="Number of groups (queries, texts, images) behind the value.")
    higher_is_better: bool | None = Field(
        description="Direction; null where neither end is better."
    )
    reason: str | None = Field(description="Why value or interval is null; else null.")
    basis: Basis | None = Field(
        description="What the interval rests on; null without one, and where it is not known."
    )
    column: str | None = Field(
        description="Column of the per-group table that the value is the mean of; null where it is "
        "no such mean."
    )


class Difference(Strict):
    """A paired difference, model minus first stage, over the same groups."""

    name: str = Field(description="Metric name.")
    value: float | None = Field(description="Mean of the paired differences.")
    interval: Interval | None = Field(description="Interval of the mean difference.")
    n: int = Field(ge=0, description="Number of groups with both values.")
    wins: int = Field(ge=0, description="Groups where the model is better.")
    losses: int = Field(ge=0, description="Groups where the model is worse.")
    ties: int = Field(ge=0, description="Groups where both are equal.")
    reason: str | None = Field(description="Why value or interval is null; else null.")
    basis: Basis | None = Field(
        description="What the interval rests on; null without one, and where it is not known."
    )
    p: float | None = Field(
        ge=0, le=1, description="Two-sided p that there is no difference; null where unknown."
    )


class FirstStageRef(Strict):
    """The candidate lists: who made them, how good they are, and how far the model moved."""

    name: str = Field(description="Name of the first stage.")
    depth: int = Field(ge=1, description="Candidates kept per query, at most.")
    parameters: dict[str, Any] = Field(description="All that is needed to make the lists again.")
    metrics: list[MetricValue] = Field(description="The first stage's own values, and its ceiling.")
    differences: list[Difference] = Field(description="Model minus first stage, per metric.")


class IntervalMethod(Strict):
    """What the intervals of the record have in common; each metric's `basis` has the rest."""

    method: str = Field(description="How replicates were drawn, for methods that need some.")
    level: float = Field(gt=0, lt=1, description="Coverage, such as 0.95.")
    replicates: int = Field(ge=1, description="Bootstrap replicates.")
    seed: int = Field(description="Seed of the generator.")
    clusters: int = Field(ge=0, description="Number of clusters that were resampled.")


class Evidence(Strict):
    """A file beside the record."""

    file: str = Field(description="File name beside the record.")
    sha256: str = Field(description="sha256 of the file.")
    rows: int = Field(ge=0, description="Number of rows.")


class Record(Strict):
    """One task x one model."""

    schema_version: int = Field(description="Version of this schema.")
    task: TaskRef = Field(description="The task.")
    model: ModelRef = Field(description="The model.")
    metrics: list[MetricValue] = Field(description="All metrics, the primary one first.")
    first_stage: FirstStageRef | None = Field(
        description="Candidate lists; null where there are none."
    )
    intervals: IntervalMethod = Field(description="How the intervals were made.")
    part: SerializeAsAny[Strict] | dict[str, Any] | None = Field(
        description="What only the task's suite has, by that suite's own model; null without one."
    )
    predictions: Evidence | None = Field(description="Predictions file; null for aggregates.")
    groups: Evidence | None = Field(description="Per-group values file; null for aggregates.")
    files: list[Evidence] = Field(description="Further tables and files beside the record.")
    run: RunInfo | None = Field(description="How the predictions were made.")
    environment: Environment = Field(description="Software.")
    created: str = Field(description="When the predictions were finished, ISO 8601, UTC.")

    def metric(self, name: str) -> MetricValue | None:
        """The metric of that name, or ``None``."""
        return next((m for m in self.metrics if m.name == name), None)

    def difference(self, name: str) -> Difference | None:
        """The paired difference of that metric to the first stage, or ``None`` without one."""
        found = self.first_stage.differences if self.first_stage else []
        return next((d for d in found if d.name == name), None)

    @property
    def gain(self) -> Difference | None:
        """The paired difference of the primary metric to the first stage."""
        return self.difference(self.task.primary_metric)

    @property
    def primary(self) -> MetricValue:
        """The metric that ranks systems."""
        value = self.metric(self.task.primary_metric)
        if value is None:
            raise InvalidError(f"record of {self.task.id} lacks {self.task.primary_metric}")
        return value


def to_json(record: Record) -> str:
    """The record as strict, indented JSON with a final newline; equal records give equal bytes."""
    data = record.model_dump(mode="json")
    return json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def read_record(path: Path) -> Record:
    """Read a record, migrating older schemas.

    Raises :class:`InvalidError` naming the file and the first offending field when the file is
    not strict JSON, is of a newer schema, or does not fit the schema.
    """
    try:
        text = read_regular(path).decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidError(f"{path}: cannot be read as a record ({error})") from error
    return parse_record(text, where=str(path))


def parse_record(text: str, *, where: str) -> Record:
    """Like :func:`read_record` on a string; ``where`` stands in messages."""
    try:
        data = json.loads(
            text,
            object_pairs_hook=unique_keys,
            parse_constant=no_constant,
            parse_float=finite,
        )
        migrated = migrate(data, where)
        # What needs no migration is validated as it stands: writing it out again takes longer.
        json_text = text if migrated is data else fast_json(migrated)
    except (ValueError, RecursionError, PydanticSerializationError) as error:
        raise InvalidError(f"{where}: not strict JSON ({error})") from error
    try:
        found = record_model(_part_type(migrated, where)).model_validate_json(json_text)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
        raise InvalidError(f"{where}: {field}: {first['msg']}{more}") from error
    # One class for all, whatever validated it, so that equal records are equal.
    return Record.model_construct(found.model_fields_set, **found.__dict__)


@lru_cache(maxsize=MOST_SUITES)
def record_model(part: Any) -> type[Record]:
    """The record with a part of the given type, for validating JSON and for describing it.

    Its instances are used for nothing else: a record that is read is a plain :class:`Record`.
    """
    field = Field(description=Record.model_fields["part"].description)
    return create_model(
        "Record", __base__=Record, __doc__=Record.__doc__, part=(part | None, field)
    )


def _part_type(data: dict[str, Any], where: str) -> Any:
    task = data.get("task")
    suite = task.get("suite") if isinstance(task, dict) else None
    if not isinstance(suite, str):
        return RAW  # the record is refused for that
    kind = declared(suite).type
    if kind is NoneType and data.get("part") is not None:
        raise InvalidError(f"{where}: part: suite {suite[:60]!r} has none in its records")
    return kind
