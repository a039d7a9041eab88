"""Rows of any source -> the items of a classification task, checked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.data import ItemData
from harness.errors import InvalidError, first_ids
from harness.strict_json import Json
from harness.tasks.item_ids import refuse_twins
from suites.flips.protocol import REFERENCE, SLICED_BY


@dataclass(frozen=True, slots=True)
class Example:
    """One item: ``content`` is a text, an image source, or ``None`` when only its id is known."""

    id: str
    label: str
    content: Any = None
    cluster: str = ""
    reference: str | None = None
    columns: Mapping[str, str] | None = None
    split: str = "test"


def assemble(
    examples: Iterable[Example],
    *,
    where: str,
    limit: int | None,
    facts: Mapping[str, Json] | None = None,
    origin: Mapping[str, Json] | None = None,
    classes: Sequence[str] | None = None,
) -> ItemData:
    """Items in their order. ``classes`` are given by the set, or are all labels, sorted.

    Raises :class:`InvalidError` for ids that stand twice, an empty or unknown label, labels of one
    class only, and reference answers that some items lack.
    """
    items = list(examples)
    if not items:
        raise InvalidError(f"{where}: there are no items")
    _check_ids(items, where)
    names = tuple(classes or sorted({item.label for item in items}))
    refuse_twins(names, where)
    _check_labels(items, names, where)
    number = {name: float(code) for code, name in enumerate(names)}
    columns = _columns(items, where)
    items = items[:limit]
    return ItemData(
        ids=tuple(item.id for item in items),
        contents=[item.content for item in items if item.content is not None],
        gold=tuple(number[item.label] for item in items),
        clusters=tuple(item.cluster or item.id for item in items),
        columns={name: values[:limit] for name, values in columns.items()},
        facts=facts or {},
        origin=origin or {},
        classes=names,
    )


def _check_ids(items: Sequence[Example], where: str) -> None:
    twice = [name for name, count in Counter(item.id for item in items).items() if count > 1]
    if twice:
        raise InvalidError(f"{where}: {len(twice)} ids stand twice: {first_ids(twice)}")


def _check_labels(items: Sequence[Example], names: Sequence[str], where: str) -> None:
    known = set(names)
    lost = [item.id for item in items if item.label not in known or not item.label]
    if lost:
        raise InvalidError(
            f"{where}: {len(lost)} items have a label that is empty or out of range: "
            f"{first_ids(lost)}"
        )
    if len(names) < 2 or len({item.label for item in items}) < 2:
        raise InvalidError(f"{where}: all items are of one class, {items[0].label!r}")


def _columns(items: Sequence[Example], where: str) -> dict[str, tuple[str, ...]]:
    found = {
        name: tuple((item.columns or {}).get(name, "") for item in items) for name in SLICED_BY
    }
    kept = {name: values for name, values in found.items() if any(values)}
    given = [item.reference is not None for item in items]
    if any(given):
        if not all(given):
            lost = [i.id for i, there in zip(items, given, strict=True) if not there]
            raise InvalidError(
                f"{where}: {len(lost)} items lack a reference answer: {first_ids(lost)}"
            )
        kept[REFERENCE] = tuple(item.reference or "" for item in items)
    return kept
