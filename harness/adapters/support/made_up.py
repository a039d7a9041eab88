"""Weights that no file holds: transformers draws them by chance, says so in its log and goes on.

Libraries that stand on it hand over the network alone. What was missing is noted where it is
loaded, whoever loads it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from harness.adapters.support.left_out import check_read

TOLD = "output_loading_info"
"""The argument by which ``from_pretrained`` tells, beside the model, what it lacked."""


@contextmanager
def noted_weights() -> Iterator[list[str]]:
    """Within, the names of weights that networks lacked as they were loaded, one after another.

    Raises :class:`InvalidError` for weights that a network leaves out (:mod:`.left_out`).
    """
    from transformers import PreTrainedModel

    found: list[str] = []
    own = PreTrainedModel.__dict__["from_pretrained"]

    def noting(kind: type[Any], *place: Any, **how: Any) -> Any:
        model, report = own.__func__(kind, *place, **{**how, TOLD: True})
        found.extend(report["missing_keys"])
        check_read(str(place[0]) if place else kind.__name__, report["unexpected_keys"], model)
        return (model, report) if how.get(TOLD) else model

    PreTrainedModel.from_pretrained = classmethod(noting)
    try:
        yield found
    finally:
        PreTrainedModel.from_pretrained = own


def read_weights(names: list[str], model: Any) -> list[str]:
    """Those of ``names`` that a model of sentence-transformers reads.

    What BERT and its kin make of their first token for the task of the next sentence (``pooler``)
    is often not saved, and no embedding is made of it unless the checkpoint says so.
    """
    first = next(iter(model), None)
    network = getattr(first, "auto_model", None) or getattr(first, "model", None)
    headless = network is not None and getattr(network, "base_model", None) is network
    if not headless or "pooler_output" in str(getattr(first, "modality_config", "")):
        return names
    return [name for name in names if "pooler" not in name.split(".")]
