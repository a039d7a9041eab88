"""The software behind a number: versions, platform, and the state of our own checkout."""

from __future__ import annotations

import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from harness import __version__

PACKAGES = (
    "bm25s", "ir_datasets", "ir_measures", "numpy", "onnxruntime", "pyarrow", "PyStemmer",
    "pytrec-eval-terrier", "sentence-transformers", "tokenizers", "torch", "transformers",
)  # fmt: skip
"""Distributions whose version can move a number."""


def describe_environment() -> dict[str, Any]:
    """The fields of :class:`harness.records.record.Environment`."""
    return {
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "marginbench": __version__,
        "packages": _installed(),
        "git": _git(Path(__file__).resolve().parent.parent),
    }


def _installed() -> dict[str, str]:
    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _git(root: Path) -> dict[str, Any] | None:
    # Only our own checkout counts: an installed copy may lie inside somebody else's repository.
    if not (root / ".git").exists():
        return None
    commit = _output(root, "rev-parse", "HEAD")
    status = _output(root, "status", "--porcelain")
    if not commit or status is None:
        return None
    return {"commit": commit.strip(), "dirty": bool(status.strip())}


def _output(root: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *arguments],
            capture_output=True, text=True, timeout=20, check=True,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout
