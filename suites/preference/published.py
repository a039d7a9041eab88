"""Published sets as pins: what they are, where they lie, what they must hold, what is asked.

Reads JSON and nothing else. One table serves all of them: a set is an entry of
``pins/published.json``, and a way to ask about it a line of :data:`WAYS`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from harness.nouns import TaskCard
from harness.tasks.hub import UNPINNED, Hub
from suites.pins import read_pins
from suites.preference import board_metrics as board
from suites.preference.protocol import (
    BALANCED,
    BEST,
    BOTH_ORDERS,
    IN_BOTH,
    LIKELIHOODS,
    PAIRS,
    POOLED,
    RANKINGS,
    REWARDBENCH_2,
    RM_BENCH,
    SETS,
    STRICT,
    VERDICTS,
)

PINS = Path(__file__).parent / "pins" / "published.json"

SCORE, LIKELIHOOD = "scores", "likelihoods"
ONE, BOTH = "verdicts", "both-orders"
"""Ways to ask: a score or a likelihood of each candidate, a verdict on two in one or both orders.
That in which a set is published stands first in its pin and has the set's own id, the others theirs
behind a slash."""

_ORDER = ("best of n[ge]", "best of n[share]", "MRR[expected]", "MRR[worst]", *PAIRS)
METRICS: Mapping[str, tuple[str, ...]] = {
    "rewardbench": (*board.SECTION_MEANS, *board.SECTION_FIGURES, *PAIRS, BALANCED),
    "rewardbench-2": REWARDBENCH_2,
    "rm-bench": RM_BENCH,
    "judgebench": (STRICT, "pair accuracy[half]", board.SECOND, board.SUBSETS, BALANCED),
    "rewardmath": SETS,
    "sugarcrepe": (
        board.SUBSETS,
        *(f"mean of subsets[strict,{kind}]" for kind in board.SUBSETS_OF),
        *PAIRS,
        BALANCED,
    ),
    "sugarcrepe-pp": (
        board.SUBSETS_EXACT, "exact ranking[strict]", "exact ranking[ge]", *PAIRS, BALANCED,
    ),
    "imagereward": (POOLED[0], *(name for name in RANKINGS if name != POOLED[0])),
    "hpdv2": ("inversion score[half]",
              *(name for name in RANKINGS if name != "inversion score[half]")),
    "two": (*PAIRS, board.THREE, board.BAND),
    "aro-relation": (STRICT, board.SUBSETS_TURNED, board.SUBSETS, *PAIRS[1:], BALANCED),
    "aro-attribution": (STRICT, board.SUBSETS_LARGE, *PAIRS[1:], BALANCED),
    "aro-order": (BEST, *_ORDER),
    "winoground": (board.WHOLE_QUAD, board.TEXT, board.IMAGE),
}  # fmt: skip
"""Protocol of a set -> the metrics of its scores, the primary one first."""

GAMES = (IN_BOTH, board.TWO_GAMES, *BOTH_ORDERS[1:])
JUDGED: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    ONE: {"": VERDICTS},
    BOTH: {"": BOTH_ORDERS, "judgebench": GAMES},
}


@dataclass(frozen=True, slots=True)
class Remote:
    """A file as it was published: where, its digest and size."""

    name: str
    url: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Person:
    """What one person reaches on a set, by whose count."""

    metric: str
    value: float
    source: str


@dataclass(frozen=True, slots=True)
class Pin:
    """A published set.

    ``reader`` names how rows become items, ``columns`` other names of its columns by role,
    ``tables`` the names of its tables without their endings (any where there are none), which are
    its subsets where ``apart``. ``prefixes`` are what subsets are called by where a column tells
    more. ``counts`` are items by subset, ``""`` standing for all; ``more`` subsets that may stand
    beside them. ``facts`` are counts of another kind, by name. Sets of one
    word under ``alike`` hold the same items.
    """

    id: str
    protocol: str
    ways: tuple[str, ...]
    card: TaskCard
    reader: str = "table"
    signal: str = "chosen"
    hub: Hub | None = None
    split: tuple[str, ...] = ()
    remote: tuple[Remote, ...] = ()
    tables: tuple[str, ...] = ()
    apart: bool = False
    columns: tuple[tuple[str, tuple[str, ...]], ...] = ()
    prefixes: tuple[str, ...] = ()
    counts: tuple[tuple[str, int], ...] = ()
    more: tuple[str, ...] = ()
    facts: tuple[tuple[str, int], ...] = ()
    person: Person | None = None
    alike: str = ""

    def metrics(self, way: str) -> tuple[str, ...]:
        """What is reported where the set is asked about in that way."""
        if way == SCORE:
            return METRICS[self.protocol]
        if way == LIKELIHOOD:
            return LIKELIHOODS
        return JUDGED[way].get(self.protocol, JUDGED[way][""])

    def task_id(self, way: str) -> str:
        """The id of the task that asks so."""
        return self.id if way == self.ways[0] else f"{self.id}/{way}"


@cache
def pins() -> Mapping[str, Pin]:
    """Every set by its id, in the order they are listed."""
    return {entry["id"]: _pin(entry) for entry in read_pins(PINS)}


def pin_of(task_id: str) -> Pin | None:
    """The set that a task asks about, if it is a published one."""
    head, _, tail = task_id.rpartition("/")
    return pins().get(task_id) or (pins().get(head) if tail in (SCORE, LIKELIHOOD, ONE, BOTH)
                                   else None)  # fmt: skip


def _pin(entry: Mapping[str, Any]) -> Pin:
    hub = Hub(**entry["hub"]) if "hub" in entry else None
    remote = tuple(Remote(**one) for one in entry.get("remote", ()))
    person = Person(**entry["person"]) if "person" in entry else None
    card = {"source": _source(hub, remote), "revision": _revision(hub, remote), **entry["card"]}
    plain = {name: tuple(entry[name].items()) for name in ("columns", "counts", "facts")
             if name in entry}  # fmt: skip
    made = {"hub": hub, "remote": remote, "person": person, "card": TaskCard(**card)}
    return Pin(**{**entry, **plain, **made})


def _source(hub: Hub | None, remote: tuple[Remote, ...]) -> str:
    if hub is not None:
        return f"hf:{hub.repository}"
    return remote[0].url.rpartition("/")[0] if remote else ""


def _revision(hub: Hub | None, remote: tuple[Remote, ...]) -> str:
    if hub is not None:
        return hub.revision or UNPINNED
    return f"sha256 of {len(remote)} files, {remote[0].sha256[:12]}... the first" if remote else ""
