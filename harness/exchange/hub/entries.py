"""``.eval_results/*.yaml``: a list of figures, each with the hub's data set and a task of it.

Fields are those of ``EvalResultEntry`` (huggingface_hub 2.4): ``dataset`` with ``id``, ``task_id``
and ``revision``, ``value``, ``date``, ``source`` and ``notes``. There is none for an interval, so
it stands in the notes. Values stay fractions; mteb writes them times 100.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from harness.compare.boards.board import named
from harness.compare.boards.finding import files_below
from harness.errors import InvalidError, UsageError
from harness.exchange.base import File, Run, Told, Written
from harness.exchange.claims import Claims, Figure, check_once
from harness.exchange.fields import At, read_bounded
from harness.exchange.words import by_model, commit_of, note_of, repository_of
from harness.exchange.yaml_out import to_yaml
from harness.runs.folder import slug
from harness.tasks.reading.yaml_text import load_yaml

FOLDER = ".eval_results"


def write(runs: Sequence[Run], told: Told) -> Written:
    """A file for each model below a folder of its name, with the primary figure of each task."""
    files: list[File] = []
    notes: list[str] = []
    for name, own in by_model(runs).items():
        made = entries_of(own, told)
        files += [File(f"{slug(name)}/{FOLDER}/{one.path}", one.data) for one in made.files]
        notes += made.notes
    return Written(files, list(dict.fromkeys(notes)))


def entries_of(runs: Sequence[Run], told: Told) -> Written:
    """The YAML of one model, if there is any; what has no place there is named in a note."""
    entries: list[dict[str, Any]] = []
    notes, left = [], []
    for run in runs:
        if run.record.primary.value is None:
            notes.append(f"{run.record.task.id}: no value ({run.record.primary.reason})")
        elif not (told.get("dataset") or repository_of(run.record)):
            left.append(run.record.task.id)
        else:
            entries.append(entry(run, told))
    if left:
        notes.append(
            f"{FOLDER} leaves out {named(left)}: the hub has no data set of it; 'marginbench "
            "export' names one with --option dataset=ORG/NAME"
        )
    files = [File("marginbench.yaml", to_yaml(entries).encode())] if entries else []
    return Written(files, notes)


def entry(run: Run, told: Told) -> dict[str, Any]:
    """One figure as the hub takes it."""
    record = run.record
    revision = "" if told.get("dataset") else commit_of(record)
    dataset = {"id": told.get("dataset") or repository_of(record), "task_id": record.task.id}
    source = source_of(told)
    return {
        "dataset": {**dataset, **({"revision": revision} if revision else {})},
        "value": record.primary.value,
        "date": record.created,
        **({"source": source} if source else {}),
        "notes": note_of(record, record.primary),
    }


def source_of(told: Told) -> dict[str, str]:
    """Where the evidence is; a name alone is refused, as the hub refuses it."""
    url, name = told.get("source", ""), told.get("name", "")
    if name and not url:
        raise UsageError("--option name is that of an address", fix="Add --option source=https://…")
    if url and not url.startswith("https://"):
        raise UsageError(f"--option source={url[:60]}: not an https address")
    return {**({"name": name} if name else {}), **({"url": url} if url else {})}


def read(path: Path) -> Claims:
    """The figures of a file, or of all ``.eval_results/*.yaml`` below a folder of models."""
    files = _files(path) if path.is_dir() else [path]
    if not files:
        raise UsageError(f"no {FOLDER}/*.yaml below {path}")
    figures = [one for file in files for one in _figures(file)]
    check_once(figures, str(path))
    return Claims("results of models on the Hugging Face hub, each a claim", figures)


def _files(folder: Path) -> list[Path]:
    """Folders of that name are hidden ones, which :func:`files_below` leaves out."""
    places = [folder, *(one for one in folder.iterdir() if one.is_dir())]
    found = []
    for place in places:
        inner = place if place.name == FOLDER else place / FOLDER
        if inner.is_dir():
            found += files_below(inner, ["*.yaml", "*.yml"])
    return sorted(set(found))


def _figures(file: Path) -> Iterator[Figure]:
    try:
        found = At(load_yaml(read_bounded(file)), str(file))
    except ValueError as error:
        raise InvalidError(f"{file}: not plain YAML ({error})") from None
    place = file.resolve().parent
    system = (place.parent if place.name == FOLDER else place).name
    entries = found.list()
    if not entries:
        raise found.wrong("no entries")
    for one in entries:
        yield _figure(one, system)


def _figure(one: At, system: str) -> Figure:
    dataset, source = one.need("dataset"), one.maybe("source")
    revision = dataset.words("revision")
    where = "" if source is None else source.need("url").text()
    notes = one.words("notes")
    return Figure(
        system=system,
        task=f"{dataset.need('id').text()}:{dataset.need('task_id').text()}",
        metric="value",
        value=one.need("value").number(),
        source=where,
        date=one.words("date"),
        remark="; ".join(filter(None, (notes, revision and f"data {revision[:12]}"))),
    )
