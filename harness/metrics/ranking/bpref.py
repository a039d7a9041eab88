"""Binary preference: relevant documents before judged ones that are not, whatever nobody judged.

Source: Buckley and Voorhees, "Retrieval evaluation with incomplete information", SIGIR 2004, in the
form of trec_eval's ``bpref``, whose bound is the smaller of the two numbers of judged documents.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from harness.metrics.ranking.judged import JudgedRanking
from harness.metrics.ranking.names import Spec


def bpref_per_group(judged: JudgedRanking, spec: Spec) -> NDArray[np.float64]:
    """Per group, the mean over its R relevant documents of 1 - min(n, R) / min(R, N).

    ``n`` counts the judged, not relevant candidates ranked before the document, ``N`` all such
    documents of the gold, candidates or not. A relevant document that is no candidate adds 0, and
    one before which nothing judged stands adds 1. Groups without a relevant document have 0.
    Shape (groups,).
    """
    relevant = judged.ranked >= spec.rel
    before = np.cumsum((judged.ranked >= 0) & ~relevant)
    values = np.zeros(judged.group_count)
    for group, missed in enumerate(judged.missed):
        start, stop = int(judged.starts[group]), int(judged.starts[group + 1])
        hits = relevant[start:stop]
        wanted = int(hits.sum()) + sum(grade >= spec.rel for grade in missed)
        if not wanted:
            continue
        others = judged.judgements[group] - wanted
        behind = before[start:stop][hits] - (before[start - 1] if start else 0)
        lost = np.minimum(behind, wanted) / max(min(wanted, others), 1)
        values[group] = float((1 - lost).sum()) / wanted
    return values
