"""``~`` where a shell leaves it: behind an equals sign, an adapter's name or a comma."""

from __future__ import annotations

import re
from collections.abc import Sequence
from os.path import expanduser

_HOME = re.compile(
    r"(?P<before>(?:^|,)(?:--[\w-]+=)?(?:[\w.-]+[:=])?|^--[\w-]+=[\w.-]+=)(?P<home>~[\w.-]*)(?=/|$)"
)
"""``~/x``, ``--data=~/x``, ``python:~/x.py``, ``--model=python:~/x.py``, ``path=~/x``."""


def at_home(words: Sequence[str]) -> list[str]:
    """Words of a command line with the folders that ``~`` and ``~NAME`` stand for."""
    return [_HOME.sub(_folder, word) if "~" in word else word for word in words]


def _folder(found: re.Match[str]) -> str:
    return found["before"] + expanduser(found["home"])
