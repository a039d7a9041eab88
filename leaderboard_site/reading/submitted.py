"""What the pages know of a submission: the contract between reading and the views."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from harness.submission.manifest.manifest import Manifest
from harness.submission.manifest.status import REPRODUCED, WITHDRAWN, Standing
from leaderboard_site.reading.records import LoadedRecord, RunSource

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
    """One record of a submission.

    ``evidence`` is one of :data:`EVIDENCE_GLYPHS`; ``evidence_reason`` says why it is no better.
    ``source`` is where it was read from.
    """

    loaded: LoadedRecord
    evidence: str
    evidence_reason: str
    source: RunSource


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
