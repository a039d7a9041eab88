"""Manifests of earlier builds: to read TOML takes longer than all else that a rebuild reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from harness.errors import InvalidError
from harness.submission.folders.read import Each, Found
from harness.submission.layout import MANIFEST_FILE
from harness.submission.manifest.manifest import LARGEST_MANIFEST, Manifest
from harness.submission.untrusted.plain_files import read_plain
from leaderboard_site.making.cache import Cache, digest
from leaderboard_site.making.parallel import on_every_core


def remembering(kept: Cache) -> Each:
    """What reads every folder for :func:`read_all`, and those alone that ``kept`` does not know."""

    def each(read: Callable[[Path], Found], folders: Sequence[Path]) -> Iterator[Found]:
        keys = [_key(folder) for folder in folders]
        known = [None if key is None else kept.get(key) for key in keys]
        fresh = on_every_core(
            read, [folder for folder, text in zip(folders, known, strict=True) if text is None]
        )
        for folder, key, text in zip(folders, keys, known, strict=True):
            if text is not None:
                yield Found(folder, Manifest.model_validate_json(text))
                continue
            found = next(fresh)
            if key is not None:
                kept.put(key, found.manifest.model_dump_json().encode())
            yield found

    return each


def _key(folder: Path) -> str | None:
    """Digest of a manifest and of the folder's name, which it must agree with."""
    try:
        data = read_plain(folder / MANIFEST_FILE, most=LARGEST_MANIFEST)
    except InvalidError:
        return None  # whoever reads the folder says so, in its turn
    return digest(["manifest", folder.parent.name, folder.name, data])
