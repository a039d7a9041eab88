"""The page ``docs/record-reference.md``, rendered from the schema; a test keeps them equal.

Print it with ``python -m harness.records.reference``.
"""

from __future__ import annotations

import types
from collections.abc import Iterator
from functools import reduce
from operator import or_
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from harness.records.migrations import SCHEMA_VERSION
from harness.records.parts import part_models
from harness.records.record import Record, record_model

INTRODUCTION = f"""# The record

One model on one task, as JSON in `record.json`. This page is rendered from the schema
(`python -m harness.records.reference > docs/record-reference.md`).

- Schema version: {SCHEMA_VERSION}. A newer record is refused, an older one is migrated
  on reading.
- Strict both ways: unknown fields, repeated keys, `NaN` and `Infinity` are refused.
- Values are fractions (0.4038, not 40.38), or stand in the `unit` beside them. What is
  undefined is `null`, and `reason` says why.
- Beside it lie `predictions.parquet` (the evidence: `group`, `item`, `score` in canonical
  order; `item` and `score` for single items) and `groups.parquet` (per-query values: `group`,
  `cluster`, one column per metric, the first stage's with the prefix `first_stage:`; for single
  items what is known of each). The record holds the sha256 of both, and of all in `files`:
  `replicates.parquet` (bootstrap values per metric; those of two models on one task are paired),
  `jackknife.parquet` (values without one unit each, units in sorted order of their names),
  `roc.parquet` (ROC points), `raid.parquet` (cells as raid-bench would print them).
- An interval says in `basis` by which method it is, over how many units, and why it is rough where
  it is ([how sure](metrics.md#how-sure-intervals)). Records of schema 4 and before do not: theirs
  are percentiles of the bootstrap that `intervals` describes.
- `marginbench score RUN_DIR` makes the record again from the predictions, with the same bytes.
"""


def described(*, builtin: bool) -> type[Record]:
    """The record with the parts of all suites that are installed, or of those built in."""
    models: list[Any] = part_models(builtin=builtin)
    return record_model(reduce(or_, models))


def sections(model: type[BaseModel]) -> dict[str, type[BaseModel]]:
    """A model and all that it is made of, by name, each before what it holds."""
    found = {model.__name__: model}
    for field in model.model_fields.values():
        for inner in _models(field.annotation):
            found |= {name: one for name, one in sections(inner).items() if name not in found}
    return found


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models(argument)


def render() -> str:
    """The page as Markdown."""
    return INTRODUCTION + "".join(map(_section, sections(described(builtin=True)).values()))


def _section(part: type[BaseModel]) -> str:
    lines = [f"\n## {part.__name__}\n", f"{(part.__doc__ or '').strip().splitlines()[0]}\n"]
    lines += ["| field | type | meaning |", "|---|---|---|"]
    for name, field in part.model_fields.items():
        meaning = (field.description or "").replace("|", "\\|")
        lines.append(f"| `{name}` | {_type(field.annotation)} | {meaning} |")
    return "\n".join(lines) + "\n"


def _type(annotation: Any) -> str:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (Union, types.UnionType):
        return " or ".join(_type(a) for a in arguments)
    if annotation is type(None):
        return "null"
    if origin is tuple:
        return "[" + ", ".join(_type(a) for a in arguments) + "]"
    if origin is list:
        return f"list of {_type(arguments[0])}"
    if origin is dict:
        return f"object of {_type(arguments[1])}"
    if annotation is Any:
        return "any JSON"
    if origin is Literal:
        return _type(type(arguments[0]))
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return f"[{annotation.__name__}](#{annotation.__name__.lower()})"
    names = {str: "string", int: "integer", float: "number", bool: "boolean"}
    if annotation in names:
        return names[annotation]
    return _type(arguments[0])  # Annotated


if __name__ == "__main__":
    print(render(), end="")
