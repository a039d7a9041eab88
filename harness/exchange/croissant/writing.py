"""A card for each task, from what its record pins: source, revision, digests of files, licence."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Any

from harness.exchange.base import File, Run, Told, Written
from harness.exchange.croissant import CONFORMS
from harness.exchange.words import commit_of, repository_of
from harness.records.record import TaskRef
from harness.runs.folder import slug

OWN = {
    *("citeAs", "column", "extract", "field", "fileObject", "fileProperty", "fileSet", "format"),
    *("arrayShape", "containedIn", "equivalentProperty", "includes", "isArray", "isLiveDataset"),
    *("jsonPath", "key", "md5", "parentField", "path", "recordSet", "references", "regex"),
    *("repeated", "replace", "samplingRate", "separator", "source", "subField", "transform"),
}
"""Terms of Croissant's own vocabulary (docs of mlcommons/croissant, section on JSON-LD)."""

GIT_DIGEST = "https://github.com/mlcommons/croissant/issues/80"
"""What stands for the sha256 of a repository, as the hub writes it."""

_SHA256 = re.compile(r"[0-9a-f]{64}")
_FORMATS = {
    ".csv": "text/csv",
    ".tsv": "text/tab-separated-values",
    ".jsonl": "application/jsonlines",
    ".json": "application/json",
    ".parquet": "application/x-parquet",
    ".txt": "text/plain",
    ".zip": "application/zip",
    ".gz": "application/gzip",
}


def context() -> dict[str, Any]:
    """The ``@context`` of version 1.1."""
    vocabulary = {term: f"cr:{term}" for term in OWN}
    return {
        "@language": "en",
        "@vocab": "https://schema.org/",
        "cr": "http://mlcommons.org/croissant/",
        "rai": "http://mlcommons.org/croissant/RAI/",
        "dct": "http://purl.org/dc/terms/",
        "sc": "https://schema.org/",
        "conformsTo": "dct:conformsTo",
        "data": {"@id": "cr:data", "@type": "@json"},
        "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
        "examples": {"@id": "cr:examples", "@type": "@json"},
        "description": {"@container": "@language"},
        "name": {"@container": "@language"},
        **dict(sorted(vocabulary.items())),
    }


def write(runs: Sequence[Run], told: Told) -> Written:
    """A card for each task among the runs; tasks of one id and other data have one each."""
    cards: dict[str, bytes] = {}
    notes = []
    for run in runs:
        task = run.record.task
        files = list(_files(run))
        name = f"{slug(task.id)}-{task.fingerprint[:8]}.croissant.json"
        if name not in cards and not files:
            notes.append(f"{task.id}: no file of its data is pinned by a digest")
        card = json.dumps(_card(task, files), indent=2, ensure_ascii=False, allow_nan=False)
        cards[name] = f"{card}\n".encode()
    return Written([File(name, data) for name, data in cards.items()], notes)


def _card(task: TaskRef, files: Sequence[dict[str, Any]]) -> dict[str, Any]:
    link = re.match(r"https://\S+", task.source)
    return {
        "@context": context(),
        "@type": "sc:Dataset",
        "conformsTo": CONFORMS,
        "name": re.sub(r"[^\w.-]+", "-", task.id),
        "alternateName": task.title,
        "description": _described(task),
        "license": task.licence,
        "citeAs": task.citation,
        "version": f"{task.version}.0.0" if task.version.isdecimal() else task.version,
        **({"url": link[0]} if link else {}),
        "distribution": list(files),
    }


def _described(task: TaskRef) -> str:
    said = [task.description, f"Source: {task.source}.", f"Revision: {task.revision}."]
    said.append(f"MarginBench knows this work by the sha256 {task.fingerprint}.")
    return " ".join([*said, *task.caveats])


def _files(run: Run) -> Iterator[dict[str, Any]]:
    """Files by name and digest, and the hub's repository at its commit."""
    record = run.record
    repository, commit = repository_of(record), commit_of(record)
    if repository and commit:
        yield {
            "@type": "cr:FileObject",
            "@id": "repo",
            "name": "repo",
            "contentUrl": f"https://huggingface.co/datasets/{repository}/tree/{commit}",
            "encodingFormat": "git+https",
            "sha256": GIT_DIGEST,
        }
    files = record.task.origin.get("files")
    for name, digest in (files if isinstance(files, dict) else {}).items():
        if isinstance(digest, str) and _SHA256.fullmatch(digest):
            yield {
                "@type": "cr:FileObject",
                "@id": name,
                "name": name,
                "contentUrl": name,
                "encodingFormat": _FORMATS.get(PurePosixPath(name).suffix, "text/plain"),
                "sha256": digest,
            }
