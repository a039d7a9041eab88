"""The words by which a monoT5 says relevant or not: by name, or two tokens of one's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.errors import UsageError, did_you_mean

WORDS = {
    "t5": ("\u2581true", "\u2581false"),
    "mt5": ("\u2581yes", "\u2581no"),
    "ptt5": ("\u2581sim", "\u2581n\u00e3o"),
    "mt5-true": ("\u2581true", "\u2581"),
}
"""Tokens for true and false: castorini's monoT5; mT5 and ptT5 on mMARCO; mT5 3B and 13B there."""


def words_of(options: Mapping[str, Any]) -> tuple[str, str]:
    """The tokens for true and false; :class:`UsageError` where nobody says which they are."""
    name = options["words"]
    if bool(options["true"]) != bool(options["false"]):
        raise UsageError("true and false go together", fix="Give both tokens, or --option words=")
    if options["true"]:
        return options["true"], options["false"]
    if name not in WORDS:
        raise UsageError(
            f"unknown words {name!r}" if name else "monot5 has to know the words of the checkpoint",
            fix=did_you_mean(name, WORDS)
            if name
            else "For castorini's: --option words=t5; "
            "others: mt5 (yes, no), ptt5 (sim, não), mt5-true",
        )
    return WORDS[name]


def token_id(tokenizer: Any, word: str) -> int:
    """The token that is exactly this piece of the vocabulary, or the one token of this word.

    Raises :class:`UsageError` where it is neither.
    """
    found = tokenizer.convert_tokens_to_ids(word)
    if found is not None and found != tokenizer.unk_token_id:
        return int(found)
    row = tokenizer(word, add_special_tokens=False)["input_ids"]
    if len(row) != 1 or row[0] == tokenizer.unk_token_id:
        raise UsageError(
            f"{word!r} is not one token of this model",
            fix="Choose --option words=" + ", ".join(WORDS) + ", or give true and false",
        )
    return int(row[0])
