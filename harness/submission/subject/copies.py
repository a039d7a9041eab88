"""Which runs give answers that are another organisation's but for a little noise."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from harness.submission.catalogue.places import place_of
from harness.submission.evidence.facts import TableFacts
from harness.submission.evidence.sketches import Sketch, copied
from harness.submission.evidence.tables import columns_of
from harness.submission.manifest.manifest import Manifest
from harness.submission.subject.around import Copy
from harness.submission.subject.jobs import Job
from harness.submission.subject.twins import Facts, Sketches

Key = tuple[str, str]
"""Id of a submission and of a task."""


def copies_of(
    jobs: Sequence[Job],
    tables: Facts,
    others: Sketches,
    known: Mapping[str, Manifest | None],
    waived: Collection[str] = (),
) -> dict[Key, Copy]:
    """Runs whose answers an earlier submission of another organisation has, but for some noise.

    Earlier are those that were here before, then those of an earlier day, then by their id. Within
    an organisation, an update may change as little as it likes. Those that are ``waived`` are held
    against nobody, and nobody against them: which one is the earlier must not matter then.
    """
    days = {id: manifest.date if manifest else "" for id, manifest in known.items()}
    found: dict[Key, Copy] = {}
    for task in sorted({job.task_id for job in jobs}):
        mine = {job.id: sketches_of(job.id, task, tables) for job in jobs if job.task_id == task}
        earlier = [
            (id, drawn)
            for (id, of), drawn in sorted(others.items())
            if of == task and id not in waived
        ]
        for id in sorted(set(mine) - set(waived), key=lambda id: (days.get(id, ""), id)):
            near = _nearest(id, mine[id], earlier)
            if near is not None:
                found[id, task] = near
            earlier.append((id, mine[id]))
    return found


def _nearest(
    id: str, drawn: Sequence[Sketch], earlier: Sequence[tuple[str, Sequence[Sketch]]]
) -> Copy | None:
    for other, theirs in earlier:
        if org_of(other) != org_of(id) and (how := copied(drawn, theirs)):
            return Copy(other, how)
    return None


def org_of(id: str) -> str:
    """The organisation in ``ORG__MODEL/REVISION``."""
    return id.partition("__")[0]


def sketches_of(id: str, task: str, tables: Facts) -> tuple[Sketch, ...]:
    """Sketches of all tables of a run that can be read."""
    place = place_of(task)
    if place is None or place.task is None:
        return ()
    facts = [tables.get((id, task, name)) for name in columns_of(place.task, place.suite)]
    return tuple(one for fact in facts if isinstance(fact, TableFacts) for one in fact.sketches)
