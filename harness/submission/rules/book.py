"""Every rule of ``marginbench validate``: its id, what it asks in a line, and its function.

``docs/submit.md`` has the same list with how to mend each; a test keeps them equal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from harness.submission.rules import (
    agreeing,
    beside,
    days,
    file_names,
    identity,
    making,
    manifest,
    merged,
    predictions,
    records,
    tree,
)
from harness.submission.rules.predictions import refused
from harness.submission.rules.recompute import found_by
from harness.submission.subject.around import Board
from harness.submission.subject.finding import Fault
from harness.submission.subject.subject import Subject


class Rule(NamedTuple):
    """A rule looks at ``each`` submission, or at the ``whole`` board."""

    id: str
    asks: str
    each: Callable[[Subject, Board], Iterator[Fault]] | None = None
    whole: Callable[[Board], Iterator[Fault]] | None = None


RULES = (
    Rule("tree-strays", "nothing lies beside the submissions", whole=tree.strays),
    Rule("tree-name", "the folder is called as the manifest says", tree.names),
    Rule("tree-kind", "plain files alone: no links, pipes, devices, programs", tree.kinds),
    Rule("tree-unexpected", "nothing but manifest, records and predictions", tree.unexpected),
    Rule("tree-collision", "no names that differ by case alone", tree.collisions),
    Rule("tree-file-size", "a file has 8 MiB at most", tree.file_sizes),
    Rule("tree-size", "a submission has 32 MiB at most", tree.total_size),
    Rule("tree-files", "a submission has 400 files at most", tree.file_count),
    Rule("tree-cost", "reading it stays within time and memory", whole=tree.costs),
    Rule("manifest-schema", "submission.toml holds to its schema", manifest.readable),
    Rule("manifest-todo", "nothing is left to be filled in", manifest.todo),
    Rule("manifest-markup", "texts are for people", manifest.markup),
    Rule("manifest-licence", "the licence is an SPDX id or proprietary", manifest.licence),
    Rule("manifest-predecessor", "the predecessor exists and is older", manifest.predecessor),
    Rule("manifest-trained-on", "declared tasks are known", manifest.trained_on),
    Rule("manifest-runs", "one entry for each record, one record for each", manifest.runs),
    Rule("manifest-command", "commands are marginbench's own", manifest.commands),
    Rule("manifest-date", "the day has come, and is none before the project", days.submitted),
    Rule("manifest-larger", "files kept elsewhere belong to a run", manifest.larger),
    Rule("record-json", "records are strict JSON of 512 KiB at most", records.strict),
    Rule("record-schema", "records hold to a known schema", records.schema),
    Rule("record-limit", "records are of whole tasks", records.limit),
    Rule("record-task", "tasks are on the board", records.task),
    Rule("record-version", "versions of tasks are known", records.version),
    Rule("record-fingerprint", "data are those of the task", records.fingerprint),
    Rule("record-card", "what is said of the task is the catalogue's", records.card),
    Rule("record-metrics", "metrics are the task's", records.metrics),
    Rule("record-model", "record and manifest tell of one model", records.model),
    Rule("record-members", "means have all their members", records.members),
    Rule("record-range", "numbers are possible, null has its reason", records.ranges),
    Rule("record-text", "texts can be shown", records.texts),
    Rule("record-size", "what is told freely fits a page", records.size),
    Rule("record-markup", "names are for people", records.markup),
    Rule("record-created", "the time is one that has come", days.created),
    Rule("record-consistent", "what is said twice is the same", agreeing.consistent),
    Rule("record-run", "it can have been made so", making.possible),
    Rule("record-files", "files are called as the format says", file_names.fixed),
    Rule("predictions-missing", "predictions are there, and belong to a run", predictions.present),
    Rule("predictions-format", "predictions are Parquet", refused("predictions-format")),
    Rule("predictions-size", "they do not unfold too far", refused("predictions-size")),
    Rule(
        "predictions-columns", "they have the columns of the task", refused("predictions-columns")
    ),
    Rule("predictions-rows", "they have a row for each item", predictions.rows),
    Rule("predictions-values", "they are finite", predictions.values),
    Rule("predictions-constant", "they are not all the same", predictions.constant),
    Rule("predictions-duplicate", "no other submission has the same", predictions.duplicates),
    Rule("predictions-digest", "they are those that the record names", predictions.bound),
    Rule("identity-owner", "an organisation's own accounts add to it", identity.owner),
    Rule("identity-name", "no name is taken for another's", identity.name),
    Rule("identity-copied", "answers are one's own", identity.copied),
    Rule("recompute-values", "figures follow from the predictions", found_by("recompute-values")),
    Rule("recompute-refused", "the predictions can be scored", found_by("recompute-refused")),
    Rule("recompute-data", "the data are those at hand", found_by("recompute-data")),
    Rule("merged-changed", "nothing in a merged folder changes", merged.unchanged),
    Rule("merged-removed", "no merged folder is gone", whole=merged.kept),
    Rule("status-schema", "status.toml can be read", whole=merged.status_readable),
    Rule("status-known", "it speaks of what is there", whole=merged.status_known),
    Rule("status-changed", "only maintainers change it", whole=merged.status_unchanged),
    Rule("beside-schema", "what else maintainers keep can be read", whole=beside.readable),
    Rule("beside-changed", "only maintainers change it", whole=beside.unchanged),
    Rule("pull-outside", "nothing changes beside the submission", whole=beside.outside),
)
"""In the order in which docs/submit.md lists them."""
