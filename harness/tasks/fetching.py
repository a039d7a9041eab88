"""Files of known digest at https addresses, kept in the cache by that digest."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import IO, Any

from harness.errors import IncompleteError, InvalidError, MarginBenchError
from harness.files import sha256_file
from harness.tasks.cache import FETCHED, cached_file, make_home

SECONDS = 60.0
"""How long a server may be silent."""

_BLOCK = 1 << 20


def fetch(url: str, *, sha256: str, size: int) -> Path:
    """Where the file of that digest lies, after it was downloaded if the cache has none.

    ``size`` bytes are read and no more. Raises :class:`IncompleteError` when it cannot be had now,
    and :class:`InvalidError` when the address holds another file or is none of https.
    """
    if not url.startswith("https://"):
        raise InvalidError(f"{url} is no address of https", fix="Name one that begins with https:")
    place = cached_file(f"{FETCHED}/{sha256}")
    if place.is_file() and sha256_file(place) == sha256:
        return place
    temporary = place.with_name(f".{place.name}.{os.getpid()}.tmp")
    try:
        make_home(FETCHED)
        with temporary.open("wb") as file:
            found = _download(url, file, size)
        if found != sha256:
            raise InvalidError(
                f"{url} holds another file than the one wanted (sha256 {found[:12]}, not "
                f"{sha256[:12]})",
                fix="Upload the right one, or make the baseline again with "
                "'marginbench baseline update'",
            )
        os.replace(temporary, place)
    except (MarginBenchError, OSError) as error:
        if isinstance(error, InvalidError | IncompleteError):
            raise
        raise IncompleteError(
            f"{url} cannot be kept in {place.parent} ({error})",
            fix="Set MARGINBENCH_CACHE to a folder that can be written",
        ) from error
    finally:
        temporary.unlink(missing_ok=True)
    return place


def _download(url: str, file: IO[bytes], size: int) -> str:
    """Write what an address holds; its digest, of ``size`` bytes and one more at most."""
    import http.client
    import urllib.error
    import urllib.request

    digest, left = hashlib.sha256(), size + 1
    try:
        with _opener(urllib.request).open(url, timeout=SECONDS) as answer:
            while left and (block := answer.read(min(_BLOCK, left))):
                left -= len(block)
                digest.update(block)
                file.write(block)
    except urllib.error.HTTPError as error:
        raise IncompleteError(
            f"{url} cannot be had ({error.code} {error.reason})",
            fix="Upload the file there, or run again when it can be had",
        ) from error
    except (urllib.error.URLError, http.client.HTTPException, TimeoutError, ConnectionError,
            ValueError) as error:  # fmt: skip
        said = getattr(error, "reason", None) or error
        raise IncompleteError(
            f"{url} cannot be had ({said})", fix="Run again with a network that reaches it"
        ) from error
    return digest.hexdigest()


def _opener(request: Any) -> Any:
    """One that follows redirections to https alone."""

    class Secure(request.HTTPRedirectHandler):  # type: ignore[misc]
        def redirect_request(self, req: Any, fp: Any, code: Any, msg: Any, headers: Any,
                             newurl: str) -> Any:  # fmt: skip
            if not newurl.startswith("https://"):
                raise InvalidError(f"{req.full_url} leads to {newurl}, which is not of https")
            return super().redirect_request(req, fp, code, msg, headers, newurl)

    return request.build_opener(Secure)
