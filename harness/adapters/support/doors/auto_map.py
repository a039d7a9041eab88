"""``auto_map``: classes by name, of code that lies beside a checkpoint, or of the library itself.

Models that were first given with code of their own keep that list when transformers has taken
their classes in. Where no code lies beside it, and each class is one of transformers, nothing but
transformers' own code can come of it, and without ``trust_remote_code`` that is what it takes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

_OWN = re.compile(r"[A-Za-z_]\w*\.([A-Z]\w*)", re.ASCII)
"""A module beside the checkpoint and a class: no path, and no ``repository--module``."""


def librarys_own(value: Any) -> bool:
    """Whether a list of classes, as pairs, names none but those of the installed transformers."""
    if not isinstance(value, list) or not all(isinstance(pair, tuple) for pair in value):
        return False
    found = [_OWN.fullmatch(name) for _, names in value for name in _names(names)]
    return bool(found) and all(one is not None and one[1] in _exported() for one in found)


def _names(value: Any) -> Iterator[str]:
    """The names of an entry: one, or a slow tokenizer and a fast one, of which one may be null."""
    for name in value if isinstance(value, list) else [value]:
        if name is not None:
            yield name if isinstance(name, str) else ""


@cache
def _exported() -> frozenset[str]:
    try:
        import transformers
    except ImportError:
        return frozenset()
    return frozenset(dir(transformers))
