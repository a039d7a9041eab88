"""Records of older schemas brought up to the present one, in memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness.errors import InvalidError

SCHEMA_VERSION = 3


def _from_1(data: dict[str, Any]) -> dict[str, Any]:
    """Version 2 added the parts of single-item suites, side files and the model's direction."""
    task, model = data.get("task"), data.get("model")
    return {
        **data,
        "schema_version": 2,
        "task": {**task, "on_error": "error"} if isinstance(task, dict) else task,
        "model": {**model, "direction": "higher"} if isinstance(model, dict) else model,
        "detection": None,
        "opinion": None,
        "files": [],
    }


def _from_2(data: dict[str, Any]) -> dict[str, Any]:
    """Version 3 added the parts of consistency and flips, and metrics shown beside the first."""
    task = data.get("task")
    return {
        **data,
        "schema_version": 3,
        "task": {**task, "beside": []} if isinstance(task, dict) else task,
        "consistency": None,
        "flips": None,
    }


MIGRATIONS: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {1: _from_1, 2: _from_2}
"""Schema version -> function that turns a record of that version into the next one."""


def _migrate(data: Any, where: str) -> dict[str, Any]:
    version = data.get("schema_version") if isinstance(data, dict) else None
    if not isinstance(version, int) or isinstance(version, bool):
        raise InvalidError(f"{where}: no schema_version, so this is not a record")
    if version > SCHEMA_VERSION:
        raise InvalidError(
            f"{where}: schema {version} is newer than {SCHEMA_VERSION}, the newest known here",
            fix="Upgrade with: pip install --upgrade marginbench",
        )
    while version < SCHEMA_VERSION:
        if version not in MIGRATIONS:
            raise InvalidError(f"{where}: schema {version} was never published")
        data = MIGRATIONS[version](data)
        version = data["schema_version"]
    result: dict[str, Any] = data
    return result
