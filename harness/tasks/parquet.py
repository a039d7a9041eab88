"""Our tables as Parquet: every page is written with a checksum and is read only if it fits it.

The checksum is that of the Parquet format (CRC-32 of the page as it is stored). Pages without one,
as older files and those of others have them, are read as they are. Headers and the footer have
none: a file whose sha256 is known is held against that first.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from harness.errors import InvalidError
from harness.files import open_regular
from harness.tasks.own_shape import check_shape

FEW_ROWS = 100_000
"""A table of no more rows is read before threads for its columns are started."""


def to_parquet(table: Any, *, level: int | None = None, **how: Any) -> bytes:
    """An Arrow table as Parquet; equal input gives equal bytes.

    ``level`` is that of zstd, ``how`` goes to Arrow's writer.
    """
    import pyarrow.parquet as pq

    buffer = io.BytesIO()
    pq.write_table(
        table,
        buffer,
        compression="zstd",
        compression_level=level,
        write_page_checksum=True,
        **how,
    )
    return buffer.getvalue()


def opened(source: Any, **how: Any) -> Any:
    """Arrow's ``ParquetFile`` that verifies checksums, to be used in a ``with``.

    Not Arrow's ``read_table``, which imports pandas on the way.
    """
    import pyarrow.parquet as pq

    if isinstance(source, str | os.PathLike):  # Arrow would wait for a pipe
        open_regular(Path(source)).close()
    return pq.ParquetFile(source, page_checksum_verification=True, **how)


@contextmanager
def one_clear_line(path: Path, *, what: str = "a table", fix: str = "") -> Iterator[None]:
    """Whatever Arrow makes of damaged bytes is an :class:`InvalidError` that names the file."""
    import pyarrow as pa

    try:
        yield
    except (pa.ArrowException, OSError, KeyError, ValueError) as error:
        line = next(iter(str(error).splitlines()), "") or type(error).__name__
        raise InvalidError(f"{path} cannot be read as {what} ({line[:300]})", fix=fix) from error


def read_parquet(
    path: Path,
    *,
    columns: Sequence[str] | None = None,
    dictionaries: bool = False,
    fix: str = "",
) -> Any:
    """The Arrow table of a file of ours, whole or some columns; texts as dictionaries if wanted.

    Raises :class:`InvalidError` that names the file, and ``fix``, when it is damaged or no table
    as we write them.
    """
    with one_clear_line(path, fix=fix):
        texts: list[str] = []
        footer = None
        if dictionaries:
            with opened(path) as file:
                texts = [field.name for field in file.schema_arrow if str(field.type) == "string"]
                footer = file.metadata
        with opened(path, read_dictionary=texts, metadata=footer) as file:
            table = file.read(
                columns=None if columns is None else list(columns),
                use_threads=file.metadata.num_rows > FEW_ROWS,
            )
        table.validate(full=True)  # ids that are no text, and the like, which no checksum covers
    check_shape(path, table, fix)
    return table
