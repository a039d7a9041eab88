"""TOML of others: what would cost without end is found by a scan before anything is parsed.

The standard library's parser takes time and memory by the square of a key's parts (a key of 32,000
parts in 64 KiB costs minutes and gigabytes), recurses into each bracket, and makes numbers of any
length. The scan takes time by the text's length alone.
"""

from __future__ import annotations

import re
import tomllib
from typing import Any

LARGEST = 64 * 1024
MOST_PARTS, MOST_DEPTH, MOST_TABLES, MOST_DIGITS = 20, 20, 5_000, 80

_TEXTS = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*+(?:"{3,5}|\Z)'
    r"|'''(?:[^']|'(?!''))*+(?:'{3,5}|\Z)"
    r'|"(?:[^"\\\n]|\\[^\n])*+(?:"|\\?(?=\n)|\\?\Z)'
    r"|'[^'\n]*+(?:'|(?=\n)|\Z)"
    r"|#[^\n]*+",
    re.DOTALL,
)
"""Texts and comments. One that is never closed ends where a parser would find that out."""

_PART = r'(?:[\w+-]++|"")'
_LONG_KEY = re.compile(rf"(?<![\w+-]){_PART}(?:[ \t]*+\.[ \t]*+{_PART}){{{MOST_PARTS},}}")
_DIGITS = re.compile(rf"(?<![\w+-])[+-]?+(?:\d|0[xob])[0-9A-Fa-f_]{{{MOST_DIGITS},}}")
_TABLE = re.compile(r"^[ \t]*+\[", re.MULTILINE)
_PLAIN = re.compile(r"[^][{}]++")


def load_toml(data: bytes, *, most: int = LARGEST) -> dict[str, Any]:
    """What TOML says. Raises :class:`ValueError` with what is wrong with it, and nothing else."""
    if len(data) > most:
        raise ValueError(f"larger than {most // 1024:,} KiB")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8 at byte {error.start}") from error
    fault = cost_fault(text)
    if fault:
        raise ValueError(fault)
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def cost_fault(text: str) -> str:
    """What in a text would cost a parser too much; empty when nothing would."""
    bare = _TEXTS.sub(_short, text)
    if _LONG_KEY.search(bare):
        return f"a key of more than {MOST_PARTS} parts"
    if _DIGITS.search(bare):
        return f"a number of more than {MOST_DIGITS} digits"
    if len(_TABLE.findall(bare)) > MOST_TABLES:
        return f"more than {MOST_TABLES:,} tables"
    depth = 0
    for bracket in _PLAIN.sub("", bare):
        depth += 1 if bracket in "[{" else -1
        if depth > MOST_DEPTH:
            return f"nested more than {MOST_DEPTH} deep"
    return ""


def _short(found: re.Match[str]) -> str:
    return "" if found[0].startswith("#") else '""'
