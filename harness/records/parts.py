"""A suite's own section of a record: which model it has, looked up by the suite's name."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import NoneType
from typing import Any, NamedTuple

from harness.errors import InvalidError, UsageError
from harness.records.base import Strict
from harness.registry import SUITES, blaming, suite_named, suites, warn

RAW = dict[str, Any]
"""The part of a suite that is not installed here: kept as it came."""

MOST_SUITES = 32
"""Names whose models are kept at hand; what a stranger's records name may be anything."""


class Declared(NamedTuple):
    """What a suite says of its part: the type, and :attr:`harness.nouns.Suite.tolerances`.

    The type is a model, ``NoneType`` where the suite has none, :data:`RAW` where it is absent.
    """

    type: Any
    tolerances: Mapping[str, float]


def declared(suite: str) -> Declared:
    """What the suite of that name says of its part.

    Nothing but registered suites is ever imported. Where one of somebody else, or its model, cannot
    be had, its parts are kept as they are, with a warning.
    """
    return _declared(suite, SUITES.get(suite))


@lru_cache(maxsize=MOST_SUITES)
def _declared(suite: str, target: str | None) -> Declared:
    found = suite_named(suite)
    if found is None:
        return Declared(RAW, {})
    try:
        kind = NoneType if found.part is None else _model(suite, found.part)
    except UsageError as error:  # a record is more than its part
        if suite in SUITES:
            raise
        warn(f"{error.message}; parts of its records are kept as they are")
        return Declared(RAW, {})
    return Declared(kind, found.tolerances)


def _model(suite: str, lazy: Any) -> type[Strict]:
    with blaming(suite, "the model of its part"):
        model = lazy.load()
    if not (isinstance(model, type) and issubclass(model, Strict)):
        raise UsageError(
            f"the part of suite {suite!r} is no model of a part",
            fix="Derive it from harness.records.Strict",
        )
    return model


def part_models(*, builtin: bool) -> list[type[Strict]]:
    """Models of all suites that have a part, in the registry's order, or of built-in ones."""
    names = list(SUITES) if builtin else [suite.name for suite in suites()]
    kinds = (declared(name).type for name in names)
    return [kind for kind in kinds if kind is not NoneType and kind is not RAW]


def check_part(suite: str, part: Any) -> None:
    """Raise :class:`InvalidError` when a suite scored a part that is not of its own model."""
    kind = declared(suite).type
    given = type(part).__name__
    if part is None or (kind is RAW and isinstance(part, Strict)):
        return
    if kind is NoneType:
        raise InvalidError(
            f"suite {suite!r} gave its record a part ({given}) but names no model of one",
            fix='Name it: Suite(..., part=Lazy("package.module:Model"))',
        )
    wanted = Strict if kind is RAW else kind
    if not isinstance(part, wanted):
        raise InvalidError(
            f"suite {suite!r} gave its record a part of {given}, which is no {wanted.__name__}",
            fix="Return from score what Suite(part=...) names",
        )
