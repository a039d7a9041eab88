"""An adapter of somebody else: ``timetable:careful`` and ``timetable:hasty``."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from harness.adapters.base import Adapter, ModelIdentity, Option
from harness.errors import UsageError

MANNERS = {"careful": 1.0, "hasty": 0.4}


class Timetable:
    """Reads station and hour, and takes everybody to live at Elm in the rush hour or not."""

    def __init__(self, share: float, late: float) -> None:
        self.share, self.late = share, late

    def score_texts(self, texts: Sequence[str]) -> list[float]:
        """Predicted minutes."""
        found = []
        for text in texts:
            station, _, hour = text.partition(", ")
            quiet = hour[:2] not in ("07", "08", "16", "17")
            found.append(self.share * (3 + 0.6 * len(station) + 4.5 * quiet) + self.late)
        return found


def _identify(checkpoint: str, options: Mapping[str, Any]) -> ModelIdentity:
    if checkpoint not in MANNERS:
        raise UsageError(f"no timetable {checkpoint!r}", fix="Type: timetable:careful")
    digest = hashlib.sha256(f"timetable {checkpoint}".encode()).hexdigest()
    return ModelIdentity(f"Timetable ({checkpoint})", digest)


def _load(checkpoint: str, *, device: str, dtype: str, **options: Any) -> Timetable:
    return Timetable(MANNERS[checkpoint], float(options["late"]))


ADAPTER = Adapter(
    name="timetable",
    summary="what the timetable says",
    checkpoint="careful or hasty",
    capabilities=lambda checkpoint: frozenset({"score_texts"}),
    identify=_identify,
    load=_load,
    options={"late": Option(float, 0.0, "minutes that every bus is late")},
    devices=("cpu",),
)
