"""How many workers a cluster has room for, and what each of them gets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from harness.errors import UsageError


@dataclass(frozen=True, slots=True)
class Node:
    """A machine of a cluster, and what of it Ray may give away."""

    cpus: float
    gpus: float


@dataclass(frozen=True, slots=True)
class Seating:
    """How many workers there are, and what each holds.

    A worker reserves one CPU, so that several models can share a cluster; ``threads`` is its even
    share of the CPUs of a node, for libraries that ask.
    """

    workers: int
    gpus: float
    threads: int

    @property
    def device(self) -> str:
        """What its models are loaded on."""
        return "cuda" if self.gpus else "cpu"


def seated(
    nodes: Sequence[Node],
    workers: int | None,
    gpus: float | None,
    *,
    device: str = "auto",
    usable: Sequence[str] = ("cpu", "cuda"),
) -> Seating:
    """The seating that was asked for: by default a worker on each GPU, or on each node without any.

    ``device`` is ``auto``, ``cpu`` or ``cuda``; ``usable`` are those that the adapter can use.
    Raises :class:`UsageError` where the cluster has no room for it, and says for how much it has.
    """
    share = _gpus(nodes, gpus, device, usable)
    rooms = [_room(node, share) for node in nodes]
    total = sum(rooms)
    if workers is None:
        workers = total if share else sum(room > 0 for room in rooms)
    if workers > total or not total:
        more = "Give Ray more of its machines" + (", or use --gpus-per-worker 0" if share else "")
        raise UsageError(
            f"the cluster has room for {total} worker{'s' if total != 1 else ''} of 1 CPU"
            + (f" and {share:g} GPU" if share else "")
            + f", and {max(workers, 1)} {'are' if workers > 1 else 'is'} asked for: it has "
            f"{sum(node.cpus for node in nodes):g} CPUs and {sum(n.gpus for n in nodes):g} GPUs",
            fix=f"Use --workers {total}" if total else more,
        )
    able = [node for node, room in zip(nodes, rooms, strict=True) if room]
    each = ceil(workers / len(able))
    return Seating(workers, share, max(1, int(min(node.cpus for node in able) // each)))


def _gpus(nodes: Sequence[Node], gpus: float | None, device: str, usable: Sequence[str]) -> float:
    """GPUs of a worker, 0 for none."""
    if "cuda" not in usable and (device == "cuda" or gpus):
        raise UsageError("this adapter runs on the CPU only", fix="Use --device cpu")
    there = any(node.gpus for node in nodes)
    if device == "cpu" and gpus:
        raise UsageError(f"--device cpu has no use for --gpus-per-worker {gpus:g}")
    if device == "cuda" and (gpus == 0 or not there):
        said = "--gpus-per-worker is 0" if gpus == 0 else "the cluster has none"
        raise UsageError(f"--device cuda asks for a GPU, and {said}", fix="Use --device cpu")
    if gpus is not None:
        return gpus
    return float(there and device != "cpu" and "cuda" in usable)


def _room(node: Node, share: float) -> int:
    """Workers that fit on a node."""
    cpus = int(node.cpus)
    if not share:
        return cpus
    per_gpu = int(1 / share + 1e-9) if share < 1 else 1
    return min(cpus, int(node.gpus) * per_gpu if share < 1 else int(node.gpus // share))
