"""What a model card needs of its figures: YAML for the hub, a table with intervals, badges."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from harness.compare.reports.markdown import escaped
from harness.exchange.badge import badge_svg
from harness.exchange.base import File, Format, Run, Told, Written
from harness.exchange.hub import EVAL_RESULTS
from harness.exchange.hub.cards import front_matter
from harness.exchange.hub.entries import FOLDER, entries_of
from harness.exchange.out import write_files
from harness.exchange.words import by_model
from harness.records.record import MetricValue, Record
from harness.registry import Lazy
from harness.runs.folder import slug

FORMAT = Format(
    title="what a model card needs",
    write=Lazy("harness.exchange.card:write"),
    options=EVAL_RESULTS.options,
)
PLACE = "marginbench"


def write(runs: Sequence[Run], told: Told) -> Written:
    """The files of every model, below a folder of its name."""
    files: list[File] = []
    notes: list[str] = []
    for label, own in by_model(runs).items():
        made = card_files(own, told)
        files += [File(f"{slug(label)}/{path}", data) for path, data in made.files]
        notes += made.notes
    return Written(files, list(dict.fromkeys(notes)))


def push(folder: Path, records: Sequence[Record]) -> Written:
    """Write the files of one model into its own folder, in the place of those of an earlier run.

    Of several models each has a folder of its name there.
    """
    runs = [Run(Path(), record) for record in records]
    several = len({record.model.name for record in records}) > 1
    made = write(runs, {}) if several else card_files(runs, {})
    write_files(folder, made.files, replace=True)
    return made


def card_files(runs: Sequence[Run], told: Told) -> Written:
    """The files of one model: the hub's YAML where it has the data, front matter, table, badges."""
    entries = entries_of(runs, told)
    files = [File(f"{FOLDER}/{path}", data) for path, data in entries.files]
    files.append(File(f"{PLACE}/model-index.yaml", front_matter(runs, told).encode()))
    files.append(File(f"{PLACE}/results.md", table([run.record for run in runs]).encode()))
    for run in runs:
        badge = File(f"{PLACE}/{slug(run.record.task.id)}.svg", badge_svg(run.record).encode())
        files.append(badge)
    return Written(files, entries.notes)


def table(records: Sequence[Record]) -> str:
    """A Markdown table of the primary figure of each task and of those that belong beside it."""
    rows = [["task", "metric", "value", "95 % interval", "n"], ["---"] * 5]
    remarks: dict[str, None] = {}
    for record in records:
        for metric in _shown(record):
            row, remark = _row(record, metric)
            rows.append(row)
            remarks |= dict.fromkeys(remark)
    lines = [f"| {' | '.join(row)} |\n" for row in rows]
    made_by = sorted({record.environment.marginbench for record in records})
    notes = [*remarks, f"Evaluated with MarginBench {' and '.join(made_by)}."]
    return "".join([*lines, "\n", "\n\n".join(map(escaped, notes)), "\n"])


def _shown(record: Record) -> list[MetricValue]:
    beside = (record.metric(name) for name in record.task.beside)
    return [record.primary, *(metric for metric in beside if metric is not None)]


def _row(record: Record, metric: MetricValue) -> tuple[list[str], list[str]]:
    remarks = []
    arrow = {True: " ↑", False: " ↓", None: ""}[metric.higher_is_better]
    interval, value = "–", "–" if metric.value is None else f"{metric.value:.4f}"
    if metric.interval is not None:
        rough = metric.basis is not None and metric.basis.rough is not None
        low, high = metric.interval
        interval = f"{'~' if rough else ''}[{low:.4f}, {high:.4f}]"
        if rough:
            remarks.append("~ rough: the interval may cover less often than it says.")
    if metric.value is None:
        remarks.append(f"{metric.name} of {record.task.id}: {metric.reason}.")
    if record.task.limit is not None:
        said = f"{record.task.id}: a quick look at the first {record.task.limit:,}, no result."
        remarks.append(said)
    name = metric.name + (f" ({metric.unit})" if metric.unit else "")
    task = f"{record.task.title} ({record.task.id})"
    return [escaped(task), escaped(name) + arrow, value, interval, f"{metric.n:,}"], remarks
