"""Look through a checkpoint's files, and only then let a library read them.

Threat: a folder, or a repository of the hub, that somebody else made. Without ``trust_remote_code``
none of its code runs; without ``allow_pickle`` its weights are safetensors. Neither rests on what
the versions that are installed refuse by themselves.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.adapters.support.checkpoints import Checkpoint
from harness.adapters.support.doors.amounts import NOTHING, Held, held
from harness.adapters.support.doors.names import DATA, check_index, check_names, module_folders
from harness.adapters.support.doors.weights import ALLOW, check_header, check_weights
from harness.errors import UsageError
from harness.files import is_regular

SMALL = ("*.json", "*.metadata", "*.py")
"""Files of a repository that are looked at before the others are had; code is not run by that."""

LINKED = (".safetensors", ".gguf", ".onnx", ".onnx_data")
"""Files that may be links to elsewhere: data that no reader runs, and too large to copy."""


def check_doors(found: Checkpoint, options: Mapping[str, Any]) -> None:
    """Raise :class:`UsageError` for a checkpoint that would run code, or lead out of itself.

    Of a hub's repository the small files are looked at as far as they can be had.
    """
    trusted, allow = (bool(options.get(name)) for name in ("trust_remote_code", ALLOW))
    if found.path is not None:
        files = [path.relative_to(found.path).as_posix() for path in _files(found.path)]
        check_folder(found.path, files, trusted=trusted, allow_pickle=allow)
        return
    folder = _small_files(found)
    if folder is not None:
        files = [path.relative_to(folder).as_posix() for path in _files(folder)]
        listed = _listed(found) or files
        check_folder(folder, files, listed, trusted=trusted, allow_pickle=allow)


def check_folder(
    folder: Path,
    files: Sequence[str],
    listed: Sequence[str] = (),
    *,
    trusted: bool,
    allow_pickle: bool,
) -> None:
    """The same for a folder on this machine; ``listed`` are files it would have, had all come."""
    code = any(name.lower().endswith(".py") for name in (*files, *listed))
    holdings = _holdings(folder, files)
    for name in files:
        path = folder / name
        ending = path.suffix.lower()  # some file systems do not tell the cases apart
        if name.lower().endswith(".safetensors.index.json"):
            check_index(path)
        elif ending == ".metadata" or (ending == ".json" and path.name not in DATA):
            there = holdings.get(name.rpartition("/")[0]) or holdings.get("") or NOTHING
            check_names(path, trusted=trusted, code=code, there=there)
        elif name.lower() == "custom_generate/generate.py" and not trusted:
            raise UsageError(
                f"{path} is code of the checkpoint's own",
                fix="Take it out of the folder; or, if you trust it: "
                "--option trust_remote_code=true",
            )
    for place, names in _read_folders(folder, listed or files).items():
        where = str(folder / place) if place else str(folder)
        if "adapter_config.json" in names:
            raise UsageError(
                f"{where} holds a LoRA, made for weights that may lie elsewhere",
                fix="Merge it into its base (peft: merge_and_unload) and give what that saves",
            )
        check_weights(where, names, allow=allow_pickle)


def _holdings(folder: Path, files: Sequence[str]) -> dict[str, Held]:
    """What the weights of each folder hold, relative; under ``""`` of all where it has none."""
    tensors = [name for name in files if name.lower().endswith(".safetensors")]
    for name in tensors:
        check_header(folder / name)
    places = {name.rpartition("/")[0] for name in tensors}
    found = {
        place: held(folder / name for name in tensors if name.rpartition("/")[0] == place)
        for place in places
    }
    return {"": held(folder / name for name in tensors), **found}


def _read_folders(folder: Path, files: Sequence[str]) -> dict[str, set[str]]:
    """The folders whose weights a library reads, relative, with the names of their files.

    Those are the checkpoint's own, those of its modules, and all below these: a router's lie there.
    """
    modules = tuple(name.strip("/") for name in module_folders(folder))
    found: dict[str, set[str]] = {"": set()}
    for name in files:
        place, _, last = name.rpartition("/")
        if not place or any(f"{place}/".startswith(f"{module}/") for module in modules):
            found.setdefault(place, set()).add(last)
    return found


def _files(folder: Path) -> Iterator[Path]:
    """Files that count, as in the digest. Raises :class:`UsageError` for a link that leads out."""
    seen: set[str] = set()
    for root, folders, names in os.walk(folder, followlinks=True):
        real = os.path.realpath(root)
        if real in seen:  # a link back into the tree
            folders.clear()
            continue
        seen.add(real)
        folders[:] = [name for name in folders if name[0] != "." and name != "__pycache__"]
        for name in (*folders, *names):
            _check_link(folder, Path(root, name))
        for path in (Path(root, name) for name in names if name[0] != "."):
            if not path.relative_to(folder).as_posix().isprintable():
                raise UsageError(
                    f"a file's name in {root} cannot be written ({path.name!r:.80})",
                    fix="Rename it, or take it out of the folder",
                )
            if not (path.is_file() and is_regular(path, path.stat())):
                raise UsageError(f"{path} is no plain file", fix="Take it out of the folder")
            yield path


def _check_link(folder: Path, path: Path) -> None:
    if path.is_symlink() and leads_out(folder, path):
        raise UsageError(
            f"{path} is a link that leads out of the checkpoint, to {path.resolve()}",
            fix=f"Copy what it stands for: cp -rL {folder} COPY",
        )


def leads_out(folder: Path, path: Path) -> bool:
    """Whether a path is of a file elsewhere, other than large data and the hub's own cache."""
    target, home = Path(os.path.realpath(path)), folder.resolve()  # a loop has no end elsewhere
    if target.is_relative_to(home) or (path.is_symlink() and path.suffix in LINKED):
        return False
    # That cache keeps every file of a commit as a link to its content.
    return home.parent.name != "snapshots" or target.parent != home.parent.parent / "blobs"


def _small_files(found: Checkpoint) -> Path | None:
    """The folder of the local cache with a repository's small files; ``None`` where none is had."""
    try:
        from huggingface_hub import snapshot_download

        return Path(
            snapshot_download(found.name, revision=found.revision, allow_patterns=list(SMALL))
        )
    except Exception:  # what cannot be had here is told when the model is loaded
        return None


def _listed(found: Checkpoint) -> list[str]:
    """The names of a repository's files; empty where they cannot be had."""
    try:
        from huggingface_hub import HfApi

        return list(HfApi().list_repo_files(found.name, revision=found.revision))
    except Exception:  # without network there is the cache alone, and all that is read is in it
        return []
