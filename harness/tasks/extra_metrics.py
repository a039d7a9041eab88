"""Metrics asked for by name: which of them a task can have, in the form that its records use.

They are computed beside a task's own and never rank anybody, so they are no part of what the task
is: its fingerprint does not know of them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence

from harness.errors import UsageError, did_you_mean
from harness.nouns import MetricCard, Suite, Task

_BLANK = re.compile(r"(?<![A-Za-z])\s+|\s+(?![A-Za-z])")
_THRESHOLD = re.compile(r"(.*\[threshold=)([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)([,\]].*)")
_BARE = re.compile(r"(?<![\d.])(\.\.)?\.(?=\d)")
_FRACTION = re.compile(r"(?<![\d.])(0\.\d+)(?![\d%])")
_SHARE = re.compile(r"(\d+(?:\.\d+)?)%")
_LETTER = re.compile(r"(?:(?<=[@=])|(?<=\.\.))[a-z](?![A-Za-z=])")
_EXAMPLES = {"k": "10", "a": "1%", "b": "10%", "t": "0.5"}
AT_THRESHOLD = "[threshold=t"
"""What the cards of rates at a given threshold have in their names."""


def at_threshold(suites: Iterable[Suite], threshold: float, *, inclusive: bool) -> list[str]:
    """Names of all that some suites give at a threshold; ``inclusive`` flags a score equal to it.

    Raises :class:`UsageError` when none gives any, and for a threshold that is no number.
    """
    if not math.isfinite(threshold):
        raise UsageError(f"--threshold {threshold} is no threshold", fix="Give a finite number")
    end = f"[threshold={threshold!r}{',inclusive' * inclusive}]"
    cards = [card for suite in suites for card in suite.described if AT_THRESHOLD in card.name]
    if not cards:
        raise UsageError(
            "--threshold means nothing to these tasks: none gives rates at a given threshold",
            fix="Leave out --threshold",
        )
    return [card.name.partition("[")[0] + end for card in cards]


def written(name: str) -> str:
    """A name as records have it: ``.01%`` is ``0.01%``; ``1.0%`` and ``0.01`` are ``1%``.

    A threshold is no rate: it is written as Python writes the number.
    """
    blankless = _BLANK.sub("", name.strip())
    fixed = _THRESHOLD.fullmatch(blankless)
    if fixed:
        return f"{fixed[1]}{float(fixed[2])!r}{fixed[3]}"
    plain = _BARE.sub(lambda found: f"{found[1] or ''}0.", blankless)
    plain = "..".join(
        _FRACTION.sub(lambda found: f"{100 * float(found[1]):.12g}%", part)
        for part in plain.split("..")
    )
    return _SHARE.sub(lambda found: f"{float(found[1]):.12g}%", plain)


def extra_metrics(suite: Suite | None, task: Task, asked: Sequence[str]) -> tuple[str, ...]:
    """Those of the names that the task's suite describes and that are not the task's own.

    A name without the brackets at its end stands for all that differ in them alone:
    ``TPR@FPR=1%`` for that at each kind of threshold.
    """
    found: dict[str, None] = {}
    for name in map(written, asked):
        if name not in task.metrics:
            found |= dict.fromkeys(_matching(() if suite is None else suite.described, name))
    return tuple(name for name in found if name not in task.metrics)


def check_known(suites: Iterable[Suite], asked: Sequence[str]) -> None:
    """Raise :class:`UsageError` for a name that none of some suites has.

    Also for one whose numbers cannot be: a cutoff or rate of 0, more than 100%, a range of nothing.
    """
    suites = list(suites)
    cards = [card for suite in suites for card in suite.described]
    own = {name: None for suite in suites for task in suite.tasks for name in task.metrics}
    for name in asked:
        plain = written(name)
        if plain in own:
            continue
        meant = _matching(cards, plain)
        if not meant:
            forms = [form for card in cards for form in (card.name, *card.also)]
            examples = [_LETTER.sub(lambda found: _EXAMPLES.get(found[0], "2"), f) for f in forms]
            raise UsageError(f"unknown metric {name!r}", fix=did_you_mean(plain, [*own, *examples]))
        for one in [] if "[threshold=" in plain else meant:
            _check_numbers(name, next(card for card in cards if card.matches(one)).numbers(one))


def _check_numbers(name: str, numbers: Sequence[float]) -> None:
    rates = [number for number in numbers if number < 1]
    if any(number <= 0 for number in numbers) or ("%" in name and any(n == 1 for n in numbers)):
        raise UsageError(f"metric {name!r}: cutoffs are at least 1, rates between 0% and 100%")
    if ".." in name and rates != sorted(set(rates)):
        raise UsageError(f"metric {name!r}: the range ends before it begins")


def _matching(cards: Sequence[MetricCard], name: str) -> list[str]:
    """The name itself where a card has it, or else with all that its brackets could hold."""
    if any(card.matches(name) for card in cards):
        return [name]
    if "[" in name:
        return []
    forms = [form for card in cards for form in (card.name, *card.also) if "[" in form]
    ends = dict.fromkeys(f"[{form.split('[', 1)[1]}" for form in forms)
    full = [name + end for end in ends if not _LETTER.search(end)]
    return [one for one in full if any(card.matches(one) for card in cards)]
