"""Pairs in files by domain and generator, as the sets of Fast-DetectGPT have them.

``DOMAIN_GENERATOR.raw_data.json`` holds two lists, ``original`` and ``sampled``, the machine's text
at the place of the person's. The same pairs may lie flattened in one table beside the folder,
``texts_FOLDER.jsonl``: id, domain, generator, label and text, ids being
``FOLDER/DOMAIN_GENERATOR/PLACE/human`` or ``/ai``. Both give the same texts under the same ids.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from harness.errors import InvalidError
from harness.tasks.tables import read_table, require, tables_in
from suites.detection import columns as cells
from suites.detection.assemble import HUMAN, MACHINE, Entry

ENDING = ".raw_data.json"
SAME = 60
"""Each file cuts the human texts elsewhere. Those that begin with so many equal characters are one
text, and what was made from it belongs with it."""

Texts = dict[tuple[str, int], dict[str, str]]
"""By file and place: the text of each side."""

_SIDES = {"human": "original", "ai": "sampled"}


def paired_files(layout: Mapping[str, Any], folder: Path) -> list[Path] | None:
    """The files that hold the pairs, or ``None`` where they are not in the folder."""
    name = layout["folder"]
    own = [folder / name / "data" / f"{pairs}{ENDING}" for pairs in layout["pairs"]]
    if all(path.is_file() for path in own):
        return own
    flat = [path for path in tables_in(folder) if path.name.startswith(f"texts_{name}.")]
    return flat[:1] or None


def read_pairs(layout: Mapping[str, Any], folder: Path) -> Iterator[Entry]:
    """Both texts of each pair, file by file as the layout lists them.

    Raises :class:`InvalidError` where a file has not as many pairs as are pinned, and for a text
    that stands for no pair.
    """
    paths = paired_files(layout, folder) or []
    flat = len(paths) == 1 and not paths[0].name.endswith(ENDING)
    texts = _of_table(layout, paths[0]) if flat else _of_files(layout, paths)
    for pairs, count in layout["pairs"].items():
        domain, _, generator = pairs.partition("_")
        found = sorted(place for name, place in texts if name == pairs)
        if found != list(range(count)) or any(len(texts[pairs, n]) != 2 for n in found):
            raise InvalidError(f"{folder}: {len(found)} pairs of {pairs}, {count} are pinned")
        for place in found:
            human = texts[pairs, place]["human"]
            cluster = f"{domain}/{hashlib.sha256(human[:SAME].encode()).hexdigest()[:16]}"
            for side, text in texts[pairs, place].items():
                yield Entry(
                    text=text,
                    label=HUMAN if side == "human" else MACHINE,
                    id=f"{pairs}/{place}/{side}",
                    cluster=cluster,
                    domain=domain,
                    generator="human" if side == "human" else generator,
                )


def _of_files(layout: Mapping[str, Any], paths: list[Path]) -> Texts:
    found: Texts = {}
    for pairs, path in zip(layout["pairs"], paths, strict=True):
        for place, row in enumerate(read_table(path)):
            require(row, [*_SIDES.values()])
            found[pairs, place] = {
                side: cells.text_of(row, column) for side, column in _SIDES.items()
            }
    return found


def _of_table(layout: Mapping[str, Any], path: Path) -> Texts:
    found: Texts = {}
    for row in read_table(path):
        require(row, ["id", "text"])
        own = cells.name_of(row.values["id"])
        folder, pairs, place, side = (own.split("/") + [""] * 3)[:4]
        if folder != layout["folder"] or side not in _SIDES or not place.isdecimal():
            raise InvalidError(f"{row.where}: the id {own[:80]!r} names no text of a pair")
        found.setdefault((pairs, int(place)), {})[side] = cells.text_of(row, "text")
    return {pair: {side: sides[side] for side in _SIDES if side in sides}
            for pair, sides in found.items()}  # fmt: skip
