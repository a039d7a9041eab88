"""Layouts of people's own preference tables: how each row, or some rows, make an item.

One row an item: ``chosen`` and ``rejected`` (a text each, or lists), or ``candidates`` with
``ranking``, ``votes`` or ``labels`` beside them, or ``response_a`` and ``response_b`` with a
``label`` or votes. One row a candidate: ``group``, ``candidate`` and ``rank``, ``votes`` or
``label``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from harness.data.shown import Dialogue
from harness.errors import InvalidError, UsageError
from harness.tasks.reading.verdicts import BAD, FIRST, SECOND, TIE, WORDS
from harness.tasks.reading.verdicts import VOTES as ARENA
from harness.tasks.tables import Row, find_columns
from suites.preference import agreeing
from suites.preference.cells import (
    is_list,
    list_in,
    plain_in,
    text_in,
    texts_in,
    unpacked,
    whole_in,
)
from suites.preference.chats import before_answers, is_chat, prompt_of
from suites.preference.data import CHOSEN, LABELS, RANKING, TWO, VOTES
from suites.preference.items import Candidate, Item, graded, parted
from suites.preference.persons import told_by

COMMON: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "item_id", "pair_id", "_id", "item"),
    "prompt": ("prompt", "question", "query", "instruction", "problem", "post", "context", "input",
               "filename", "image"),
    "subset": ("subset", "domain", "category", "section"),
    "person": ("human_agreement",),  # how often one person says what counts as people's word
}  # fmt: skip
"""Role -> names that the column may have, the first one found being taken."""

CLUSTER = ("cluster", "prompt_id", "problem_id", "group_id")
"""Columns that name what items share beyond an equal prompt."""

SIDES: Mapping[str, tuple[str, ...]] = {
    "chosen": ("chosen", "preferred", "caption", "positive"),
    "rejected": ("rejected", "dispreferred", "negative_caption", "negative"),
}
AGAIN = ("caption2",)
"""A second chosen text of SugarCrepe++, of the same meaning as the first."""

LISTED: Mapping[str, tuple[str, ...]] = {
    "texts": ("candidates", "responses", "completions", "answers"),
    "paths": ("generations", "image_path", "images", "paths", "videos"),
    RANKING: ("ranking", "ranks", "rank"),
    VOTES: ("votes",),
    LABELS: ("labels",),
}
PAIRED: Mapping[str, tuple[str, ...]] = {
    "a": ("response_a", "answer_a", "output_a", "text_a", "a"),
    "b": ("response_b", "answer_b", "output_b", "text_b", "b"),
    "said": ("label", "human", "winner", "preference", "verdict", "overall"),
    "votes_a": ("votes_a",),
    "votes_b": ("votes_b",),
}
LONG: Mapping[str, tuple[str, ...]] = {
    "group": ("group", "prompt_id", "query_id"),
    "candidate": ("candidate", "candidate_id", "item"),
    "text": ("text", "response", "answer", "completion"),
    RANKING: ("rank", "ranking"),
    VOTES: ("votes",),
    LABELS: ("label", "passed", "correct"),
}

NAMES = frozenset(AGAIN).union(
    *(names for roles in (COMMON, SIDES, LISTED, PAIRED, LONG) for names in roles.values())
)
"""All names by which columns are looked for."""

SAID: Mapping[str, float] = {
    **WORDS,
    **ARENA,
    **dict.fromkeys(("1", "left", "model_a", "response_a"), FIRST),
    **dict.fromkeys(("2", "right", "model_b", "response_b"), SECOND),
    **dict.fromkeys(("equal", "both"), TIE),
    **dict.fromkeys(("both_bad", "tie (bothbad)", "neither"), BAD),
}
"""What people say of two candidates, in small letters: a judge's words, and those of arenas."""

GRADES = {FIRST: (1, 0), SECOND: (0, 1), TIE: (1, 1), BAD: (0, 0)}


class Layout:
    """How a table's rows make items: the people's signal, and whether the order may tell."""

    def __init__(
        self,
        signal: str,
        items: Callable[[Sequence[Row]], Iterator[Item]],
        *,
        ordered: bool,
        texts: bool,
    ) -> None:
        self.signal, self.items, self.ordered, self.texts = signal, items, ordered, texts


