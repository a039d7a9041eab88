"""Pin what the publishing jobs install: ``python .github/constraints/renew.py``, for maintainers.

Resolves the extras ``quickstart`` and ``site`` with uv, for the runner of the workflows. Writes
``publish.txt`` beside this file, ``build.txt`` with what builds this package and those that come as
source alone, and ``docs.txt`` with what builds the documentation, which needs nothing of this
package: one version of each, and the digests of the files that pip may take there.
Afterwards run ``marginbench validate submissions``: figures that no longer follow are told, and
``submissions/evidence.json`` says with what they did.
"""

from __future__ import annotations

import subprocess
import tempfile
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from packaging.tags import compatible_tags, cpython_tags
from packaging.utils import parse_wheel_filename

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
EXTRAS = ("quickstart", "site")
PYTHON = (3, 12)
GLIBC = 39
"""Python and C library of ``ubuntu-24.04``."""

BUILD = ("hatchling", "setuptools", "wheel")
"""What builds this package, and those of the extras that come as source alone."""

DOCUMENTATION = "docs"
"""Its extra."""

HEAD = "# What the publishing jobs {}. Renew with: python .github/constraints/renew.py\n"


def platforms() -> list[str]:
    """Tags of the runner's platform, the newest C library first."""
    known = [f"manylinux_2_{minor}_x86_64" for minor in range(GLIBC, 4, -1)]
    return [*known, "manylinux2014_x86_64", "manylinux2010_x86_64", "linux_x86_64"]


def resolved(wanted: Sequence[str]) -> list[dict[str, Any]]:
    """Every package that these words ask uv for, with its files, as uv locks them."""
    with tempfile.TemporaryDirectory() as folder:
        lock = Path(folder) / "pylock.toml"
        subprocess.run(
            ["uv", "pip", "compile", *wanted, "--quiet",
             "--python-version", ".".join(map(str, PYTHON)),
             "--python-platform", f"x86_64-manylinux_2_{GLIBC}",
             "--format", "pylock.toml", "--output-file", str(lock)],
            cwd=ROOT, check=True,
        )  # fmt: skip
        found: list[dict[str, Any]] = tomllib.loads(lock.read_text("utf-8"))["packages"]
    return found


def digests(package: dict[str, Any]) -> Iterator[str]:
    """Digests of the wheels that fit the runner; of the source where there is none."""
    fitting = {
        *cpython_tags(python_version=PYTHON, platforms=platforms()),
        *compatible_tags(python_version=PYTHON, platforms=platforms()),
    }
    wheels = [
        wheel["hashes"]["sha256"]
        for wheel in package.get("wheels", [])
        if parse_wheel_filename(wheel["url"].rpartition("/")[2])[3] & fitting
    ]
    yield from sorted(wheels) if wheels else [package["sdist"]["hashes"]["sha256"]]


def pinned(head: str, packages: Iterable[dict[str, Any]]) -> str:
    """Requirements as pip reads them with ``--require-hashes``."""
    lines = [HEAD.format(head)]
    for package in sorted(packages, key=lambda one: str(one["name"])):
        marker = f" ; {package['marker']}" if "marker" in package else ""
        pins = "".join(f" \\\n    --hash=sha256:{digest}" for digest in digests(package))
        lines.append(f"{package['name']}=={package['version']}{marker}{pins}\n")
    return "".join(lines)


def main() -> None:
    """Write all files."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = [word for extra in EXTRAS for word in ("--extra", extra)]
    with tempfile.TemporaryDirectory() as folder:
        build = Path(folder) / "build.in"
        build.write_text("\n".join(BUILD))
        docs = Path(folder) / "docs.in"
        docs.write_text("\n".join(project["optional-dependencies"][DOCUMENTATION]))
        files = {
            "publish.txt": pinned("install", resolved(["pyproject.toml", *extras])),
            "build.txt": pinned("build with", resolved([str(build)])),
            "docs.txt": pinned("build the documentation with", resolved([str(docs)])),
        }
    for name, text in files.items():
        (HERE / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
