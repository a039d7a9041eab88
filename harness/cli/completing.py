"""What a shell offers behind the tabulator: adapters, tasks, suites by their first letters."""

from __future__ import annotations

from collections.abc import Iterable

import click
from click.shell_completion import CompletionItem


def adapters_like(word: str) -> list[CompletionItem]:
    """Adapters that begin so; behind one's colon, files."""
    from harness.adapters import ALIASES, adapters

    adapter, colon, checkpoint = word.partition(":")
    if colon:
        return [CompletionItem(checkpoint, type="file")]
    return _beginning([*adapters().names(), *ALIASES], adapter)


def complete_tasks(
    context: click.Context, parameter: click.Parameter, word: str
) -> list[CompletionItem]:
    """Tasks, and means over tasks, that begin so."""
    from harness.registry import suites

    found = suites()
    names = [task.id for suite in found for task in suite.tasks]
    names += [mean.id for suite in found for mean in suite.aggregates]
    return _beginning(names, word)


def complete_suites(
    context: click.Context, parameter: click.Parameter, word: str
) -> list[CompletionItem]:
    """Suites that begin so."""
    from harness.registry import suites

    return _beginning([suite.name for suite in suites()], word)


def _beginning(names: Iterable[str], word: str) -> list[CompletionItem]:
    return [CompletionItem(name) for name in sorted(names) if name.startswith(word)]
