"""``chat-api``: language models as rerankers behind an OpenAI-compatible server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.adapters.base import Adapter, ModelIdentity
from harness.adapters.served.chat.options import OPTIONS
from harness.registry import Lazy


def identify(checkpoint: str, options: Mapping[str, Any]) -> ModelIdentity:
    """Who answers: what the server says of itself, and the file of the prompt.

    Raises what :func:`harness.adapters.served.chat.identity.answerer` raises.
    """
    from harness.adapters.served.chat.identity import answerer

    return answerer(checkpoint, options).identity


ADAPTER = Adapter(
    name="chat-api",
    summary="asks a language model behind an OpenAI-compatible server, in the protocols above",
    checkpoint="URL",
    capabilities=lambda checkpoint: frozenset({"asking"}),
    identify=identify,
    load=Lazy("harness.adapters.served.chat.rankers:load"),
    options=OPTIONS,
    packages=("httpx2", "tenacity"),
    extra="served",
    devices=("cpu",),
    scores_compare_across_queries=False,
)
