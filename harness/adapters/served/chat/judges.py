"""``judge-api``: verdicts on two answers by a language model behind an OpenAI-compatible server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from harness.adapters.base import ModelIdentity
from harness.adapters.judge.adapter import OPTIONS, PROTOCOL
from harness.adapters.served.adapter import served_adapter
from harness.adapters.served.chat.options import SPOKEN, check_spoken
from harness.registry import Lazy

if TYPE_CHECKING:
    from harness.adapters.served.chat.identity import Answerer


def answerer(checkpoint: str, options: Mapping[str, Any]) -> Answerer:
    """Ask a server who it is, which is asked for verdicts.

    Raises :class:`UsageError` for options that do not fit, and what
    :func:`harness.adapters.served.chat.identity.asked` raises.
    """
    from harness.adapters.served.chat.identity import asked

    own = {name: options[name] for name in OPTIONS}
    check_spoken(options)
    return asked(checkpoint, options, own, PROTOCOL.prompt_digest(own))


def identify(checkpoint: str, options: Mapping[str, Any]) -> ModelIdentity:
    """Who answers: what the server says of itself, and the file of the prompt."""
    return answerer(checkpoint, options).identity


ADAPTER = served_adapter(
    "judge-api",
    "says which of two answers is better, as a language model behind a server does",
    "judge_texts",
    identify=identify,
    load=Lazy("harness.adapters.served.chat.judging:load"),
    options={**OPTIONS, **SPOKEN},
)
