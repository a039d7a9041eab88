"""Records to a folder of HTML: the same records give the same bytes, wherever they lie."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from harness import __version__
from harness.errors import InvalidError, UsageError
from harness.files import make_folder, storage_errors, write_atomic
from harness.records import to_json
from leaderboard_site import pictures, ranks
from leaderboard_site.charts import (
    MOST_BARS,
    SKYLINE_HEIGHT,
    SKYLINE_WIDTH,
    WHISKER_HEIGHT,
    WHISKER_WIDTH,
)
from leaderboard_site.figures import SHADES
from leaderboard_site.reading import LoadedRecord, load_records
from leaderboard_site.text import clip, linked, plural, sentence, visible
from leaderboard_site.views import Board, make_board

if TYPE_CHECKING:
    from jinja2 import Environment

MANIFEST = ".marginbench-site.json"
"""Names the files a build wrote, so that the next one removes those and nothing else."""

LONGEST_TEXT = 4000
"""No single text from a record takes more of a page; all of it stands in records.json."""

_HERE = Path(__file__).resolve().parent


def build_site(records: Path, out: Path) -> Path:
    """Build the site from every ``record.json`` below ``records``; returns the overview page.

    Raises :class:`UsageError` when Jinja2 or the records folder is missing, or when ``out`` holds
    a file of somebody else where a page belongs; :class:`InvalidError` naming the file when a
    record is broken, in which case nothing is written.
    """
    environment = _environment()
    loaded = load_records(records)
    files = render_site(loaded, environment)
    _write_all(files, out)
    return out / "index.html"


def render_site(
    loaded: Sequence[LoadedRecord], environment: Environment | None = None
) -> dict[str, bytes]:
    """All files of the site as relative path -> bytes."""
    jinja = environment or _environment()
    board = make_board(loaded)
    shared = _shared(board)
    files = {
        "index.html": _page(jinja, "index.html.j2", shared, root="", board=board),
        "records.json": _records_json(loaded),
    }
    for suite in board.suites:
        files[suite.page] = _page(jinja, "suite.html.j2", shared, root="../", suite=suite)
        for task in suite.tasks:
            files[task.page] = _page(jinja, "task.html.j2", shared, root="../", task=task)
    for path in sorted((_HERE / "static").iterdir()):
        if path.is_file():
            files[f"static/{path.name}"] = path.read_bytes()
    return files


def _environment() -> Environment:
    try:
        from jinja2 import Environment, FileSystemLoader, StrictUndefined
    except ImportError as error:
        raise UsageError(
            "the site needs jinja2", fix="Install with: pip install 'marginbench[site]'"
        ) from error
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["linked"] = linked
    environment.filters["plural"] = plural
    environment.filters["sentence"] = sentence
    return environment


def _finalize(value: Any) -> Any:
    # Subclasses of str are our own: markup from macros, outlines of charts.
    return clip(visible(value), most=LONGEST_TEXT) if type(value) is str else value


def _shared(board: Board) -> dict[str, Any]:
    return {
        "suites": board.suites,
        "record_count": board.records,
        "version": __version__,
        "rank_rule": ranks.RANK_RULE,
        "verdict_rule": ranks.VERDICT_RULE,
        "shades": range(SHADES),
        "whisker_width": WHISKER_WIDTH,
        "whisker_height": WHISKER_HEIGHT,
        "most_bars": MOST_BARS,
        "skyline_width": SKYLINE_WIDTH,
        "skyline_height": SKYLINE_HEIGHT,
        "picture_width": pictures.WIDTH,
        "picture_height": pictures.HEIGHT,
    }


def _page(jinja: Environment, template: str, shared: Mapping[str, Any], **values: Any) -> bytes:
    return jinja.get_template(template).render({**shared, **values}).encode("utf-8", "replace")


def _records_json(loaded: Sequence[LoadedRecord]) -> bytes:
    texts = [json.loads(to_json(item.record)) for item in loaded]
    return (json.dumps(texts, indent=1, ensure_ascii=True, allow_nan=False) + "\n").encode()


def _write_all(files: Mapping[str, bytes], out: Path) -> None:
    make_folder(out)
    ours = _read_manifest(out)
    _refuse_foreign(files, ours, out)
    # The manifest goes first: after a crash the next build still knows every file as its own.
    _write_manifest(out, ours | files.keys())
    for name in sorted(files):
        path = out / name
        make_folder(path.parent)
        if not path.is_file() or path.read_bytes() != files[name]:
            write_atomic(path, files[name])
    for name in sorted(ours - files.keys()):
        _remove(out, name)
    _write_manifest(out, set(files))


def _refuse_foreign(files: Mapping[str, bytes], ours: set[str], out: Path) -> None:
    for name in sorted(files):
        path = out / name
        linked_folder = path.parent != out and path.parent.is_symlink()
        known = name in ours and not path.is_symlink()
        if linked_folder or (not known and (path.exists() or path.is_symlink())):
            raise UsageError(
                f"{path} is in the way and was not written by marginbench site",
                fix="Choose an empty folder with --out",
            )


def _read_manifest(out: Path) -> set[str]:
    path = out / MANIFEST
    if not path.exists():
        return set()
    try:
        names = json.loads(path.read_text(encoding="utf-8"))["files"]
        if not all(_is_inside(name) for name in names):
            raise ValueError("a name leaves the folder")
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidError(
            f"{path}: not a list of files as marginbench site writes it ({error})",
            fix="Choose an empty folder with --out",
        ) from error
    return set(names)


def _is_inside(name: Any) -> bool:
    if not isinstance(name, str) or "\\" in name or ":" in name:
        return False
    path = PurePosixPath(name)
    return bool(path.parts) and not path.is_absolute() and ".." not in path.parts


def _write_manifest(out: Path, names: set[str]) -> None:
    text = json.dumps({"files": sorted(names)}, indent=1) + "\n"
    write_atomic(out / MANIFEST, text.encode())


def _remove(out: Path, name: str) -> None:
    path = out / name
    if path.parent.resolve() != (out.resolve() / name).parent:
        return  # a folder on the way is now a link to somewhere else
    with storage_errors(path):
        if path.is_file() or path.is_symlink():
            path.unlink()
        folder = path.parent
        if folder != out and folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
