"""Plain values as YAML that every version reads in the same way: texts always in double quotes."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Any

_PLAIN_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")


def to_yaml(value: Any) -> str:
    """A mapping or a list as a document in block style. Raises :class:`ValueError` for NaN."""
    return "".join(f"{line}\n" for line in _lines(value))


def _lines(value: Any) -> Iterator[str]:
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            name = key if _PLAIN_KEY.fullmatch(key) else _text(key)
            yield from _under(f"{name}:", inner)
    elif isinstance(value, list | tuple) and value:
        for inner in value:
            lines = list(_lines(inner))
            yield f"- {lines[0]}"
            yield from (f"  {line}" for line in lines[1:])
    else:
        yield _scalar(value)


def _under(head: str, inner: Any) -> Iterator[str]:
    if isinstance(inner, dict | list | tuple) and inner:
        yield head
        yield from (f"  {line}" for line in _lines(inner))
    else:
        yield f"{head} {_scalar(inner)}"


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{value} is no value")
        # A mantissa without a point would be a text in YAML 1.1.
        return re.sub(r"^(-?\d+)e", r"\1.0e", repr(value))
    return json.dumps(value)


def _text(value: str) -> str:
    """In double quotes; a sign that cannot be seen is spelt out, as JSON's pairs are no YAML."""
    inner = json.dumps(value, ensure_ascii=False)[1:-1]
    spelt = (one if one.isprintable() else f"\\U{ord(one):08x}" for one in inner)
    return '"' + "".join(spelt) + '"'
