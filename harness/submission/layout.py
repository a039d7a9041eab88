"""Where the files of a submission lie, and how large they may be."""

from __future__ import annotations

from pathlib import Path

from harness.runs.folder import slug

MANIFEST_FILE = "submission.toml"
RECORDS, PREDICTIONS = "records", "predictions"
ROOT_FILES = ("status.toml", "owners.toml", "waivers.toml", "evidence.json", "README.md")
"""Plain files that lie beside the submissions; all of them are the maintainers'."""

LARGEST_FILE = 8 * 1024 * 1024
LARGEST_BESIDE = 4 * 1024 * 1024
LARGEST_RECORD = 512 * 1024
LARGEST_SUBMISSION = 32 * 1024 * 1024
MOST_FILES = 400


def record_name(task: str) -> str:
    """The record of a task: ``records/reranking.code-search.networkx.json``."""
    return f"{RECORDS}/{slug(task)}.json"


def table_name(task: str, table: str = "") -> str:
    """The predictions of a task, or one of the tables that stand in their place."""
    name = f"{slug(task)}.{table}" if table else slug(task)
    return f"{PREDICTIONS}/{name}.parquet"


def record_file(folder: Path, task: str) -> Path:
    """:func:`record_name` below the folder of a submission."""
    return folder / record_name(task)


def table_file(folder: Path, task: str, table: str = "") -> Path:
    """:func:`table_name` below the folder of a submission."""
    return folder / table_name(task, table)
