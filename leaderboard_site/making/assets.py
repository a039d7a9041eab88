"""Everything below ``static/`` of the site: stylesheet, scripts, fonts and icon."""

from __future__ import annotations

import functools
from pathlib import Path

_HERE = Path(__file__).resolve().parents[1]


def static_files() -> dict[str, bytes]:
    """Path inside the site -> bytes, sorted by path; what the pages refer to and nothing else.

    ``static/style.css`` and ``static/site.js`` are the parts in ``styles`` and ``scripts`` one
    after the other, in the order of their file names.
    """
    files = {
        "static/site.js": read("scripts", ".js"),
        "static/style.css": read("styles", ".css"),
    }
    for name in ("early.js", "icon.svg"):
        files[f"static/{name}"] = (_HERE / "static" / name).read_bytes()
    for path in sorted((_HERE / "fonts").glob("*.woff2")):
        files[f"static/fonts/{path.name}"] = path.read_bytes()
    return dict(sorted(files.items()))


@functools.cache
def read(folder: str, suffix: str) -> bytes:
    """The parts in a folder of this package with this suffix, joined by file name."""
    parts = sorted((_HERE / folder).glob(f"*{suffix}"))
    return b"\n".join(part.read_bytes() for part in parts)
