"""Hostile submissions, each made of a real one by a single change.

:func:`write_hostile` writes one for each thing that a stranger might try; validation names each.
:func:`write_forced` writes one that reads, and whose every free text is hostile: a forced build
has to show it literally. Neither needs the data of a task.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from harness.records.migrations import migrate
from harness.submission.folders.read import read_forced
from harness.submission.manifest.manifest import parse_manifest
from harness.submission.manifest.text import manifest_text
from tests.submission.hostile_files import PREDICTIONS, TREES
from tests.submission.hostile_seed import RTL, copy_seed, edit_record
from tests.submission.hostile_texts import HOSTILE, MANIFESTS, RECORDS, UNSEEN

__all__ = ["HOSTILE", "UNSEEN", "write_forced", "write_hostile"]


def write_hostile(root: Path) -> dict[str, str]:
    """Write all of them below ``root``: id of a submission, or name of a stray -> broken rule."""
    expected = {}
    for group in (MANIFESTS, RECORDS, PREDICTIONS, TREES):
        for model, (rule, change) in group.items():
            change(copy_seed(root, model))
            expected[f"hostile__{model}/r1"] = rule
    (root / "Hostile__Upper").mkdir()
    (root / f"a{RTL}b__c").mkdir()
    (root / "hostile__linked").symlink_to("/etc")
    (root / "con__nul").mkdir()
    (root / "...").mkdir()
    strays = ("Hostile__Upper", "a\\u202eb__c", "hostile__linked", "con__nul", "...")
    return {**expected, **dict.fromkeys(strays, "tree-strays")}


def write_forced(root: Path) -> Path:
    """One submission that a forced reading reads, every free text of it hostile; its folder."""
    folder = copy_seed(root, "forced")
    (found,) = [item for item in read_forced(root).submissions if item.folder == folder]
    evil = HOSTILE + UNSEEN
    data = found.manifest.model_dump(mode="json")
    run = {**data["runs"][0], "checkpoint": evil, "options": {HOSTILE: evil}, "command": evil}
    data |= {"name": evil, "description": f"{evil}\n{evil}", "licence": evil, "contact": evil}
    data |= {"trained_on": [evil], "links": {"home": "javascript:alert(1)", evil: evil}}
    made = parse_manifest({**data, "runs": [run]}, where="forced", forced=True)
    (folder / "submission.toml").write_text(manifest_text(made), encoding="utf-8")
    edit_record(folder, lambda record: _evil_record(record, evil))
    return folder


def _evil_record(record: dict[str, Any], evil: str) -> None:
    record.update(migrate(dict(record), "the seed"))  # fields that it was too old to have
    record["model"].update(name=evil, revision=evil, checkpoint=evil, adapter=evil)
    record["model"].update(options={evil: evil}, details={evil: [evil]}, dtype=evil)
    record["task"].update(title=evil, description=evil, source=evil, licence=evil, citation=evil)
    record["task"].update(revision=evil, caveats=[evil], notes={evil: 1})
    record["environment"].update(platform=evil, packages={evil: evil})
    record["created"] = evil
    if record["run"] is not None:
        record["run"].update(device=evil, device_name=evil, latency_reason=evil)
        record["run"].update(invariance=None, invariance_reason=evil)
    for metric in record["metrics"]:
        metric["reason"] = metric["reason"] and evil
    if record["task"]["suite"] == "flips":
        record["part"].update(reference=evil)
