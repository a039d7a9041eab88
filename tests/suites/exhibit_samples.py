"""Runs whose exhibits are looked at: committed ones, changed ones, and parts with odd values."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin

import pyarrow as pa
import pyarrow.parquet as pq
from annotated_types import Ge, Gt, Le, Lt
from hypothesis import strategies as st
from pydantic import BaseModel

from harness.compare.sides import Side
from harness.exhibits import (
    Bundle,
    Curves,
    Dots,
    Exhibit,
    Figure,
    Matrix,
    Of,
    Remark,
    Scatter,
    Shown,
    Table,
    Trade,
)
from harness.records.record import Evidence, Record, read_record

ROOT = Path(__file__).resolve().parents[2]
BASELINE = ROOT / ".github" / "baseline"
Kind = TypeVar("Kind")


def baseline(name: str) -> Side:
    """A committed run with its tables."""
    folder = BASELINE / name
    return Side(read_record(folder / "record.json"), folder)


def columns_of(side: Side, file: str = "groups.parquet") -> dict[str, list[Any]]:
    """A table beside a record, read without the code under test."""
    columns: dict[str, list[Any]] = pq.read_table(side.folder / file).to_pydict()
    return columns


def submitted(task: str) -> list[Shown]:
    """Every committed submission's record of a task, named by its folder, without tables."""
    files = sorted((ROOT / "submissions").glob(f"*/*/records/{task}.json"))
    return [
        Shown(f"{file.parts[-4]}/{file.parts[-3]}", Side(read_record(file), file.parent))
        for file in files
    ]


def part_of(side: Side) -> Any:
    """The suite's part of a record."""
    return side.record.part


def with_part(side: Side, part: Any, folder: Path | None = None) -> Side:
    """The same run telling something else."""
    return Side(side.record.model_copy(update={"part": part}), folder or side.folder)


def changed(side: Side, folder: Path | None = None, **fields: Any) -> Side:
    """The same run with other values in the suite's part."""
    return with_part(side, part_of(side).model_copy(update=fields), folder)


def with_columns(side: Side, folder: Path, columns: Mapping[str, Any]) -> Side:
    """The same run with another table of groups, which its record tells of."""
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(dict(columns)), folder / "groups.parquet")
    return Side(_telling_of(side.record, folder), folder)


def _telling_of(record: Record, folder: Path) -> Record:
    data = (folder / "groups.parquet").read_bytes()
    rows = pq.read_metadata(folder / "groups.parquet").num_rows
    groups = Evidence(file="groups.parquet", sha256=hashlib.sha256(data).hexdigest(), rows=rows)
    return record.model_copy(update={"groups": groups})


def of_kind(found: Iterable[Exhibit], kind: type[Kind]) -> list[Kind]:
    """Those of one kind."""
    return [one for one in found if isinstance(one, kind)]


def table(found: Iterable[Exhibit], title: str) -> Table:
    """The one table whose title holds these words."""
    (one,) = [one for one in of_kind(found, Table) if title in one.title]
    return one


def said(found: Iterable[Exhibit], *, warning: bool | None = None) -> str:
    """All remarks as one text, or the warnings alone."""
    remarks = of_kind(found, Remark)
    return "\n".join(one.text for one in remarks if warning is None or one.warning == warning)


def check(found: Sequence[Exhibit]) -> None:
    """That every exhibit is plain data of the shape that its kind promises."""
    for one in found:
        if isinstance(one, Remark):
            assert one.text
            assert one.text.endswith(".")
        else:
            assert one.title
            _CHECKS[type(one)](one)


def _table(one: Table) -> None:
    assert one.rows, "a table without rows is no exhibit"
    assert len(set(one.columns)) == len(one.columns)
    assert one.of is None or one.of >= len(one.rows)
    for row in one.rows:
        assert len(row) == len(one.columns)
        for cell in row:
            _cell(cell)


def _cell(cell: Any) -> None:
    if isinstance(cell, Figure):
        _number(cell.value)
        assert cell.shade in (0, 1, 2, 3)
    elif isinstance(cell, Of):
        assert cell.part is None or type(cell.part) is int
        assert type(cell.whole) is int
    else:
        assert cell is None or type(cell) in (str, int)


