"""A manifest as TOML: the standard library reads it but does not write it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from harness.submission.manifest.manifest import Manifest

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def manifest_text(manifest: Manifest) -> str:
    """The manifest with its tables in a fixed order; equal manifests give equal text."""
    data = manifest.model_dump(mode="json")
    tables = {name: data.pop(name) for name in ("links", "runs", "larger")}
    lines = [f"{key} = {_value(value)}" for key, value in data.items() if value is not None]
    if tables["links"]:
        lines += ["", "[links]", *_pairs(tables["links"])]
    for name in ("runs", "larger"):
        for entry in tables[name]:
            lines += ["", f"[[{name}]]", *_pairs(entry)]
    return "\n".join(lines) + "\n"


def _pairs(table: Mapping[str, Any]) -> list[str]:
    return [f"{_key(key)} = {_value(value)}" for key, value in table.items() if value is not None]


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _string(key)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, Mapping):
        inner = ", ".join(_pairs(value))
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(entry) for entry in value if entry is not None) + "]"
    return _string(str(value))


def _string(text: str) -> str:
    # A JSON string is a TOML basic string, but for U+007F, which TOML wants escaped.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
