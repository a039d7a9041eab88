"""What adapters of language models share: options, packages, who a model is."""

from __future__ import annotations

from collections.abc import Mapping

from harness.adapters.base import Adapter, Loader, Option
from harness.adapters.language.loading import EMBEDDED, OPTIONS, identify
from harness.adapters.support.torch import DTYPES

TEMPLATE = Option(str, "auto", "auto (the checkpoint's own chat template), or plain")


def language_adapter(
    name: str, summary: str, *capabilities: str, load: Loader, options: Mapping[str, Option]
) -> Adapter:
    """An adapter of causal language models: a folder, a hub name, a GGUF file, an embedded one.

    Whoever compares ranks that were asked for across queries compares nothing.
    """
    return Adapter(
        name=name,
        summary=summary,
        checkpoint=f"NAME_OR_PATH, FILE.gguf, {', '.join(EMBEDDED)}",
        capabilities=lambda checkpoint: frozenset(capabilities),
        identify=identify,
        load=load,
        options={**options, "template": TEMPLATE, **OPTIONS},
        packages=("torch", "transformers"),
        extra="llm",
        dtypes=DTYPES,
        scores_compare_across_queries="score_pairs" in capabilities,
    )
