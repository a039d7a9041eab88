"""A suite of somebody else, installed as such a package would be: a wheel with entry points."""

from __future__ import annotations

import base64
import hashlib
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PACKAGE = "waiting_times"
INFO = f"{PACKAGE}-1.0.dist-info"
METADATA = "Metadata-Version: 2.1\nName: waiting-times\nVersion: 1.0\nRequires-Dist: marginbench\n"
WHEEL = "Wheel-Version: 1.0\nGenerator: by-hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
ENTRY_POINTS = """\
[marginbench.suites]
waiting-times = waiting_times.suite:suite

[marginbench.adapters]
timetable = waiting_times.adapter:ADAPTER

[marginbench.answers]
range = waiting_times.ranges:RangeAnswer

[marginbench.capabilities]
guess_ranges = waiting_times.ranges:RangeAnswer
"""

Command = Callable[..., subprocess.CompletedProcess[str]]


def build_wheel(folder: Path) -> Path:
    """The package as a wheel: a zip of its files and of what an installer needs to know."""
    files = {f"{PACKAGE}/{p.name}": p.read_bytes() for p in (HERE / PACKAGE).glob("*.py")}
    files[f"{INFO}/METADATA"] = METADATA.encode()
    files[f"{INFO}/WHEEL"] = WHEEL.encode()
    files[f"{INFO}/entry_points.txt"] = ENTRY_POINTS.encode()
    record = "".join(f"{name},{_digest(data)},{len(data)}\n" for name, data in files.items())
    path = folder / f"{PACKAGE}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for name, data in files.items():
            wheel.writestr(name, data)
        wheel.writestr(f"{INFO}/RECORD", f"{record}{INFO}/RECORD,,\n")
    return path


def _digest(data: bytes) -> str:
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the wheel was installed into, by pip."""
    folder = tmp_path_factory.mktemp("stranger")
    wheel, place = build_wheel(folder), folder / "site-packages"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*pip, "--target", str(place), str(wheel)], check=True, timeout=120)
    return place


@pytest.fixture(scope="session")
def marginbench(installed: Path) -> Command:
    """Runs the command line beside the installed package; fails unless it exits as expected."""

    def run(*words: object, code: int = 0, alone: bool = False) -> subprocess.CompletedProcess[str]:
        paths = [str(ROOT)] if alone else [str(ROOT), str(installed)]
        done = subprocess.run(
            [sys.executable, "-m", "harness", *map(str, words)],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths), "COLUMNS": "200"},
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done

    return run
