"""Fetch the fonts of VENDORED.toml from their npm packages again; needs ``npm`` on the path."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
LICENCE = "package/LICENSE"


def main() -> int:
    """Write every font whose package and file have the recorded hashes; 1 when one has not."""
    fonts = tomllib.loads((HERE / "VENDORED.toml").read_text(encoding="utf-8"))["font"]
    wrong = [problem for font in fonts for problem in refresh(font)]
    print("\n".join(wrong) or f"{len(fonts)} fonts are as recorded")
    return 1 if wrong else 0


def refresh(font: dict[str, Any]) -> list[str]:
    """Fetch one font; what does not fit its record, in words. Nothing is written then."""
    with tempfile.TemporaryDirectory() as folder:
        package = fetch(f"{font['package']}@{font['version']}", Path(folder))
        with tarfile.open(package) as archive:
            found = {
                "package_sha256": package.read_bytes(),
                "sha256": member(archive, font["path"]),
            }
            licence = member(archive, LICENCE)
    hashes = {key: hashlib.sha256(content).hexdigest() for key, content in found.items()}
    wrong = [f"{font['file']}: {key} is {h}" for key, h in hashes.items() if h != font[key]]
    if not wrong:
        (HERE / font["file"]).write_bytes(found["sha256"])
        (HERE / font["licence_file"]).write_bytes(licence)
    return wrong


def fetch(name: str, folder: Path) -> Path:
    """The archive of an npm package, downloaded into an empty folder."""
    subprocess.run(["npm", "pack", "--silent", name], cwd=folder, check=True, stdout=sys.stderr)
    return next(folder.glob("*.tgz"))


def member(archive: tarfile.TarFile, path: str) -> bytes:
    """One file of an archive; :class:`KeyError` when it is not there."""
    content = archive.extractfile(path)
    if content is None:
        raise KeyError(path)
    return content.read()


if __name__ == "__main__":
    sys.exit(main())
