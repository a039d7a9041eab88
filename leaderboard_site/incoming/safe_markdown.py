"""Text of others in Markdown as GitHub renders it: nothing in it is markup, a mention or a link."""

from __future__ import annotations

import re
from collections.abc import Sequence

from harness.compare.reports.markdown import escaped
from harness.submission.untrusted.shown import shown

_ZERO_WIDTH = "\N{ZERO WIDTH SPACE}"
# Where addresses and references are sought in the rendered text, whatever was escaped.
_SOUGHT = re.compile(r"(?i)://|(?<=ww)w(?=\.)|(?<=\bgh)-(?=\d)|\\@")


def prose(text: str, *, most: int = 200) -> str:
    """Text on one line that shows itself literally; what cannot be seen is spelt out."""
    safe = _SOUGHT.sub(_apart, escaped(shown(text, most=most)))
    return safe.replace("$", "<span>$</span>")  # two of them would set a formula


def _apart(found: re.Match[str]) -> str:
    return f"{_ZERO_WIDTH}{found[0]}{_ZERO_WIDTH}"


def code(text: str, *, most: int = 120) -> str:
    """A name as code, in which nothing is sought; a backtick and a bar are shown by look-alikes."""
    plain = shown(text, most=most).replace("`", "ˋ").replace("|", "¦").strip()
    return f"`{plain}`" if plain else "–"


def table(
    header: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[int] = ()
) -> str:
    """A table of cells that are Markdown already; columns in ``right`` are set to the right."""
    rule = ["--:" if column in right else "---" for column in range(len(header))]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (header, rule, *rows))
