"""What counts as worse: budgets from a TOML file and from flags."""

from __future__ import annotations

import fnmatch
import math
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from harness.errors import UsageError, did_you_mean


@dataclass(frozen=True, slots=True)
class Budget:
    """Limits for one task. ``None`` means that there is no limit.

    ``min_drop``: a drop of a deciding metric up to this size, in the metric's own unit, is not
    worth a failure.
    ``max_nfr``: negative-flip rate allowed; fails when the lower bound of its interval is above
    (the excess is proven), or the upper bound with ``strict`` (it is not excluded).
    ``max_new_failures``: flips allowed. ``max_latency_ratio``, ``max_memory_ratio``: candidate over
    baseline. ``all_metrics``: every metric may fail the task, not the primary one alone.
    """

    min_drop: float = 0.01
    max_nfr: float | None = None
    strict: bool = False
    max_new_failures: int | None = None
    max_latency_ratio: float | None = None
    max_memory_ratio: float | None = None
    all_metrics: bool = False


@dataclass(frozen=True, slots=True)
class Policy:
    """A default budget, and others for tasks by id or glob (the first that matches)."""

    default: Budget = Budget()
    tasks: Mapping[str, Budget] = field(default_factory=dict)

    def budget(self, task: str) -> Budget:
        """The budget of a task."""
        for pattern, budget in self.tasks.items():
            if fnmatch.fnmatchcase(task, pattern):
                return budget
        return self.default

    def override(self, **flags: Any) -> Policy:
        """The same with flags that were given (not ``None``) in place everywhere."""
        given = {name: value for name, value in flags.items() if value is not None}
        return Policy(
            replace(self.default, **given),
            {pattern: replace(budget, **given) for pattern, budget in self.tasks.items()},
        )


def read_policy(path: Path) -> Policy:
    """Read a policy file: a table ``[default]`` and tables ``[task."ID_OR_GLOB"]``.

    A task's table starts from the default. Raises :class:`UsageError` naming the file and the key
    that is unknown or ill-typed.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{path}: not a policy file ({error})") from error
    _known(path, "", data, ("default", "task"))
    default = _budget(path, "default", data.get("default", {}), Budget())
    tasks = data.get("task", {})
    if not isinstance(tasks, dict):
        raise UsageError(f'{path}: write [task."ID"] tables')
    return Policy(
        default,
        {name: _budget(path, f'task."{name}"', table, default) for name, table in tasks.items()},
    )


def drop(text: str | float) -> float:
    """``3%``, ``0.03``, or any number from 0 up for a metric in units of its own.

    Raises :class:`ValueError` otherwise.
    """
    if isinstance(text, str) and text.strip().endswith("%"):
        return fraction(text)
    value = float(text)
    if not 0 <= value < math.inf:
        raise ValueError(f"{text} is not a number from 0 up")
    return value


def fraction(text: str | float) -> float:
    """``3%`` or ``0.03`` as a fraction from 0 to 1. Raises :class:`ValueError` otherwise."""
    if isinstance(text, str) and text.strip().endswith("%"):
        value = float(text.strip()[:-1]) / 100
    else:
        value = float(text)
    if not 0 <= value <= 1:
        raise ValueError(f"{text} is not between 0 and 1")
    return value


_AMOUNTS: Mapping[str, tuple[Callable[[str | float], float], str]] = {
    "min_drop": (drop, "a share such as 0.03 or '3%', or a number in the metric's own unit"),
    "max_nfr": (fraction, "a share such as 0.03 or '3%'"),
}


def limits(**given: Any) -> dict[str, Any]:
    """Limits of a budget by name, those that are ``None`` left out.

    Raises :class:`UsageError` for an unknown name and for a value that is none.
    """
    _known("limits", "", given, [f.name for f in fields(Budget)])
    found = {name: value for name, value in given.items() if value is not None}
    return {name: _value("limits", name, name, value) for name, value in found.items()}


_COUNTS = ("max_new_failures",)
_RATIOS = ("max_latency_ratio", "max_memory_ratio")
_FLAGS = ("strict", "all_metrics")


def _budget(path: Path, where: str, table: Any, base: Budget) -> Budget:
    if not isinstance(table, dict):
        raise UsageError(f"{path}: {where} must be a table")
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
        wanted = "a whole number from 0 up"
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            return value
    if name in _RATIOS:
        wanted = "a ratio above 0, such as 1.2"
        if isinstance(value, int | float) and not isinstance(value, bool) and value > 0:
            return float(value)
    raise UsageError(f"{path}: {where} = {value!r} must be {wanted}")


def _known(path: Path | str, where: str, table: Mapping[str, Any], names: Any) -> None:
    for key in table:
        if key not in names:
            inside = f" in [{where}]" if where else ""
            raise UsageError(f"{path}: unknown key {key!r}{inside}", fix=did_you_mean(key, names))
