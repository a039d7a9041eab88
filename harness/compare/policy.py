"""What counts as worse: budgets from a TOML file and from flags.

A budget that never applies passes for one that is kept. So what fits no task, no metric and no
measurement is refused, and so are numbers that nothing could ever break.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import UsageError, did_you_mean
from harness.files import read_regular
from harness.tasks.reading.numerals import number
from harness.tasks.reading.toml_text import load_toml

if TYPE_CHECKING:
    from harness.records.record import Record

MOST_DROP = 1e6
MOST_RATIO = 1000.0
MOST_COUNT = 1_000_000_000
"""Limits of limits: a drop in the metric's own unit, a ratio, and a count."""


HOLM, BH = "holm", "bh"
CORRECTIONS = {HOLM: "Holm", BH: "Benjamini and Hochberg"}
"""How p are adjusted over all that can fail together -> whose rule that is."""


@dataclass(frozen=True, slots=True)
class Budget:
    """Limits for one task. ``None`` means that there is no limit.

    ``min_drop``: a drop of a deciding metric up to this size, in the metric's own unit, is not
    worth a failure; without one each metric's own margin holds.
    ``max_nfr``: negative-flip rate allowed; fails when the lower bound of its interval is above
    (the excess is proven), or the upper bound with ``strict`` (it is not excluded).
    ``max_new_failures``: flips allowed. ``max_latency_ratio``, ``max_memory_ratio``: candidate over
    baseline. ``all_metrics``: every metric may fail the task, not the primary one alone.
    ``metrics``: a ``min_drop`` of its own for metrics by name or glob, the first that matches.
    ``by``: columns whose slices may fail the task as well (:mod:`harness.compare.slices`).
    """

    min_drop: float | None = None
    max_nfr: float | None = None
    strict: bool = False
    max_new_failures: int | None = None
    max_latency_ratio: float | None = None
    max_memory_ratio: float | None = None
    all_metrics: bool = False
    metrics: Mapping[str, float] = field(default_factory=dict)
    by: tuple[str, ...] = ()

    def own_drop(self, metric: str) -> float | None:
        """The drop that is named for a metric, ``None`` where none is."""
        return next((drop for name, drop in self.metrics.items() if fits(metric, name)), None)


@dataclass(frozen=True, slots=True)
class Policy:
    """A default budget, and others for tasks by id or glob (the first that matches).

    ``correction`` is one of :data:`CORRECTIONS`, for all tasks together. ``source`` is the file
    that it was read from, and ``made_for`` the records of a whole baseline that it stands in: it
    need fit no more than those.
    """

    default: Budget = Budget()
    tasks: Mapping[str, Budget] = field(default_factory=dict)
    correction: str = HOLM
    source: str = field(default="", compare=False)
    made_for: Mapping[str, Record] = field(default_factory=dict, compare=False)

    def budget(self, task: str) -> Budget:
        """The budget of a task."""
        for pattern, budget in self.tasks.items():
            if fits(task, pattern):
                return budget
        return self.default

    def override(self, **flags: Any) -> Policy:
        """The same with flags that were given (not ``None``) in place everywhere."""
        given = {name: value for name, value in flags.items() if value is not None}
        return replace(
            self,
            default=replace(self.default, **given),
            tasks={pattern: replace(budget, **given) for pattern, budget in self.tasks.items()},
        )

    def corrected(self, correction: str | None) -> Policy:
        """The same with another correction, where one is given.

        Raises :class:`UsageError` for one that is none.
        """
        return self if correction is None else replace(self, correction=_correction(correction))


def read_policy(path: Path) -> Policy:
    """Read a policy file: a table ``[default]`` and tables ``[task."ID_OR_GLOB"]``.

    A task's table starts from the default. Raises :class:`UsageError` naming the file and the key
    that is unknown or ill-typed.
    """
    data = _toml(path)
    _known(path, "", data, ("correction", "default", "task"))
    default = _budget(path, "default", data.get("default", {}), Budget())
    tasks = data.get("task", {})
    if not isinstance(tasks, dict):
        raise UsageError(f'{path}: write [task."ID"] tables')
    if not tasks and not data.get("default") and "correction" not in data:
        raise UsageError(
            f"{path} sets no limit",
            fix="Write one, such as: [default] and below it min_drop = 0.01",
        )
    _refuse_hidden(path, list(tasks))
    return Policy(
        default,
        {name: _budget(path, f'task."{name}"', table, default) for name, table in tasks.items()},
        _correction(data.get("correction", HOLM), f"{path}: "),
        str(path),
    )


def _correction(value: Any, where: str = "") -> str:
    if isinstance(value, str) and value in CORRECTIONS:
        return value
    named = " or ".join(repr(name) for name in CORRECTIONS)
    raise UsageError(f"{where}correction = {_short(value)} must be {named}")


def _toml(path: Path) -> dict[str, Any]:
    try:
        return load_toml(read_regular(path))
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or next(iter(str(error).splitlines()), "")[:200]
        raise UsageError(f"{path}: not a policy file ({said})") from error


def _refuse_hidden(path: Path | str, patterns: Sequence[str]) -> None:
    """A table behind one that matches all that it does would never count."""
    if pair := hidden(patterns):
        earlier, later = pair
        raise UsageError(
            f'{path}: [task."{later}"] never counts, because [task."{earlier}"] stands '
            "before it and matches as much",
            fix=f'Put [task."{later}"] first',
        )


