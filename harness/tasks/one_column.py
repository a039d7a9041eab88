"""Roles that several columns of a table could have: which is meant, nobody is to guess."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from shlex import quote

from harness.errors import UsageError, first_ids
from harness.tasks.tables import Row, find_columns, require


def chosen_columns(
    row: Row,
    told: Mapping[str, str],
    wanted: Mapping[str, tuple[str, ...]],
    *,
    sure: Collection[str] = (),
) -> dict[str, str]:
    """For each role its column: the one that was ``told``, else the one that has one of its names.

    A role's first name goes before the others, of which a table may have one alone. Roles that are
    ``sure``, such as ids, take the first name that is there. Raises :class:`UsageError` for a told
    column that is not there, a told role that is none, and several columns of one role.
    """
    strange = [role for role in told if role not in wanted]
    if strange:
        raise UsageError(
            f"--predictions-column {strange[0][:40]}=...: no column has this role here",
            fix=f"The roles are {', '.join(wanted)}",
        )
    require(row, list(told.values()))
    open_ = {role: names for role, names in wanted.items() if role not in told}
    for role in open_.keys() - set(sure):
        refuse_several(row, role, open_[role], option="--predictions-column")
    return {**find_columns(row, open_), **told}


def refuse_several(row: Row, role: str, names: tuple[str, ...], *, option: str = "") -> None:
    """Raise :class:`UsageError` where none of a role's columns has its first name, or was told."""
    there = find_columns(row, {name: (name,) for name in names})
    if names[0] in there or len(there) < 2 or row.told & there.keys():
        return
    column = next(iter(there.values()))
    fix = f"Say which is meant, such as {option} {quote(f'{role}={column}')}"
    raise UsageError(
        f"{row.file}: {first_ids(list(there.values()))} could each be the {role}",
        fix=fix if option else "Leave one of them alone, or rename the others",
    )
