"""Where on a server a page is, however much of its address was given."""

from __future__ import annotations

import re
from dataclasses import dataclass

ENDS = ("rerank", "score", "embeddings", "chat/completions", "completions")
"""Pages that people give for the server, as they stand in its manual."""


@dataclass(frozen=True, slots=True)
class Place:
    """``root`` is the server itself; ``version`` is the one of its API that was given, if any.

    ``whole`` says that the page was given, too: the version is then as it stands there.
    """

    root: str
    version: str = ""
    whole: bool = False

    def path(self, page: str, usual: str) -> str:
        """The path of a page below the root: under the version given, or else the ``usual``."""
        version = self.version or ("" if self.whole else usual)
        return f"/{version}/{page}" if version else f"/{page}"


def place_of(url: str) -> Place:
    """The place behind an address that may end with a page, or a version such as ``/v1``."""
    url = url.strip().rstrip("/")
    end = next((end for end in ENDS if url.endswith(f"/{end}")), "")
    url = url.removesuffix(f"/{end}") if end else url
    found = re.search(r"(?<=[^/:])/(v\d+)$", url)
    if found:
        return Place(url[: found.start()], found.group(1), bool(end))
    return Place(url, "", bool(end))