def hidden(patterns: Sequence[str]) -> tuple[str, str] | None:
    """A pattern, and the first behind it that it matches; ``None`` where there is none."""
    globs: list[tuple[str, re.Pattern[str]]] = []
    for later in patterns:  # which are distinct, so that a plain name hides nothing but itself
        if found := next((name for name, glob in globs if glob.match(later)), None):
            return found, later
        if any(sign in later for sign in "*?["):
            globs.append((later, re.compile(fnmatch.translate(later))))
    return None


def fits(name: str, pattern: str) -> bool:
    """Whether a name is the one given, or one of a glob; names of metrics have brackets."""
    return name == pattern or fnmatch.fnmatchcase(name, pattern)


def drop(text: str | float) -> float:
    """``3%``, ``0.03``, or any number from 0 up for a metric in units of its own.

    Raises :class:`ValueError` otherwise.
    """
    if isinstance(text, str) and text.strip().endswith("%"):
        return fraction(text)
    value = number(text)
    if not 0 <= value <= MOST_DROP:
        raise ValueError(f"{text} is not a number from 0 to {MOST_DROP:g}")
    return value


def fraction(text: str | float) -> float:
    """``3%`` or ``0.03`` as a fraction from 0 to 1. Raises :class:`ValueError` otherwise."""
    if isinstance(text, str) and text.strip().endswith("%"):
        value = number(text.strip()[:-1]) / 100
    else:
        value = number(text)
    if not 0 <= value <= 1:
        raise ValueError(f"{text} is not between 0 and 1")
    return value


_DROP = f"a share such as 0.03 or '3%', or a number in the metric's own unit, {MOST_DROP:g} at most"
_AMOUNTS: Mapping[str, tuple[Callable[[str | float], float], str]] = {
    "min_drop": (drop, _DROP),
    "max_nfr": (fraction, "a share such as 0.03 or '3%'"),
}


_COUNTS = ("max_new_failures",)
_RATIOS = ("max_latency_ratio", "max_memory_ratio")
_FLAGS = ("strict", "all_metrics")


def limits(**given: Any) -> dict[str, Any]:
    """Limits of a budget by name, those that are ``None`` left out.

    Raises :class:`UsageError` for an unknown name and for a value that is none.
    """
    _known("limits", "", given, [f.name for f in fields(Budget)])
    found = {name: value for name, value in given.items() if value is not None}
    return {name: _value("limits", name, name, value) for name, value in found.items()}


def bounded(budget: Budget) -> None:
    """Raise :class:`UsageError` for a limit that no policy file could have."""
    limits(**{f.name: getattr(budget, f.name) for f in fields(budget)})


def _budget(path: Path, where: str, table: Any, base: Budget) -> Budget:
    if not isinstance(table, dict):
        raise UsageError(f"{path}: {where} must be a table")
    if "correction" in table:
        raise UsageError(
            f"{path}: correction stands in [{where}], but it is one for all tasks",
            fix="Put it above all tables",
        )
    _known(path, where, table, [f.name for f in fields(Budget)])
    values = {name: _value(path, f"{where}.{name}", name, value) for name, value in table.items()}
    return replace(base, **values)


def _value(path: Path | str, where: str, name: str, value: Any) -> Any:
    wanted = "true or false"
    if name in _FLAGS and isinstance(value, bool):
        return value
    if name in _AMOUNTS:
        read, wanted = _AMOUNTS[name]
        if isinstance(value, int | float | str) and not isinstance(value, bool):
            try:
                return read(value)
            except (ValueError, OverflowError):
                pass
    if name in _COUNTS:
        wanted = f"a whole number from 0 to {MOST_COUNT:,}"
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_COUNT:
            return value
    if name in _RATIOS:
        wanted = f"a ratio above 0 and up to {MOST_RATIO:g}, such as 1.2"
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if number and 0 < value <= MOST_RATIO:
            return float(value)
    if name == "metrics":
        return _drops(path, where, value)
    if name == "by":
        wanted = "a list of columns, such as ['domain']"
        if isinstance(value, list | tuple) and all(isinstance(one, str) for one in value):
            return tuple(value)
    raise UsageError(f"{path}: {where} = {_short(value)} must be {wanted}")


def _drops(path: Path | str, where: str, table: Any) -> Mapping[str, float]:
    if not isinstance(table, Mapping):
        raise UsageError(f"{path}: {where} must be a table of metrics and their drops")
    names = [str(name) for name in table]
    if pair := hidden(names):
        earlier, later = pair
        raise UsageError(
            f"{path}: {where}: {later!r} never counts, because {earlier!r} stands before it",
            fix=f"Put {later!r} first",
        )
    return {
        str(name): _value(path, f'{where}."{name}"', "min_drop", value)
        for name, value in table.items()
    }


def _short(value: Any) -> str:
    if isinstance(value, int) and abs(value) >= 10**20:  # too many digits to be written
        return "a number of more than 20 digits"
    return repr(value)[:60]


def _known(path: Path | str, where: str, table: Mapping[str, Any], names: Any) -> None:
    for key in table:
        if key not in names:
            inside = f" in [{where}]" if where else ""
            raise UsageError(
                f"{path}: unknown key {key!r:.80}{inside}", fix=did_you_mean(key, names)
            )
