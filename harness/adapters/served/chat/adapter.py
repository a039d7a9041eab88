"""``chat-api``: language models as rerankers behind an OpenAI-compatible server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.adapters.base import ModelIdentity
from harness.adapters.served.adapter import served_adapter
from harness.adapters.served.chat.options import OPTIONS
from harness.registry import Lazy


def identify(checkpoint: str, options: Mapping[str, Any]) -> ModelIdentity:
    """Who answers: what the server says of itself, and the file of the prompt.

    Raises what :func:`harness.adapters.served.chat.identity.answerer` raises.
    """
    from harness.adapters.served.chat.identity import answerer

    return answerer(checkpoint, options).identity


ADAPTER = served_adapter(
    "chat-api",
    "asks a language model behind an OpenAI-compatible server, in the protocols above",
    "asking",
    identify=identify,
    load=Lazy("harness.adapters.served.chat.rankers:load"),
    options=OPTIONS,
    comparable=False,
)
