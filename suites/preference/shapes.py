"""What items of a published board look like, where its figures go by it.

A figure that picks candidates by their place or their item's id gives another number, not an error,
where these are others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from harness.errors import InvalidError, first_ids
from suites.preference.composites import REF, TIED, TIES
from suites.preference.data import PreferenceData

STYLES = 3
"""Styles of RM-Bench: so many chosen and so many rejected answers."""


def _best_of_four(subset: str, name: str, grades: tuple[int, ...]) -> bool:
    if subset != TIES:
        return sum(grades) == 1 and len(grades) > 1
    kind, colon, number = name.partition(":")
    return kind in (REF, TIED) and bool(colon and number) and 0 < sum(grades) < len(grades)


def _three_styles(subset: str, name: str, grades: tuple[int, ...]) -> bool:
    return sum(grades) == STYLES and len(grades) == 2 * STYLES


SHAPES: Mapping[str, tuple[Callable[[str, str, tuple[int, ...]], bool], str]] = {
    "preference/rewardbench-2": (
        _best_of_four,
        f"one right answer and wrong ones, and in {TIES} the id {REF}:N or {TIED}:N",
    ),
    "preference/rm-bench": (_three_styles, f"{STYLES} chosen and {STYLES} rejected answers"),
}
"""Set -> whether an item of that subset, id and grades is one of it, and what items have."""


def check_shapes(name: str, data: PreferenceData) -> None:
    """Raise :class:`InvalidError` for items that a board's figures cannot be made of."""
    if name not in SHAPES:
        return
    fits, what = SHAPES[name]
    odd = [
        group.id
        for group, subset in zip(data.groups, data.subsets, strict=True)
        if not fits(subset, group.id, tuple(data.gold[group.id].values()))
    ]
    if odd:
        raise InvalidError(
            f"this is not {name}: {len(odd):,} items are not as they should be ({what}): "
            + first_ids(odd)
        )
