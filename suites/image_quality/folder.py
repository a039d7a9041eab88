"""``image-quality/folder``: a table of opinion scores (of any kind, or .mat) and its images.

Columns: ``image`` (also filename, file, name, image_name) and ``score`` (also mos, opinion,
quality; ``dmos`` says that lower is better); optional ``sd`` (std, mos_sd, dmos_std, mos_std),
``votes`` (n, num_obs, c_total), ``reference`` (ref, live_ref) and ``distortion`` (type, dist_type).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from harness.data import ItemData
from harness.data.asked import LoadRequest
from harness.errors import InvalidError, UsageError
from harness.tasks.reading.content import say
from harness.tasks.tables import Called, ending, tables_in
from harness.tasks.told_columns import check_told
from suites.families import given
from suites.image_quality.loading import to_items
from suites.image_quality.opinions import read_opinions
from suites.image_quality.tables import MATLAB, header

ROLES: Mapping[str, tuple[str, ...]] = {
    "image": ("image", "filename", "file", "name", "image_name"),
    "opinion": ("score", "mos", "opinion", "quality", "dmos"),
    "sd": ("sd", "std", "mos_sd", "dmos_std", "mos_std"),
    "votes": ("votes", "n", "num_obs", "c_total"),
    "reference": ("reference", "ref", "live_ref"),
    "distortion": ("distortion", "type", "dist_type"),
}
LOWER = "dmos"


def load_own(family: str, request: LoadRequest) -> ItemData:
    """What ``--data`` names; :class:`UsageError` without it."""
    fix = "Add --data DIR, with a CSV of image and score"
    return read_own(given(family, request, what="images", fix=fix), request)


def read_own(data: Path, request: LoadRequest) -> ItemData:
    """Read a folder with one table and images at any depth, or the table itself."""
    called = request.told.column
    check_told(called, ROLES)
    table = _table(data, called)
    columns = _columns(table, called)
    opinions = read_opinions(table, columns, called=called)
    named = dict(called).get(columns["opinion"], columns["opinion"])
    if len({opinion.value for opinion in opinions}) == 1:
        raise InvalidError(f"{table}: all opinion scores are equal")
    values = [opinion.value for opinion in opinions]
    return to_items(
        opinions,
        [table.parent / "images", table.parent],
        request,
        table=table,
        facts={
            "label_version": f"column {named}",
            "opinion": request.told.opinion or ("lower" if named.lower() == LOWER else "higher"),
            "scale": [min(values), max(values)],
            "proxy": False,
        },
        notes={},
    )


def _table(data: Path, called: Called) -> Path:
    if data.is_file():
        return data
    if not data.is_dir():
        raise UsageError(f"no folder at {data}")
    every = [*tables_in(data), *(p for p in sorted(data.iterdir()) if p.suffix.lower() == MATLAB)]
    found = [path for path in every if ending(path).startswith(".csv")] or every
    usable = [path for path in found if _has_roles(path, called)]
    if len(usable) == 1:
        return usable[0]
    if len(found) == 1:
        return found[0]  # its columns are named as wrong
    raise UsageError(
        f"{data} holds {len(usable)} tables with images and opinion scores",
        fix="Keep one table there, or give --data the table itself",
    )


def _has_roles(path: Path, called: Called) -> bool:
    names = {name.lower() for name in header(path)}
    names |= {role for role, name in called if name.lower() in names}
    return all(names & set(ROLES[role]) for role in ("image", "opinion"))


def _columns(path: Path, called: Called) -> dict[str, str]:
    there = header(path, called)
    lower = {name.lower(): name for name in there}
    told = [role for role, _ in called]
    order = {
        role: sorted(names, key=lambda name: name not in told) for role, names in ROLES.items()
    }
    found = {
        role: next(lower[name] for name in names if name in lower)
        for role, names in order.items()
        if any(name in lower for name in names)
    }
    for role in ("image", "opinion"):
        if role not in found:
            raise UsageError(
                f"{path}: no column {ROLES[role][0]!r}; the columns are: "
                f"{', '.join(there)[:300] or 'none'}",
                fix="It needs image and score (or mos, or dmos where lower is better); others are "
                "named: --column image=NAME --column mos=NAME",
            )
    opinions = [lower[name] for name in ROLES["opinion"] if name in lower]
    if len(opinions) > 1 and not set(told) & set(ROLES["opinion"]):
        others = " and ".join(repr(name) for name in opinions if name != found["opinion"])
        say(
            f"{path}: opinions are those of {found['opinion']!r}, and {others} is not read; "
            f"--column mos=NAME takes another"
        )
    return found
