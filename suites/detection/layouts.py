"""How the rows of a pinned set become texts; each layout is data in the pin.

``rows``: one text per row. ``columns`` maps a role (text, id, cluster, domain, generator,
attack, decoding, repetition_penalty) to a column, and ``label`` is ``{"column", "human": [...],
"machine": [...]}``, an empty list standing for "all other words", or is absent when hidden.
``wide``: one row holds texts of both kinds. ``human`` lists columns; ``machine`` lists
``{"column" or "ending", "generator" or "generator_column", "attack"}``; a cell may be a list.
``texts``: plain files, ``DOMAIN/GENERATOR/.../*.txt`` (:mod:`suites.detection.text_files`).
``pairs``: two lists in files by domain and generator (:mod:`suites.detection.paired_files`).
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from harness.errors import InvalidError
from harness.tasks.tables import Row, require
from suites.detection import columns as cells
from suites.detection.assemble import HUMAN, MACHINE, Entry

_NAMES = ("domain", "generator", "attack", "decoding", "repetition_penalty")
_PROMPTED = ("continuation", "specified", "topical")
"""Ways in which MAGE asked its models, written before their names."""


def entries_of(
    layout: Mapping[str, Any], rows: Iterable[Row], *, use: str, prefix: str
) -> Iterator[Entry]:
    """The texts of one part. ``prefix`` goes before ids and clusters that are row numbers."""
    read = {"rows": _single, "wide": _several}[layout["kind"]]
    known: frozenset[str] = frozenset()
    for row in rows:
        if row.values.keys() != known:
            _require(layout, row)
            known = frozenset(row.values)
        yield from read(layout, row, use, prefix)


def _require(layout: Mapping[str, Any], row: Row) -> None:
    optional = set(layout.get("optional", ()))
    wanted = [column for column in layout["columns"].values() if column not in optional]
    wanted += [column for column in layout.get("human", ()) if not layout.get("any_human")]
    wanted += [kind["column"] for kind in layout.get("machine", ()) if "column" in kind]
    if "label" in layout:
        wanted.append(layout["label"]["column"])
    require(row, list(dict.fromkeys(wanted)))


def _single(layout: Mapping[str, Any], row: Row, use: str, prefix: str) -> Iterator[Entry]:
    columns = layout["columns"]
    label = _label(layout["label"], row) if "label" in layout else None
    names = _names(layout, row)
    if label == HUMAN:
        names["generator"] = "human"
    if "domain_before" in layout:  # MAGE: cmv_human, roct_machine_continuation_flan_t5_large
        names |= _source_words(names.get("domain", ""), label)
    yield Entry(
        text=cells.text_of(row, columns["text"]),
        label=label,
        id=_own(columns, row, prefix),
        cluster=_cluster(columns, row, layout.get("cluster_prefix", "")),
        split=use,
        **names,
    )


def _several(layout: Mapping[str, Any], row: Row, use: str, prefix: str) -> Iterator[Entry]:
    own = _own(layout["columns"], row, prefix)
    cluster = _cluster(layout["columns"], row, "") or own
    names = _names(layout, row)
    human = [column for column in layout["human"] if column in row.values]
    require(row, [] if human else layout["human"][:1])
    if layout.get("any_human"):  # several files hold the same human text
        same = cells.text_of(row, human[0]).encode()
        cluster = f"{names.get('domain', '')}/{hashlib.sha256(same).hexdigest()[:16]}"
    for column in human[:1] if layout.get("any_human") else human:
        for part, text in _texts(row, column):
            more = names | {"generator": "human"}
            yield Entry(text, HUMAN, f"{own}/human{part}", cluster, split=use, **more)
    for kind, column in _machine_columns(layout, row):
        generator = kind.get("generator") or cells.slice_name(
            "generator", row.values.get(kind.get("generator_column", ""))
        )
        for part, text in _texts(row, column):
            more = names | {"generator": generator, "attack": kind.get("attack", "none")}
            name = kind.get("name", "machine")
            yield Entry(text, MACHINE, f"{own}/{name}{part}", cluster, split=use, **more)


def _machine_columns(
    layout: Mapping[str, Any], row: Row
) -> Iterator[tuple[Mapping[str, Any], str]]:
    for kind in layout["machine"]:
        if "column" in kind:
            yield kind, kind["column"]
            continue
        found = [column for column in row.values if column.endswith(kind["ending"])]
        require(row, [] if found else [f"...{kind['ending']}"])
        for column in found:
            generator = column.removesuffix(kind["ending"]).rsplit("-models-", 1)[-1]
            yield {**kind, "generator": generator, "name": generator}, column


def _texts(row: Row, column: str) -> Iterator[tuple[str, str]]:
    """The texts in a cell that holds one, or a list, or a written-out list of them.

    An empty cell holds none: the set has no such text there.
    """
    value = row.values[column]
    if isinstance(value, str) and value.lstrip().startswith("[{"):
        try:
            value = ast.literal_eval(value.strip())  # Beemo: [{'P1': '...'}, ...]
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            raise InvalidError(f"{row.where}: column {column!r} is not a list") from None
    if isinstance(value, dict):
        value = [value]
    if not isinstance(value, list):
        if not cells.absent(value):
            yield "", cells.text_of(row, column)
        return
    named = [pair for number, part in enumerate(value) for pair in _named(number, part)]
    for name, text in named:
        if not cells.absent(text):
            yield f"/{name}", cells.text_of(Row(row.file, row.number, {column: text}), column)


def _named(number: int, part: Any) -> list[tuple[str, Any]]:
    return (
        [(str(key), text) for key, text in part.items()]
        if isinstance(part, dict)
        else [(str(number), part)]
    )


def _label(rule: Mapping[str, Any], row: Row) -> float:
    word = cells.word_of(row.values[rule["column"]])
    if word and (word in rule["human"] or (not rule["human"] and word not in rule["machine"])):
        return HUMAN
    if word and (word in rule["machine"] or not rule["machine"]):
        return MACHINE
    written = cells.name_of(row.values[rule["column"]])
    raise InvalidError(
        f"{row.where}: column {rule['column']!r} holds {written!r}, not a known label"
    )


def _names(layout: Mapping[str, Any], row: Row) -> dict[str, str]:
    columns = layout["columns"]
    names = {
        role: cells.slice_name(role, row.values.get(columns[role]))
        for role in _NAMES
        if role in columns
    }
    return names | ({"domain": layout["domain"]} if "domain" in layout else {})


def _source_words(source: str, label: float | None) -> dict[str, str]:
    for mark in ("_human", "_machine"):
        domain, found, rest = source.partition(mark)
        if found:
            way, _, model = rest.strip("_").partition("_")
            machine = model if way in _PROMPTED and model else rest.strip("_")
            return {"domain": domain, "generator": "human" if label == HUMAN else machine}
    return {"domain": source}


def _own(columns: Mapping[str, str], row: Row, prefix: str) -> str:
    given = cells.name_of(row.values.get(columns["id"])) if "id" in columns else ""
    return f"{prefix}{given or row.number}"


def _cluster(columns: Mapping[str, str], row: Row, prefix: str) -> str:
    value = cells.name_of(row.values.get(columns["cluster"])) if "cluster" in columns else ""
    return f"{prefix}{value}" if value else ""
