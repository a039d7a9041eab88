"""The page ``docs/api.md``, rendered from the docstrings of what ``import marginbench`` gives.

Print it with ``python -m harness.face.reference``; a test keeps them equal.
"""

from __future__ import annotations

import inspect
import re
import types
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from enum import Enum
from importlib import import_module
from typing import Any

INTRODUCTION = """# Python reference

Every name of `import marginbench`, by its docstring. This page is rendered from the code
(`python -m harness.face.reference > docs/api.md`). How they are used, with code that runs, is in
[In Python](python.md).
"""
RECORD = "Every field is in [the record's reference](record-reference.md#{})."


def render() -> str:
    """The page as Markdown: functions first, then what they give and take, then errors."""
    face = import_module("marginbench")
    found = {name: getattr(face, name) for name in face.__all__ if name != "__version__"}
    parts = [INTRODUCTION]
    for title, names in _parts(found).items():
        parts.append(f"\n## {title}\n")
        parts += ["\n" + _section(name, found[name], set(found)) for name in names]
    return "".join(parts)


def _parts(found: dict[str, Any]) -> dict[str, list[str]]:
    kinds: dict[str, list[str]] = {"Functions": [], "Classes": [], "Errors": []}
    for name, value in found.items():
        if not inspect.isclass(value):
            kinds["Functions"].append(name)
        elif issubclass(value, Exception):
            kinds["Errors"].append(name)
        else:
            kinds["Classes"].append(name)
    return kinds


def _section(name: str, value: Any, known: set[str]) -> str:
    told = _prose(inspect.getdoc(value) or "", known - {name})
    if not inspect.isclass(value):
        return f"### {name}\n\n```python\n{_call(name, value)}\n```\n\n{told}{_loading(value)}\n"
    if hasattr(value, "model_fields"):
        told += f"\n\n{RECORD.format(name.lower())}"
    lines = [f"### {name}\n", told, *_members(value, known - {name})]
    return "\n".join(lines) + "\n"


def _call(name: str, function: Any) -> str:
    """The signature, an argument to a line."""
    signature = inspect.signature(function)
    lines, starred = [], False
    for one in signature.parameters.values():
        if one.kind is one.KEYWORD_ONLY and not starred:
            lines.append("    *,")
        starred = starred or one.kind in (one.KEYWORD_ONLY, one.VAR_POSITIONAL)
        stars = {"VAR_POSITIONAL": "*", "VAR_KEYWORD": "**"}.get(one.kind.name, "")
        default = "" if one.default is one.empty else f" = {one.default!r}".replace("'", '"')
        lines.append(f"    {stars}{one.name}: {one.annotation}{default},")
    return "\n".join([f"def {name}(", *lines, f") -> {signature.return_annotation}: ..."])


def _loading(function: Any) -> str:
    """What ``**loading`` or ``**how`` may hold, where a function takes it."""
    taken = inspect.signature(function).parameters
    for name, module, held in (
        ("loading", "harness.face.asked", "Loading"),
        ("how", "harness.face.running", "Evaluating"),
    ):
        if name in taken:
            keys = getattr(import_module(module), held).__annotations__
            return f"\n\n`{name}` may hold " + ", ".join(f"`{key}`" for key in keys) + "."
    return ""


def _members(cls: type, known: set[str]) -> Iterator[str]:
    if issubclass(cls, Enum):
        yield "\n" + ", ".join(f"`{one.name}` ({one.value})" for one in cls) + "."
        return
    rows = list(_rows(cls, known))
    if rows:
        yield "\n| member | what it is |\n|---|---|\n" + "\n".join(rows)


def _rows(cls: type, known: set[str]) -> Iterator[str]:
    if is_dataclass(cls):
        for field in fields(cls):
            if not field.name.startswith("_"):
                yield f"| `{field.name}` | `{str(field.type).replace('|', chr(92) + '|')}` |"
    for name, value in vars(cls).items():
        if name.startswith("_") or not isinstance(value, property | types.FunctionType):
            continue
        call = "" if isinstance(value, property) else _arguments(value)
        told = _prose((inspect.getdoc(value) or "").split("\n\n")[0], known)
        yield f"| `{name}{call}` | {' '.join(told.split())} |"


def _arguments(function: Any) -> str:
    return "(" + ", ".join(list(inspect.signature(function).parameters)[1:]) + ")"


def _prose(text: str, known: set[str]) -> str:
    """A docstring as Markdown; a name of the face becomes a link to its section."""

    def role(found: re.Match[str]) -> str:
        name = found[1].rpartition(".")[2] if found[1].startswith("~") else found[1]
        first = name.partition(".")[0].rpartition(".")[2]
        return f"[`{name}`](#{first.lower()})" if first in known else f"`{name.lstrip('~')}`"

    text = re.sub(r":(?:mod|class|func|data|attr|meth):`([^`]+)`", role, text)
    return text.replace("``", "`")


if __name__ == "__main__":
    print(render(), end="")
