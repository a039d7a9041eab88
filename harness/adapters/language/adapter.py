"""What adapters of language models share: options, packages, who a model is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from harness.adapters.base import Adapter, Loader, ModelIdentity, Option
from harness.adapters.language.loading import EMBEDDED, OPTIONS, identify
from harness.adapters.support.torch import DTYPES
from harness.files import sha256_file
from harness.fingerprint import digest

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
        from harness.adapters.asking.prompt_file import prompt_path  # it imports pydantic

        self.check(options)
        return sha256_file(prompt_path(options["prompt"], self.presets))


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
        found = identify(checkpoint, options)
        details = {**found.details, "prompt_sha256": prompt}
        return replace(found, digest=digest([found.digest, prompt]), details=details)

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
        scores_compare_across_queries=comparable,
    )
