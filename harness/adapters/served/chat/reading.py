"""What a chat completion says: its text, its tokens with their likelihoods, its usage.

The wire: OpenAI's chat completions; ``reasoning_content`` and ``reasoning`` as vLLM, SGLang,
llama.cpp and transformers have them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.adapters.asking.asks import Reply
from harness.adapters.asking.repair import THOUGHT
from harness.errors import InvalidError
from harness.strict_json import Json

THINKS = "<think>"
ANSWERS = "<answer>"

TOO_LONG = re.compile(
    r"context[_ ]length|context[_ ]size|context[_ ]window|maximum context|max_model_len"
    r"|(input|prompt|messages?|request)\b.{0,40}\btoo (long|large|many tokens)"
    r"|(longer|exceeds?|exceeded)\b.{0,40}\b(context|maximum (input )?length|max(imum)? tokens)"
    r"|answered 413: ",
    re.IGNORECASE | re.DOTALL,
)
"""How servers say that a prompt is too long for their model."""


ROUNDED = 0.01
"""The highest log-probability that is taken for one."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token that was written, with the likeliest ones at its place, by their text."""

    text: str
    likely: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Said:
    """One completion, of the model that it names. ``tokens`` is ``None`` without likelihoods."""

    model: str
    text: str
    thought: bool
    full: bool
    tokens: tuple[Token, ...] | None
    usage: tuple[int, int] | None


def says_too_long(said: str) -> bool:
    """Whether an error says that the prompt is longer than the model takes."""
    return TOO_LONG.search(said) is not None


def error_in(answer: Json) -> str | None:
    """The error that stands where an answer should, in words; ``None`` where there is none."""
    if not isinstance(answer, dict) or answer.get("choices"):
        return None
    error = answer.get("error") or (answer.get("object") == "error" and answer.get("message"))
    if not error:
        return None
    if isinstance(error, dict):
        told = [error.get(name) for name in ("message", "code", "type")]
        error = ", ".join(str(one) for one in told if one) or error
    return str(error)


def read(answer: Json, *, where: str) -> Said:
    """The completion in an answer.

    Raises :class:`InvalidError`, which names ``where``, for anything that is none.
    """
    if not isinstance(answer, dict):
        raise _no_completion(where, f"it is {type(answer).__name__}")
    choices = answer.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        raise _no_completion(where, "it has no choices")
    choice = choices[0]
    message = choice.get("message")
    if not isinstance(message, dict):
        raise _no_completion(where, "its first choice has no message")
    thought = message.get("reasoning_content") or message.get("reasoning")
    model, text = answer.get("model"), _text(message.get("content"), where)
    return Said(
        model=model if isinstance(model, str) else "",
        text=_spoken(text),
        thought=bool(thought) or THINKS in text,
        full=choice.get("finish_reason") == "length",
        tokens=_tokens(choice.get("logprobs"), where),
        usage=_usage(answer.get("usage")),
    )


def likelihoods(tokens: Sequence[Token], labels: Sequence[str], *, begun: bool) -> Reply:
    """How likely each label is, as a reply without its usage.

    Read at the first token where the answer was ``begun`` for the model, else at the first token
    that is one of the labels, if there is any: there a model may say a word before it. A token is
    a label that it equals, or else one that it equals apart from spaces, the likeliest counting.
    """
    if not tokens:
        return _reply([None] * len(labels), -math.inf)
    bare = {label.strip() for label in labels}
    at = next((place for place in tokens if place.text.strip() in bare), tokens[0])
    likely = tokens[0].likely if begun else at.likely
    stripped: dict[str, float] = {}
    for text, value in likely.items():
        stripped[text.strip()] = max(value, stripped.get(text.strip(), -math.inf))
    found = [likely.get(label, stripped.get(label.strip())) for label in labels]
    return _reply(found, min(likely.values(), default=-math.inf))


def _reply(found: Sequence[float | None], least: float) -> Reply:
    return Reply(
        likelihoods=tuple(-math.inf if value is None else value for value in found),
        unseen=found.count(None),
        least=least,
    )


def _spoken(text: str) -> str:
    """A text without a thought that does not end in it: it holds no answer."""
    begun = text.lstrip().startswith(THINKS) and THOUGHT not in text
    return "" if begun and ANSWERS not in text else text


def _text(content: Any, where: str) -> str:
    if content is None:
        return ""
    if isinstance(content, list):  # parts, of which thoughts are others
        parts = [part for part in content if isinstance(part, dict) and part.get("type") == "text"]
        return "".join(_text(part.get("text"), where) for part in parts)
    if not isinstance(content, str):
        raise _no_completion(where, f"its content is {type(content).__name__}")
    return content


def _tokens(told: Any, where: str) -> tuple[Token, ...] | None:
    content = told.get("content") if isinstance(told, dict) else None
    if not isinstance(content, list):
        return None
    try:
        return tuple(_token(one) for one in content)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise _no_completion(where, "its log-probabilities are not as they should be") from None


def _token(one: Mapping[str, Any]) -> Token:
    likely: dict[str, float] = {}
    for told in [*(one.get("top_logprobs") or ()), one]:
        text, value = told["token"], told["logprob"]
        # Likelier than for sure is nothing; a little more is how some servers round.
        if not isinstance(text, str) or isinstance(value, bool) or not value <= ROUNDED:
            raise ValueError
        likely[text] = max(float(value), likely.get(text, -math.inf))
    return Token(one["token"], likely)


def _usage(told: Any) -> tuple[int, int] | None:
    if not isinstance(told, dict):
        return None
    counts = [told.get(name) for name in ("prompt_tokens", "completion_tokens")]
    if not all(isinstance(one, int) and not isinstance(one, bool) and one >= 0 for one in counts):
        return None
    return int(counts[0] or 0), int(counts[1] or 0)


def _no_completion(where: str, why: str) -> InvalidError:
    return InvalidError(
        f"{where} answered with something that is no chat completion: {why}",
        fix="See that the address is that of an OpenAI-compatible server. Finished parts are kept",
    )
