"""What adapters of served models share: an address, the packages, and no device of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from harness.adapters.base import Adapter, Loader, ModelIdentity, Option


def served_adapter(
    name: str,
    summary: str,
    capability: str,
    *,
    identify: Callable[[str, Mapping[str, Any]], ModelIdentity],
    load: Loader,
    options: Mapping[str, Option],
    comparable: bool = True,
) -> Adapter:
    """An adapter of models behind a server.

    ``comparable``: scores of different queries can be compared, which ranks cannot.
    """
    return Adapter(
        name=name,
        summary=summary,
        checkpoint="URL",
        capabilities=lambda checkpoint: frozenset({capability}),
        identify=identify,
        load=load,
        options=options,
        packages=("httpx2", "tenacity"),
        extra="served",
        devices=("cpu",),
        scores_compare_across_queries=comparable,
    )
