"""What the pages know of a submission: the contract between reading and the views."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from harness.compare.sides import Side
from harness.records.record import Record
from harness.submission.manifest.manifest import Manifest
from harness.submission.manifest.status import REPRODUCED, WITHDRAWN, Standing
from leaderboard_site.reading.records import RunSource

RECOMPUTED = "recomputed"
SELF_REPORTED = "self-reported"
LOCAL = "local"
"""Organisation of runs that nobody submitted."""

EVIDENCE_GLYPHS = {REPRODUCED: "●", RECOMPUTED: "◐", SELF_REPORTED: "○"}
"""Evidence levels, strongest first: run again here, recomputed from predictions, claimed."""


def weakest(levels: Iterable[str]) -> str:
    """The weakest of some levels of evidence; that of claims when there is none."""
    order = list(EVIDENCE_GLYPHS)
    return max(levels, key=order.index, default=SELF_REPORTED)


@dataclass(frozen=True, slots=True)
class SubmittedRun:
    """One record of a submission, with its tables where they can be trusted.

    ``evidence`` is one of :data:`EVIDENCE_GLYPHS`; ``evidence_reason`` says why it is no better.
    ``source`` is where it was read from.
    """

    side: Side
    evidence: str
    evidence_reason: str
    source: RunSource

    @property
    def record(self) -> Record:
        """The record itself."""
        return self.side.record


@dataclass(frozen=True, slots=True)
class Submitted:
    """One revision of one system, as submitted. ``runs`` are in order of their task ids."""

    manifest: Manifest
    runs: tuple[SubmittedRun, ...]
    standing: Standing | None

    @property
    def withdrawn(self) -> bool:
        """Whether it keeps its page but no rank."""
        return self.standing is not None and self.standing.state == WITHDRAWN
