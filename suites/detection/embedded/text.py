"""The one cleaning that human and machine text both go through, and how text is cut.

What only one side could have, such as markup, quotes of another style or code, would give the
answer away without any detection.
"""

from __future__ import annotations

import re
import unicodedata

_PLAIN = str.maketrans(
    {"\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u2013": "-", "\u2014": "-"}
    | {"\u2026": "...", "\u00a0": " ", "\u2010": "-", "\u2011": "-", "\u2212": "-"}
)
_RULES = tuple(
    (re.compile(pattern), by)
    for pattern, by in (
        (r":[a-z:]+:`~?([^`<]*)(<[^`]*>)?`", r"\1"),  # :func:`name`
        (r"`([^`<]+?)\s*<[^`]*>`__?", r"\1"),  # `text <address>`_
        (r"`+([^`]*)`+_?", r"\1"),
        (r"\s*\[[^\]\s]{0,12}\]_?", ""),  # [1]_ and [REF-9]
        (r"!?\[([^\]]*)\]\([^)]*\)", r"\1"),  # [text](address)
        (r"\s*\([^()]*\)", ""),
        (r"\*+", ""),
        (r"(?<!\w)_+([^_]+)_+(?!\w)", r"\1"),
        (r"--+", "-"),
        (r"\s+([,.;:?!])", r"\1"),
        (r"\s+", " "),
    )
)
_CODE = re.compile(
    r"[_=<>{}\[\]()|\\^~$@#`*+/%&]|[a-z]\.[a-z]|\b[a-z]+[A-Z]|https?:|www\.|::|\"{2}|[^\x20-\x7e]"
    r"|\b(?:CWE|REF|CVE|CAPEC)\b|\b(?:in|by|from|of|see|and|to|for|with)[.,;]"  # a lost citation
)
_ABBREVIATED = re.compile(r"(?:\b(?:e\.g|i\.e|etc|cf|vs|al|Fig|Eq|Sec|Dr|Prof|No|[A-Z]))\.$")
_BOUNDARY = re.compile(r"(?<=[.!?])\"?\s+(?=[A-Z\"'])")
_LISTED = re.compile(r"\s*(?:[-*+\u2022#>|]|\(?\w{1,2}[.)]\s|\.\. |\|)")


def clean(text: str) -> str:
    """One line of plain text: no markup, no asides in brackets, typewriter quotes."""
    text = unicodedata.normalize("NFKC", text).translate(_PLAIN)
    for pattern, by in _RULES:
        text = pattern.sub(by, text)
    return text.strip()


def is_prose(paragraph: str) -> bool:
    """Whether a cleaned paragraph is whole sentences without code, formulas or addresses."""
    return (
        paragraph[-1:] in (".", "!", "?")
        and (paragraph[0].isupper() or paragraph[0] in "\"'")
        and paragraph.count('"') % 2 == 0
        and not _CODE.search(paragraph.replace("e.g.", "eg").replace("i.e.", "ie"))
    )


def paragraphs(text: str) -> list[str]:
    """The paragraphs of a text, cleaned; lists, headings and indented blocks come back empty."""
    return [
        "" if _is_block(block) else clean(block)
        for block in re.split(r"\n\s*\n", text.strip("\n"))
        if block.strip()
    ]


def sentences(text: str) -> list[str]:
    """The sentences of a cleaned text."""
    found: list[str] = []
    start = 0
    for match in _BOUNDARY.finditer(text):
        before = text[start : match.start()]
        if not _ABBREVIATED.search(before):
            found.append(text[start : match.end()].strip())
            start = match.end()
    return [*found, text[start:].strip()] if text[start:].strip() else found


def words(text: str) -> int:
    """How many words the text has."""
    return len(text.split())


def _is_block(block: str) -> bool:
    lines = block.split("\n")
    return (
        any(_LISTED.match(line) or line.startswith((" ", "\t")) for line in lines)
        or ">>>" in block
        or "::" in block
    )
