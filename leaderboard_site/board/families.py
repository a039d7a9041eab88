"""What a reader filters by that no field of a manifest says: family, size, openness, month.

A family is what is left of a model's name without the words that tell one checkpoint of a line from
another: its size, version, number format, tuning. The name alone decides, for three reasons. It is
what readers look for; it needs no new field, and no trust, since a family ranks nobody; and a
chain of predecessors stays within one system nearly always, and where it does not it tells of an
update, not of kinship. Organisations are left out of it: whoever submits a checkpoint need not be
who made it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from harness.submission.manifest.licence import PROPRIETARY
from leaderboard_site.board.systems import System

_SIZES = "atom nano micro tiny mini small medium base big large huge giant xs xl xxl lite"
_FORMATS = "float float16 float32 fp16 fp32 bf16 int4 int8 q4 q8 gguf onnx awq gptq quantized"
_TUNINGS = "instruct chat it pretrained finetuned uncased cased"
_WORDS = frozenset(f"{_SIZES} {_FORMATS} {_TUNINGS}".split())
_MEASURE = re.compile(r"v?\d+|\d+(?:x\d+)?[kmbt]b?|[lhdm]\d+|lite\d+|px\d*")
"""``v2``, ``12``, ``135m``, ``8x7b``, ``l6`` (layers), ``h384`` (width), ``m3``, ``lite0``."""

OPEN, CONDITIONS, CLOSED = "open licence", "with conditions", "proprietary"
_OPEN = (
    "0BSD", "AFL-", "AGPL-", "Apache-", "Artistic-", "BSD-", "BSL-", "CC0-", "CC-BY-1", "CC-BY-2",
    "CC-BY-3", "CC-BY-4", "CC-BY-SA-", "CDLA-Permissive-", "EPL-", "EUPL-", "GPL-", "ISC", "LGPL-",
    "MIT", "MPL-", "NCSA", "OFL-", "PostgreSQL", "PSF-", "Python-", "Unlicense", "Zlib",
)  # fmt: skip
"""How SPDX ids of licences begin that let anybody use, change and share for any purpose."""

NO_SIZE = "not stated"
NO_WEIGHTS = "no weights"
_BOUNDS = ((10**7, "under 10 M"), (10**8, "10 to 100 M"), (10**9, "100 M to 1 B"),
           (10**10, "1 to 10 B"))  # fmt: skip
SIZES = (NO_WEIGHTS, *(word for _, word in _BOUNDS), "10 B or more", NO_SIZE)
"""Words for numbers of parameters, in their order."""


@lru_cache(maxsize=4096)
def family_of(model: str) -> str:
    """The family of a model by its slug: ``bge-reranker-large`` is of ``bge-reranker``.

    The whole slug where nothing else would be left.
    """
    words = model.split("-")
    kept = [word for word in words if word not in _WORDS and not _MEASURE.fullmatch(word)]
    return "-".join(kept) or model


def families_of(systems: Iterable[System]) -> dict[str, tuple[System, ...]]:
    """Families of two systems or more, by name; systems in the order given."""
    found: dict[str, list[System]] = {}
    for system in systems:
        found.setdefault(family_of(system.current.manifest.model), []).append(system)
    return {name: tuple(found[name]) for name in sorted(found) if len(found[name]) > 1}


def size_of(parameters: int | None) -> str:
    """One of :data:`SIZES`."""
    if parameters is None:
        return NO_SIZE
    if not parameters:
        return NO_WEIGHTS
    return next((word for most, word in _BOUNDS if parameters < most), SIZES[-2])


@lru_cache(maxsize=1024)
def openness_of(licence: str) -> str:
    """Whether a licence is open, sets conditions on use, or gives nothing away.

    Of an SPDX expression with AND every part counts, of one with OR the most open.
    """
    if licence.casefold() == PROPRIETARY:
        return CLOSED
    ways = re.split(r"\s+OR\s+", licence.strip("() "))
    parts = (re.split(r"\s+AND\s+", way) for way in ways)
    return OPEN if any(all(map(_is_open, part)) for part in parts) else CONDITIONS


def _is_open(identifier: str) -> bool:
    return identifier.strip("() ").startswith(_OPEN)
