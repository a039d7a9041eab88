"""Which checkpoint is meant, and its identity by content, without loading weights.

A checkpoint is a local folder, identified by a digest of its files, or a hub name
``org/name[@revision]``, identified by its commit.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from harness.environment import install
from harness.errors import UsageError
from harness.fingerprint import digest_files
from harness.tasks.reading.holes import check_holes

IGNORED_FILES = (
    # What a checkpoint computes does not depend on these.
    *("*.md", "*.rst", "LICENSE*", "NOTICE*", "*.png", "*.jpg", "*.jpeg", "*.gif", "*.svg"),
    # Left behind by training.
    *("optimizer.*", "scheduler.*", "scaler.*", "rng_state*", "training_args.bin"),
    *("trainer_state.json", "events.out.tfevents.*", "*.log"),
    # The same weights for frameworks that no adapter uses.
    *("*.msgpack", "*.h5", "*.ot", "*.tflite", "*.mlmodel"),
    *("*.pyc",),
)
"""File names (shell patterns) that do not count towards the digest of a folder."""

_HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*(@[\w./-]+)?")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A checkpoint that is known to exist.

    ``path`` is the local folder, or ``None`` for a hub checkpoint, whose commit is ``revision``.
    ``name`` is for tables.
    """

    path: Path | None
    name: str
    revision: str | None

    @property
    def source(self) -> str:
        """What to hand to ``from_pretrained``: the folder or the hub name."""
        return str(self.path) if self.path else self.name

    def digest(self) -> str:
        """The folder's digest (read now, which takes as long as reading the files), or the commit.

        Raises :class:`UsageError` when the folder holds nothing of a checkpoint.
        """
        return self.revision or digest_folder(Path(self.source))


def resolve(name_or_path: str, *, revision: str = "") -> Checkpoint:
    """Find a checkpoint.

    An existing local folder is that checkpoint. Otherwise a name of the form ``org/name`` or
    ``org/name@revision`` is resolved to a commit: a commit hash stands for itself, a branch or
    tag is looked up in the local Hugging Face cache and, when it is not there, on the hub. The
    cache comes first so that a command that is run again, or on a machine without network,
    means the same commit.

    Raises :class:`UsageError` when there is no such folder, the name has no hub form, or the
    commit cannot be found out.
    """
    path = Path(name_or_path).expanduser()
    if name_or_path and path.is_dir():  # an empty path would be the current folder
        if revision:
            raise UsageError(
                f"{name_or_path} is a local folder, which has no revision",
                fix="Leave out --option revision",
            )
        return Checkpoint(path.resolve(), path.resolve().name, None)
    if name_or_path and path.exists():
        raise UsageError(f"{name_or_path} is a file; a checkpoint is a folder")
    if not _HUB_NAME.fullmatch(name_or_path):
        raise UsageError(
            f"no folder {name_or_path!r}" if name_or_path else "no checkpoint is given",
            fix="Give an existing folder, or a hub name written org/name"
            + ("" if name_or_path else ", as in --model ADAPTER:FOLDER"),
        )
    name, _, wanted = name_or_path.partition("@")
    if wanted and revision and wanted != revision:
        raise UsageError(f"two revisions given for {name}: {wanted!r} and {revision!r}")
    return Checkpoint(None, name, _commit(name, wanted or revision or "main"))


def digest_folder(folder: Path) -> str:
    """sha256 over the sorted (relative name, file sha256) of a folder's files.

    Links are followed. Left out are hidden files and folders and :data:`IGNORED_FILES`; all
    else counts, since any of it (weights, configuration, tokenizer, code) may move a score.

    Raises :class:`UsageError` when nothing is left, and for a large file that is mostly holes.
    """
    files = dict(_files(Path(folder)))
    if not files:
        raise UsageError(f"{folder} holds no checkpoint: no weights, configuration or tokenizer")
    for path in files.values():
        check_holes(path)
    return digest_files(files)


def counts(name: str) -> bool:
    """Whether a file of a folder, by its relative name, counts towards the digest of it.

    What does not must never be weights: they could be others under the same fingerprint.
    """
    *folders, last = name.replace("\\", "/").split("/")
    hidden = any(part.startswith(".") and part != "." for part in (*folders, last))
    return not (hidden or "__pycache__" in folders or _ignored(last))


def _ignored(name: str) -> bool:
    return any(fnmatch(name, pattern) for pattern in IGNORED_FILES)


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    seen: set[str] = set()
    for root, folders, names in os.walk(folder, followlinks=True):
        real = os.path.realpath(root)
        if real in seen:  # a link back into the tree
            folders.clear()
            continue
        seen.add(real)
        folders[:] = [f for f in folders if not f.startswith(".") and f != "__pycache__"]
        for name in names:
            path = Path(root, name)
            if not name.startswith(".") and not _ignored(name) and path.is_file():
                yield path.relative_to(folder).as_posix(), path


def _commit(name: str, revision: str) -> str:
    if _COMMIT.fullmatch(revision):
        return revision
    try:
        from huggingface_hub import HfApi, try_to_load_from_cache
    except ImportError as error:
        raise UsageError(
            f"{name} is not a local folder, and hub names need the package huggingface_hub",
            fix=f"Run: {install('torch')}",
        ) from error
    for file in ("config.json", "modules.json"):
        found = try_to_load_from_cache(name, file, revision=revision)
        if isinstance(found, str):
            return Path(found).parent.name  # .../snapshots/<commit>/<file>
    return _hub_commit(HfApi(), name, revision)


def _hub_commit(api: Any, name: str, revision: str) -> str:
    try:
        sha: str = api.model_info(name, revision=revision, timeout=_SECONDS).sha
    except Exception as error:  # the hub's client and its transport have no common base class
        kind = type(error).__name__
        # Only the kind of the error is shown: its text may quote request headers.
        if kind == "RevisionNotFoundError":
            raise UsageError(f"the hub's {name} has no revision {revision!r}") from error
        if kind in {"RepositoryNotFoundError", "GatedRepoError"}:
            raise UsageError(
                f"no folder {name!r}, and the hub has no model of that name that you may read",
                fix="Check the name; for a private or gated model run: hf auth login",
            ) from error
        raise UsageError(
            f"no folder {name!r}, it is not in the local cache, and the hub did not answer "
            f"({kind})",
            fix=f"Give a local folder, or run where there is network: hf download {name}",
        ) from error
    return sha
