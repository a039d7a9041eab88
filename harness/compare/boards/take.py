"""What an input is: told, or found by the names of its files and their first lines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from harness.compare.boards.annotations import KEYS, annotations_board
from harness.compare.boards.annotations import PATTERNS as ANNOTATIONS
from harness.compare.boards.board import Asked, OtherBoard, Reading
from harness.compare.boards.finding import files_below
from harness.compare.boards.pairing import check_names, paired
from harness.compare.boards.rankings import runs_boards
from harness.compare.boards.samples import PATTERNS as SAMPLES
from harness.compare.boards.samples import samples_boards
from harness.compare.boards.tables import table_board
from harness.compare.boards.task_results import holds_task_results, task_results_board
from harness.errors import InvalidError, UsageError
from harness.tasks.reading.content import check_bounds
from harness.tasks.reading.json_text import read_document
from harness.tasks.tables import ending, read_table, tables_in

Boards = tuple[str, tuple[OtherBoard, ...]]
LOOKED_AT = 20
"""JSON files of a folder that are opened to find out what it is."""

SMALL = 64 * 1024**2


def read_boards(path: Path, asked: Asked) -> Reading:
    """The boards in a file or a folder, each on the items that all its systems have.

    Raises :class:`UsageError` where an option has to say more, and :class:`InvalidError` for what
    cannot be read, in one line.
    """
    if not path.exists():
        raise UsageError(f"{path} is missing")
    if not path.is_dir():
        check_bounds(path)
    form = asked.form or _form(path, asked)
    taken, boards = FORMS[form](path, asked)
    if form == "runs":  # they were not even read
        asked = replace(asked, without=())
    check_names(boards, (*asked.without, *asked.baselines))
    return Reading(form, taken, tuple(paired(board, asked) for board in boards))


def _form(path: Path, asked: Asked) -> str:
    if asked.judgements:
        return "runs"
    if not path.is_dir():
        return _form_of_file(path)
    if files_below(path, SAMPLES):
        return "lm-eval"
    if files_below(path, ANNOTATIONS):
        return "alpaca-eval"
    if any(_is_task_result(file) for file in files_below(path, ["*.json"])[:LOOKED_AT]):
        return "mteb"
    if files_below(path, ["*.trec", "*.run", "*.trec.*", "*.run.*"]):
        raise UsageError(f"{path} holds runs", fix="Add --qrels FILE with their judgements")
    return "table"


def _form_of_file(path: Path) -> str:
    if path.name.startswith("samples_") and ending(path).startswith(".jsonl"):
        return "lm-eval"
    if ending(path) == ".json" and _is_task_result(path):
        return "mteb"
    if ending(path).startswith((".json", ".jsonl")):
        first = next(read_table(path), None)
        if first is not None and set(first.values) >= KEYS:
            return "alpaca-eval"
    return "table"


def _is_task_result(path: Path) -> bool:
    if path.stat().st_size > SMALL:
        return False
    try:
        return holds_task_results(read_document(path))
    except InvalidError:
        return False


def _tables(path: Path, asked: Asked) -> Boards:
    files = tables_in(path) if path.is_dir() else [path]
    if not files:
        raise UsageError(f"no tables in {path}", fix="Say what it is with --format")
    found = [table_board(file, asked) for file in files]
    return " and ".join(dict.fromkeys(said for said, _ in found)), tuple(b for _, b in found)


def _one(
    reader: Callable[[Path, Asked], tuple[str, OtherBoard]],
) -> Callable[[Path, Asked], Boards]:
    def read(path: Path, asked: Asked) -> Boards:
        said, board = reader(path, asked)
        return said, (board,)

    return read


FORMS: dict[str, Callable[[Path, Asked], Boards]] = {
    "table": _tables,
    "answers": _tables,
    "mteb": _one(task_results_board),
    "lm-eval": samples_boards,
    "alpaca-eval": _one(annotations_board),
    "runs": runs_boards,
}
"""What an input can be."""
