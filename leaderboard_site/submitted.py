"""What the pages know of a submission: the contract between reading and the views."""

from __future__ import annotations

from dataclasses import dataclass

from harness.submission.manifest import Manifest
from leaderboard_site.reading import LoadedRecord, RunSource

REPRODUCED = "reproduced"
RECOMPUTED = "recomputed"
SELF_REPORTED = "self-reported"
EVIDENCE_GLYPHS = {REPRODUCED: "●", RECOMPUTED: "◐", SELF_REPORTED: "○"}
"""Evidence levels, strongest first: run again here, recomputed from predictions, claimed."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What maintainers said of a submission in ``status.toml``.

    ``state`` is ``"reproduced"``, ``"disputed"`` or ``"withdrawn"``. ``tasks`` are those that
    were reproduced; none named means all.
    """

    state: str
    reason: str
    date: str
    tasks: tuple[str, ...] = ()

    def reproduces(self, task: str) -> bool:
        """Whether maintainers ran a task again and got the same."""
        return self.state == REPRODUCED and (not self.tasks or task in self.tasks)


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
        return self.standing is not None and self.standing.state == "withdrawn"
