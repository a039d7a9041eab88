"""Manifests with invented names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from harness.submission.manifest.manifest import Manifest, parse_manifest
from harness.submission.manifest.text import manifest_text

TASK = "detection/embedded"


def manifest(**changes: Any) -> dict[str, Any]:
    """What TOML would give; ``changes`` are laid over it."""
    return {
        "schema_version": 1,
        "org": "example",
        "model": "small",
        "revision": "r1",
        "name": "Invented small",
        "licence": "MIT",
        "contact": "https://example.org/people",
        "date": "2031-05-17",
        "trained_on": [],
        "runs": [run()],
        **changes,
    }


def run(**changes: Any) -> dict[str, Any]:
    """One entry of ``runs``."""
    task = changes.get("task", TASK)
    return {
        "task": task,
        "adapter": "zippy",
        "checkpoint": "",
        "options": {"preset": 2},
        "command": f"marginbench evaluate --model zippy --task {task}",
        **changes,
    }


def write_submission(root: Path, **changes: Any) -> Path:
    """A folder with nothing but a manifest that holds to every rule."""
    made: Manifest = parse_manifest(manifest(**changes), where="sample")
    folder = root / made.system / made.revision
    folder.mkdir(parents=True)
    (folder / "submission.toml").write_text(manifest_text(made), encoding="utf-8")
    return folder
