"""What goes wrong inside a library that downloads data, as one line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from harness.errors import MarginBenchError, UsageError


@contextmanager
def download_errors(what: str, library: str, *, offline: str) -> Iterator[None]:
    """Turn whatever ``library`` raises into a :class:`UsageError`.

    Such libraries let every kind of exception through: of the network, of archives, their own.
    ``offline`` says how to do without the network.
    """
    try:
        yield
    except MarginBenchError:
        raise
    except Exception as error:
        raise UsageError(
            f"{what} cannot be loaded through {library}: {_reason(error)}",
            fix=f"Check the network, or {offline}",
        ) from error


def _reason(error: Exception) -> str:
    # Errors of the network hold a chain of others; the host is what a reader can act on.
    host = re.search(r"host='([^']+)'", str(error))
    if host:
        return f"no connection to {host[1]}"
    line = next(iter(str(error).splitlines()), "") or type(error).__name__
    return line if len(line) <= 300 else line[:297] + "..."
