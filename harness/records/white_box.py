"""Whether a model is one of those that wrote the texts it is asked about.

A detector that reads texts with their own generator knows what nobody knows in the wild. So its
record says so: of a generator whose weights the task names by their sha256 (or hub commit), and of
one that has the same name. A model tells by ``language_models`` in its details, name -> digest,
what it reads with; a task by ``generators`` in its origin, name -> digest, and by its column
``generator``. What neither of them tells is not known here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from harness.data import ItemData, TaskData
from harness.strict_json import Json

GENERATORS, READS_WITH, WHITE_BOX = "generators", "language_models", "white_box"
BY_WEIGHTS, BY_NAME = "weights", "name"
COLUMN = "generator"

SAID = {
    BY_WEIGHTS: "wrote machine texts of this task and reads them here",
    BY_NAME: "is the name of a generator of this task and of the model that reads its texts here",
}
NO_MATCH = "detectors that do not know who wrote a text cannot be held to such figures"


def white_box(details: Mapping[str, Any], data: TaskData) -> dict[str, Json]:
    """Generators of a task's texts that a model reads with -> how that is known."""
    models = details.get(READS_WITH)
    if not isinstance(models, Mapping) or not isinstance(data, ItemData):
        return {}
    named = data.origin.get(GENERATORS)
    weights = {str(k): v for k, v in named.items()} if isinstance(named, Mapping) else {}
    digests = {value for value in models.values() if isinstance(value, str)}
    names = {_plain(str(name)) for name in models}
    found: dict[str, Json] = {}
    for generator in sorted({*weights, *data.columns.get(COLUMN, ())} - {""}):
        if weights.get(generator) in digests:
            found[generator] = BY_WEIGHTS
        elif _plain(generator) in names:
            found[generator] = BY_NAME
    return found


def said_of(details: Mapping[str, Any]) -> str:
    """What must stand beside the figures of such a record; empty for any other."""
    found = details.get(WHITE_BOX)
    if not isinstance(found, Mapping):
        return ""
    wrote = [
        f"{', '.join(names)} {words}"
        for how, words in SAID.items()
        if (names := sorted(str(name) for name, known in found.items() if known == how))
    ]
    return f"white-box: {'; '.join(wrote)}; {NO_MATCH}" if wrote else ""


def _plain(name: str) -> str:
    """A model's name without its owner, letter case and marks: ``gptj6b``."""
    return re.sub(r"[^a-z0-9]", "", name.rpartition("/")[2].lower())
