"""Items with classes -> the data of a consistency task, checked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.data import ItemData
from harness.errors import InvalidError, first_ids
from harness.fingerprint import digest
from harness.strict_json import Json
from harness.tasks.item_ids import refuse_twins
from suites.consistency.protocol import CALIBRATION, TEST


@dataclass(frozen=True, slots=True)
class Example:
    """One item of a class: ``content`` is a text, an image source, or ``None`` when not at hand.

    ``split`` is ``test`` or ``calibration``; ``role`` is ``query``, ``gallery`` or empty.
    """

    id: str
    label: str
    content: Any = None
    split: str = TEST
    role: str = ""


def assemble(
    examples: Iterable[Example],
    *,
    where: str,
    limit: int | None,
    origin: Mapping[str, Json],
    lone: bool = False,
) -> ItemData:
    """Items in their order, classes by name. ``lone`` admits classes in both splits.

    Raises :class:`InvalidError` for ids that stand twice, empty labels, fewer than two test
    classes, no test class of two items, or a class that is in both splits.
    """
    items = list(examples)[:limit]
    if not items:
        raise InvalidError(f"{where}: there are no items")
    twice = [name for name, count in Counter(item.id for item in items).items() if count > 1]
    if twice:
        raise InvalidError(f"{where}: {len(twice)} ids stand twice: {first_ids(twice)}")
    unlabelled = [item.id for item in items if not item.label]
    if unlabelled:
        raise InvalidError(
            f"{where}: {len(unlabelled)} items have no class: {first_ids(unlabelled)}"
        )
    _check_classes(items, where, lone)
    _check_roles(items, where)
    names = tuple(sorted({item.label for item in items}))
    refuse_twins(names, where)
    number = {name: float(code) for code, name in enumerate(names)}
    columns = {"split": tuple(item.split for item in items)}
    if any(item.role for item in items):
        columns["role"] = tuple(item.role for item in items)
    contents = [item.content for item in items if item.content is not None]
    return ItemData(
        ids=tuple(item.id for item in items),
        contents=contents if len(contents) == len(items) else [],
        gold=tuple(number[item.label] for item in items),
        clusters=tuple(item.label for item in items),
        columns=columns,
        facts={"split_sha256": split_digest(items)},
        origin=origin,
        classes=names,
    )


def split_digest(items: Iterable[Example]) -> str:
    """sha256 over (image, label, split) of every item: what a split is known by."""
    return digest(sorted([item.id, item.label, item.split, item.role] for item in items))


def _check_roles(items: Sequence[Example], where: str) -> None:
    if not any(item.role for item in items):
        return
    lost = [item.id for item in items if item.split == TEST and not item.role]
    if lost:
        raise InvalidError(
            f"{where}: {len(lost)} test items are neither query nor gallery: {first_ids(lost)}"
        )


def _check_classes(items: Sequence[Example], where: str, lone: bool) -> None:
    test = Counter(item.label for item in items if item.split == TEST)
    if len(test) < 2:
        raise InvalidError(f"{where}: {len(test)} test classes: there is nothing to compare")
    if max(test.values()) < 2:
        raise InvalidError(f"{where}: no test class has two items")
    other = {item.label for item in items if item.split == CALIBRATION}
    both = sorted(other & test.keys())
    if both and not lone:
        raise InvalidError(
            f"{where}: {len(both)} classes are in the calibration and the test split: "
            f"{first_ids(both)}",
            fix="An open-world split has classes in one of them only",
        )
