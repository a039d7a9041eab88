"""Identity by content: equal fingerprints mean equal work, and nothing else does."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from harness.files import sha256_file
from harness.strict_json import Json

SHORT = 8
"""Hexadecimal digits of a fingerprint used in folder names and tables."""


_ENCODER = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
)  # made once: for small values that takes longer than writing them


def canonical_json(value: Json) -> str:
    """JSON with sorted keys and no spaces: equal values give equal text. Refuses NaN."""
    return _ENCODER.encode(value)


def digest(values: Iterable[Json]) -> str:
    """sha256 over a stream of JSON values; the boundaries between values count."""
    state = hashlib.sha256()
    for value in values:
        state.update(canonical_json(value).encode())
        state.update(b"\n")  # canonical JSON holds no raw newline, so the joint is unambiguous
    return state.hexdigest()


def model_fingerprint(
    *, adapter: str, weights: str, options: Mapping[str, Json], dtype: str | None
) -> str:
    """Fingerprint of a model: weights digest (or hub commit), adapter, options and dtype."""
    return digest([["model", adapter, weights, dict(options), dtype]])


def digest_files(files: Mapping[str, Path]) -> str:
    """sha256 over the sorted (name, file sha256) of the given files."""
    state = hashlib.sha256()
    for name in sorted(files):
        # A file name holds no NUL, so name and digest cannot run into each other.
        state.update(f"{name}\0{sha256_file(files[name])}\n".encode())
    return state.hexdigest()
