"""Words of any script: runs of letters, and pairs of characters where a script sets no spaces.

Letters and digits as close to Unicode's word boundaries (UAX 29) as Lucene's analyser of English
needs them. Scripts whose words stand without spaces are cut into overlapping pairs of characters:
Chinese, Japanese and Korean together, as Lucene's CJKAnalyzer does, and each run of Thai, Lao,
Khmer, Burmese and the like by itself. A run of one character is a token.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Iterator
from functools import cache

_WORD = r"[^\W_]+"
TOKEN = re.compile(rf"{_WORD}(?:(?:(?<=[^\W\d_])['’.](?=[^\W\d_])|(?<=\d)[.,](?=\d)){_WORD})*")
"""Letters may be joined by a full stop or an apostrophe, digits by a full stop or a comma. Unlike
in UAX 29, ``_`` separates."""

CJK = (
    "\u1100-\u11ff\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3031-\u3035\u3041-\u3096\u3099-\u309f"
    "\u30a1-\u30fa\u30fc-\u30ff\u3105-\u312f\u3131-\u318e\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf"
    "\u4e00-\u9fff\ua960-\ua97c\uac00-\ud7fb\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff"
)
"""Han, Hiragana, Katakana, Bopomofo and Hangul."""

SPACELESS = (
    "\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0ebd\u0ec0-\u0ece\u0edc-\u0edf\u1000-\u103f\u1050-\u108f"
    "\u109a-\u109f\u1780-\u17d3\u17d7\u17dc-\u17dd\u1950-\u19c9\u1a00-\u1a1b\u1a20-\u1a7f"
    "\u1b00-\u1b4b\ua980-\ua9c0\uaa60-\uaa7f\uaa80-\uaadf"
)
"""Thai, Lao, Burmese, Khmer, Tai, Buginese, Balinese and Javanese letters with their marks."""

PAIRED = f"pairs of characters in runs of [{ascii(CJK)[1:-1]}] and of [{ascii(SPACELESS)[1:-1]}]"
"""What a record says of them, in ASCII."""

_RUNS = re.compile(f"[{CJK}]+|[{SPACELESS}]+")
_ANY = re.compile(f"[{CJK}{SPACELESS}]")
_WIDE = {
    code: narrow
    for code in range(0xFF01, 0xFFEF)
    if (narrow := unicodedata.normalize("NFKC", chr(code))) != chr(code)
}
"""Wide Latin and narrow Katakana as their usual forms."""


def words(text: str) -> Iterator[str]:
    """The tokens of a lower-cased text, in order.

    A text beyond ASCII is composed first (NFC), so that one word written in two ways is one.
    """
    if text.isascii():
        yield from TOKEN.findall(text)
        return
    text = unicodedata.normalize("NFC", text.translate(_WIDE))
    pattern = TOKEN if text.isascii() else _with_marks()
    if not _ANY.search(text):
        yield from pattern.findall(text)
        return
    start = 0
    for run in _RUNS.finditer(text):
        yield from pattern.findall(text[start : run.start()])
        yield from pairs(run.group())
        start = run.end()
    yield from pattern.findall(text[start:])


def pairs(run: str) -> list[str]:
    """Overlapping pairs of characters; a single one as it is."""
    return [run[i : i + 2] for i in range(len(run) - 1)] or [run]


@cache
def _with_marks() -> re.Pattern[str]:
    """:data:`TOKEN` where marks belong to the letter before them, as in Hindi, Tamil or Hebrew."""
    codes = [
        code for code in range(0x300, sys.maxunicode + 1)
        if unicodedata.category(chr(code)) in ("Mn", "Mc")
    ]  # fmt: skip
    ranges, start = [], codes[0]
    for code, after in zip(codes, [*codes[1:], -1], strict=True):
        if after != code + 1:
            ranges.append(f"{chr(start)}-{chr(code)}")
            start = after
    marks = "".join(ranges)
    word = rf"[^\W_](?:[^\W_]|[{marks}])*"
    letter = rf"[^\W\d_{marks}]"
    joined = rf"(?:(?<=[^\W\d_])|(?<=[{marks}]))['’.](?={letter})|(?<=\d)[.,](?=\d)"
    return re.compile(rf"{word}(?:(?:{joined}){word})*")
