"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def out_option(default: str = "runs") -> Decorator:
    """``--out DIR``."""
    return click.option(
        "--out",
        type=click.Path(path_type=Path, file_okay=False),
        default=default,
        show_default=True,
        help="Folder to write to.",
    )


def data_option() -> Decorator:
    """``--data DIR``."""
    return click.option(
        "--data",
        type=click.Path(path_type=Path, exists=True),
        help="Folder with data sets, or a file for a folder task; "
        "without it, those that can be downloaded are, once.",
    )


def first_stage_option() -> Decorator:
    """``--first-stage bm25|FILE``."""
    return click.option(
        "--first-stage",
        metavar="bm25|FILE",
        help="Where candidates come from: BM25 computed here, or a TREC run file. "
        "Default: the task's own choice.",
    )


def on_error_option() -> Decorator:
    """``--on-error error|worst-rank``."""
    return click.option(
        "--on-error",
        type=click.Choice(["error", "worst-rank"]),
        default="error",
        show_default=True,
        help="An image that cannot be scored stops the run, or counts as the worst of its task.",
    )


def limit_option() -> Decorator:
    """``--limit N``."""
    return click.option(
        "--limit",
        type=click.IntRange(min=1),
        metavar="N",
        help="Only the first N queries or items: a quick look.",
    )
