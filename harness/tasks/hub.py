"""Sets through ``datasets``, which downloads what is not in its cache yet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from harness.environment import install
from harness.errors import UsageError
from harness.tasks.cache import refuse_downloads
from harness.tasks.downloads import download_errors
from harness.tasks.tables import Row

UNPINNED = "not pinned: the record's origin names the commit"
"""Revision of a set for which no commit is pinned."""


@dataclass(frozen=True, slots=True)
class Hub:
    """Where ``datasets`` finds a set: ``file`` for sets that are single files on the hub."""

    repository: str
    config: str | None = None
    revision: str | None = None
    file: str | None = None


def resolve(hub: Hub, task: str) -> str:
    """The commit that ``hub`` means now: its pin, or the head when it has none."""
    _library(task)
    if hub.revision is not None:
        return hub.revision
    from huggingface_hub import HfApi

    with _errors(hub, task):
        return str(HfApi().dataset_info(hub.repository).sha)


def read_hub(hub: Hub, names: Sequence[str], revision: str, task: str) -> Iterator[Row]:
    """The rows at that commit of the first split that has one of ``names``."""
    dataset, split = open_split(hub, names, revision, task)
    name, number = f"hf:{hub.repository}/{split}", 0
    rows = iter(dataset)
    while True:
        with _errors(hub, task):
            values = next(rows, None)
        if values is None:
            return
        number += 1
        yield Row(name, number, dict(values))


def open_split(hub: Hub, names: Sequence[str], revision: str, task: str) -> tuple[Any, str]:
    """The data set at that commit of the first split that has one of ``names``, and its name."""
    with _errors(hub, task):
        return _open(hub, names, revision, task)


def _open(hub: Hub, names: Sequence[str], revision: str, task: str) -> tuple[Any, str]:
    library = _library(task)
    if hub.file is not None:  # a set without a config, or one whose loading script no longer runs
        path = f"hf://datasets/{hub.repository}@{revision}/{hub.file}"
        kind = "csv" if hub.file.endswith(".csv") else "json"
        return library.load_dataset(kind, data_files={"all": path}, split="all"), hub.file
    there = library.get_dataset_split_names(hub.repository, hub.config, revision=revision)
    split = next((name for name in names if name in there), None)
    if split is None:
        raise UsageError(
            f"{task}: {hub.repository} has no split {' or '.join(names)}, only {', '.join(there)}"
        )
    loaded = library.load_dataset(hub.repository, hub.config, split=split, revision=revision)
    return loaded, split


def _library(task: str) -> Any:
    refuse_downloads(task)
    try:
        import datasets
    except ImportError:
        raise UsageError(
            f"{task} is downloaded with the package datasets, which is not installed",
            fix=f"Type: {install('datasets')}, or give the files with --data DIR",
        ) from None
    return datasets


def _errors(hub: Hub, task: str) -> AbstractContextManager[None]:
    offline = f"give {task} its files with --data DIR"
    return download_errors(hub.repository, "datasets", offline=offline)
