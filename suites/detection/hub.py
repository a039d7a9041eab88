"""Sets through ``datasets``, which downloads what is not in its cache yet."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from harness.errors import MarginBenchError, UsageError
from suites.detection.pins import Hub, Part
from harness.tables import Row


def resolve(hub: Hub, task: str) -> str:
    """The commit that ``hub`` means now: its pin, or the head when it has none."""
    _library(task)
    if hub.revision is not None:
        return hub.revision
    from huggingface_hub import HfApi

    with _one_clear_line(hub, task):
        return str(HfApi().dataset_info(hub.repository).sha)


def read_hub(hub: Hub, part: Part, revision: str, task: str) -> Iterator[Row]:
    """The rows of one split at that commit, without rows of other splits."""
    with _one_clear_line(hub, task):
        dataset, split = _open(hub, part, revision, task)
    name, number = f"hf:{hub.repository}/{split}", 0
    rows = iter(dataset)
    while True:
        with _one_clear_line(hub, task):
            values = next(rows, None)
        if values is None:
            return
        number += 1
        yield Row(name, number, dict(values))


def _open(hub: Hub, part: Part, revision: str, task: str) -> tuple[Any, str]:
    library = _library(task)
    if hub.file is not None:  # a set without a config, or one whose loading script no longer runs
        path = f"hf://datasets/{hub.repository}@{revision}/{hub.file}"
        return library.load_dataset("json", data_files={"all": path}, split="all"), hub.file
    there = library.get_dataset_split_names(hub.repository, hub.config, revision=revision)
    split = next((name for name in part.names if name in there), None)
    if split is None:
        raise UsageError(
            f"{task}: {hub.repository} has no split {' or '.join(part.names)}, "
            f"only {', '.join(there)}"
        )
    loaded = library.load_dataset(hub.repository, hub.config, split=split, revision=revision)
    return loaded, split


def _library(task: str) -> Any:
    try:
        import datasets
    except ImportError:
        raise UsageError(
            f"{task} is downloaded with the package datasets, which is not installed",
            fix='Type: pip install "marginbench[datasets]", or give the files with --data DIR',
        ) from None
    return datasets


def _reason(error: Exception) -> str:
    host = re.search(r"host='([^']+)'", str(error))
    if host:
        return f"no connection to {host[1]}"
    line = next(iter(str(error).splitlines()), "") or type(error).__name__
    return line if len(line) <= 300 else line[:297] + "..."


@contextmanager
def _one_clear_line(hub: Hub, task: str) -> Iterator[None]:
    # The libraries below let every kind of exception through: of the network, of files, their own.
    try:
        yield
    except MarginBenchError:
        raise
    except Exception as error:
        raise UsageError(
            f"{hub.repository} cannot be loaded through datasets: {_reason(error)}",
            fix=f"Check the network, or give {task} its files with --data DIR",
        ) from error
