"""``first-stage``: the candidate lists as they come, the baseline row of a reranking table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.adapters.base import Adapter, ModelIdentity
from harness.capabilities import Floats
from harness.errors import UsageError
from harness.fingerprint import digest


class FirstStageScores:
    """A model that keeps the first stage's own scores."""

    def keep_first_stage(self, scores: Sequence[float]) -> Floats:
        """Return the scores of one group's candidates as float32, otherwise unchanged."""
        import numpy as np

        return np.asarray(scores, dtype=np.float32)


def first_stage_adapter(name: str, summary: str, *, only: str = "") -> Adapter:
    """An adapter of the given name that takes no checkpoint and keeps first-stage scores.

    ``only`` names the one first stage that it may be used for; empty for any.

    ``load`` and ``identify`` raise :class:`UsageError` when a checkpoint is given.
    """

    def identify(checkpoint: str, options: Mapping[str, Any]) -> ModelIdentity:
        _refuse_checkpoint(name, checkpoint)
        return ModelIdentity(name=name, digest=digest([["method", "keep_first_stage"]]))

    def load(checkpoint: str, *, device: str, dtype: str, **options: Any) -> FirstStageScores:
        _refuse_checkpoint(name, checkpoint)
        return FirstStageScores()

    return Adapter(
        name=name,
        summary=summary,
        checkpoint="",
        capabilities=lambda checkpoint: frozenset({"keep_first_stage"}),
        identify=identify,
        load=load,
        devices=("cpu",),
        scores_compare_across_queries=False,
        first_stage=only,
    )


def _refuse_checkpoint(name: str, checkpoint: str) -> None:
    if checkpoint:
        raise UsageError(
            f"{name} takes no checkpoint, but {checkpoint!r} was given", fix=f"Type --model {name}"
        )


ADAPTER = first_stage_adapter("first-stage", "the task's candidate lists as given, unchanged")
