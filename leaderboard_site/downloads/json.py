"""The board as strict JSON: every manifest, what maintainers said of it, and every run."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from pydantic_core import to_json

from harness import __version__
from harness.records.migrations import SCHEMA_VERSION
from harness.records.reference import described
from leaderboard_site.board.systems import System
from leaderboard_site.drawing.fragments import Keep
from leaderboard_site.reading.summary import Basis, Gain, Metric, Revision, Run

FORMAT_VERSION = 1


def board_json(systems: Sequence[System], *, kept: Keep | None = None) -> bytes:
    """All submissions in order of systems and revisions; one line each, keys sorted.

    Values are fractions, as in records; what is undefined is null with a reason. ``kept`` gives
    lines that were made before of the same revision, named by its id.
    """
    lines = [
        _line(revision, current=revision is system.current, kept=kept)
        for system in systems
        for revision in system.revisions
    ]
    about = {"format_version": FORMAT_VERSION, "marginbench": __version__}
    head = json.dumps(about, sort_keys=True)[:-1].encode()
    return b"".join([head, b', "submissions": [\n', b",\n".join(lines), b"\n]}\n"])


def _line(revision: Revision, *, current: bool, kept: Keep | None) -> bytes:
    def make() -> bytes:
        return to_json(_submission(revision, current=current), inf_nan_mode="null")

    if kept is None:
        return make()
    return kept("json", [revision.manifest.id], [str(current)], make)


def record_schema() -> bytes:
    """JSON Schema of a record, with the parts of the suites that are installed."""
    schema = described(builtin=False).model_json_schema()
    schema["title"] = f"MarginBench record, schema version {SCHEMA_VERSION}"
    return (json.dumps(schema, indent=1, sort_keys=True, allow_nan=False) + "\n").encode()


def _submission(revision: Revision, *, current: bool) -> dict[str, Any]:
    standing = revision.standing
    said = None
    if standing is not None:
        said = {
            "date": standing.date,
            "reason": standing.reason,
            "state": standing.state,
            "tasks": standing.tasks,
        }
    # By way of text: TOML knows dates and infinities, which JSON does not.
    manifest = json.loads(
        revision.manifest.model_dump_json(warnings=False),
        object_pairs_hook=lambda pairs: dict(sorted(pairs)),
    )
    return {
        "current": current,
        "id": revision.manifest.id,
        "manifest": manifest,
        "runs": [_run(run) for run in revision.runs],
        "standing": said,
    }


def _run(run: Run) -> dict[str, Any]:
    return {
        "adapter": run.adapter,
        "beside": run.beside,
        "capability": run.capability,
        "created": run.created,
        "evidence": run.evidence,
        "evidence_reason": run.evidence_reason or None,
        "fingerprint": run.fingerprint,
        "first_stage": run.stage or None,
        "gain": None if run.gain is None else _gain(run.gain),
        "groups": run.groups,
        "items": run.items,
        "level": run.level,
        "limit": run.limit,
        "members": run.members,
        "metrics": [_metric(metric) for metric in run.metrics],
        "model": run.model,
        "model_fingerprint": run.model_fingerprint,
        "primary": run.primary,
        "speed": None if run.speed is None else dict(sorted(run.speed._asdict().items())),
        "suite": run.suite,
        "task": run.task,
        "title": run.title,
        "untimed": run.untimed or None,
        "version": run.version,
    }


def _metric(metric: Metric) -> dict[str, Any]:
    return {
        "basis": _basis(metric.basis),
        "higher_is_better": metric.higher_is_better,
        "interval": metric.interval,
        "n": metric.n,
        "name": metric.name,
        "reason": metric.reason,
        "unit": metric.unit,
        "value": metric.value,
    }


def _basis(basis: Basis | None) -> dict[str, Any] | None:
    if basis is None:  # asked for every metric: to sort what is sorted takes four times as long
        return None
    return {"method": basis.method, "rough": basis.rough, "units": basis.units}


def _gain(gain: Gain) -> dict[str, Any]:
    return {
        "basis": _basis(gain.basis),
        "interval": gain.interval,
        "losses": gain.losses,
        "n": gain.n,
        "name": gain.name,
        "reason": gain.reason,
        "ties": gain.ties,
        "value": gain.value,
        "wins": gain.wins,
    }
