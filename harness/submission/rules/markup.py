"""Texts that are meant for a machine: markup, templates, scripts, formulas.

Pages show every text as it is, so that nothing of this does any harm there. It is refused for what
it might do where others read our tables: in a spreadsheet, a notebook, a mail.
"""

from __future__ import annotations

import re

_KINDS = (
    ("an HTML tag", re.compile(r"<[A-Za-z/!?]")),
    ("an HTML entity", re.compile(r"&#?\w{2,31};")),
    ("an event handler", re.compile(r"""["'`]\s*on[a-z]+\s*=""", re.IGNORECASE)),
    ("a script link", re.compile(r"\b(?:javascript|vbscript)\s*:|\bdata:\w+/", re.IGNORECASE)),
    ("a template", re.compile(r"\{\{|\{%|\$\{|<%")),
    ("a TeX command", re.compile(r"\\[A-Za-z]+\s*\{|\$\\")),
    ("a Markdown link", re.compile(r"\]\(")),
    ("a first letter that makes a formula of it", re.compile(r"^\s*(?:[=+@]|-(?!\s))")),
)


def markup_fault(text: str) -> str | None:
    """What a text holds that is meant for a machine, or ``None``."""
    return next((what for what, pattern in _KINDS if pattern.search(text)), None)
