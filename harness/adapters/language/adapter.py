"""What adapters of language models share: options, packages, who a model is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.adapters.base import Adapter, Loader, ModelIdentity, Option
from harness.adapters.language.loading import EMBEDDED, OPTIONS, identify
from harness.adapters.support.prompt_files import prompt_sha256, with_prompt
from harness.adapters.support.torch import DTYPES

TEMPLATE = Option(str, "auto", "auto (the checkpoint's own chat template), or plain")


Check = Callable[[Mapping[str, Any]], object]
"""Raises :class:`UsageError` for options that fit neither each other nor the prompt they name."""


@dataclass(frozen=True, slots=True)
class Protocol:
    """A way of asking, whoever answers: its options, what checks them, where its prompts lie."""

    options: Mapping[str, Option]
    check: Check
    presets: Path

    def prompt_digest(self, options: Mapping[str, Any]) -> str:
        """The sha256 of the file of the prompt; the options are checked with it."""
        self.check(options)
        return prompt_sha256(options["prompt"], self.presets)


def language_adapter(
    name: str,
    summary: str,
    *capabilities: str,
    load: Loader,
    protocol: Protocol,
    comparable: bool = False,
) -> Adapter:
    """An adapter of causal language models: a folder, a hub name, a GGUF file, an embedded one.

    The file of its prompt, a preset or one of the user's own, belongs to its identity, and its
    options are checked with it. ``comparable``: scores of different queries can be compared,
    which ranks that were asked for cannot.
    """

    def identified(checkpoint: str, options: Mapping[str, Any]) -> ModelIdentity:
        prompt = protocol.prompt_digest(options)
        return with_prompt(identify(checkpoint, options), prompt)

    return Adapter(
        name=name,
        summary=summary,
        checkpoint=f"NAME_OR_PATH, FILE.gguf, {', '.join(EMBEDDED)}",
        capabilities=lambda checkpoint: frozenset(capabilities),
        identify=identified,
        load=load,
        options={**protocol.options, "template": TEMPLATE, **OPTIONS},
        packages=("torch", "transformers", "jinja2"),
        extra="llm",
        dtypes=DTYPES,
        half=True,
        scores_compare_across_queries=comparable,
    )
