"""``submissions/status.toml``: what maintainers say of submissions that were merged.

One table for each revision, named ``"ORG__MODEL/REVISION"``, with ``state``, ``reason``, ``date``
and, for what was reproduced, the ``tasks`` that were run again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

from harness.errors import InvalidError
from harness.records.base import Strict
from harness.submission.manifest.manifest import Day, Line, SystemId, faults_of
from harness.submission.untrusted.plain_files import read_plain
from harness.tasks.reading.toml_text import load_toml

STATUS_FILE = "status.toml"
LARGEST_STATUS = 256 * 1024
REPRODUCED, DISPUTED, WITHDRAWN = "reproduced", "disputed", "withdrawn"


@dataclass(frozen=True, slots=True)
class Standing:
    """What maintainers said of a submission.

    ``state`` is :data:`REPRODUCED`, :data:`DISPUTED` or :data:`WITHDRAWN`, ``date`` a day as
    YYYY-MM-DD. ``tasks`` are those that were reproduced; none named means all.
    """

    state: str
    reason: str
    date: str
    tasks: tuple[str, ...] = ()

    def reproduces(self, task: str) -> bool:
        """Whether maintainers ran a task again and got the same."""
        return self.state == REPRODUCED and (not self.tasks or task in self.tasks)


class _Entry(Strict):
    state: Literal["reproduced", "disputed", "withdrawn"]
    reason: Line
    date: Day
    tasks: list[Line] = Field(default_factory=list)


_SCHEMA = TypeAdapter(dict[SystemId, _Entry])


def read_status(path: Path) -> dict[str, Standing]:
    """Id of a submission -> its standing, in order of ids; empty when there is no such file.

    Raises :class:`InvalidError` with one part for each fault, at most ten. ``recomputed`` is no
    state: the machines find it out, and nobody can claim it.
    """
    if not path.exists() and not path.is_symlink():
        return {}
    data = read_plain(path, most=LARGEST_STATUS)
    try:
        found = load_toml(data, most=LARGEST_STATUS)
    except ValueError as error:
        raise InvalidError(f"{path}: cannot be read as TOML ({error})") from error
    return parse_status(found, where=str(path))


def parse_status(data: Mapping[str, Any], *, where: str) -> dict[str, Standing]:
    """Like :func:`read_status` on what TOML gave."""
    try:
        entries = _SCHEMA.validate_python(dict(data))
    except ValidationError as error:
        raise InvalidError(f"{where}: " + "; ".join(faults_of(error))) from error
    idle = sorted(id for id, entry in entries.items() if entry.tasks and entry.state != REPRODUCED)
    if idle:
        raise InvalidError(f"{where}: {idle[0]}: tasks are named for {REPRODUCED} alone")
    return {
        id: Standing(entry.state, entry.reason, entry.date, tuple(entry.tasks))
        for id, entry in sorted(entries.items())
    }
