"""What was asked of a cluster, checked before Ray is imported."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from math import isfinite

from harness.engine.held import HeldModel
from harness.environment import install, too_old
from harness.errors import UsageError

LEAST_GPU = 1e-4
"""The smallest part of a GPU that Ray tells from none."""

SERVED = "served"
"""The extra of adapters whose model is behind a server: no worker could hold it."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """Workers that Ray is asked for.

    ``address`` is ``HOST:PORT`` or ``auto`` of a Ray that is there; without one (and without
    ``RAY_ADDRESS``) a Ray is started on this machine, and ended with the work. ``workers`` and
    ``gpus`` (of each worker; half a GPU is half of one) are ``None`` for what the cluster has.
    """

    address: str | None = None
    workers: int | None = None
    gpus: float | None = None


def cluster_of(
    engine: str, address: str | None, workers: int | None, gpus: float | None
) -> Cluster | None:
    """What was asked for by these options; ``None`` for processes of this machine.

    Raises :class:`UsageError` for options of a cluster without ``--engine ray``.
    """
    if engine == "ray":
        return Cluster(address, workers, gpus)
    given = {"--ray-address": address, "--workers": workers, "--gpus-per-worker": gpus}
    for name, value in given.items():
        if value is not None:
            raise UsageError(
                f"{name} is of --engine ray, and this is --engine {engine}",
                fix=f"Add --engine ray, or leave out {name}: of processes here --device says how "
                "many, as in --device cpu,cpu or cuda:0,1",
            )
    return None


def check_ray() -> None:
    """Raise :class:`UsageError` with the install command where Ray is not here, or too old."""
    if find_spec("ray") is None:
        raise UsageError("--engine ray needs ray", fix=f"Install with: {install('ray')}")
    if old := too_old("ray", ["ray"]):
        raise UsageError(
            f"--engine ray needs {'; '.join(old)}", fix=f"Install with: {install('ray')}"
        )


def check_gpus(gpus: float | None) -> None:
    """Raise :class:`UsageError` for a share of GPUs that nobody can have."""
    if gpus is None or gpus == 0:
        return
    if not isfinite(gpus) or gpus < LEAST_GPU or (gpus > 1 and gpus % 1):
        raise UsageError(
            f"--gpus-per-worker {gpus:g}: a worker has a part of one GPU, or whole ones",
            fix="Give 0, a fraction such as 0.5, or a whole number",
        )


def check_device(device: str) -> None:
    """Raise :class:`UsageError` for a device that is one of this machine."""
    if device not in ("auto", "cpu", "cuda"):
        raise UsageError(
            f"--device {device} names devices of this machine, and Ray places its workers itself",
            fix="With --engine ray use --device auto, cpu or cuda, and --workers N",
        )


def check_model(model: object, extra: str = "") -> None:
    """Raise :class:`UsageError` for a model that no other process can load."""
    if isinstance(model, HeldModel):
        raise UsageError(
            "an object in memory stays in this process, and no worker of Ray can have it",
            fix="Give 'ADAPTER:CHECKPOINT', which every worker loads by itself",
        )
    if extra == SERVED:
        raise UsageError(
            "a model behind a server is asked from one process: its server is what can be many",
            fix="Leave out --engine ray",
        )
