"""Shares of a run for job arrays: which parts each does, and the folder that keeps them.

A shard's folder lies beside that of the whole run and is called like it, with ``.shard-I-of-N``
behind. It holds a manifest, whose ``shard`` says which one it is, the finished parts and the
journal; it never holds predictions or a record, so nothing takes it for a run.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from harness.errors import IncompleteError, InvalidError, UsageError
from harness.runs.folder import IDENTITY, MANIFEST_FILE, RunFolder, read_manifest
from harness.strict_json import Json

AUTO = "auto"
ENTRY = "shard"
"""Key of a manifest that makes its folder one of a shard."""

MOST = 100_000
"""Shards of a run, at most: more is a typing error."""


@dataclass(frozen=True, slots=True, order=True)
class Shard:
    """Share ``index`` of ``count``, counted from 1: every ``count``-th part from its own on.

    Parts are dealt out in turn, since those of some tasks are sorted by length: so each share is
    about as much work.
    """

    index: int
    count: int

    def __str__(self) -> str:
        return f"{self.index}/{self.count}"

    def parts(self, total: int) -> range:
        """Its parts of ``total``, counted from 0; none where there are more shards than parts."""
        return range(self.index - 1, total, self.count)

    def of_part(self, part: int) -> Shard:
        """The shard of as many that has a part."""
        return Shard(part % self.count + 1, self.count)

    def folder(self, whole: RunFolder) -> RunFolder:
        """Where it is kept, beside the folder of the whole run."""
        ending = f".shard-{self.index}-of-{self.count}"
        return RunFolder(whole.path.with_name(whole.path.name + ending))


@dataclass(frozen=True, slots=True)
class Entry:
    """What a manifest says of a shard: which one, and how the call was typed.

    ``words`` are those behind the program's name, empty where it was none; ``means`` the means
    over tasks that the call asked for, by id. ``run`` is the folder of the whole run below the
    one that runs are written to, empty until that is known.
    """

    shard: Shard
    words: tuple[str, ...] = ()
    means: tuple[str, ...] = ()
    run: str = ""

    def as_json(self, whole: RunFolder) -> dict[str, Json]:
        """As it stands in the manifest of a shard of a run."""
        run = f"{whole.path.parent.name}/{whole.path.name}"
        words, means = list(self.words), list(self.means)
        return {**asdict(self.shard), "words": words, "means": means, "run": run}

    def command_of(self, shard: Shard) -> tuple[str, ...]:
        """The words that do another shard of the same call; empty where none are known."""
        words = list(self.words)
        for place, word in enumerate(words):
            if word == "--shard" and place + 1 < len(words):
                words[place + 1] = str(shard)
                return tuple(words)
            if word.startswith("--shard="):
                words[place] = f"--shard={shard}"
                return tuple(words)
        return ()


def parse_shard(text: str, environment: Mapping[str, str]) -> Shard:
    """A shard from ``I/N``, or from ``auto`` and what Slurm tells a task of an array.

    ``environment`` is looked at for ``auto`` alone. Raises :class:`UsageError` for anything else.
    """
    if text == AUTO:
        return _of_slurm(environment)
    found = re.fullmatch(r"([0-9]{1,9})/([0-9]{1,9})", text)
    if found is None:
        raise UsageError(
            f"--shard {text!r} is neither I/N nor {AUTO}",
            fix="Such as --shard 1/4 for the first of four",
        )
    index, count = int(found[1]), int(found[2])
    if not 1 <= count <= MOST:
        raise UsageError(f"--shard {text}: N is 1 to {MOST:,}", fix="Such as --shard 1/4")
    if not 1 <= index <= count:
        others = "--shard 1/1" if count == 1 else f"--shard 1/{count} to --shard {count}/{count}"
        raise UsageError(
            f"--shard {text}: there is no shard {index} of {count}",
            fix=f"They are counted from 1: {others}",
        )
    return Shard(index, count)


TASK_ID, COUNT, MIN, MAX, STEP = (
    f"SLURM_ARRAY_TASK_{name}" for name in ("ID", "COUNT", "MIN", "MAX", "STEP")
)


def _of_slurm(environment: Mapping[str, str]) -> Shard:
    """The place of this task in its array, whatever its ids begin with and count by."""
    own, count = _number(environment, TASK_ID), _number(environment, COUNT)
    if own is None or count is None:
        missing = TASK_ID if own is None else COUNT
        raise UsageError(
            f"--shard {AUTO}: {missing} is not set, so this is no task of a Slurm job array",
            fix="Submit it with sbatch --array=1-4, or give --shard I/N",
        )
    first = _number(environment, MIN)
    step = _number(environment, STEP) or 1
    place, beyond = divmod(own - (1 if first is None else first), step)
    if beyond or not 0 <= place < count <= MOST:
        raise UsageError(
            f"--shard {AUTO}: task {own} of an array of {count} from "
            f"{'1' if first is None else first} by {step} has no place in it",
            fix="Submit an array without gaps, such as --array=1-4, or give --shard I/N",
        )
    return Shard(place + 1, count)


def _number(environment: Mapping[str, str], name: str) -> int | None:
    text = environment.get(name)
    if text is None:
        return None
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise UsageError(
            f"--shard {AUTO}: {name} is {text[:40]!r}, which is no number", fix="Give --shard I/N"
        )
    return int(text)


def entry_of(manifest: Mapping[str, Any]) -> Entry | None:
    """Which shard a manifest is of; ``None`` for that of a whole run."""
    said = manifest.get(ENTRY)
    if not isinstance(said, dict):
        return None
    index, count = said.get("index"), said.get("count")
    if not (isinstance(index, int) and isinstance(count, int) and 1 <= index <= count <= MOST):
        return None
    words, means, run = (said.get(name) for name in ("words", "means", "run"))
    name = r"[A-Za-z0-9_-][A-Za-z0-9._-]*"
    if not isinstance(run, str) or not re.fullmatch(f"{name}/{name}", run):
        return None
    return Entry(Shard(index, count), _texts(words), _texts(means), run)


def _texts(values: Any) -> tuple[str, ...]:
    return tuple(map(str, values)) if isinstance(values, list) else ()


def shard_in(folder: Path) -> Shard | None:
    """Which shard a folder is of; ``None`` where it is of none, or its manifest is damaged."""
    entry = entry_of(_manifest(folder))
    return None if entry is None else entry.shard


def identity_of(run: RunFolder) -> tuple[object, ...]:
    """What a run and its shards have in common: task, data and model."""
    about = _manifest(run.path)
    # Of a damaged manifest anything may come, also what no set takes.
    return tuple(repr(about.get(key)) for key in IDENTITY)


def _manifest(folder: Path) -> dict[str, Any]:
    try:
        return read_manifest(folder / MANIFEST_FILE)
    except InvalidError:
        return {}


def shard_folders(path: Path) -> list[RunFolder]:
    """The folders of shards at or below a path, sorted."""
    found = sorted(manifest.parent for manifest in path.rglob(MANIFEST_FILE))
    return [RunFolder(folder) for folder in found if shard_in(folder) is not None]


def unmerged(path: Path, folders: Sequence[RunFolder]) -> IncompleteError:
    """The error for shards (at least one) at or below a path where a whole run is needed."""
    first = folders[0].path
    more = f" (and {len(folders) - 1} more)" if len(folders) > 1 else ""
    return IncompleteError(
        f"{first}{more} is shard {shard_in(first)} of a run, not a whole one",
        fix="When all shards are done, put them together: "
        + shlex.join(["marginbench", "merge", str(path.parent if path == first else path)]),
    )
