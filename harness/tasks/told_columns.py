"""Columns that a person names with ``--column``: each has to have a role that is looked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from harness.errors import UsageError, did_you_mean
from harness.tasks.tables import Called


def check_told(called: Called, *roles: Mapping[str, Iterable[str]] | Iterable[str]) -> None:
    """Raise :class:`UsageError` where a role is none of these: its column would never be read.

    ``roles`` are names by which columns are found, or roles with the names of each.
    """
    known: dict[str, None] = {}
    for part in roles:
        names = part.values() if isinstance(part, Mapping) else [part]
        known |= dict.fromkeys(name for some in names for name in some)
    for role, column in called:
        if role not in known:
            raise UsageError(
                f"--column {role}={column}: no column is looked for as {role!r}",
                fix=did_you_mean(role, known),
            )
