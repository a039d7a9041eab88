"""Where a record that was computed here differs from the one that is claimed."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from harness.environment import PACKAGES
from harness.records.parts import declared
from harness.records.record import Evidence, Record
from harness.runs.folder import slug

FOLLOWING = ("metrics", "first_stage", "intervals", "part")
"""The fields of a record that follow from predictions and task alone."""

TOLERANCE = 1e-9
"""Numbers that differ by no more are equal. Everything is computed in float64 from equal scores,
but other builds of NumPy add up long arrays in another order; what that moves is below 1e-12."""

_WORD = re.compile(r"[\w-]{1,40}")
_NUMBER = re.compile(r"\[\d+\]")
TINY, CLOSE = 1e-6, 1e-3
"""Of a p, which may be as small as it likes, that share of itself counts: 1e-12 is not 0."""

_P = re.compile(r"\.(?:p|[a-z_]+_p)")
_ENVIRONMENT = ("first_stage.parameters",)
"""Library versions and the like: the candidate lists themselves are in the task's fingerprint."""


def differences(claimed: Record, found: Record, *, beside: bool = False) -> Iterator[str]:
    """``metrics[0].value: 0.91 is claimed, 0.88 follows``, one for each difference.

    Numbers of the part may differ by what the suite tolerates (:class:`harness.nouns.Suite`).
    With ``beside`` so do the notes and the origin of the data, which are the same for everybody
    where they come with a package, and the files beside the record by their names and rows.
    """
    tolerances = declared(found.task.suite).tolerances
    allowed = {f"part.{path}": relative for path, relative in tolerances.items()}
    for name in ("groups", "items"):
        ours, theirs = getattr(claimed.task, name), getattr(found.task, name)
        yield from _compare(f"task.{name}", ours, theirs, {})
    for name in FOLLOWING:
        ours, theirs = getattr(claimed, name), getattr(found, name)
        yield from _compare(name, _plain(ours), _plain(theirs), allowed)
    if beside:
        for name in ("notes", "origin"):
            ours, theirs = getattr(claimed.task, name), getattr(found.task, name)
            yield from _compare(f"task.{name}", ours, _known(_as_json(theirs), ours), {})
        ours, theirs = _settings(claimed), _settings(found)
        yield from _compare("first_stage.parameters:", ours, theirs, {})
        files = _listed(claimed)
        yield from _compare("files", files, _known(_listed(found), files), {})


def _settings(record: Record) -> dict[str, Any]:
    """How candidate lists were made: numbers and names, not what is said of them in words."""
    stage = record.first_stage
    return {
        name: value
        for name, value in (stage.parameters if stage else {}).items()
        if name not in PACKAGES and (not isinstance(value, str) or _WORD.fullmatch(value))
    }


def _known(found: Mapping[str, Any], claimed: Mapping[str, Any]) -> dict[str, Any]:
    """Of what was found, that which an older version told of as well."""
    return {name: value for name, value in found.items() if name in claimed}


def _listed(record: Record) -> dict[str, int]:
    return {bare_name(file, record): file.rows for file in record.files}


def bare_name(file: Evidence, record: Record) -> str:
    """What a file is called beside a run: without the task's name, which a submission adds."""
    return file.file.removeprefix(f"{slug(record.task.id)}.")


def _as_json(value: Any) -> Any:
    return json.loads(json.dumps(value))


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(entry) for entry in value]
    return value.model_dump(mode="json") if hasattr(value, "model_dump") else value


def _compare(place: str, claimed: Any, found: Any, allowed: Mapping[str, float]) -> Iterator[str]:
    if place in _ENVIRONMENT:
        return
    if isinstance(claimed, dict) and isinstance(found, dict):
        for key in sorted({*claimed, *found}):
            yield from _compare(f"{place}.{key}", claimed.get(key), found.get(key), allowed)
    elif isinstance(claimed, list) and isinstance(found, list):
        if len(claimed) != len(found):
            yield f"{place}: {len(claimed)} entries are claimed, {len(found)} follow"
            return
        for number, (ours, theirs) in enumerate(zip(claimed, found, strict=True)):
            yield from _compare(f"{place}[{number}]", ours, theirs, allowed)
    elif not _equal(claimed, found, _relative(place, allowed)) or not _as_small(
        place, claimed, found
    ):
        yield f"{place}: {_said(claimed)} is claimed, {_said(found)} follows"


def _as_small(place: str, claimed: Any, found: Any) -> bool:
    """Whether what is claimed of a p below :data:`TINY` is of the size that follows."""
    match = _P.search(place)
    if match is None or match.end() != len(place) or not isinstance(claimed, int | float):
        return True
    larger = max(abs(claimed), abs(found))
    near = larger > TINY or larger < sys.float_info.min or abs(claimed - found) <= CLOSE * larger
    return bool(near)


def _relative(place: str, allowed: Mapping[str, float]) -> float:
    if not allowed:
        return 0.0
    path = _NUMBER.sub("", place)
    return max(
        (r for at, r in allowed.items() if path == at or path.startswith(f"{at}.")), default=0.0
    )


def _equal(claimed: Any, found: Any, relative: float) -> bool:
    if isinstance(claimed, bool) or isinstance(found, bool):
        return claimed is found
    if isinstance(claimed, int | float) and isinstance(found, int | float):
        apart = abs(claimed - found)
        return apart <= TOLERANCE or apart <= relative * max(abs(claimed), abs(found))
    return bool(claimed == found)


def _said(value: Any) -> str:
    return "null" if value is None else repr(value)[:80]
