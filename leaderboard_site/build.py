"""From submissions to a folder of HTML, in three strides: revisions, the board, its pages.

Each revision is read once, into its rows for the board and its own pages. The board decides who is
compared with whom. The pages of systems, tasks and suites follow from the board. Equal input gives
equal bytes, whatever was built before and on however many cores.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

from harness.submission.manifest import Manifest
from leaderboard_site.assets import static_files
from leaderboard_site.board import Board, make_board
from leaderboard_site.cache import Cache, digest
from leaderboard_site.overview import overview_files
from leaderboard_site.parallel import mapped
from leaderboard_site.rendering import renderer
from leaderboard_site.run_pages import run_files
from leaderboard_site.sources import (
    Source,
    forced_sources,
    local_sources,
    read_source,
    submitted_sources,
)
from leaderboard_site.suite_pages import suite_files
from leaderboard_site.suite_table import suite_table
from leaderboard_site.summarise import summarise
from leaderboard_site.summary import Revision
from leaderboard_site.system_pages import system_file
from leaderboard_site.systems import Render, System
from leaderboard_site.task_pages import task_files
from leaderboard_site.writing import write_site

Files = dict[str, bytes]
_REVISION = TypeAdapter(Revision)


@dataclass(frozen=True, slots=True)
class Part:
    """One revision: its rows for the board as JSON, and its own pages. ``key`` is their digest."""

    key: str
    rows: bytes
    pages: Files


def build_site(records: Path, out: Path) -> Path:
    """Build a site of the runs below a folder; returns the first page.

    Raises :class:`UsageError` when the folder or Jinja2 is missing, or when ``out`` holds a file of
    somebody else where a page belongs; :class:`InvalidError` naming the file when a record is
    broken, in which case nothing is written.
    """
    return build(local_sources(records), out)


def build_submissions(
    submissions: Path,
    out: Path,
    *,
    recomputed: Path | None = None,
    force: bool = False,
    cache: Path | None = None,
) -> tuple[Path, tuple[str, ...]]:
    """Build the site of a folder of submissions; returns the first page and what was left out.

    ``recomputed`` is what ``marginbench validate --recomputed`` wrote. ``force`` leaves out what
    cannot be read at all instead of raising. ``cache`` is a file that keeps pages between builds.
    """
    if force:
        sources, faults = forced_sources(submissions, recomputed=recomputed)
    else:
        sources, faults = submitted_sources(submissions, recomputed=recomputed), ()
    return build(sources, out, cache=cache), faults


def build(sources: Sequence[Source], out: Path, *, cache: Path | None = None) -> Path:
    """Build a site of some sources into ``out``; returns the first page."""
    kept = Cache(cache)
    write_site(site_files(sources, kept), out)
    kept.close()
    return out / "index.html"


def site_files(sources: Sequence[Source], cache: Cache) -> Files:
    """All files of the site as relative path -> bytes."""
    render = renderer()
    files: Files = dict(static_files())
    revisions: list[Revision] = []
    rows: dict[str, bytes] = {}
    for source, part in zip(sources, _parts(sources, render, cache), strict=True):
        files |= part.pages
        rows[source.manifest.id] = part.rows
        revisions.append(_REVISION.validate_json(part.rows))
    board = make_board(revisions)
    files |= _system_pages(board, rows, render, cache)
    files |= _board_pages(board, render)
    tables = {suite.name: suite_table(suite) for suite in board.suites}
    files |= overview_files(board, tables, render)
    return files


def _parts(sources: Sequence[Source], render: Render, cache: Cache) -> Iterator[Part]:
    """Rows and pages of every revision, in the order of ``sources``."""
    known = {source.manifest.id: source.manifest for source in sources}
    kept = cache.keys()

    def part(index: int) -> Part:
        source = sources[index]
        before = known.get(source.manifest.predecessor or "")
        key = digest(_identity(source, before))
        if key in kept:
            return Part(key, b"", {})
        item = read_source(source)
        rows = _REVISION.dump_json(summarise(item))
        return Part(key, rows, run_files(item, before, render))

    for made in mapped(part, len(sources)):
        yield _with_cache(made, cache) if made.rows else _from_cache(made.key, cache)


def _identity(source: Source, before: Manifest | None) -> Iterator[bytes | str]:
    """All that the pages of a revision follow from."""
    yield source.manifest.model_dump_json()
    yield repr(source.standing)
    yield before.id if before is not None else ""
    for run in source.runs:
        yield str(run.record)
        yield str(run.tables or "")
        yield run.record.read_bytes()
        if run.tables is not None:
            yield (run.tables / "record.json").read_bytes()


def _with_cache(part: Part, cache: Cache) -> Part:
    pages = {name: data.decode("utf-8") for name, data in part.pages.items()}
    cache.put(part.key, json.dumps([part.rows.decode("utf-8"), pages]).encode())
    return part


def _from_cache(key: str, cache: Cache) -> Part:
    kept = cache.get(key)
    assert kept is not None, "it was there when the keys were read"
    rows, pages = json.loads(kept)
    return Part(key, rows.encode(), {name: text.encode() for name, text in pages.items()})


def _system_pages(
    board: Board, rows: Mapping[str, bytes], render: Render, cache: Cache
) -> Iterator[tuple[str, bytes]]:
    """Path and bytes of every system's page."""
    known = {r.manifest.id: r.manifest for system in board.systems for r in system.revisions}
    keys = [digest(_system_identity(system, board, rows, known)) for system in board.systems]
    kept = cache.keys()
    missing = [index for index, key in enumerate(keys) if key not in kept]

    def page(index: int) -> bytes:
        system = board.systems[missing[index]]
        return system_file(system, known, render, ranks=board.ranks)

    for index, data in zip(missing, mapped(page, len(missing)), strict=True):
        cache.put(keys[index], data)
        yield board.systems[index].page, data
    done = set(missing)
    for index, key in enumerate(keys):
        if index not in done:
            yield board.systems[index].page, cache.get(key) or page(index)


def _system_identity(
    system: System, board: Board, rows: Mapping[str, bytes], known: Mapping[str, Manifest]
) -> Iterator[bytes | str]:
    yield system.id
    current = system.current.manifest.id
    for run in system.current.runs:
        yield str(board.ranks.get((current, run.task), ""))
    for revision in system.revisions:
        yield rows[revision.manifest.id]
        yield str((revision.manifest.predecessor or "") in known)


def _board_pages(board: Board, render: Render) -> Files:
    """Pages of tasks and suites; each is a piece of work of its own."""
    tasks = [(task, suite) for suite in board.suites for task in suite.tasks]

    def pages(index: int) -> Files:
        if index >= len(tasks):
            return suite_files(board.suites[index - len(tasks)], render)
        task, suite = tasks[index]
        return task_files(task, render, suite_page=suite.page)

    files: Files = {}
    for made in mapped(pages, len(tasks) + len(board.suites)):
        files |= made
    return files
