"""What a program asks for, checked as the command line checks what is typed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import inf
from os import PathLike
from os.path import expanduser
from pathlib import Path
from typing import Any, TypedDict

from harness.data.asked import MISSING, MOST_DEPTH, Draws, LoadRequest, Told
from harness.errors import UsageError
from harness.nouns import Task
from harness.tasks.selection import find_task

ON_ERROR = ("error", "worst-rank")
OPINION = ("", "higher", "lower")


class Loading(TypedDict, total=False):
    """How the data of a task are taken, by the names of :class:`LoadRequest` and :class:`Told`."""

    first_stage: str | PathLike[str] | None
    limit: int | None
    on_error: str
    depth: int | None
    missing: str
    metrics: str | Iterable[str]
    label_map: Mapping[str, str] | None
    opinion: str
    cluster: str
    bits: int | None
    column: Mapping[str, str] | None
    seed: int | None
    replicates: int | None


def load_request(
    data: str | PathLike[str] | None,
    *,
    first_stage: str | PathLike[str] | None = None,
    limit: int | None = None,
    on_error: str = "error",
    depth: int | None = None,
    missing: str = "error",
    metrics: str | Iterable[str] = (),
    label_map: Mapping[str, str] | None = None,
    opinion: str = "",
    cluster: str = "",
    bits: int | None = None,
    column: Mapping[str, str] | None = None,
    seed: int | None = None,
    replicates: int | None = None,
) -> LoadRequest:
    """How a task is to be loaded; :class:`UsageError` for what cannot be."""
    return LoadRequest(
        data=existing("data", data),
        first_stage=None if first_stage is None else str(a_path("first_stage", first_stage)),
        limit=whole_number("limit", limit),
        on_error=one_of("on_error", on_error, ON_ERROR),
        told=Told(
            label_map=_pairs(label_map or {}),
            opinion=one_of("opinion", opinion, OPINION),
            cluster=a_text("cluster", cluster),
            bits=whole_number("bits", bits) or 0,
            column=columns_named("column", column),
        ),
        depth=whole_number("depth", depth, most=MOST_DEPTH),
        missing=one_of("missing", missing, MISSING),
        metrics=texts("metrics", metrics),
        draws=draws(seed, replicates),
    )


def draws(seed: int | None, replicates: int | None) -> Draws:
    """How intervals are drawn, within what ``marginbench evaluate`` takes."""
    for name, value, low, high in (("seed", seed, 0, 2**32 - 1),
                                   ("replicates", replicates, 100, 100_000)):  # fmt: skip
        whole = isinstance(value, int) and not isinstance(value, bool)
        if value is not None and not (whole and low <= value <= high):
            raise UsageError(f"{name} is {value!r}", fix=f"Give a number from {low} to {high}")
    return Draws(replicates, seed)


def _pairs(label_map: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    if not isinstance(label_map, Mapping):
        raise UsageError(f"label_map is {_kind(label_map)}", fix="Give {word: class}")
    return tuple((str(word), a_text("label_map", said)) for word, said in label_map.items())


def columns_named(name: str, value: Mapping[str, str] | None) -> tuple[tuple[str, str], ...]:
    """Pairs of a role and the column that has it."""
    if value is None:
        return ()
    if not isinstance(value, Mapping):
        raise UsageError(f"{name} is {_kind(value)}", fix="Give {role: column}")
    return tuple((a_text(name, role).lower(), a_text(name, own)) for role, own in value.items())


def a_path(name: str, value: str | PathLike[str]) -> Path:
    """The value as a path; ``~`` is the user's folder, as a shell would have it."""
    try:
        return Path(expanduser(value))
    except TypeError:
        raise UsageError(f"{name} is {_kind(value)}", fix="Give a path") from None


def paths(name: str, value: Any) -> list[Path]:
    """A path, or several in any collection."""
    several = [value] if isinstance(value, str | PathLike) else listed(name, value)
    return [a_path(name, one) for one in several]


def listed(name: str, value: Iterable[Any]) -> list[Any]:
    """What a collection holds."""
    try:
        return list(value)
    except TypeError:
        raise UsageError(f"{name} is {_kind(value)}", fix="Give a path or a list") from None


def existing(name: str, value: str | PathLike[str] | None) -> Path | None:
    """The path, where one is given; :class:`UsageError` when nothing is there."""
    path = None if value is None else a_path(name, value)
    if path is not None and not path.exists():
        raise UsageError(f"{name}: {path} is not there")
    return path


def a_text(name: str, value: str) -> str:
    """The value, which is a text."""
    if not isinstance(value, str):
        raise UsageError(f"{name} is {_kind(value)}", fix="Give a text")
    return value


def texts(name: str, value: str | Iterable[str]) -> tuple[str, ...]:
    """A text, or several in any collection."""
    several = [value] if isinstance(value, str) else listed(name, value)
    return tuple(a_text(name, one) for one in several)


def one_task(value: str | Task) -> Task:
    """A task, or the one of that name."""
    return value if isinstance(value, Task) else find_task(a_text("task", value))


def one_of(name: str, value: str, known: Sequence[str]) -> str:
    """The value, which is one of those known."""
    if value not in known:
        raise UsageError(f"{name} is {value!r}", fix=f"Known: {', '.join(known)}")
    return value


def whole_number(name: str, value: int | None, most: int = 2**63 - 1) -> int | None:
    """The value, which is ``None`` or at least 1."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        up = f" to {most:,}" if most < 2**63 - 1 else " up"
        raise UsageError(f"{name} is {value!r:.40}", fix=f"Give a whole number from 1{up}")
    return value


def seconds(name: str, value: float | None) -> float | None:
    """The value, which is ``None`` or a time above 0 that ends."""
    if value is None:
        return None
    number = not isinstance(value, bool) and isinstance(value, int | float)
    if not number or not 0 < value < inf:
        raise UsageError(f"{name} is {value!r}", fix="Give seconds above 0")
    return float(value)


def _kind(value: object) -> str:
    return "None" if value is None else f"of type {type(value).__name__}"
