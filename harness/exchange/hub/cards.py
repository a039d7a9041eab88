"""``model-index`` in the front matter of a model card: what a card claims, as rows that say so.

sentence-transformers writes it for rerankers with names such as ``NanoMSMARCO_R100``: the 100 best
of BM25 *and* every relevant document that is not among them (``always_rerank_positives=True``, the
default of its evaluators). So a perfect order is always within reach there, and such a figure is
higher than one on lists as they were found.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from harness.errors import InvalidError, UsageError
from harness.exchange.base import File, Run, Told, Written
from harness.exchange.claims import Claims, Figure, check_once
from harness.exchange.fields import At, read_bounded, read_json
from harness.exchange.hub.entries import source_of
from harness.exchange.words import by_model, commit_of, repository_of, short_note
from harness.exchange.yaml_out import to_yaml
from harness.runs.folder import slug
from harness.tasks.reading.yaml_text import load_yaml

KEY = "model-index"
ADDED = (
    "lists with every relevant document added, as sentence-transformers does by default: not "
    "comparable with lists as they were found"
)
_LISTS = re.compile(r"_R\d+(?:_|$)")
_BEFORE = re.compile(r"\A\ufeff?---[ \t]*\r?\n(.*?)^---[ \t]*\r?$", re.DOTALL | re.MULTILINE)


def write(runs: Sequence[Run], told: Told) -> Written:
    """Front matter for each model, with all figures of its runs that have a value."""
    files = [
        File(f"{slug(label)}/model-index.yaml", front_matter(own, told).encode())
        for label, own in by_model(runs).items()
    ]
    return Written(files)


def front_matter(runs: Sequence[Run], told: Told) -> str:
    """``model-index`` with one model, to be put between the lines ``---`` of its card."""
    results = [found for run in runs if (found := _result(run, source_of(told))) is not None]
    name = runs[0].record.model.name
    return to_yaml({KEY: [{"name": name, "results": results}]})


def _result(run: Run, source: dict[str, str]) -> dict[str, Any] | None:
    task = run.record.task
    commit = commit_of(run.record)
    metrics = [
        {"type": one.name, "value": one.value, "name": short_note(run.record, one)}
        for one in run.record.metrics
        if one.value is not None
    ]
    if not metrics:
        return None
    return {
        "task": {"type": task.suite, "name": task.id},
        "dataset": {
            "type": repository_of(run.record) or task.id,
            "name": task.title,
            **({"revision": commit} if commit else {}),
        },
        "metrics": metrics,
        **({"source": source} if "url" in source else {}),
    }


def read(path: Path) -> Claims:
    """The claims of a card (``README.md``), of its front matter alone (``.yaml``), or of JSON.

    Raises :class:`UsageError` where a card claims nothing, :class:`InvalidError` for what cannot be
    read.
    """
    found = _document(path)
    index = found.maybe(KEY)
    if index is None:
        raise UsageError(f"{path} has no {KEY}: its card claims no figures in that form")
    figures = [one for model in index.list() for one in _of_model(model)]
    check_once(figures, str(path))
    marked = sum(one.remark.startswith(ADDED) for one in figures)
    notes = [f"{marked:,} of {len(figures):,} figures are on {ADDED}"] if marked else []
    return Claims("claims of a model card", figures, notes=notes)


def _document(path: Path) -> At:
    if path.is_dir():
        path = path / "README.md"
    if not path.is_file():
        raise UsageError(f"{path} is not there")
    if path.suffix == ".json":
        return read_json(path)
    data = read_bounded(path)
    if path.suffix not in (".yaml", ".yml"):
        data = _before(data, path)
    try:
        return At(load_yaml(data), str(path))
    except ValueError as error:
        raise InvalidError(f"{path}: not plain YAML ({error})") from None


def _before(data: bytes, path: Path) -> bytes:
    try:
        found = _BEFORE.match(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise InvalidError(f"{path}: not UTF-8 at byte {error.start}") from None
    if found is None:
        raise InvalidError(f"{path} has no front matter between two lines ---")
    return found[1].encode()


def _of_model(model: At) -> Iterator[Figure]:
    system = model.need("name").text()
    for result in model.need("results").list():
        task, dataset = result.need("task"), result.need("dataset")
        source = result.maybe("source")
        kind = dataset.need("type").text()
        name = _name(dataset, kind)
        for metric in result.need("metrics").list():
            yield Figure(
                system=system,
                task=name,
                metric=metric.need("type").text(),
                value=_number(metric),
                source="" if source is None else source.words("url"),
                remark=_remark(task.need("type").text(), kind, dataset),
            )


def _name(dataset: At, kind: str) -> str:
    parts = [kind, dataset.words("config"), dataset.words("split")]
    return ":".join(filter(None, parts))


def _number(metric: At) -> float:
    """The value; a card may write it as a text (``"20.0"``), with nothing else in it."""
    value = metric.need("value")
    if isinstance(value.value, str) and re.fullmatch(r"-?\d{1,15}(?:\.\d{1,20})?", value.value):
        return float(value.value)
    return value.number()


def _remark(task: str, kind: str, dataset: At) -> str:
    revision = dataset.words("revision")
    said = [f"data {revision[:12]}" if revision else ""]
    if "rerank" in task.lower() and _LISTS.search(kind):
        said.insert(0, ADDED)
    return "; ".join(filter(None, said))
