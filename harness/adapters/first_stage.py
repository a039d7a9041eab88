"""``first-stage``: the candidate lists as they come, the baseline row of a reranking table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from harness.adapters.base import Adapter, ModelIdentity
from harness.adapters.support.methods import method_adapter
from harness.fingerprint import digest

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class FirstStageScores:
    """A model that keeps the first stage's own scores."""

    def keep_first_stage(self, scores: Sequence[float]) -> NDArray[np.float64]:
        """Return the scores of one group's candidates unchanged."""
        import numpy as np

        return np.asarray(scores, dtype=np.float64)


def first_stage_adapter(name: str, summary: str, *, only: str = "") -> Adapter:
    """An adapter of the given name that keeps first-stage scores.

    ``only`` names the one first stage that it may be used for; empty for any.
    """
    return method_adapter(
        name,
        summary,
        "keep_first_stage",
        identify=lambda options: ModelIdentity(name, digest([["method", "keep_first_stage"]])),
        make=FirstStageScores,
        scores_compare_across_queries=False,
        first_stage=only,
    )


ADAPTER = first_stage_adapter("first-stage", "the task's candidate lists as given, unchanged")
