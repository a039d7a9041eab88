"""What of a record nothing here can check: it is the submitter's word, and says why.

Every other field is computed again, or follows from what stands beside it, or is the catalogue's. A
test changes each leaf of records of every suite: a change that nothing finds has to stand here.
``docs/submit.md`` has the same list.
"""

from __future__ import annotations

from collections.abc import Mapping

NOT_RUN = "the model is not run here"
NOT_SEEN = "nobody here saw the machine"
NOT_CARRIED = "the file is not carried, and its bytes depend on the library that wrote it"

SELF_REPORTED: Mapping[str, str] = {
    "model.name": "a name for tables; it has to be plain, and unlike that of another system",
    "model.revision": NOT_RUN,
    "model.dtype": NOT_RUN,
    "model.trust_remote_code": NOT_RUN,
    "model.fingerprint": "the weights are not here",
    "model.details": NOT_RUN,
    "model.scores_compare_across_queries": "where no figure of the task depends on it",
    "model.direction": "where no figure of the task depends on it",
    "model.capability": f"{NOT_RUN}; it has to be one that models have",
    "first_stage.parameters": "versions of packages, and what is said in words",
    "predictions.sha256": "of embeddings, which are not carried; others are those of their file",
    "groups.sha256": NOT_CARRIED,
    "files[].sha256": NOT_CARRIED,
    "files[].rows": "where the data are not at hand",
    "run.device": NOT_SEEN,
    "run.device_name": NOT_SEEN,
    "run.workers": NOT_SEEN,
    "run.batch": NOT_SEEN,
    "run.wall_seconds": f"{NOT_SEEN}; the speed has to follow from it",
    "run.load_seconds": NOT_SEEN,
    "run.latency.median_seconds": f"{NOT_SEEN}; no larger than the 95th percentile",
    "run.latency.p95_seconds": f"{NOT_SEEN}; no smaller than the median",
    "run.latency.queries": f"{NOT_SEEN}; no more than the groups",
    "run.latency.protocol": NOT_SEEN,
    "run.latency_reason": NOT_SEEN,
    "run.peak_memory_bytes": f"{NOT_SEEN}; above 0 and at most 64 TiB",
    "run.peak_device_memory_bytes": f"{NOT_SEEN}; at most 64 TiB, none of a run on the CPU",
    "run.attempts": NOT_SEEN,
    "run.effort": f"{NOT_SEEN}; the cost has to follow from the tokens and the prices",
    "run.invariance": f"{NOT_RUN}; shares have to be shares of what was compared",
    "run.invariance_reason": NOT_RUN,
    "environment.python": NOT_SEEN,
    "environment.platform": NOT_SEEN,
    "environment.marginbench": NOT_SEEN,
    "environment.packages": NOT_SEEN,
    "environment.git": NOT_SEEN,
    "created": f"{NOT_SEEN}; it has to have come, and may not be before 2026-11-23",
    "part.points[].threshold": "a distance of embeddings; it lies where its counts do",
    "part.carried[].threshold": "a distance of embeddings; it lies where its counts do",
    "part.norms": "lengths of embeddings, which are not carried; they have to be in order",
    "part.dimension": "of embeddings, which are not carried",
    "part.raid": "where the data of RAID are not at hand",
}
"""Field, or all that lies below it -> why it is self-reported, and what is asked of it."""


def is_self_reported(place: str) -> bool:
    """Whether a field such as ``run.effort.requests.cost``, or what it lies in, stands there."""
    return any(
        place == known or place.startswith((f"{known}.", f"{known}[")) for known in SELF_REPORTED
    )
