"""Texts of any origin -> :class:`ItemData`: ids, clusters, the limit, and what must not be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice, zip_longest
from typing import NamedTuple

from harness.data import ItemData
from harness.errors import InvalidError, first_ids
from harness.strict_json import Json
from suites.detection.protocol import TEST

NAMED = ("domain", "generator", "attack", "decoding", "repetition_penalty", "split")
"""Columns of the result; one is kept when any text has a value for it."""

HUMAN, MACHINE = 0.0, 1.0


class Entry(NamedTuple):
    """One text. ``label`` is ``None`` when hidden, ``id`` and ``cluster`` ``""`` when unknown."""

    text: str
    label: float | None
    id: str
    cluster: str = ""
    domain: str = ""
    generator: str = ""
    attack: str = ""
    decoding: str = ""
    repetition_penalty: str = ""
    split: str = ""


def assemble(
    entries: Iterable[Entry],
    *,
    where: str,
    limit: int | None = None,
    origin: Mapping[str, Json],
    texts: bool = True,
) -> ItemData:
    """Check the texts and put them side by side, in their order.

    A text without a cluster belongs with every other text that reads the same. Empty texts are
    kept, because a detector must say something of them too, and are counted in the notes, as
    are texts that stand in both classes. Raises :class:`InvalidError` for no texts at all, ids
    given twice, labels or splits that only some have, and test texts of one class alone.
    ``texts`` is false where only ids and labels are known.
    """
    found = _clustered(entries)
    if not found:
        raise InvalidError(f"{where} holds no texts")
    _check_ids(found, where)
    _check_splits(found, where)
    labelled = _check_labels(found, where)
    if limit is not None:
        found = first_texts(found, limit)
    return ItemData(
        ids=tuple(entry.id for entry in found),
        contents=tuple(entry.text for entry in found) if texts else (),
        gold=tuple(float(entry.label or 0) for entry in found) if labelled else (),
        clusters=tuple(entry.cluster for entry in found),
        columns=_columns(found),
        facts={"positive": "machine"},
        origin=origin,
        notes=_notes(found) if texts else {},
    )


def first_texts(entries: Sequence[Entry], limit: int) -> list[Entry]:
    """The first ``limit`` texts of each split, in file order, human and machine ones by turns.

    So texts that are tested are ``limit``, and as many more are for calibration where a task has
    such. One of each class is there in any case, without which nothing could be said.
    """
    queues: dict[tuple[str, float | None], list[int]] = {}
    for place, entry in enumerate(entries):
        queues.setdefault((entry.split, entry.label), []).append(place)
    kept: set[int] = set()
    for split in {split for split, _ in queues}:
        classes = [places for (own, _), places in queues.items() if own == split]
        by_turns = (place for turn in zip_longest(*classes) for place in turn if place is not None)
        kept.update(islice(by_turns, max(limit, len(classes))))
    return [entry for place, entry in enumerate(entries) if place in kept]


def _clustered(entries: Iterable[Entry]) -> list[Entry]:
    first: dict[str, str] = {}
    found = []
    for entry in entries:
        if not entry.cluster:
            own = first.setdefault(entry.text, entry.id) if entry.text.strip() else entry.id
            entry = entry._replace(cluster=own)
        found.append(entry)
    return found


def _check_ids(entries: Sequence[Entry], where: str) -> None:
    counts = Counter(entry.id for entry in entries)
    twice = [name for name, count in counts.items() if count > 1]
    if twice:
        raise InvalidError(f"{where}: {len(twice)} ids are there twice: {first_ids(twice)}")


def _check_splits(entries: Sequence[Entry], where: str) -> None:
    """Raise where only some texts have a split: the others would count in neither."""
    bare = [entry.id for entry in entries if not entry.split]
    if 0 < len(bare) < len(entries):
        raise InvalidError(
            f"{where}: {len(bare)} of {len(entries)} texts name no split: {first_ids(bare)}",
            fix="Say test or calibration of each text, or of none",
        )


def _check_labels(entries: Sequence[Entry], where: str) -> bool:
    hidden = [entry.id for entry in entries if entry.label is None]
    if hidden:
        if len(hidden) < len(entries):
            raise InvalidError(
                f"{where}: {len(hidden)} of {len(entries)} texts have no label: {first_ids(hidden)}"
            )
        return False
    tested = Counter(entry.label for entry in entries if entry.split in ("", TEST))
    for label, name in ((HUMAN, "human"), (MACHINE, "machine")):
        if not tested[label]:
            count = sum(tested.values())
            raise InvalidError(
                f"{where}: none of the {count} test texts is {name}-written",
                fix="Both classes are needed; without a label column the labels count as hidden",
            )
    return True


def _columns(entries: Sequence[Entry]) -> dict[str, tuple[str, ...]]:
    columns = {name: tuple(getattr(entry, name) for entry in entries) for name in NAMED}
    return {name: values for name, values in columns.items() if any(values)}


def _notes(entries: Sequence[Entry]) -> dict[str, int]:
    classes: dict[str, set[float | None]] = {}
    for entry in entries:
        classes.setdefault(entry.text, set()).add(entry.label)
    notes = {
        "empty_texts": sum(not entry.text.strip() for entry in entries),
        "repeated_texts": len(entries) - len(classes),
        "texts_in_both_classes": sum(
            len(labels) > 1 for text, labels in classes.items() if text.strip()
        ),
    }
    return {name: count for name, count in notes.items() if count}