def layout_of(row: Row) -> Layout:
    """The layout of a table by its first row; :class:`UsageError` names what is missing."""
    found = _layout_in(row)
    if found is not None:
        return found
    raise UsageError(
        f"{row.file} says of no candidates which people prefer; columns there: "
        + ", ".join(map(repr, row.values))[:500],
        fix="It needs chosen and rejected; or candidates with ranking, votes or labels (lists); or "
        "response_a, response_b and label; or group and rank, votes or label, a row a candidate",
    )


def _layout_in(row: Row) -> Layout | None:
    sides = find_columns(row, SIDES)
    if len(sides) == len(SIDES):
        return Layout(CHOSEN, _from_sides, ordered=False, texts=True)
    two = find_columns(row, PAIRED)
    if {"a", "b"} <= two.keys():
        if {"votes_a", "votes_b"} <= two.keys():
            return Layout(VOTES, _from_two, ordered=True, texts=True)
        if "said" in two:
            return Layout(TWO, _from_two, ordered=True, texts=True)
    long = find_columns(row, LONG)
    signal = next((name for name in (RANKING, VOTES, LABELS) if name in long), "")
    if "group" in long and signal and not is_list(row.values[long[signal]], row):
        _refuse_two(row, long, signal)
        return Layout(signal, _from_long, ordered=True, texts="text" in long)
    listed = find_columns(row, LISTED)
    signal = next((name for name in (RANKING, VOTES, LABELS) if name in listed), "")
    if signal and is_list(row.values[listed[signal]], row):
        _refuse_two(row, listed, signal)
        return Layout(signal, _from_lists, ordered=True, texts="texts" in listed)
    return None


def _refuse_two(row: Row, named: Mapping[str, str], signal: str) -> None:
    """Raise where people's preference stands in two columns, which need not agree."""
    other = next((one for one in (RANKING, VOTES, LABELS) if one in named and one != signal), "")
    if other:
        raise UsageError(
            f"{row.file} says twice what people prefer, by {named[signal]!r} and {named[other]!r}",
            fix="Leave out or rename the column that does not count",
        )


def _agree(rows: Sequence[Row]) -> None:
    """Raise where rows say in different ways what people prefer."""
    agreeing.same_layout(rows, _layout_in)
    agreeing.say_unshown(rows, COMMON["prompt"])


def _from_sides(rows: Sequence[Row]) -> Iterator[Item]:
    _agree(rows)
    agreeing.refuse_pointers(rows, SIDES, SAID)
    agreeing.check_cells(rows, find_columns(rows[0], {**SIDES, "again": AGAIN}).values())
    for row in rows:
        named = find_columns(row, SIDES)
        lost = [side for side in SIDES if side not in named]
        if lost:
            raise InvalidError(f"{row.where}: no {lost[0]}")
        chosen, rejected = (texts_in(row, named[side]) for side in SIDES)
        again = find_columns(row, {"again": AGAIN}).get("again")
        chosen += texts_in(row, again) if again is not None else []
        name = name_in(row)
        yield item_in(row, name, parted(name, chosen, rejected))


def _from_lists(rows: Sequence[Row]) -> Iterator[Item]:
    _agree(rows)
    begins: dict[int, str] = {}
    for row in rows:
        named = find_columns(row, LISTED)
        signal = next((one for one in (RANKING, VOTES, LABELS) if one in named), "")
        if not signal:
            raise InvalidError(f"{row.where}: neither ranking, votes nor labels")
        said = [whole_in(value, signal, row) for value in list_in(row, named[signal])]
        content = named.get("texts") or named.get("paths")
        texts = texts_in(row, content) if content else [None] * len(said)
        if len(texts) != len(said):
            raise InvalidError(
                f"{row.where}: {len(texts)} candidates and {len(said)} values in {named[signal]!r}"
            )
        name = name_in(row)
        shown = texts if "texts" in named else [None] * len(said)
        grades = graded(signal, said, row.where, begins)
        yield item_in(
            row,
            name,
            tuple(
                Candidate(f"{name}/{n}", text, grade)
                for n, (text, grade) in enumerate(zip(shown, grades, strict=True), 1)
            ),
        )


