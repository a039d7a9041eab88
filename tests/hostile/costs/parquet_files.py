"""Parquet files written by hand: headers say what they like, whatever the pages hold.

The structs are those of ``parquet.thrift`` in parquet-format 2.10.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import pyarrow as pa

from tests.hostile.costs.thrift import (
    BINARY,
    I32,
    STRUCT,
    Field,
    binary,
    i32,
    i64,
    inner,
    listed,
    struct,
    varint,
)

MAGIC = b"PAR1"
CODECS = {"uncompressed": 0, "snappy": 1, "gzip": 2, "brotli": 4, "zstd": 6, "lz4_raw": 7}
INT64, FLOAT, DOUBLE, BYTES = 2, 4, 5, 6
PLAIN, RLE, RLE_DICTIONARY = 0, 3, 8


class Page(NamedTuple):
    """A page: fields of its header, and what follows."""

    header: tuple[Field, ...]
    body: bytes


@dataclass(frozen=True)
class Column:
    """A column of required values: name, physical type, pages; ``text`` for UTF-8."""

    name: str
    kind: int
    pages: tuple[Page, ...]
    values: int
    codec: str = "uncompressed"
    text: bool = False


def packed(codec: str, data: bytes) -> bytes:
    """Bytes as a page holds them."""
    if codec == "uncompressed":
        return data
    return bytes(pa.compress(data, codec=codec, asbytes=True))


def data_page(
    values: int,
    body: bytes,
    *,
    encoding: int = PLAIN,
    codec: str = "uncompressed",
    said: int | None = None,
    more: Sequence[Field] = (),
    first: Sequence[Field] = (),
) -> Page:
    """A data page of required values. ``said`` is how large it claims to be once unpacked."""
    body_packed = packed(codec, body)
    header = (
        *first,
        i32(1, 0),
        i32(2, len(body) if said is None else said),
        i32(3, len(body_packed)),
        inner(5, i32(1, values), i32(2, encoding), i32(3, RLE), i32(4, RLE)),
        *more,
    )
    return Page(header, body_packed)


def dictionary_page(values: int, body: bytes, *, codec: str = "uncompressed") -> Page:
    """A dictionary page of plain values."""
    body_packed = packed(codec, body)
    header = (
        i32(1, 2),
        i32(2, len(body)),
        i32(3, len(body_packed)),
        inner(7, i32(1, values), i32(2, PLAIN)),
    )
    return Page(header, body_packed)


def run_of(place: int, count: int, *, bits: int = 8) -> bytes:
    """``count`` times one place in a dictionary, as one run."""
    return bytes([bits]) + varint(count << 1) + place.to_bytes((bits + 7) // 8, "little")


def texts(*values: bytes) -> bytes:
    """Plain byte arrays."""
    return b"".join(len(value).to_bytes(4, "little") + value for value in values)


def file_of(
    groups: Sequence[Sequence[Column]],
    rows: int,
    *,
    footer: Sequence[Field] = (),
    schema: Sequence[bytes] | None = None,
) -> bytes:
    """A whole file; every group of rows has the same number of them but for the last."""
    out = bytearray(MAGIC)
    written = []
    each = rows // max(1, len(groups))
    for number, columns in enumerate(groups):
        count = each if number < len(groups) - 1 else rows - each * (len(groups) - 1)
        chunks = [_chunk(out, column) for column in columns]
        written.append(struct(listed(1, STRUCT, chunks), i64(2, len(out)), i64(3, count)))
    elements = _schema(groups[0]) if schema is None else list(schema)
    about = struct(
        i32(1, 1),
        listed(2, STRUCT, elements),
        i64(3, rows),
        listed(4, STRUCT, written),
        *footer,
    )
    return bytes(out) + about + len(about).to_bytes(4, "little") + MAGIC


def _chunk(out: bytearray, column: Column) -> bytes:
    start = len(out)
    places = []
    for page in column.pages:
        places.append(len(out))
        out += struct(*page.header) + page.body
    size = len(out) - start
    has_dictionary = len(places) > 1 and page_kind(column.pages[0]) == 2
    about = [
        i32(1, column.kind),
        listed(2, I32, [b"\0", b"\x06"]),
        listed(3, BINARY, [varint(len(column.name)) + column.name.encode()]),
        i32(4, CODECS[column.codec]),
        i64(5, column.values),
        i64(6, size),
        i64(7, size),
        i64(9, places[1] if has_dictionary else start),
    ]
    if has_dictionary:
        about.append(i64(11, start))
    return struct(i64(2, start), inner(3, *about))


def page_kind(page: Page) -> int:
    """The type that the header names."""
    found = next(field.value for field in page.header if field.number == 1)
    return found[0] >> 1


def _schema(columns: Sequence[Column]) -> list[bytes]:
    root = struct(binary(4, b"schema"), i32(5, len(columns)))
    leaves = [
        struct(
            i32(1, column.kind),
            i32(3, 0),
            binary(4, column.name.encode()),
            *([i32(6, 0)] if column.text else []),
        )
        for column in columns
    ]
    return [root, *leaves]
