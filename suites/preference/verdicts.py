"""Two candidates shown in an order: the items of tasks that ask for a verdict.

``preference/verdicts`` shows each pair once, in the order of the file, or in one that says nothing
where the file itself parts chosen from rejected. ``preference/both-orders`` shows each pair in both
orders, as items ``ID/AB`` and ``ID/BA``: what a judge says of the place alone cancels out there.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from harness.data import Group, ItemData
from harness.data.asked import LoadRequest
from harness.data.shown import Matchup
from harness.errors import InvalidError, first_ids
from harness.tasks.reading.verdicts import BAD, FIRST, SECOND, TIE
from suites.preference.data import TWO, PreferenceData
from suites.preference.folder import load_own
from suites.preference.protocol import PERSON

ONE, BOTH = "one", "both"
ORDERS = {ONE: ("AB",), BOTH: ("AB", "BA")}


def load_verdicts(orders: str, family: str, request: LoadRequest) -> ItemData:
    """The pairs of a preference table as items that ask for a verdict.

    Raises :class:`InvalidError` for items that have more or fewer than two candidates, and as
    :func:`~suites.preference.folder.read_own` does.
    """
    return shown(load_own(family, request), orders)


def shown(data: PreferenceData, orders: str) -> ItemData:
    """Pairs as they are shown, in one order or in both."""
    wrong = [group.id for group in data.groups if len(group.candidates) != 2]
    if wrong:
        raise InvalidError(
            f"verdicts are on two candidates; {len(wrong)} items have more or fewer: "
            + first_ids(wrong)
        )
    rows = [
        (group, subset, order)
        for group, subset in zip(data.groups, data.subsets, strict=True)
        for order in ORDERS[orders]
    ]
    both = orders == BOTH
    return ItemData(
        ids=tuple(f"{group.id}/{order}" if both else group.id for group, _, order in rows),
        contents=list(_contents(data, rows)),
        gold=tuple(_said(data, group, order) for group, _, order in rows),
        clusters=tuple(group.cluster for group, _, _ in rows),
        columns={
            "pair": tuple(group.id for group, _, _ in rows),
            "order": tuple(order for _, _, order in rows),
            **({"subset": tuple(subset for _, subset, _ in rows)} if any(data.subsets) else {}),
        },
        numbers=_persons(data, len(ORDERS[orders])),
        facts={"orders": len(ORDERS[orders]), "signal": data.signal},
        notes=data.notes,
        origin=data.origin,
        on_error=data.on_error,
    )


def _persons(data: PreferenceData, times: int) -> dict[str, tuple[float, ...]]:
    if all(map(math.isnan, data.persons)):
        return {}
    return {PERSON: tuple(value for value in data.persons for _ in range(times))}


def _contents(data: PreferenceData, rows: list[tuple[Group, str, str]]) -> Iterator[Matchup]:
    if not data.documents:
        return
    for group, _, order in rows:
        first, second = (data.documents[name] for name in _placed(group, order))
        yield Matchup(group.query, first, second)


def _placed(group: Group, order: str) -> tuple[str, str]:
    a, b = group.candidates
    return (a, b) if order == "AB" else (b, a)


def _said(data: PreferenceData, group: Group, order: str) -> float:
    """What people say of the two in this order; of two they may have said that both are bad."""
    first, second = (data.gold[group.id][name] for name in _placed(group, order))
    if first == second:
        return BAD if data.signal == TWO and first == 0 else TIE
    return FIRST if first > second else SECOND
