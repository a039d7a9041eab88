"""Items as layouts give them, and the one place where they become a task's data."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.data import Group
from harness.errors import InvalidError, first_ids
from harness.strict_json import Json
from suites.preference.data import PreferenceData


@dataclass(frozen=True, slots=True)
class Candidate:
    """One answer: ``text`` is ``None`` where only its id is known; people prefer a higher grade."""

    id: str
    text: str | None
    grade: int


@dataclass(frozen=True, slots=True)
class Item:
    """A prompt with candidates in the order of the file. ``cluster`` is what items share."""

    id: str
    prompt: str
    candidates: tuple[Candidate, ...]
    cluster: str = ""
    subset: str = ""


def assemble(
    items: Sequence[Item],
    signal: str,
    *,
    where: str,
    ordered: bool,
    limit: int | None = None,
    origin: Mapping[str, Json] | None = None,
    on_error: str = "error",
) -> PreferenceData:
    """Checked items as a task's data, in their order.

    What the file parts into chosen and rejected (``ordered`` false) is put into an order that says
    nothing: by the sha256 of ids. Odd things are counted in the notes, and named in the origin.

    Raises :class:`InvalidError` for no item, ids that stand twice, candidates that some items have
    texts for and others not, and a candidate's id that stands for two texts.
    """
    if not items:
        raise InvalidError(f"{where}: there are no items")
    _unique([item.id for item in items], where)
    for item in items:
        _unique([one.id for one in item.candidates], f"{where}: candidates of item {item.id!r}")
    documents = _documents(items, where)
    kept = items[:limit]
    notes, named = odd(kept)
    return PreferenceData(
        groups=tuple(_group(item, ordered) for item in kept),
        documents={one.id: documents[one.id] for item in kept for one in item.candidates}
        if documents
        else {},
        gold={item.id: {one.id: one.grade for one in item.candidates} for item in kept},
        notes=notes,
        origin={**(origin or {}), **named},
        on_error=on_error,
        signal=signal,
        subsets=tuple(item.subset for item in kept),
        ordered=ordered,
    )


def _group(item: Item, ordered: bool) -> Group:
    ids = [one.id for one in item.candidates]
    if not ordered:
        ids.sort(key=lambda name: hashlib.sha256(f"{item.id}\n{name}".encode()).digest())
    return Group(item.id, item.prompt, tuple(ids), (), item.cluster or str(item.prompt) or item.id)


def _unique(ids: Sequence[str], where: str) -> None:
    twice = [name for name, count in Counter(ids).items() if count > 1]
    if twice:
        raise InvalidError(f"{where}: {len(twice)} ids stand twice: {first_ids(twice)}")


def _documents(items: Sequence[Item], where: str) -> dict[str, str]:
    every = [one for item in items for one in item.candidates]
    texts = {one.id: one.text for one in every if one.text is not None}
    lost = [one.id for one in every if one.id not in texts]
    if texts and lost:
        raise InvalidError(
            f"{where}: {len(lost)} candidates have no text, others have one: {first_ids(lost)}"
        )
    two = sorted({one.id for one in every if texts.get(one.id) != one.text})
    if two:
        raise InvalidError(
            f"{where}: {len(two)} ids of candidates stand for several texts: {first_ids(two)}",
            fix="Give each text an id of its own",
        )
    return texts


def odd(items: Sequence[Item]) -> tuple[dict[str, int], dict[str, Json]]:
    """What is odd in a set of pairs, counted, and the first ids of it by the same names.

    Pairs of one text twice; pairs that stand several times under one prompt; and those of them
    whose labels are opposite, of which no model can be right about all.
    """
    same: list[str] = []
    seen: dict[tuple[str, frozenset[str]], dict[str, str]] = {}
    again: list[str] = []
    against: list[str] = []
    for item in items:
        if any(one.text is None for one in item.candidates):
            continue
        texts: dict[int, set[str]] = {}
        for one in item.candidates:
            texts.setdefault(one.grade, set()).add(one.text or "")
        if len(texts) > 1 and sum(map(len, texts.values())) > len(set().union(*texts.values())):
            same.append(item.id)
        if len(item.candidates) == 2 and len(texts) == 2:
            better, worse = (min(texts[grade]) for grade in sorted(texts, reverse=True))
            known = seen.setdefault((item.prompt, frozenset((better, worse))), {})
            if known:
                (again if better in known else against).append(item.id)
            known.setdefault(better, item.id)
    counts = {
        "items_with_one_text_on_both_sides": same,
        "pairs_again": again,
        "pairs_with_opposite_labels": against,
    }
    found = {name: ids for name, ids in counts.items() if ids}
    return {n: len(ids) for n, ids in found.items()}, {n: ids[:10] for n, ids in found.items()}


def places(ranks: Sequence[int]) -> list[int]:
    """Grades of ranks, 1 being best: the place of each from the bottom, 0 first, ties alike."""
    order = {rank: place for place, rank in enumerate(sorted(set(ranks), reverse=True))}
    return [order[rank] for rank in ranks]


def parted(
    name: str, chosen: Sequence[str | None], rejected: Sequence[str | None]
) -> tuple[Candidate, ...]:
    """Candidates of an item whose file says which are chosen and which rejected."""
    sides = (("chosen", chosen, 1), ("rejected", rejected, 0))
    return tuple(
        Candidate(f"{name}/{side}{f'-{n}' if len(texts) > 1 else ''}", text, grade)
        for side, texts, grade in sides
        for n, text in enumerate(texts, 1)
    )
