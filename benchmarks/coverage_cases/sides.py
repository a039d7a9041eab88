"""Sides of a comparison in memory: what ``score`` writes beside a record, without the files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from harness.compare.comparison import compare
from harness.compare.policy import Policy
from harness.compare.sides import NOWHERE, Side
from harness.compare.verdicts import Verdict
from harness.data import ItemData
from harness.records.migrations import SCHEMA_VERSION
from harness.records.record import Evidence, ModelRef, Record, TaskRef
from harness.records.run_info import Environment
from harness.records.score import metric_value
from harness.records.scored import Scored

TASK = "drawn"


def side_of(model: str, data: ItemData, scored: Scored, deciding: Sequence[str]) -> Side:
    """The side of a scored model; ``deciding`` are the primary metric and those beside it."""
    import pyarrow as pa

    record = Record(
        schema_version=SCHEMA_VERSION,
        task=_task(data, deciding),
        model=_model(model),
        metrics=[metric_value(result) for result in scored.metrics],
        first_stage=None,
        intervals=scored.intervals,
        part=scored.part,
        predictions=Evidence(file="predictions.parquet", sha256=model, rows=len(data.ids)),
        groups=None,
        files=[],
        run=None,
        environment=Environment(python="", platform="", marginbench="", packages={}, git=None),
        created="",
    )
    side = Side(record, NOWHERE)
    columns: dict[str, Any] = {"item": data.ids, "cluster": data.clusters, **scored.columns}
    # In the place of the files that a side reads when it is first asked for them.
    made = {name: pa.array(list(values)) for name, values in columns.items()}
    side.__dict__["groups"] = pa.table({
        name: values.dictionary_encode() if pa.types.is_string(values.type) else values
        for name, values in made.items()
    })  # fmt: skip
    side.__dict__["replicates"] = dict(scored.replicates)
    side.__dict__["jackknife"] = dict(scored.jackknife)
    return side


def words_of(old: Side, new: Side) -> dict[str, Verdict | None]:
    """What ``compare`` says of each metric, without any limit on flips."""
    (found,) = compare({TASK: old}, {TASK: new}, Policy(), lambda _: None).tasks
    return {name: judged.verdict for name, judged in found.judged.items()}


def _task(data: ItemData, deciding: Sequence[str]) -> TaskRef:
    return TaskRef(
        id=TASK, suite="drawn", version="1", fingerprint="0", groups=len(data.ids),
        items=len(data.ids), limit=None, on_error="error", primary_metric=deciding[0],
        beside=list(deciding[1:]), title="", description="", source="", revision="", licence="",
        citation="", caveats=[], notes={}, origin={}, members=None,
    )  # fmt: skip


def _model(name: str) -> ModelRef:
    return ModelRef(
        name=name, revision=None, adapter="predictions", checkpoint="", options={}, dtype=None,
        trust_remote_code=False, fingerprint=name, details={}, capability=None,
        scores_compare_across_queries=True, direction="higher",
    )  # fmt: skip
