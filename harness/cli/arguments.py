"""How commands are told which runs they are about."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def runs_argument() -> Decorator:
    """``RUNS...``: records, run folders, or folders of these; at least one that is there."""
    return _several("paths", click.Path(path_type=Path, exists=True), "RUNS...")


def run_folders_argument(name: str) -> Decorator:
    """``RUN_DIR...``: folders of single runs; at least one that is there."""
    there = click.Path(path_type=Path, exists=True, file_okay=False)
    return _several(name, there, "RUN_DIR...")


def _several(name: str, kind: click.Path, shown: str) -> Decorator:
    return click.argument(name, nargs=-1, required=True, type=kind, metavar=shown)
