"""Items as layouts give them, and the one place where they become a task's data."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.data import Group
from harness.errors import InvalidError, first_ids
from harness.strict_json import Json
from suites.preference.data import LABELS, RANKING, VOTES, PreferenceData
from suites.preference.persons import voter

LOWEST = {RANKING: "rank {} is below 0; 1 is best", VOTES: "{} votes are fewer than none"}


@dataclass(frozen=True, slots=True)
class Candidate:
    """One answer: ``text`` is ``None`` where only its id is known; people prefer a higher grade."""

    id: str
    text: str | None
    grade: int


@dataclass(frozen=True, slots=True)
class Item:
    """A prompt with candidates in the order of the file. ``cluster`` is what items share.

    ``person`` is how often one person says of its pairs what counts as people's word.
    """

    id: str
    prompt: str
    candidates: tuple[Candidate, ...]
    cluster: str = ""
    subset: str = ""
    person: float | None = None


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
        persons=tuple(_person(item, signal) for item in kept),
        ordered=ordered,
    )


def _person(item: Item, signal: str) -> float:
    if item.person is not None:
        return item.person
    return voter([one.grade for one in item.candidates]) if signal == VOTES else math.nan


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

    Items with nothing to compare; texts of nothing but blanks; pairs of one text twice; pairs that
    stand several times under one prompt; and those of them whose labels are opposite, of which no
    model can be right about all.
    """
    alone = [item.id for item in items if len(item.candidates) < 2]
    texts_of = {item.id: [one.text for one in item.candidates] for item in items}
    empty = [name for name, texts in texts_of.items()
             if any(text is not None and not text.strip() for text in texts)]  # fmt: skip
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
        "items_of_one_candidate": alone,
        "items_with_an_empty_text": empty,
        "items_with_one_text_on_both_sides": same,
        "pairs_again": again,
        "pairs_with_opposite_labels": against,
    }
    found = {name: ids for name, ids in counts.items() if ids}
    return {n: len(ids) for n, ids in found.items()}, {n: ids[:10] for n, ids in found.items()}


def graded(signal: str, said: Sequence[int], where: str, begins: dict[int, str]) -> list[int]:
    """Grades of what people said of an item's candidates.

    ``begins`` keeps where ranks begin at which number. Raises :class:`InvalidError` for ranks and
    votes below 0, labels that are neither 1 nor 0, and ranks that begin at 0 here and at 1 there:
    0 may mean that there is none.
    """
    low = min(said, default=1)
    if low < 0 and signal in LOWEST:
        raise InvalidError(f"{where}: {LOWEST[signal].format(low)}")
    if signal == LABELS and not set(said) <= {0, 1}:
        other = next(value for value in said if value not in (0, 1))
        raise InvalidError(
            f"{where}: label {other} is neither 1 nor 0",
            fix="Write 1 for what passes and 0 for what does not, or give ranks or votes",
        )
    if signal != RANKING:
        return list(said)
    begins.setdefault(low, where)
    if 0 in begins and 1 in begins:
        raise InvalidError(
            f"ranks begin at 0 in {begins[0]}, and at 1 in {begins[1]}",
            fix="Begin at 1 everywhere, and leave out candidates without a rank",
        )
    return places(said)


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
