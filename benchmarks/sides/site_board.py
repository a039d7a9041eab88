"""Submissions of any number of invented systems on 40 tasks, made from the committed baseline.

``python site_board.py FOLDER FIRST LAST [SUITE]``: systems FIRST to LAST - 1, each on every task,
or on those of one suite. Records keep the size and shape of the real ones; what they are of moves
their values.
"""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path
from typing import Any

from harness.records.record import read_record, to_json
from harness.submission.layout import MANIFEST_FILE, record_file
from harness.submission.manifest.manifest import parse_manifest
from harness.submission.manifest.text import manifest_text

BASELINE = Path(__file__).resolve().parents[2] / ".github" / "baseline"
TASKS_PER_SUITE = 8
LICENCES = ("MIT", "Apache-2.0", "CC-BY-4.0", "proprietary")


def main() -> None:
    """Write the submissions."""
    folder, first, last = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    found = [json.loads(to_json(read_record(p))) for p in sorted(BASELINE.glob("*/record.json"))]
    wanted = sys.argv[4:] or [template["task"]["suite"] for template in found]
    templates = [template for template in found if template["task"]["suite"] in wanted]
    for number in range(first, last):
        write_system(folder, number, templates)


def write_system(root: Path, number: int, templates: list[dict[str, Any]]) -> None:
    """One system with a record for each of the tasks."""
    model, revision = f"system-{number:04d}", "r1"
    records = [record for template in templates for record in _records(template, number)]
    folder = root / f"org-{number % 37}__{model}" / revision
    for record in records:
        path = record_file(folder, record["task"]["id"])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    manifest = parse_manifest(_manifest(number, model, revision, records), where="made up")
    (folder / MANIFEST_FILE).write_text(manifest_text(manifest), encoding="utf-8")


def _records(template: dict[str, Any], number: int) -> list[dict[str, Any]]:
    found = []
    for task in range(TASKS_PER_SUITE):
        record = json.loads(json.dumps(template))
        suite = record["task"]["suite"]
        name = f"{suite}/invented/set-{task}"
        draw = random.Random(f"{number} {name}")
        shift = draw.gauss(0, 0.02) - 0.0004 * (number % 50)
        record["task"] |= {
            "id": name,
            "title": f"Invented set {task}",
            "fingerprint": _hex(random.Random(name)),
        }
        record["model"] |= {"name": f"System {number}", "fingerprint": _hex(random.Random(number))}
        if record["model"]["capability"] == "keep_first_stage":
            record["model"]["capability"] = "score_pairs"
        if record["run"] and record["run"]["latency"]:
            record["run"]["latency"]["median_seconds"] *= 2 ** draw.uniform(-3, 3)
        for metric in record["metrics"]:
            _move(metric, shift)
        found.append(record)
    return found


def _move(metric: dict[str, Any], shift: float) -> None:
    if metric["value"] is None:
        return
    metric["value"] = min(1.0, max(0.0, metric["value"] + shift))
    if metric["interval"] is not None:
        metric["interval"] = [min(1.0, max(0.0, end + shift)) for end in metric["interval"]]


def _manifest(
    number: int, model: str, revision: str, records: list[dict[str, Any]]
) -> dict[str, Any]:
    return {
        "schema_version": 1,
        "org": f"org-{number % 37}",
        "model": model,
        "revision": revision,
        "name": f"System {number}",
        "licence": LICENCES[number % len(LICENCES)],
        "contact": "nobody",
        "date": f"2031-{1 + number % 12:02d}-{1 + number % 28:02d}",
        "parameters": 1_000_000 * (1 + number % 700),
        "trained_on": [],
        "runs": [
            {
                "task": record["task"]["id"],
                "adapter": record["model"]["adapter"],
                "checkpoint": record["model"]["checkpoint"],
                "options": {},
                "command": f"marginbench evaluate --model x:system-{number}",
            }
            for record in records
        ],
    }


def _hex(draw: random.Random) -> str:
    return f"{draw.getrandbits(256):064x}"


if __name__ == "__main__":
    main()
