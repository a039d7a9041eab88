"""What a person asked for when a task is loaded, as frozen data.

Nothing here reads a file.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from harness.errors import UsageError

MOST_DEPTH = 1_000_000
"""Candidates of a query, at most."""

MISSING = ("error", "zero", "first-stage")
"""What a run leaves out is refused, counts as not found, or follows in first-stage order."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a person says of their own files where the files leave it open; empty for nothing said.

    ``label_map``: pairs of a label word and the class it means. ``opinion``: which opinion scores
    mean a better picture, ``"higher"`` or ``"lower"``. ``cluster``: the column that names what
    items share, or ``"none"``. ``bits``: bits of each value in pictures of more than eight, 0 for
    what each file says. ``column``: pairs of a role and the name of its column (label, is_fake).
    """

    label_map: tuple[tuple[str, str], ...] = ()
    opinion: str = ""
    cluster: str = ""
    bits: int = 0
    column: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Draws:
    """How intervals that are drawn are drawn: replicates and seed, ``None`` for the usual ones.

    Other draws of the same predictions move intervals a little; what is submitted has the usual.
    """

    replicates: int | None = None
    seed: int | None = None

    def given(self) -> dict[str, int]:
        """Those that are not the usual, by name."""
        named = {"replicates": self.replicates, "seed": self.seed}
        return {name: value for name, value in named.items() if value is not None}


USUAL = Draws()
"""Those of the board."""


@dataclass(frozen=True, slots=True)
class LoadRequest:
    """What the person asked for when loading a task.

    ``data``: folder given by ``--data``. ``first_stage``: ``None`` for the task's own choice,
    ``"bm25"``, or the path of a TREC run file. ``limit``: keep the first so many groups.
    ``on_error``: ``"error"``, or ``"worst-rank"`` when an item that cannot be scored is to be
    counted as the worst of its task. ``told``: see :class:`Told`. ``depth``: candidates kept per
    query, ``None`` for the task's own number. ``missing``: what becomes of queries and candidates
    that a run says nothing of, one of :data:`MISSING`. ``metrics`` are names of metrics to compute
    beside the task's own. ``draws``: see :class:`Draws`. ``contents``: whether texts and pictures
    are needed, which finished predictions do without.
    """

    data: Path | None = None
    first_stage: str | None = None
    limit: int | None = None
    on_error: str = "error"
    told: Told = Told()
    depth: int | None = None
    missing: str = "error"
    metrics: tuple[str, ...] = ()
    draws: Draws = USUAL
    contents: bool = True

    def __post_init__(self) -> None:
        """Raise :class:`UsageError` for a depth that is none: a file may have said it."""
        depth = self.depth
        if depth is not None and not (type(depth) is int and 1 <= depth <= MOST_DEPTH):
            raise UsageError(
                f"a depth of {depth!r:.40}", fix=f"Give a whole number from 1 to {MOST_DEPTH:,}"
            )
