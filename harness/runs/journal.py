"""The journal of a run: how its parts were made, over all attempts.

It stands in ``run.json`` with a checksum of its own, because figures in the record come from it.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from pydantic import TypeAdapter

from harness.errors import InvalidError
from harness.fingerprint import digest
from harness.runs.folder import RunFolder, read_json, write_json

CHECKSUM = "checksum"


@dataclass(slots=True)
class Journal:
    """How the parts of one run were made, kept in ``run.json`` over all attempts.

    ``predictions`` is the sha256 of the predictions that were put together from them.
    """

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
    effort: dict[str, Any] | None = None
    environment: dict[str, Any] = field(default_factory=dict)
    finished: str = ""
    predictions: str = ""

    @classmethod
    def read(cls, folder: RunFolder) -> Journal:
        """The journal of earlier attempts, or a new one.

        Raises :class:`InvalidError` when it is not as it was written.
        """
        if not folder.journal.exists():
            return cls()
        data = read_json(folder.journal)
        known = {k: v for k, v in data.items() if k in cls.__dataclass_fields__}
        try:
            if data.pop(CHECKSUM, None) not in (None, digest([data])):
                raise ValueError("its checksum is another")
            # One of an older version has no checksum: each field is at least of its kind.
            return TypeAdapter(cls).validate_json(json.dumps(known), strict=True)
        except ValueError as error:
            line = " ".join(str(error).split())[:120]
            raise InvalidError(
                f"{folder.journal} is damaged ({line})", fix="Delete it and run evaluate again"
            ) from error

    def write(self, folder: RunFolder) -> None:
        """Keep the journal in the folder."""
        data = asdict(self)
        write_json(folder.journal, {**data, CHECKSUM: digest([data])})
