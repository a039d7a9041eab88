"""Options of ``chat-api``: the protocol, its own options, and how the server is spoken to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from harness.adapters.base import Option
from harness.adapters.language.adapters import PROTOCOLS
from harness.adapters.served.chat.dialects import AUTO, DIALECTS, dialect_of
from harness.adapters.served.options import SERVED
from harness.errors import UsageError, did_you_mean
from harness.strict_json import Json, load_strict

if TYPE_CHECKING:
    from harness.adapters.language.pairs import PairPrompt

OWN = ("model", "messages", "logprobs", "top_logprobs", "max_tokens", "max_completion_tokens", "n",
       "stream")  # fmt: skip
"""Fields of a request that no option replaces: they say what is asked."""


def _merged() -> dict[str, Option]:
    """Every option of a protocol, without a default: that is the protocol's own."""
    found: dict[str, list[tuple[str, Option]]] = {}
    for protocol, declared in PROTOCOLS.items():
        for name, option in declared.options.items():
            found.setdefault(name, []).append((protocol, option))
    merged = {}
    for name, uses in found.items():
        defaults = {option.default for _, option in uses}
        own = f"; {uses[0][1].default}" if len(defaults) == 1 and uses[0][1].default else ""
        where = ", ".join(protocol for protocol, _ in uses)
        told = uses[0][1].help if name != "prompt" else "a preset's name, or a file of your own"
        merged[name] = Option(uses[0][1].type, None, f"{where}: {told}{own}")
    return merged


SPOKEN: Mapping[str, Option] = {
    "dialect": Option(str, AUTO, f"{', '.join(DIALECTS)}; {AUTO} asks the server what it is",
                      identity=False),
    "top_logprobs": Option(int, 20, "likeliest tokens that are asked for; servers allow 20 or so"),
    "tokens_field": Option(str, "max_tokens", "max_tokens, or max_completion_tokens",
                           identity=False),
    "extra": Option(str, "", "further fields of a request as a JSON object; null leaves one out"),
    **SERVED,
}  # fmt: skip
"""How a server of chat completions is spoken to."""

OPTIONS: Mapping[str, Option] = {
    "protocol": Option(str, "", ", ".join(PROTOCOLS)),
    **_merged(),
    "answer_tokens": Option(int, None, "tokens of an answer at most, with its thought; else as "
                            "many as the answer alone takes, and 2048 for rank-r1"),
    **SPOKEN,
}  # fmt: skip
"""All options of the adapter."""


def settled(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options of the protocol that was chosen, with its own defaults.

    Raises :class:`UsageError`: no protocol or an unknown one, and options that it does not have.
    """
    chosen = options["protocol"]
    if chosen not in PROTOCOLS:
        said = f"unknown protocol {chosen!r}" if chosen else "chat-api needs a protocol"
        close = did_you_mean(chosen, PROTOCOLS) if chosen else f"Known: {', '.join(PROTOCOLS)}"
        raise UsageError(said, fix=close if chosen else f"--option protocol=listwise. {close}")
    declared = PROTOCOLS[chosen].options
    others = {name for protocol in PROTOCOLS.values() for name in protocol.options}
    strange = sorted(
        name
        for name in others - declared.keys() - {"answer_tokens"}
        if options.get(name) is not None
    )
    if strange:
        raise UsageError(
            f"the protocol {chosen} has no option {', '.join(strange)}",
            fix="Its own are " + ", ".join(sorted(declared)),
        )
    own = {name: option.default for name, option in declared.items()}
    given = {name: options[name] for name in own if options.get(name) is not None}
    tokens = options.get("answer_tokens")
    if tokens is not None and tokens < 1:
        raise UsageError(f"--option answer_tokens={tokens}", fix="Give 1 or more, or leave it out")
    return own | given


def checked_extra(text: str) -> dict[str, Json]:
    """The further fields of a request.

    Raises :class:`UsageError` for what is no JSON object, and for fields that say what is asked.
    """
    if not text.strip():
        return {}
    try:
        found = load_strict(text.encode())
    except ValueError as error:
        raise UsageError(f"--option extra is no JSON ({error})", fix=_example()) from None
    if not isinstance(found, dict):
        raise UsageError(f"--option extra is {type(found).__name__}", fix=_example())
    if own := sorted(found.keys() & set(OWN)):
        raise UsageError(
            f"--option extra names {own[0]}, which is set by the protocol",
            fix="Take the options model, answer_tokens, tokens_field or top_logprobs",
        )
    return found


def _example() -> str:
    return "Write it as --option extra='" + json.dumps({"reasoning_effort": "low"}) + "'"


def check(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options of the protocol that was chosen; :class:`UsageError` for what does not fit."""
    own = settled(options)
    check_spoken(options)
    if options["protocol"] == "yes-no":
        yes_no_words(own)
    return own


def check_spoken(options: Mapping[str, Any]) -> None:
    """Raise :class:`UsageError` for options of how a server is spoken to that do not fit."""
    checked_extra(options["extra"])
    dialect_of(options["dialect"], "")
    if options["tokens_field"] not in ("max_tokens", "max_completion_tokens"):
        raise UsageError(
            f"unknown tokens_field {options['tokens_field']!r}",
            fix="Known: max_tokens, max_completion_tokens",
        )
    if not 2 <= options["top_logprobs"] <= 1000:
        raise UsageError(f"--option top_logprobs={options['top_logprobs']}", fix="Give 2 to 1000")


def yes_no_words(own: Mapping[str, Any]) -> tuple[PairPrompt, tuple[str, str]]:
    """The prompt of ``yes-no`` and its two words, or :class:`UsageError` for one of no use here."""
    from harness.adapters.language.likelihood import checked_yes_no  # it imports pydantic

    prompt, words = checked_yes_no(own)
    if prompt.raw:
        raise UsageError(
            f"the prompt {own['prompt']!r} brings control tokens of its own, and chat completions "
            "take messages alone",
            fix="Give a prompt with messages, such as --option prompt=yes-no, or a served reranker",
        )
    if len(words) != 2:
        raise UsageError(
            "a server tells log-probabilities, which need a word for yes and one for no",
            fix="Name both: --option yes=Yes --option no=No",
        )
    return prompt, (words[0], words[1])
