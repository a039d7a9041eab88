"""A baseline before it is written: what becomes of each file, and whether it could be compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.compare.decidable import Blind, without
from harness.compare.ignored import ignored
from harness.compare.policy import Policy
from harness.compare.sides import Side
from harness.compare.standing import INDEX_FILE, Elsewhere, Index, digests
from harness.errors import UsageError
from harness.runs.folder import MANIFEST_FILE, RECORD_FILE, slug

MOST_BYTES = 5_000_000
"""A file above this size is not committed: it is kept elsewhere, or left out."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a baseline is to be made, in the words of the command line.

    ``url``: where files above :data:`MOST_BYTES` will be; ``upload``: the folder they are put in to
    be uploaded from. ``policy``: a file to stand in the baseline. ``command``: what was typed.
    """

    folder: Path
    command: str
    records_only: bool = False
    url: str | None = None
    upload: Path | None = None
    policy: Path | None = None


class NotComparableError(UsageError):
    """A baseline that nothing could be compared with; ``lines`` say all of it, one a task."""

    def __init__(self, lines: Sequence[UsageError]) -> None:
        first = lines[0]
        super().__init__(first.message, fix=first.fix)
        self.lines = lines


@dataclass(frozen=True, slots=True)
class Plan:
    """One task before it is written; ``side`` is what it would be."""

    source: Side
    side: Side
    place: Path
    before: Side | None
    left_out: Mapping[str, str]
    elsewhere: Mapping[str, Elsewhere]


def planned(
    side: Side, before: Side | None, absent: Sequence[str], wanted: Wanted, index: Index
) -> Plan:
    """What becomes of one side's files, ``absent`` being those that are not there.

    Raises :class:`UsageError` when it would be written into a run.
    """
    place = before.folder if before is not None else wanted.folder / slug(side.record.task.id)
    if (place / MANIFEST_FILE).exists():
        raise UsageError(f"{place} is a run, not part of a baseline", fix="Give another --to")
    signed = digests(side.record)
    why = dict.fromkeys(absent, f"not in {side.folder}")
    names = [name for name in signed if name not in why]
    elsewhere: dict[str, Elsewhere] = {}
    if wanted.records_only:
        why |= dict.fromkeys(names, "only records are wanted")
    else:
        large = {n: size for n in names if (size := side.path(n).stat().st_size) > MOST_BYTES}
        elsewhere = _elsewhere(signed, large, place, wanted, index)
        why |= {name: f"{said_size(size)}, above {said_size(MOST_BYTES)}"
                for name, size in large.items() if name not in elsewhere}  # fmt: skip
        committed = [place / name for name in names if name not in large]
        why |= {path.name: f"git ignores it by {line}"
                for path, line in (ignored(committed) if committed else {}).items()}  # fmt: skip
    return Plan(side, without(side, why), place, before, why, elsewhere)


def _elsewhere(
    signed: Mapping[str, str], large: Mapping[str, int], place: Path, wanted: Wanted, index: Index
) -> dict[str, Elsewhere]:
    """Large files by where they will be; without an address, those that are somewhere already."""
    if wanted.url is None:
        entry = index.tasks.get(place.relative_to(wanted.folder).as_posix())
        known = {} if entry is None else entry.elsewhere
        return {n: one for n, one in known.items() if n in large and one.sha256 == signed[n]}
    base = wanted.url.rstrip("/")
    return {
        name: Elsewhere(
            url=f"{base}/{_flat(place, signed[name], name)}", sha256=signed[name], bytes=size
        )
        for name, size in large.items()
    }


def _flat(place: Path, sha256: str, name: str) -> str:
    """A file's name where folders may not be: never the same for other bytes."""
    return f"{slug(place.name)}.{sha256[:12]}.{name}"


def refuse(
    plans: Mapping[str, Plan], blind: Mapping[str, Blind], policy: Policy, wanted: Wanted
) -> None:
    """Raise :class:`NotComparableError` with all that stands against the baseline."""
    if not plans:
        return
    lines = []
    own = [wanted.folder / INDEX_FILE, *(plan.place / RECORD_FILE for plan in plans.values())]
    for path, line in ignored(own).items():
        lines.append(UsageError(f"{path} would not be committed: git ignores it by {line}",
                                fix=_take_in(wanted.folder)))  # fmt: skip
    if not wanted.records_only:
        for task, plan in plans.items():
            budget = policy.budget(task)
            limited = budget.max_nfr is not None or budget.max_new_failures is not None
            found = blind[task]
            if found.metrics or (found.flips and limited):
                what = ", ".join(found.metrics) or "flips, which the policy limits,"
                lines.append(_not_comparable(task, plan, what, found, wanted))
    if lines:
        raise NotComparableError(lines)


def _not_comparable(task: str, plan: Plan, what: str, found: Blind, wanted: Wanted) -> UsageError:
    alone = "or keep records alone: --records-only"
    missing = "; ".join(f"{name}: {why}" for name, why in plan.left_out.items())
    said = f"{task}: {what} could not be compared with this baseline"
    if not missing:
        why = found.why or found.flips or "nothing is kept item by item, or without each unit"
        return UsageError(f"{said} ({why})", fix=f"Leave the task out, {alone}")
    reasons = set(plan.left_out.values())
    if any(reason.startswith("not in ") for reason in reasons):
        folder = plan.source.folder
        again = f"marginbench score {folder}"
        fix = again if (folder / MANIFEST_FILE).is_file() else f"Put it into {folder}"
    elif any(reason.startswith("git ignores") for reason in reasons):
        fix = _take_in(wanted.folder)
    else:
        fix = "Keep it elsewhere: --url https://ADDRESS --upload DIR"
    return UsageError(f"{said} ({missing})", fix=f"{fix}, {alone}")


def _take_in(folder: Path) -> str:
    return f"Take that line out, or write below it: !{folder.name}/**"


def said_size(count: int) -> str:
    """A number of bytes in words."""
    if count < 1_000_000:
        return f"{count / 1000:,.0f} kB"
    return f"{count / 1_000_000:,.1f} MB"
