"""``marginbench list``."""

from __future__ import annotations

import json
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any

import click

from harness.errors import UsageError, did_you_mean

Rows = list[dict[str, Any]]


@click.command("list")
@click.argument(
    "what",
    type=click.Choice(["suites", "tasks", "adapters", "metrics"]),
    default="suites",
)
@click.argument("pattern", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(what: str, pattern: str | None, as_json: bool) -> None:
    """List suites, tasks, adapters or metrics.

    PATTERN is a glob over their names, such as 'reranking/*', or a piece of one.
    """
    kinds: dict[str, Callable[[], Rows]] = {
        "suites": _suites,
        "tasks": _tasks,
        "adapters": _adapters,
        "metrics": _metrics,
    }
    rows = kinds[what]()
    if pattern is not None:
        rows = _like(rows, what.removesuffix("s"), pattern)
    if as_json:
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False, allow_nan=False))
        return
    from harness.cli.text_table import print_table

    header = list(rows[0])
    shown = [key for key in header if not isinstance(rows[0][key], dict)]
    print_table([shown, *[[_text(row[key]) for key in shown] for row in rows]])


def _like(rows: Rows, column: str, pattern: str) -> Rows:
    """The rows whose name is like the pattern, whatever the case of its letters.

    Raises :class:`UsageError` where there is none.
    """
    wanted = pattern.lower()
    glob = wanted if any(sign in wanted for sign in "*?[") else f"*{wanted}*"
    names = [str(row[column]) for row in rows]
    meant = _metrics_meant(pattern) if column == "metric" else frozenset()
    found = [
        row
        for row, name in zip(rows, names, strict=True)
        if fnmatchcase(f"/{name.lower()}", f"*/{glob}") or wanted in name.lower() or name in meant
    ]
    if not found:
        pieces = {part for name in names for part in (name, *name.split("/"))}
        raise UsageError(f"no {column} is like {pattern!r}", fix=did_you_mean(pattern, pieces))
    return found


def _metrics_meant(name: str) -> frozenset[str]:
    """Metrics by the names that they are listed under, such as nDCG@k for nDCG@10."""
    from harness.registry import suites

    cards = (card for suite in suites() for card in suite.described)
    return frozenset(card.name for card in cards if card.matches(name))


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "–" if value is None else str(value)


def _suites() -> Rows:
    from harness.registry import suites

    return [
        {"suite": suite.name, "tasks": len(suite.tasks), "question": suite.question}
        for suite in suites()
    ]


def _tasks() -> Rows:
    from harness.registry import suites

    rows = []
    for suite in suites():
        for task in suite.tasks:
            rows.append(
                {
                    "task": task.id,
                    "metric": task.primary_metric,
                    "learns": "yes" if task.learn is not None else None,
                    "licence": task.card.licence,
                    "title": task.card.title,
                }
            )
        for aggregate in suite.aggregates:
            rows.append(
                {
                    "task": aggregate.id,
                    "metric": "mean",
                    "learns": None,
                    "licence": "–",
                    "title": f"{aggregate.title} (mean of {len(aggregate.members)} tasks)",
                }
            )
    return rows


def _adapters() -> Rows:
    from harness.adapters import adapters

    rows = []
    for name, adapter in adapters().all():
        options = {
            key: {"type": option.type.__name__, "default": option.default, "help": option.help}
            for key, option in adapter.options.items()
        }
        rows.append(
            {
                "adapter": f"{name}:{adapter.checkpoint}" if adapter.checkpoint else name,
                "summary": adapter.summary,
                "needs": f"marginbench[{adapter.extra}]" if adapter.extra else None,
                "options": options,
            }
        )
    return rows


def _metrics() -> Rows:
    from dataclasses import asdict

    from harness.metrics.cards import range_text
    from harness.registry import suites

    return [
        {
            "suite": suite.name,
            "metric": card.name,
            "better": card.better,
            "range": range_text(card),
            "summary": card.summary,
            "card": asdict(card),
        }
        for suite in suites()
        for card in suite.described
    ]
