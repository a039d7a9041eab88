"""Photographs of sixteen classes under eight distortions, by the answers alone.

The pictures are ImageNet's and are not published; what 20 fine-tuned ResNet-50 answered to each is,
in the files ``raw-data/fine-tuning/**/*_session_*.csv`` of the authors' repository. Joined into one
table with a row for each picture it has the columns exp, session, condition, category and
imagename, and one for the answers of each network. Rows may stand in any order.
"""

from __future__ import annotations

import re
from pathlib import Path

from harness.data import ItemData
from harness.data.asked import LoadRequest
from harness.errors import InvalidError, UsageError
from harness.files import sha256_file
from harness.nouns import TaskCard
from harness.tasks.tables import ENDINGS, Row, read_table, require, tables_in
from suites.flips.assemble import Example, assemble

ID = "flips/distortions"
FOLDER = "generalisation_humans_dnns"
TABLE = "resnet50_finetuned_20checkpoints_responses"
REFERENCE = "sixteen01v4"
COUNT = 65_600
COLUMNS = ("exp", "category", "imagename", REFERENCE)
CARD = TaskCard(
    title="Distorted photographs",
    description="65,600 photographs of 16 classes under eight distortions; flips against the "
    "ResNet-50 that was trained on undistorted ones.",
    source="raw-data/fine-tuning of generalisation-humans-DNNs, joined into one table",
    revision="0b88343536ec21acc2d635c0e325f827111e149a",
    licence="CC-BY-4.0 (the answers); own terms (ImageNet terms of access: the photographs)",
    citation="Geirhos, Temme, Rauber, Schütt, Bethge and Wichmann 2018, Generalisation in humans "
    "and deep neural networks, NeurIPS",
    url="https://github.com/rgeirhos/generalisation-humans-DNNs",
    caveats=(
        "Answers alone: the photographs are not published, so that only who can make them takes "
        "part.",
        "A photograph stands under several distortions; its pictures are resampled together.",
        "Networks were trained on some of the distortions, which their names tell: what they lose "
        "elsewhere is what is looked for.",
    ),
)
_PHOTOGRAPH = re.compile(r"n[0-9]{8}_[0-9]+")


def load_distortions(request: LoadRequest) -> ItemData:
    """The pictures with the reference's answers, in order of distortion and name.

    Raises :class:`UsageError` without ``--data`` or without the table there, and
    :class:`InvalidError` for another number of pictures, or one that no photograph is named in.
    """
    if request.data is None:
        raise UsageError(
            f"{ID} is read from a table of answers made of {CARD.url}",
            fix=f"Add --data DIR, where DIR/{FOLDER} holds {TABLE}.csv",
        )
    table = _table(request.data)
    examples = sorted((_example(row) for row in read_table(table)), key=_order)
    if len(examples) != COUNT:
        raise InvalidError(f"{table}: {len(examples):,} pictures were found, {COUNT:,} are pinned")
    return assemble(
        examples,
        where=table.name,
        limit=request.limit,
        facts={"reference": REFERENCE},
        origin={"source": CARD.url, "files": {table.name: sha256_file(table)}},
    )


def _table(data: Path) -> Path:
    if data.is_file():
        return data
    for folder in (place for place in (data / FOLDER, data) if place.is_dir()):
        found = [path for path in tables_in(folder) if path.name.startswith(TABLE)]
        if found:
            return found[0]
    raise UsageError(
        f"{ID} is not in {data}",
        fix=f"Put a table {TABLE} ({', '.join(ENDINGS)}) into {data / FOLDER}",
    )


def _example(row: Row) -> Example:
    require(row, list(COLUMNS))
    exp, category, name, reference = (str(row.values[column] or "") for column in COLUMNS)
    photograph = _PHOTOGRAPH.search(name)
    if photograph is None:
        raise InvalidError(f"{row.where}: {name[:80]!r} names no photograph of ImageNet")
    return Example(
        id=name,
        label=category,
        cluster=photograph.group(),
        reference=reference,
        columns={"domain": exp},
    )


def _order(example: Example) -> tuple[str, str]:
    return (example.columns or {})["domain"], example.id
