"""A table in LaTeX, to be pasted into a paper: ``booktabs``, every text made harmless."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from leaderboard_site.taking.sheets import LATER, Head, Sheet, SheetCell

_SIGNS = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "&": r"\&", "%": r"\%", "$": r"\$",
    "#": r"\#", "_": r"\_", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}", "`": r"\textasciigrave{}",
    '"': r"\char34{}",
    "−": "$-$", "±": r"$\pm$", "×": r"$\times$", "≤": r"$\leq$", "≥": r"$\geq$", "→": r"$\to$",
    "↑": r"$\uparrow$", "↓": r"$\downarrow$", "·": r"\textperiodcentered{}", "–": "--",
    "—": "---", "‘": "`", "’": "'", "“": "``", "”": "''", "…": r"\ldots{}", "\u00a0": "~",
    "\u2009": r"\,", "\u202f": r"\,",
}  # fmt: skip
_SIGN = re.compile("[" + re.escape("".join(_SIGNS)) + r"]|([-,'])(?=\1)")
"""Signs that mean something to LaTeX, and the first of two that it would join into another."""


def latex_table(sheet: Sheet, *, source: str) -> bytes:
    """A ``table`` around a ``tabular``; ``source`` is said in a comment and is plain ASCII.

    It needs ``booktabs``. Letters of other scripts are left as they are: LuaLaTeX and XeLaTeX set
    them with a font that has them.
    """
    return ("\n".join(_lines(sheet, source)) + "\n").encode("utf-8", "replace")


@lru_cache(maxsize=1 << 14)
def latex_text(text: str) -> str:
    """A text that LaTeX sets as it is; what cannot be seen is a space."""
    seen = text if text.isprintable() else "".join(s if s.isprintable() else " " for s in text)
    return _SIGN.sub(lambda found: _SIGNS.get(found[0], f"{found[0]}{{}}"), seen)


def _lines(sheet: Sheet, source: str) -> Iterator[str]:
    yield f"% {source}"
    yield "% Needs \\usepackage{booktabs}."
    yield r"\begin{table}"
    yield r"\centering"
    yield rf"\caption{{{latex_text(sheet.caption)}}}"
    columns = "".join("r" if head.right else "l" for head in sheet.heads)
    yield rf"\begin{{tabular}}{{{columns}}}"
    yield r"\toprule"
    yield _row(_shielded(latex_text(head.text)) for head in sheet.heads)
    if any(head.small for head in sheet.heads):
        yield _row(_small(head.small) for head in sheet.heads)
    yield r"\midrule"
    for row in sheet.rows:
        yield _row(_cell(cell, sheet.heads) for cell in row)
    yield r"\bottomrule"
    yield r"\end{tabular}"
    if sheet.notes:
        yield ""
        yield r"\begin{flushleft}\footnotesize"
        for number, note in enumerate(sheet.notes, 1):
            yield rf"\textsuperscript{{{number}}} {latex_text(note)}\par"
        yield r"\end{flushleft}"
    yield r"\end{table}"


def _row(cells: Iterator[str]) -> str:
    return " & ".join(cells) + r" \\"


def _small(text: str) -> str:
    return rf"{{\footnotesize {latex_text(text)}}}" if text else ""


def _cell(cell: SheetCell, heads: tuple[Head, ...]) -> str:
    if cell.text == LATER:
        return LATER
    text = latex_text(cell.text)
    text = rf"\textbf{{{text}}}" if cell.bold and text else _shielded(text)
    notes = f"\\textsuperscript{{{','.join(cell.notes)}}}" if cell.notes else ""
    said = " ".join(filter(None, [text + notes, _small(cell.small)]))
    return said if cell.span == 1 else rf"\multicolumn{{{cell.span}}}{{l}}{{{said}}}"


def _shielded(text: str) -> str:
    r"""A bracket or a star after ``\\`` or a rule would be read as their option."""
    return f"{{}}{text}" if text.startswith(("[", "*")) else text
