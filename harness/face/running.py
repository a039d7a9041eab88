"""Where a model is asked, and in what parts, checked as the command line checks what is typed."""

from __future__ import annotations

from typing import Any, TypedDict, cast

from harness.engine.cluster.asked import Cluster, cluster_of
from harness.errors import UsageError
from harness.face.asked import Loading, a_text, one_of, seconds, whole_number

ENGINES = ("local", "ray")
DTYPES = ("auto", "float32", "bfloat16", "float16")


class Running(TypedDict, total=False):
    """Devices, number format, sizes of batches, and workers, by the names of the command line."""

    device: str
    dtype: str
    batch_tokens: int | None
    batch_items: int | None
    engine: str
    ray_address: str | None
    workers: int | None
    gpus_per_worker: float | None
    part_timeout: float | None


class Evaluating(Loading, Running, total=False):
    """What an evaluation may be told beside its model, its tasks and its place."""


def parted(told: Evaluating) -> tuple[Running, Loading]:
    """What is said of the model's work, and of the data; a name that neither knows is the latter's.

    That says which it does not know.
    """
    running = {name: value for name, value in told.items() if name in Running.__annotations__}
    loading = {name: value for name, value in told.items() if name not in running}
    return cast(Running, running), cast(Loading, loading)


def running_request(running: Running) -> dict[str, Any]:
    """The fields of :class:`harness.engine.evaluate.EvaluateRequest` that tell of it.

    Raises :class:`UsageError` for what is none of the values of a field.
    """
    return {
        "device": a_text("device", running.get("device", "auto")),
        "dtype": one_of("dtype", running.get("dtype", "auto"), DTYPES),
        "batch_tokens": whole_number("batch_tokens", running.get("batch_tokens")),
        "batch_items": whole_number("batch_items", running.get("batch_items")),
        "cluster": _cluster(running),
        "part_timeout": seconds("part_timeout", running.get("part_timeout")),
    }


def _cluster(running: Running) -> Cluster | None:
    address, gpus = running.get("ray_address"), running.get("gpus_per_worker")
    if isinstance(gpus, bool) or not isinstance(gpus, int | float | None):
        raise UsageError(f"gpus_per_worker is {gpus!r}", fix="Give a number, such as 1 or 0.5")
    return cluster_of(
        one_of("engine", running.get("engine", "local"), ENGINES),
        None if address is None else a_text("ray_address", address),
        whole_number("workers", running.get("workers")),
        gpus,
    )
