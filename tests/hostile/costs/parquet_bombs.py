"""Tables that cost far more than their size: of each kind the worst that could be thought of.

``BOMBS`` makes the predictions of a flips task (columns ``prediction`` and ``confidence``), name ->
what makes the bytes. Nearly all stay below 100 KB, all below the largest file that is admitted.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tests.hostile.costs.parquet_files import (
    BYTES,
    DOUBLE,
    FLOAT,
    PLAIN,
    RLE_DICTIONARY,
    Column,
    Page,
    data_page,
    dictionary_page,
    file_of,
    run_of,
    texts,
)
from tests.hostile.costs.thrift import (
    BINARY,
    LIST,
    STRUCT,
    Field,
    binary,
    i32,
    i64,
    inner,
    listed,
    struct,
    varint,
    zigzag,
)

MIB = 1 << 20
LARGE = 110 * MIB
"""Bytes just below what a table may unfold to."""

BEYOND = 400 * MIB
FEW = 899
"""Rows of the task."""

Make = Callable[[], bytes]


def numbers(count: int) -> bytes:
    """So many equal float32."""
    return bytes(4 * count)


def confidence(*pages: Page, values: int = FEW, codec: str = "zstd") -> Column:
    """The column of numbers."""
    return Column("confidence", FLOAT, pages, values, codec)


def prediction(*pages: Page, values: int = FEW, codec: str = "uncompressed") -> Column:
    """The column of texts."""
    return Column("prediction", BYTES, pages, values, codec, text=True)


def labels(values: int = FEW) -> Column:
    """Texts that are as they should be."""
    words = dictionary_page(2, texts(b"1", b"2"))
    half = values // 2
    body = run_of(0, half) + run_of(1, values - half)[1:] if half else run_of(0, values)
    return prediction(words, data_page(values, body, encoding=RLE_DICTIONARY), values=values)


def steady(values: int = FEW) -> Column:
    """Numbers that are as they should be, in a few bytes."""
    words = dictionary_page(1, numbers(1))
    places = data_page(values, run_of(0, values), encoding=RLE_DICTIONARY)
    return confidence(words, places, values=values, codec="uncompressed")


def two_sizes(*, number: int = 65538, first: bool = False) -> bytes:
    """The header tells of two sizes; which of them a reader takes is up to the reader."""
    page = data_page(FEW, bytes(BEYOND), codec="zstd")
    small = i32(2, 4 * FEW)
    others = [field for field in page.header if field.number != 2]
    large = Field(number, small.kind, zigzag(BEYOND))
    sizes = (large, small) if first else (small, large)
    header = (others[0], *sizes, *others[1:])
    return file_of([[labels(), confidence(Page(header, page.body))]], FEW)


def second_count() -> bytes:
    """The number of values stands twice in the header of the page."""
    page = data_page(FEW, numbers(FEW), codec="zstd")
    count = inner(5, i32(1, FEW), i32(1, 30_000_000), i32(2, PLAIN), i32(3, 3), i32(4, 3))
    header = (*(field for field in page.header if field.number != 5), count)
    return file_of([[labels(), confidence(Page(header, page.body))]], FEW)


def negative_size() -> bytes:
    """A size below nothing, and one beyond 32 bits."""
    page = data_page(FEW, numbers(FEW), codec="zstd", said=-(1 << 31))
    return file_of([[labels(), confidence(page)]], FEW)


def overflowing_size() -> bytes:
    """A size that is small once it is cut to 32 bits."""
    page = data_page(FEW, numbers(FEW), codec="zstd", said=(1 << 32) + 4 * FEW)
    return file_of([[labels(), confidence(page)]], FEW)


def ratio(codec: str, size: int = LARGE) -> bytes:
    """Equal numbers, packed as small as a codec makes them."""
    rows = size // 16
    columns = [
        Column("confidence", DOUBLE, (data_page(rows, bytes(8 * rows), codec=codec),), rows, codec),
    ]
    return file_of([[labels(rows), *columns]], rows)


def many_columns(count: int, *, size: int = MIB) -> bytes:
    """Columns that are small each and large together."""
    rows = size // 4
    page = data_page(rows, numbers(rows), codec="zstd")
    columns = [Column(f"c{number}", FLOAT, (page,), rows, "zstd") for number in range(count)]
    return file_of([columns], rows)


def shared_pages(count: int) -> bytes:
    """Row groups that all point to the pages of the first."""
    rows = MIB
    page = data_page(rows, numbers(rows), codec="zstd")
    data = file_of([[Column("confidence", FLOAT, (page,), rows, "zstd")]], rows)
    about = [
        *(i32(1, FLOAT), listed(2, 5, [b"\0"]), listed(3, BINARY, [varint(10) + b"confidence"])),
        *(i32(4, 6), i64(5, rows), i64(6, 4 * rows), i64(7, len(struct(*page.header) + page.body))),
        i64(9, 4),
    ]
    chunk = struct(i64(2, 4), inner(3, *about))
    group = struct(listed(1, STRUCT, [chunk]), i64(2, 4 * rows), i64(3, rows))
    root = struct(binary(4, b"schema"), i32(5, 1))
    leaf = struct(i32(1, FLOAT), i32(3, 0), binary(4, b"confidence"))
    footer = struct(
        i32(1, 1), listed(2, STRUCT, [root, leaf]), i64(3, rows * count),
        listed(4, STRUCT, [group] * count),
    )  # fmt: skip
    body = data[: 4 + len(struct(*page.header) + page.body)]
    return body + footer + len(footer).to_bytes(4, "little") + b"PAR1"


def row_groups(count: int) -> bytes:
    """A row each."""
    one = [confidence(data_page(1, numbers(1)), values=1, codec="uncompressed")]
    return file_of([[labels(1), *one]] * count, count)


def empty_groups(count: int) -> bytes:
    """Groups of no rows and no pages beside one that is as it should be."""
    groups = [[prediction(values=0), confidence(values=0)]] * count
    full = [labels(), confidence(data_page(FEW, numbers(FEW), codec="zstd"))]
    return file_of([*groups, full], FEW)


def many_pages(count: int, values: int = 1) -> bytes:
    """Pages of a value or two."""
    page = data_page(values, numbers(values))
    column = confidence(*[page] * count, values=count * values, codec="uncompressed")
    return file_of([[labels(count * values), column]], count * values)


def long_dictionary() -> bytes:
    """A dictionary of one text that is nearly all a table may be, in millions of rows."""
    rows = 7_000_000
    words = dictionary_page(1, texts(b"x" * LARGE), codec="zstd")
    places = data_page(rows, run_of(0, rows), encoding=RLE_DICTIONARY, codec="zstd")
    texts_of_it = prediction(words, places, values=rows, codec="zstd")
    return file_of([[texts_of_it, steady(rows)]], rows)


def wide_dictionary() -> bytes:
    """A dictionary of many texts, which each batch of rows would hold again."""
    rows, count = 7_000_000, 200_000
    words = texts(*[b"%0500d" % number for number in range(count)])
    page = dictionary_page(count, words, codec="zstd")
    places = data_page(rows, run_of(7, rows, bits=24), encoding=RLE_DICTIONARY, codec="zstd")
    texts_of_it = prediction(page, places, values=rows, codec="zstd")
    return file_of([[texts_of_it, steady(rows)]], rows)


def many_dictionaries(count: int = 100) -> bytes:
    """Row groups that have a dictionary of a million bytes each."""
    rows, words = 1000, texts(*[b"%0900d" % number for number in range(1000)])
    page = dictionary_page(1000, words, codec="zstd")
    places = data_page(rows, run_of(7, rows, bits=16), encoding=RLE_DICTIONARY, codec="zstd")
    column = prediction(page, places, values=rows, codec="zstd")
    return file_of([[column, steady(rows)]] * count, rows * count)


def long_text() -> bytes:
    """One text that is nearly all a table may be."""
    words = texts(b"x" * LARGE, *[b"1"] * (FEW - 1))
    page = data_page(FEW, words, codec="zstd")
    return file_of([[prediction(page, codec="zstd"), steady()]], FEW)


def runs_of_numbers() -> bytes:
    """Numbers of eight bytes each from a run that takes a few."""
    rows = 7_900_000
    words = dictionary_page(2, bytes(16))
    places = data_page(rows, run_of(0, rows), encoding=RLE_DICTIONARY)
    return file_of([[labels(rows), Column("confidence", DOUBLE, (words, places), rows)]], rows)


def nested_schema(depth: int) -> bytes:
    """Groups within groups."""
    groups = [struct(i32(3, 0), binary(4, b"g"), i32(5, 1)) for _ in range(depth)]
    leaf = struct(i32(1, FLOAT), i32(3, 0), binary(4, b"confidence"))
    column = confidence(data_page(FEW, numbers(FEW), codec="zstd"))
    return file_of([[labels(), column]], FEW, schema=[*groups, leaf])


def nested_headers(depth: int) -> bytes:
    """Lists within lists where a reader has to skip them."""
    value = b"\x00"
    for _ in range(depth):
        value = bytes([0x10 | LIST]) + value
    more = [Field(900, LIST, value)]
    page = data_page(FEW, numbers(FEW), codec="zstd", more=more)
    return file_of([[labels(), confidence(page)]], FEW)


def statistics(size: int) -> bytes:
    """The least and the greatest value of a page, far longer than the page."""
    more = [Field(5, STRUCT, struct(binary(5, b"x" * size), binary(6, b"x" * size)))]
    page = data_page(FEW, numbers(FEW), codec="zstd")
    inside = next(field for field in page.header if field.number == 5)
    inside = Field(5, STRUCT, inside.value[:-1] + struct(*more))
    header = (*(field for field in page.header if field.number != 5), inside)
    return file_of([[labels(), confidence(Page(header, page.body))]], FEW)


def metadata(count: int, size: int) -> bytes:
    """Keys and values of the footer that nobody asked for."""
    pairs = [struct(binary(1, b"%d" % number), binary(2, b"y" * size)) for number in range(count)]
    column = confidence(data_page(FEW, numbers(FEW), codec="zstd"))
    return file_of([[labels(), column]], FEW, footer=[listed(5, STRUCT, pairs)])


def arrow_schema(size: int) -> bytes:
    """A schema of Arrow's beside the file's own, of any bytes."""
    pair = struct(binary(1, b"ARROW:schema"), binary(2, b"QUJD" * size))
    column = confidence(data_page(FEW, numbers(FEW), codec="zstd"))
    return file_of([[labels(), column]], FEW, footer=[listed(5, STRUCT, [pair])])


def many_values_in_footer() -> bytes:
    """A footer of small whole numbers, as many as it can hold."""
    column = confidence(data_page(FEW, numbers(FEW), codec="zstd"))
    return file_of([[labels(), column]], FEW, footer=[listed(700, 5, [b"\x02"] * 250_000)])


def shared_prefixes() -> bytes:
    """Texts of which each repeats the one before, but for a letter."""
    words = pa.array(["x" * 900 + str(number % 10) for number in range(60_000)])
    return arrow_bytes({"prediction": words}, column_encoding={"prediction": "DELTA_BYTE_ARRAY"})


def arrow_bytes(columns: Mapping[str, Any], **how: Any) -> bytes:
    """A table as Arrow writes it."""
    buffer = io.BytesIO()
    given = {"compression": "zstd", "use_dictionary": False, **how}
    pq.write_table(pa.table(dict(columns)), buffer, **given)
    return buffer.getvalue()


def honest(rows: int) -> bytes:
    """Random numbers: nothing is hidden, it is as large as it looks."""
    made = np.random.default_rng(0).random(rows, dtype=np.float32)
    texts_of_it = pa.repeat(pa.scalar("1", pa.string()), rows)
    return arrow_bytes(
        {"prediction": texts_of_it, "confidence": made}, use_dictionary=["prediction"]
    )


BOMBS: Mapping[str, Make] = {
    "field-65538": two_sizes,
    "field-65538-first": partial(two_sizes, first=True),
    "field-minus-65534": partial(two_sizes, number=-65534),
    "size-twice": partial(two_sizes, number=2),
    "size-twice-large-first": partial(two_sizes, number=2, first=True),
    "count-twice": second_count,
    "negative-size": negative_size,
    "overflowing-size": overflowing_size,
    **{f"ratio-{codec}": partial(ratio, codec) for codec in ("zstd", "snappy", "gzip", "brotli")},
    "ratio-beyond": partial(ratio, "zstd", BEYOND),
    "columns-60": partial(many_columns, 60),
    "columns-3000": partial(many_columns, 3000, size=4096),
    "columns-sum": partial(many_columns, 30, size=8 * MIB),
    "shared-pages": partial(shared_pages, 1000),
    "row-groups-1000": partial(row_groups, 1000),
    "row-groups-1200": partial(row_groups, 1200),
    "empty-groups": partial(empty_groups, 2000),
    "pages-49000": partial(many_pages, 49_000),
    "pages-51000": partial(many_pages, 51_000),
    "dictionary-long": long_dictionary,
    "dictionary-wide": wide_dictionary,
    "dictionaries-many": many_dictionaries,
    "text-long": long_text,
    "runs": runs_of_numbers,
    "schema-deep": partial(nested_schema, 15_000),
    "schema-deep-few": partial(nested_schema, 150),
    "headers-deep": partial(nested_headers, 100_000),
    "headers-deep-few": partial(nested_headers, 60),
    "statistics": partial(statistics, 3 * MIB),
    "statistics-few": partial(statistics, 20_000),
    "metadata-many": partial(metadata, 10_000, 4),
    "metadata-long": partial(metadata, 1, 200_000),
    "arrow-schema": partial(arrow_schema, 40_000),
    "footer-numbers": many_values_in_footer,
    "prefixes": shared_prefixes,
    "honest-2m": partial(honest, 1_900_000),
}
"""Name -> the bytes of the file."""