def _number(value: Any) -> None:
    assert value is None or (type(value) in (float, int) and math.isfinite(value))


def _points(points: Iterable[Any]) -> None:
    for point in points:
        assert len(point) == 2
        assert all(type(value) is float and math.isfinite(value) for value in point)


def _matrix(one: Matrix) -> None:
    assert one.rows
    for _, cells in one.rows:
        assert len(cells) == len(one.columns)
        for cell in cells:
            _cell(cell)


def _curves(one: Curves) -> None:
    assert one.curves
    assert one.resolved is None or 0 < one.resolved <= 1
    for curve in one.curves:
        assert curve.points
        _points(curve.points)
    _points(one.chance)


def _dots(one: Dots) -> None:
    assert one.series
    for series in one.series:
        assert series.dots
        for dot in series.dots:
            _cell(dot.figure)


def _scatter(one: Scatter) -> None:
    assert one.points
    _points(one.points)
    _points(one.curve)
    for _, figure in one.said:
        _cell(figure)


def _bundle(one: Bundle) -> None:
    assert len(one.names) == len(one.lines) > 0
    assert all(len(line) == len(one.places) for line in one.lines)
    assert all(type(value) is float for value in one.places)


def _trade(one: Trade) -> None:
    assert one.points
    for point in one.points:
        _number(point.x)
        _number(point.y)


_CHECKS: dict[type, Any] = {
    Bundle: _bundle, Curves: _curves, Dots: _dots, Matrix: _matrix, Scatter: _scatter,
    Table: _table, Trade: _trade,
}  # fmt: skip


def parts(kind: type[BaseModel]) -> st.SearchStrategy[Any]:
    """Parts that the schema of a record allows, with whatever values."""
    fields = {
        name: _values(field.annotation, field.metadata) for name, field in kind.model_fields.items()
    }
    return st.fixed_dictionaries(fields).map(lambda values: kind(**values))


def _values(annotation: Any, limits: Sequence[Any] = ()) -> st.SearchStrategy[Any]:
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin in (Union, UnionType):
        return st.one_of(*(_values(one, limits) for one in inner))
    if origin is list:
        return st.lists(_values(inner[0]), max_size=4)
    if origin is dict:
        return st.dictionaries(_values(inner[0]), _values(inner[1]), max_size=3)
    if origin is tuple:
        return st.tuples(*map(_values, inner))
    if hasattr(annotation, "__metadata__"):
        return _values(annotation.__origin__)
    if annotation is NoneType:
        return st.none()
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return parts(annotation)
    return _scalars(annotation, limits)


def _scalars(annotation: Any, limits: Sequence[Any]) -> st.SearchStrategy[Any]:
    low = next((one.ge if isinstance(one, Ge) else one.gt for one in limits
                if isinstance(one, (Ge, Gt))), None)  # fmt: skip
    high = next((one.le if isinstance(one, Le) else one.lt for one in limits
                 if isinstance(one, (Le, Lt))), None)  # fmt: skip
    if annotation is bool:
        return st.booleans()
    if annotation is int:
        return st.integers(low, high) | st.just(10**400)
    if annotation is float:
        open_ends = {"exclude_min": any(isinstance(one, Gt) for one in limits),
                     "exclude_max": any(isinstance(one, Lt) for one in limits)}  # fmt: skip
        usual = [value for value in (0.05, 0.01) if not limits or open_ends["exclude_min"]]
        known = st.floats(low, high, allow_nan=False, allow_infinity=False, **open_ends)
        return known | st.sampled_from(usual) if usual else known
    assert annotation is str
    return st.sampled_from(WORDS) | st.text(max_size=5)


WORDS = (
    "all", "old classes", "calibrated", "oracle_per_domain", "ok", "unresolvable", "domain", "news",
    "logistic", "linear", "none", "lower", "higher", "SRCC", "KRCC", "all pairs", "<b>x</b>",
)  # fmt: skip
"""Words that the suites know, so that odd values go everywhere."""
