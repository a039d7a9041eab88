"""What ``doctor`` is asked for."""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.data.asked import LoadRequest
from harness.engine.held import HeldModel


@dataclass(frozen=True, slots=True)
class Side:
    """One door: a model by name, or an object in memory, with its options."""

    model: str | HeldModel
    options: tuple[str, ...] = ()
    device: str = "auto"
    dtype: str = "auto"


@dataclass(frozen=True, slots=True)
class DoctorRequest:
    """One door or two, and what to ask. ``count`` is of queries or items,
    ``depth`` of candidates of each query; ``quiet`` shows no
    progress, ``guest`` as in :class:`~harness.engine.crew.Crew`."""

    first: Side
    second: Side | None = None
    task: str | None = None
    load: LoadRequest = field(default_factory=LoadRequest)
    count: int | None = None
    depth: int | None = None
    batch_items: int | None = None
    batch_tokens: int | None = None
    guest: bool = False
    quiet: bool = False
