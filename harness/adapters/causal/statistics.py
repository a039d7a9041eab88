"""What is known of single tokens, from the logits before them: float32, whole rows at a time."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from harness.adapters.causal.methods import (
    CROSS,
    ENTROPY,
    EXPECTED,
    LIKELY,
    LOG_RANK,
    RANK,
    VARIANCE,
)

OF_TWO = frozenset({EXPECTED, VARIANCE, CROSS})
"""What looks at the distribution of a second model, which may be the first again."""


def token_statistics(
    logits: Any, targets: Any, needs: Collection[str], second: Any = None
) -> dict[str, Any]:
    """Statistics of ``targets`` (shape (tokens,)) by name, each of shape (tokens,).

    ``logits``: float32 of shape (tokens, vocabulary), before each target, by the model that scores;
    ``second`` those of a reference or an observer, ``None`` where that is the same model. Where one
    of two is wider, its further columns are left out: no token of theirs has a name.

    - log-probability: log p(target)
    - rank: 1 + the tokens that are likelier than the target; log-rank: its natural logarithm
    - entropy: - sum p log p
    - expected log-probability: sum q log p, q being the second distribution
    - variance: sum q (log p - expected)^2
    - cross-entropy: - sum q log p
    """
    if second is not None and second.shape[1] != logits.shape[1]:
        width = min(second.shape[1], logits.shape[1])
        logits, second = logits[:, :width], second[:, :width]
    log_p = logits.log_softmax(dim=-1)
    likely = log_p.gather(1, targets[:, None])[:, 0]
    found = {LIKELY: likely}
    if {RANK, LOG_RANK} & set(needs):
        # Nothing is above NaN, which would look like the best of ranks.
        ranks = (log_p > likely[:, None]).sum(dim=-1).float() + 1 + 0 * likely
        found |= {RANK: ranks, LOG_RANK: ranks.log()}
    if ENTROPY in needs:
        found[ENTROPY] = -_expected(logits.softmax(dim=-1), log_p)
    if OF_TWO & set(needs):
        q = (logits if second is None else second).softmax(dim=-1)
        expected = _expected(q, log_p)
        found |= {EXPECTED: expected, CROSS: -expected}
        if VARIANCE in needs:
            found[VARIANCE] = _expected(q, (log_p - expected[:, None]).square_())
    return {name: found[name] for name in needs}


def _expected(q: Any, values: Any) -> Any:
    """Sum of q times values; what has no chance counts nothing, however unlikely it was found."""
    import torch

    if not torch.stack(torch.aminmax(values)).isfinite().all():  # 0 times infinity would be NaN
        values = values.masked_fill(q == 0, 0)
    return torch.einsum("ij,ij->i", q, values)
