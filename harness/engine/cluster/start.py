"""From what was asked to a crew of a cluster."""

from __future__ import annotations

from harness.engine.cluster.asked import (
    Cluster,
    check_device,
    check_gpus,
    check_model,
    check_ray,
)
from harness.engine.cluster.crew import RayCrew
from harness.engine.cluster.room import seated
from harness.engine.cluster.session import Session
from harness.engine.named import PreparedModel
from harness.runs.batches import batch_settings


def check_cluster(asked: Cluster, model: object, device: str) -> None:
    """Raise :class:`~harness.errors.UsageError` for what needs no look at model or cluster."""
    check_model(model)
    check_device(device)
    check_gpus(asked.gpus)
    check_ray()


def ray_crew(
    asked: Cluster,
    model: PreparedModel,
    *,
    device: str,
    tokens: int | None,
    items: int | None,
    quiet: bool = False,
    part_timeout: float | None = None,
) -> RayCrew:
    """Workers for one model, none of which is started yet; a Ray that is there is joined.

    Raises :class:`~harness.errors.UsageError` for a Ray that cannot be reached, and for one that
    has no room.
    """
    check_model(None, model.adapter.extra)
    session = Session(asked.address)
    try:
        seating = seated(
            session.nodes, asked.workers, asked.gpus, device=device, usable=model.adapter.devices
        )
    except BaseException:
        session.close()
        raise
    batch = batch_settings(seating.device, tokens, items)
    return RayCrew(model, session, seating, batch, quiet=quiet, part_timeout=part_timeout)
