"""Adapters of methods that have no checkpoint: the adapter's name says all there is to say."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from harness.adapters.base import Adapter, ModelIdentity, Option
from harness.capabilities import Model
from harness.errors import UsageError


def method_adapter(
    name: str,
    summary: str,
    capability: str | tuple[str, ...],
    *,
    identify: Callable[[Mapping[str, Any]], ModelIdentity],
    make: Callable[..., Model],
    options: Mapping[str, Option] | None = None,
    packages: tuple[str, ...] = (),
    extra: str = "",
    scores_compare_across_queries: bool = True,
    first_stage: str = "",
) -> Adapter:
    """An adapter that refuses a checkpoint; ``identify`` and ``make`` take its options alone."""
    have = frozenset({capability} if isinstance(capability, str) else capability)

    def identified(checkpoint: str, options: Mapping[str, Any]) -> ModelIdentity:
        _refuse(name, checkpoint)
        return identify(options)

    def load(checkpoint: str, *, device: str, dtype: str, **options: Any) -> Model:
        _refuse(name, checkpoint)
        return make(**options)

    return Adapter(
        name=name,
        summary=summary,
        checkpoint="",
        capabilities=lambda checkpoint: have,
        identify=identified,
        load=load,
        options=options or {},
        packages=packages,
        extra=extra,
        devices=("cpu",),
        scores_compare_across_queries=scores_compare_across_queries,
        first_stage=first_stage,
    )


def sha256_of(words: str) -> str:
    """Digest of a method whose weights are its arithmetic: its name, version and settings."""
    return hashlib.sha256(words.encode()).hexdigest()


def _refuse(name: str, checkpoint: str) -> None:
    if checkpoint:
        raise UsageError(f"{name} takes no checkpoint {checkpoint!r}", fix=f"Type --model {name}")
