"""Prompts that a sentence-transformers checkpoint declares, and which one is meant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

NO_PROMPT = "none"
"""Value of a prompt option that switches off the checkpoint's own prompt."""

PROMPT_HELP = (
    "text before every query, or the name of a prompt of the checkpoint; "
    "empty: the checkpoint's own, if it declares one; none: no prompt"
)


_NAMES = {"query": ("query",), "document": ("document", "passage", "corpus")}

SIDES = tuple(_NAMES)


def side_prompt(model: Any, kind: str, wanted: str) -> str:
    """The prompt of queries or of documents of a sentence-transformers model.

    Without a wanted one it is chosen as ``encode_query`` and ``encode_document`` do: a declared
    empty prompt rules out the default.
    """
    declared: Mapping[str, Any] = model.prompts or {}
    names = [name for name in _NAMES[kind] if name in declared]
    return settled_prompt(wanted, declared, names[0] if names else model.default_prompt_name)


def settled_prompt(wanted: str, declared: Mapping[str, Any], default: str | None) -> str:
    """The text of a prompt, see :data:`PROMPT_HELP`; ``default`` names the declared one."""
    if wanted == NO_PROMPT:
        return ""
    if wanted:
        return str(declared.get(wanted, wanted) or "")
    return str(declared.get(default or "") or "")
