"""The checks of one capability, each a line."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.capabilities import CAPABILITIES, Model
from harness.engine.batching import stacked
from harness.engine.checking.asking import (
    LISTS,
    Ask,
    Reals,
    ask_of,
    items_of,
    odd_items,
    of_pictures,
)
from harness.errors import MarginBenchError, said_by
from harness.predictions.answers import bringing

FINE, NOTE, WRONG = "fine", "note", "wrong"

TOLERANCE = 1e-4
"""Largest difference of two equal answers, per unit of the largest above 1."""

COARSE = 0.01
"""Share of the spread of the answers above which a change is no rounding."""


@dataclass(frozen=True, slots=True)
class Line:
    """One check: of what, whether it is fine, and in words."""

    capability: str
    check: str
    level: str
    words: str


def steps(model: Model, capability: str) -> Iterator[Line]:
    """Check one capability of a loaded model; what it returns at all comes first."""
    ask, asked = ask_of(capability), items_of(capability)
    usual = _tried(ask, model, asked)
    if isinstance(usual, str):
        yield Line(capability, "answers", WRONG, usual)
        return
    yield Line(capability, "answers", *_answers(usual, capability))
    yield _same(capability, "twice", usual, lambda: ask(model, asked), _TWICE)
    if capability not in LISTS:
        yield _same(capability, "one by one", usual, lambda: _alone(ask, model, asked), _ALONE)
    yield _same(capability, "order", usual, lambda: ask(model, asked[::-1])[::-1], _ORDER)
    for name, item in odd_items(capability).items():
        yield _odd(model, capability, name, [*asked[:3], item], ask)
    if capability in LISTS:
        yield _odd(model, capability, "a list of one", asked[:1], ask)


_TWICE = "asked the same twice, it answers otherwise: is something random, or kept between calls?"
_ALONE = (
    "items answer otherwise alone than in a batch: does padding, or a mean of the batch, count?"
)
_ORDER = "answers depend on the order of the items: are they sorted, and not put back?"


def _alone(ask: Ask, model: Model, asked: Sequence[Any]) -> Reals:
    return stacked([ask(model, [item]) for item in asked])


def _tried(ask: Ask, model: Model, asked: Sequence[Any]) -> Reals | str:
    """The answers, or one line of why there are none."""
    try:
        return ask(model, asked)
    except MarginBenchError as error:
        return str(error)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # of an adapter, or of what it runs
        return said_by(error)


def _answers(found: Reals, capability: str) -> tuple[str, str]:
    if capability in LISTS:
        return FINE, f"every one of {len(found)} documents has a place"
    if capability not in CAPABILITIES:
        return bringing(capability).seen(found)
    if found.ndim == 2 and capability.startswith("classify"):
        return FINE, f"{len(found)} classes, {len(np.unique(found[:, 0]))} of them different"
    if found.ndim == 2:
        sides = 2 if capability == "embed_texts" else 1
        size = found.shape[1] // sides
        if not found.any(axis=1).all():
            return WRONG, f"a vector of {size} numbers is all zeros"
        if len(np.unique(found, axis=0)) < 2:
            return WRONG, "every item gets the same vector"
        return FINE, f"{len(found)} vectors of {size} numbers"
    if len(np.unique(found)) < 2:
        return WRONG, f"every item gets {found[0]:g}"
    low, high = float(found.min()), float(found.max())
    return FINE, f"{len(found)} numbers from {low:.4g} to {high:.4g}"


def _same(
    capability: str, check: str, usual: Reals, again: Callable[[], Reals], wrong: str
) -> Line:
    found = _tried(lambda *_: again(), None, ())
    if isinstance(found, str):
        return Line(capability, check, WRONG, found)
    if found.shape != usual.shape:
        said = f"answers of shape {found.shape[1:]} in place of {usual.shape[1:]}"
        return Line(capability, check, WRONG, said)
    gap = float(np.abs(found - usual).max(initial=0.0))
    size = max(1.0, float(np.abs(usual).max(initial=0.0)))
    if gap <= TOLERANCE * size:
        return Line(capability, check, FINE, f"the same answers{f' (to {gap:.0e})' if gap else ''}")
    if check == "order" and capability in LISTS:
        said = "another order of the documents gives another ranking, as with most list rankers"
        return Line(capability, check, NOTE, said)
    small = gap <= COARSE * float(np.ptp(usual)) and check != "twice"
    if small:
        said = f"answers differ by up to {gap:.2g}, as rounding in low precision does"
        return Line(capability, check, NOTE, said)
    return Line(capability, check, WRONG, f"{wrong} (by up to {gap:.2g})")


def _odd(model: Model, capability: str, name: str, asked: Sequence[Any], ask: Ask) -> Line:
    found = _tried(ask, model, asked)
    if isinstance(found, str):
        # Sets of pictures have none of these; lists of texts have all of those.
        level = NOTE if of_pictures(capability) else WRONG
        return Line(capability, name, level, found)
    return Line(capability, name, FINE, "answered")