def _from_two(rows: Sequence[Row]) -> Iterator[Item]:
    _agree(rows)
    agreeing.refuse_contrary(rows, PAIRED, SAID)
    for row in rows:
        named = find_columns(row, PAIRED)
        name = name_in(row)
        texts = [text_in(row.values.get(named.get(side, "")), row, side) for side in "ab"]
        if {"votes_a", "votes_b"} <= named.keys():
            said = [whole_in(row.values[named[f"votes_{side}"]], "votes", row) for side in "ab"]
            grades = graded(VOTES, said, row.where, {})
        else:
            grades = list(GRADES[said_in(row, named)])
        yield item_in(
            row,
            name,
            tuple(
                Candidate(f"{name}/{side}", text, grade)
                for side, text, grade in zip("AB", texts, grades, strict=True)
            ),
        )


def _from_long(rows: Sequence[Row]) -> Iterator[Item]:
    _agree(rows)
    shared = {role: COMMON[role] for role in ("prompt", "subset")}
    agreeing.check_groups(rows, LONG["group"], shared)
    groups: dict[str, list[tuple[Row, Candidate]]] = {}
    signals: set[str] = set()
    for row in rows:
        named = find_columns(row, LONG)
        signal = next((one for one in (RANKING, VOTES, LABELS) if one in named), "")
        if not signal or "group" not in named:
            raise InvalidError(f"{row.where}: no group, or neither rank, votes nor label")
        signals.add(signal)
        group = plain_in(row.values[named["group"]], "group", row)
        own = row.values.get(named.get("candidate", ""))
        place = len(groups.get(group, ())) + 1
        name = f"{group}/{place}" if own is None else plain_in(own, "candidate", row)
        text = text_in(row.values[named["text"]], row, "text") if "text" in named else None
        grade = whole_in(row.values[named[signal]], signal, row)
        groups.setdefault(group, []).append((row, Candidate(name, text, grade)))
    begins: dict[int, str] = {}
    for group, found in groups.items():
        first, candidates = found[0][0], [one for _, one in found]
        where, said = f"{first.file}, group {group!r}", [one.grade for one in candidates]
        grades = graded(next(iter(signals)), said, where, begins)
        yield item_in(
            first,
            group,
            tuple(
                Candidate(one.id, one.text, grade)
                for one, grade in zip(candidates, grades, strict=True)
            ),
        )


def item_in(row: Row, name: str, candidates: tuple[Candidate, ...]) -> Item:
    """The item of a row with its prompt, cluster and subset."""
    named = find_columns(row, {**COMMON, "cluster": CLUSTER})

    def cell(role: str) -> str:
        value = row.values.get(named.get(role, ""))
        return "" if value is None else text_in(value, row, role)

    prompt = _prompt(row, named.get("prompt"))
    return Item(
        name, prompt, candidates, cell("cluster"), cell("subset"), told_by(row, named.get("person"))
    )


def _prompt(row: Row, column: str | None) -> str:
    """The column of prompts, a chat with all its messages; of chats without one, or with several
    turns, what stands before their answers."""
    cell = None if column is None else row.values[column]
    chat = unpacked(cell, row)
    if column is not None and is_chat(chat):
        return prompt_of(chat, row, column)
    shown = "" if cell is None else text_in(cell, row, "prompt")
    pair = {role: PAIRED[role] for role in ("a", "b")}
    named = find_columns(row, SIDES) or find_columns(row, pair)
    sides = {name: unpacked(row.values[name], row) for name in named.values()}
    told = before_answers(sides, row)
    return told if told is not None and (not shown or isinstance(told, Dialogue)) else shown


def name_in(row: Row) -> str:
    """The id of a row's item: what a column says, else the row's number."""
    column = find_columns(row, {"id": COMMON["id"]}).get("id")
    value = None if column is None else row.values[column]
    return str(row.number) if value is None else plain_in(value, "id", row)


def said_in(row: Row, named: Mapping[str, str]) -> float:
    """What people say of two candidates, by the column under ``said``."""
    if "said" not in named:
        raise InvalidError(f"{row.where}: no label says which is preferred")
    value = row.values[named["said"]]
    word = str(value).strip().lower()
    if SAID.get(word) not in GRADES:
        raise InvalidError(
            f"{row.where}: {named['said']} {value!r} says nothing of two candidates",
            fix="Write A, B, tie or both bad",
        )
    return SAID[word]
