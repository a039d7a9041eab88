"""Rows as a pandas data frame, and as a table in a notebook."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from harness.environment import install
from harness.errors import UsageError
from harness.submission.untrusted.shown import shown

if TYPE_CHECKING:
    import pandas as pd

MOST_ROWS, LONGEST_CELL = 60, 120
"""What a notebook shows of one table: rows, and characters of a cell."""

NUMBERS = frozenset({"value", "low", "high", "baseline", "candidate", "difference", "p"})
"""Columns that are numbers even where none is defined."""


def pandas() -> Any:
    """The module; :class:`UsageError` with what to install where it is not there."""
    if find_spec("pandas") is None:
        raise UsageError("data frames need pandas", fix=f"Install with: {install('frames')}")
    import pandas as module

    return module


def frame_of(rows: Sequence[Mapping[str, Any]], columns: Iterable[str]) -> pd.DataFrame:
    """Rows as a data frame with the given columns, also where there is no row."""
    names = list(columns)
    types = {name: "float64" for name in names if name in NUMBERS}
    types |= {"limit": "Int64"} if "limit" in names else {}
    found: pd.DataFrame = pandas().DataFrame(list(rows), columns=names).astype(types)
    return found


def joined(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Frames one below the other; a column that one of them lacks is empty there."""
    found: pd.DataFrame = (
        pandas().concat(frames, ignore_index=True) if frames else pandas().DataFrame()
    )
    return found


def html_table(rows: Sequence[Sequence[str]], caption: str, *, rest: str) -> str:
    """A header and rows as HTML, in which nothing of a cell is markup.

    Long cells and tables are cut; ``rest`` says where to find what is not shown.
    """
    header, *body = rows
    parts = [
        f"<table><caption>{_cell(caption)}</caption><thead><tr>",
        *(f"<th>{_cell(name)}</th>" for name in header),
        "</tr></thead><tbody>",
    ]
    for row in body[:MOST_ROWS]:
        parts += ["<tr>", *(f"<td>{_cell(cell)}</td>" for cell in row), "</tr>"]
    parts.append("</tbody></table>")
    if len(body) > MOST_ROWS:
        parts.append(f"<p>{len(body) - MOST_ROWS:,} more rows: {_cell(rest)}</p>")
    return "".join(parts)


def _cell(text: str) -> str:
    return escape(shown(text, most=LONGEST_CELL))
