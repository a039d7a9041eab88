"""The journal of a run: how its parts were made, over all attempts."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from harness.runs.folder import RunFolder, read_json, write_json


@dataclass(slots=True)
class Journal:
    """How the parts of one run were made, kept in ``run.json`` over all attempts."""

    attempts: int = 0
    wall_seconds: float = 0.0
    halvings: int = 0
    load_seconds: float = 0.0
    peak_memory: int = 0
    peak_device_memory: int | None = None
    device: str = "cpu"
    device_name: str = ""
    workers: int = 1
    latency: dict[str, Any] | None = None
    latency_reason: str | None = None
    details: dict[str, Any] = field(default_factory=dict)
    batch: dict[str, int] = field(default_factory=dict)
    environment: dict[str, Any] = field(default_factory=dict)
    finished: str = ""

    @classmethod
    def read(cls, folder: RunFolder) -> Journal:
        """The journal of earlier attempts, or a new one."""
        if not folder.journal.exists():
            return cls()
        data = read_json(folder.journal)
        return cls(**{k: v for k, v in data.items() if k in cls.__dataclass_fields__})

    def write(self, folder: RunFolder) -> None:
        """Keep the journal in the folder."""
        write_json(folder.journal, asdict(self))
