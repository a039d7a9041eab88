"""The first stride of a build: each revision, read once, gives its rows and its own pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

from harness.exhibits import Table
from harness.runs.folder import RECORD_FILE
from leaderboard_site.addresses import Render
from leaderboard_site.exhibits.items import lost_items
from leaderboard_site.making.cache import Cache, Kept, digest, pack, unpack
from leaderboard_site.making.parallel import mapped
from leaderboard_site.pages.run import run_files
from leaderboard_site.reading.records import load_run
from leaderboard_site.reading.sources import Source, read_bounded, read_source
from leaderboard_site.reading.submitted import Submitted
from leaderboard_site.reading.summarise import summarise
from leaderboard_site.reading.summary import Revision, Run
from leaderboard_site.taking.beside import with_files

_RUNS = TypeAdapter(tuple[Run, ...])
ROWS = "rows"
"""Name of the rows beside the pages of a revision."""


@dataclass(frozen=True, slots=True)
class Part:
    """One revision: its rows for the board, its own pages, and the digest of what made them."""

    key: str
    revision: Revision
    pages: dict[str, bytes]


def parts(sources: Sequence[Source], render: Render, cache: Cache) -> Iterator[Part]:
    """Rows and pages of every revision, in the order of ``sources``."""
    known = {source.manifest.id: source for source in sources}

    def work(index: int) -> tuple[str, bytes, Kept]:
        source = sources[index]
        before = known.get(source.manifest.predecessor or "")
        contents: dict[Path, bytes] = {}
        key = _key(source, before, cache, contents)
        made = cache.get(key)
        if made is None:
            made = cache.put(key, _make(source, before, render, contents))
        return key, made, cache.drain()

    for source, (key, made, kept) in zip(sources, mapped(work, len(sources)), strict=True):
        cache.absorb(kept)
        pages = unpack(made)
        rows = _RUNS.validate_json(pages.pop(ROWS))
        yield Part(key, Revision(source.manifest, source.standing, rows), pages)


def _make(
    source: Source, before: Source | None, render: Render, contents: Mapping[Path, bytes]
) -> bytes:
    item = read_source(source, contents)
    rows = _RUNS.dump_json(summarise(item).runs)
    manifest = None if before is None else before.manifest
    pages = run_files(item, manifest, render, lost=_lost(item, before))
    return pack({ROWS: rows, **with_files(pages, tables=False)})


def _lost(item: Submitted, before: Source | None) -> dict[str, tuple[Table, ...]]:
    """What the update lost, by task, where both revisions have their tables."""
    if before is None:
        return {}
    sides = (load_run(run) for run in before.runs if run.tables is not None)
    old = {side.record.task.id: side for side in sides}
    found = {}
    for run in item.runs:
        task = run.record.task.id
        if run.source.tables is not None and task in old:
            found[task] = lost_items(old[task], run.side)
    return found


def _key(source: Source, before: Source | None, cache: Cache, contents: dict[Path, bytes]) -> str:
    """Digest of all that the pages of a revision follow from.

    Files that nobody touched since a build are not read again: the cache knows what was in them.
    What is read is put into ``contents``, so that pages are made of the bytes that are digested.
    """
    untouched = digest(["untouched", *_identity(source, before, _stamp)])
    known = cache.get(untouched)
    if known is None:
        read = Path.read_bytes if source.is_local else read_bounded

        def content(path: Path) -> bytes:
            return contents.setdefault(path, read(path))

        known = digest(["revision", *_identity(source, before, content)]).encode()
        cache.put(untouched, known)
    return known.decode()


def _stamp(path: Path) -> str:
    """What changes whenever a file is written or replaced; nobody can set the time of change."""
    try:
        found = path.stat()
    except OSError:
        return "unreadable"  # whoever reads it says why
    return f"{found.st_size} {found.st_ino} {found.st_mtime_ns} {found.st_ctime_ns}"


def _identity(
    source: Source, before: Source | None, content: Callable[[Path], bytes | str]
) -> Iterator[bytes | str]:
    """All that the pages of a revision follow from; ``content`` stands for a file's."""
    yield source.manifest.model_dump_json()
    yield repr((source.standing, source.scored_here, sorted(source.before.items())))
    if before is not None:
        yield before.manifest.id
        for run in before.runs:
            yield content(run.read_from) if run.tables is not None else ""
    for run in source.runs:
        yield str(run.record)
        yield str(run.tables or "")
        yield content(run.record)
        if run.tables is not None:
            yield content(run.tables / RECORD_FILE)
            yield " ".join(sorted(path.name for path in run.tables.glob("*.parquet")))
