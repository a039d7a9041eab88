"""The board's data to take away, and the page that lists them with their digests."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import pydantic

from leaderboard_site.addresses import Render
from leaderboard_site.board.board import Board
from leaderboard_site.board.events import suite_words
from leaderboard_site.downloads.csv import COLUMNS, csv_files, csv_page
from leaderboard_site.downloads.json import board_json, record_schema
from leaderboard_site.drawing.fragments import Keep
from leaderboard_site.text import clip, count

PAGE = "data/index.html"
SUMS = "data/SHA256SUMS"
BOARD_CSV, BOARD_JSON, SCHEMA = "data/board.csv", "data/board.json", "data/record-schema.json"

_MADE_BY = (f"pydantic {pydantic.VERSION}",)
"""What a schema follows from beside our own code and the suites, of which every digest is."""


@dataclass(frozen=True, slots=True)
class DataFile:
    """A file as listed: its path, what it holds, its size and sha256."""

    path: str
    name: str
    about: str
    size: str
    sha256: str


def data_files(board: Board, render: Render, *, kept: Keep | None = None) -> dict[str, bytes]:
    """All data files, ``SHA256SUMS`` over them, and the page that lists them."""
    files = csv_files(board, kept=kept)
    files[BOARD_JSON] = board_json(board.systems, kept=kept)
    files[SCHEMA] = record_schema() if kept is None else kept("schema", (), _MADE_BY, record_schema)
    about = {
        BOARD_CSV: "One row for every run and metric.",
        BOARD_JSON: "The same with every manifest, speed, and what maintainers said.",
        SCHEMA: "JSON Schema of a record, as submissions carry them.",
    }
    about |= {
        csv_page(suite.name): f"The rows of board.csv that belong to {suite_words(suite.name)}."
        for suite in board.suites
    }
    digests = {path: hashlib.sha256(data).hexdigest() for path, data in files.items()}
    listed = [
        DataFile(path, path.removeprefix("data/"), said, size_text(len(files[path])), digests[path])
        for path, said in about.items()
    ]
    example = next((task.id for suite in board.suites for task in suite.tasks), "TASK")
    page = render("data.html.j2", root="../", files=listed, columns=COLUMNS, example=clip(example))
    return {**files, SUMS: sums(digests), PAGE: page}


def sums(digests: Mapping[str, str]) -> bytes:
    """Digests in the form of ``sha256sum``, to be checked from inside the folder ``data``."""
    lines = [f"{digests[path]}  {path.removeprefix('data/')}\n" for path in sorted(digests)]
    return "".join(lines).encode()


def size_text(number: int) -> str:
    """``812 bytes``, ``3.1 kB``, ``45.2 MB``: decimal units, as download tools show them."""
    if number < 1000:
        return f"{count(number)} bytes"
    if number < 999_950:
        return f"{number / 1000:.1f} kB"
    return f"{number / 1_000_000:.1f} MB"
