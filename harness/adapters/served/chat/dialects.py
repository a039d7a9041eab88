"""What servers of chat completions take beside the fields that all of them know.

Read in vLLM (main of autumn 2026; ``logprob_token_ids`` since its pull request 43463), llama.cpp
(build 11434), SGLang and transformers 5.24, and in OpenAI's reference.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from harness.errors import UsageError, did_you_mean
from harness.strict_json import Json

AUTO = "auto"


@dataclass(frozen=True, slots=True)
class Dialect:
    """One kind of server.

    ``continues``: an answer can be begun for the model (``continue_final_message``), and
    ``echoes`` repeats that beginning in the answer. ``thinks``:
    the chat template is told whether to think (``chat_template_kwargs``). ``likelihoods``: tokens
    come with log-probabilities. ``exact``: those of tokens that are named
    (``logprob_token_ids``), which ``/tokenize`` tells. ``plain``: what switches off what a
    checkpoint declares for chatting, and what makes an answer depend on the one before.
    ``owner`` is how such a server names itself in its list of models.
    """

    name: str
    owner: str = ""
    continues: bool = False
    echoes: bool = False
    thinks: bool = False
    likelihoods: bool = True
    exact: bool = False
    plain: Mapping[str, Json] = field(default_factory=dict)


DIALECTS = {
    dialect.name: dialect
    for dialect in (
        Dialect("openai"),
        Dialect(
            "vllm",
            owner="vllm",
            continues=True,
            thinks=True,
            exact=True,
            plain={"repetition_penalty": 1.0},
        ),
        Dialect(
            "sglang",
            owner="sglang",
            continues=True,
            thinks=True,
            plain={"repetition_penalty": 1.0},
        ),
        Dialect(
            "llama-cpp",
            owner="llamacpp",
            continues=True,
            echoes=True,
            thinks=True,
            plain={"repeat_penalty": 1.0, "cache_prompt": False},
        ),
        Dialect(
            "transformers",
            thinks=True,
            likelihoods=False,
            plain={"frequency_penalty": 0.0},
        ),
    )
}
"""Kinds of servers by name; ``openai`` is the fields that all of them know, and no more."""


def dialect_of(name: str, owner: str) -> Dialect:
    """The kind of server of that name; ``auto`` is what the server calls itself, else ``openai``.

    Raises :class:`UsageError` for a name that is not known.
    """
    if name == AUTO:
        own = (dialect for dialect in DIALECTS.values() if dialect.owner and dialect.owner == owner)
        return next(own, DIALECTS["openai"])
    if name not in DIALECTS:
        raise UsageError(
            f"--option dialect={name}: no such kind of server",
            fix=did_you_mean(name, [AUTO, *DIALECTS]),
        )
    return DIALECTS[name]
