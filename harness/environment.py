"""The software behind a number: versions, platform, and the state of our own checkout."""

from __future__ import annotations

import json
import platform
import shlex
import subprocess
from collections.abc import Collection, Mapping
from importlib.metadata import PackageNotFoundError, distribution, requires, version
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from harness import __version__

PACKAGES = (
    "bm25s", "ir_datasets", "ir_measures", "numpy", "onnxruntime", "pyarrow", "PyStemmer",
    "pytrec-eval-terrier", "sentence-transformers", "tokenizers", "torch", "transformers",
)  # fmt: skip
"""Distributions whose version can move a number."""


def install(extra: str) -> str:
    """The command that adds an extra to this installation: from an index, or from where it lies."""
    name, option = _source()
    return f"pip install {option}{shlex.quote(f'{name}[{extra}]')}"


def upgrade() -> str:
    """What to type for a newer version of this installation."""
    name, option = _source()
    if name == "marginbench":
        return "Upgrade with: pip install --upgrade marginbench"
    return f"Bring {name} up to date, then type: pip install {option}{shlex.quote(name)}"


def _source() -> tuple[str, str]:
    """What pip installs this from, and the option before it.

    What was installed from a folder or a file (PEP 610: ``direct_url.json``) is on no index for
    sure, nor is a checkout that is not installed at all.
    """
    try:
        said = json.loads(distribution("marginbench").read_text("direct_url.json") or "{}")
        address = urlsplit(said["url"])
        if address.scheme == "file":
            return unquote(address.path), "-e " if _editable(said) else ""
    except PackageNotFoundError:
        root = Path(__file__).resolve().parent.parent
        if (root / "pyproject.toml").is_file():
            return str(root), "-e "
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        pass
    return "marginbench", ""


def _editable(said: Mapping[str, Any]) -> bool:
    return bool(said.get("dir_info", {}).get("editable"))


def too_old(extra: str, packages: Collection[str]) -> list[str]:
    """Which of these packages, by import name, are below what the extra asks for, each in words.

    Only lower bounds count: a package that an extra pins says itself where another one will not do.
    """
    from packaging.requirements import Requirement
    from packaging.specifiers import SpecifierSet

    try:
        lines = requires("marginbench") or []
    except PackageNotFoundError:  # run from a folder that is not installed
        return []
    found = []
    for needed in map(Requirement, lines):
        floors = [str(bound) for bound in needed.specifier if bound.operator == ">="]
        wanted = needed.marker is not None and needed.marker.evaluate({"extra": extra})
        if not wanted or needed.name.lower().replace("-", "_") not in packages:
            continue
        try:
            here = version(needed.name)
        except PackageNotFoundError:  # there, but not as a distribution
            continue
        if not SpecifierSet(",".join(floors)).contains(here, prereleases=True):
            found.append(f"{needed.name}{','.join(floors)}, and {here} is installed")
    return found


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
