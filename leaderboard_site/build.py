"""From submissions to a folder of HTML, in three strides: revisions, the board, its pages.

Each revision is read once, into its rows for the board and its own pages. The board decides who is
compared with whom. The pages of systems, tasks and suites follow from the board. Equal input gives
equal bytes, whatever was built before and on however many cores.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from harness.submission.manifest.manifest import Manifest
from leaderboard_site.addresses import Render
from leaderboard_site.board.board import Board, SuiteBoard, TaskBoard, make_board
from leaderboard_site.board.families import families_of
from leaderboard_site.board.means import suite_means
from leaderboard_site.board.systems import System
from leaderboard_site.comparing.plan import find_verdicts, updates
from leaderboard_site.downloads.feed import feed_files
from leaderboard_site.downloads.files import data_files
from leaderboard_site.drawing.fragments import Fragments
from leaderboard_site.drawing.rendering import renderer, with_suites
from leaderboard_site.making.assets import static_files
from leaderboard_site.making.cache import Cache, Kept, pack, unpack
from leaderboard_site.making.parallel import mapped
from leaderboard_site.making.writing import write_site
from leaderboard_site.pages.compare import compare_files
from leaderboard_site.pages.family import family_files, kin_of
from leaderboard_site.pages.history import history_files
from leaderboard_site.pages.method import method_files
from leaderboard_site.pages.overview import overview_files
from leaderboard_site.pages.submit import submit_files
from leaderboard_site.pages.suite import suite_files
from leaderboard_site.pages.system import RANK_SLOT, rank_texts, set_ranks, system_draft
from leaderboard_site.pages.task import task_files
from leaderboard_site.reading.sources import (
    Source,
    forced_local_sources,
    forced_sources,
    local_sources,
    submitted_sources,
)
from leaderboard_site.reading.summary import Revision
from leaderboard_site.revisions import parts
from leaderboard_site.taking.beside import with_files, without_files

Files = dict[str, bytes]


def build_site(
    records: Path, out: Path, *, scored_here: bool = False, pictures: bool = False
) -> Path:
    """Build a site of the runs below a folder; returns the first page.

    ``scored_here`` says that their figures were computed just now, from the answers of models.
    ``pictures`` also makes PNG of every chart, and a chart of the ranked systems of every table.

    Raises :class:`UsageError` when the folder or Jinja2 is missing, or when ``out`` holds a file of
    somebody else where a page belongs; :class:`InvalidError` naming the file when a record is
    broken, in which case nothing is written.
    """
    sources = local_sources(records, scored_here=scored_here)
    return build(sources, out, Cache(None), pictures=pictures)


def build_runs(
    records: Path, out: Path, *, force: bool = False, pictures: bool = False
) -> tuple[Path, tuple[str, ...]]:
    """As :func:`build_site`; returns the first page and what was left out.

    ``force`` leaves out runs that cannot be read instead of raising.
    """
    if not force:
        return build_site(records, out, pictures=pictures), ()
    sources, faults = forced_local_sources(records)
    return build(sources, out, Cache(None), pictures=pictures), faults


def build_submissions(
    submissions: Path,
    out: Path,
    *,
    recomputed: Path | None = None,
    force: bool = False,
    cache: Path | None = None,
    pictures: bool = False,
) -> tuple[Path, tuple[str, ...]]:
    """Build the site of a folder of submissions; returns the first page and what was left out.

    ``recomputed`` is what ``marginbench validate --recomputed`` wrote. ``force`` leaves out what
    cannot be read at all instead of raising. ``cache`` is a file that keeps pages between builds.
    ``pictures`` is that of :func:`build_site`.
    """
    kept = Cache(cache)
    if force:
        sources, faults = forced_sources(submissions, recomputed=recomputed)
    else:
        sources, faults = submitted_sources(submissions, kept, recomputed=recomputed), ()
    return build(sources, out, kept, pictures=pictures), faults


def build(sources: Sequence[Source], out: Path, kept: Cache, *, pictures: bool = False) -> Path:
    """Build a site of some sources into ``out``; returns the first page."""
    with _no_collector():
        write_site(site_files(sources, kept, pictures=pictures), out)
    kept.close()
    return out / "index.html"


@contextmanager
def _no_collector() -> Iterator[None]:
    """No search for cycles: a build makes millions of objects and hardly any, and it takes half.

    What it leaves is old at once, so that no search begins with it when this ends.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            if not gc.get_freeze_count():
                gc.freeze()
                gc.unfreeze()
            gc.enable()


def site_files(sources: Sequence[Source], cache: Cache, *, pictures: bool = False) -> Files:
    """All files of the site as relative path -> bytes."""
    files: Files = dict(static_files())
    drafts: Files = {}
    revisions: list[Revision] = []
    keys: dict[str, str] = {}
    for source, part in zip(sources, parts(sources, renderer(), cache), strict=True):
        drafts |= part.pages
        keys[source.manifest.id] = part.key
        revisions.append(part.revision)
    board = make_board(revisions)
    names = [suite.name for suite in board.suites]
    render, fragments = renderer(names), Fragments(cache, keys, repr(names), pictures)
    files |= with_suites(drafts, render)
    files |= _board_pages(board, fragments, render)
    return files


def _board_pages(board: Board, fragments: Fragments, render: Render) -> Files:
    """All pages that follow from the board; each piece is drawn on its own."""
    pieces = _pieces(board, fragments, render)

    def piece(index: int) -> tuple[Files, Kept]:
        return pieces[index](), fragments.cache.drain()

    files: Files = {}
    for index, (made, kept) in enumerate(mapped(piece, len(pieces))):
        fragments.cache.absorb(kept)
        files |= made
        if index == 0:  # others are at work now; what is large is made where it is needed
            files |= without_files(data_files(board, render, kept=fragments.bytes_of))
    return files


def _pieces(board: Board, fragments: Fragments, render: Render) -> list[Callable[[], Files]]:
    """A quick one first, then what takes longest; items are compared before charts are drawn."""
    families = {
        system.id: name for name, kin in families_of(board.systems).items() for system in kin
    }
    known = {r.manifest.id: r.manifest for system in board.systems for r in system.revisions}
    pieces: list[Callable[[], Files]] = [
        partial(feed_files, board.systems),
        partial(_overall_pages, board, fragments, render),
    ]
    for suite in board.suites:
        pieces += [partial(_task_pages, task, suite, fragments, render) for task in suite.tasks]
        pieces.append(partial(_suite_pages, suite, fragments, render))
    pieces += [
        partial(_system_page, system, board, fragments, render, known, families.get(system.id, ""))
        for system in board.systems
    ]
    return pieces


def _system_page(
    system: System,
    board: Board,
    fragments: Fragments,
    render: Render,
    known: Mapping[str, Manifest],
    family: str,
) -> Files:
    ranks = rank_texts(system, board.ranks)
    revisions = [revision.manifest for revision in system.revisions]
    draft = fragments.bytes_of(
        "system",
        [manifest.id for manifest in revisions],
        [str(bool(ranks)), family, *(str(manifest.predecessor in known) for manifest in revisions)],
        lambda: pack(
            with_files(
                {
                    system.page: system_draft(
                        system, known, render, ranked=bool(ranks), family=family
                    )
                },
                png=fragments.png,
                later=RANK_SLOT,
            )
        ),
    )
    return {path: set_ranks(data, ranks) for path, data in unpack(draft).items()}


def _task_pages(task: TaskBoard, suite: SuiteBoard, fragments: Fragments, render: Render) -> Files:
    lines = [line for section in (*task.full, *task.quick) for line in section.lines]
    return fragments.files(
        f"task {task.id}",
        lines,
        lambda: with_files(
            task_files(task, fragments, render, suite_page=suite.page),
            png=fragments.png,
            skip=[task.full_page],
        ),
    )


def _suite_pages(suite: SuiteBoard, fragments: Fragments, render: Render) -> Files:
    lines = [
        line
        for task in suite.tasks
        for section in (*task.full, *task.quick)
        for line in section.lines
    ]
    return fragments.files(
        f"suite {suite.name}",
        lines,
        lambda: with_files(
            suite_files(suite, fragments, render), png=fragments.png, skip=[suite.full_page]
        ),
    )


def _overall_pages(board: Board, fragments: Fragments, render: Render) -> Files:
    means = {suite.name: suite_means(suite) for suite in board.suites}
    files = overview_files(board, means, render)
    files |= method_files(board, render)
    files |= submit_files(render)
    verdicts = find_verdicts(
        board.systems, updates(board.systems), kin=kin_of(board, means), kept=fragments.cache
    )
    tabled = compare_files(board, render, verdicts=verdicts, drawn=fragments.bytes_of)
    tabled |= family_files(board, means, verdicts, render)
    tabled |= history_files(board, means, render)
    return {**without_files(files), **with_files(tabled, png=fragments.png)}
