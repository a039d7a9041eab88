"""A package that is older than an extra asks for is one line, before it is imported."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from harness.environment import install, too_old

ROOT = Path(__file__).resolve().parents[2]

try:
    NEEDED = [Requirement(line) for line in requires("marginbench") or []]
except PackageNotFoundError:
    pytest.skip("marginbench is not installed", allow_module_level=True)


def fake(folder: Path, name: str, version: str) -> None:
    """An installed package that cannot be imported."""
    module = name.replace("-", "_")
    (folder / module).mkdir(parents=True)
    (folder / module / "__init__.py").write_text("raise SystemExit('it was imported')\n")
    told = folder / f"{module}-{version}.dist-info"
    told.mkdir()
    (told / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")


def floor(name: str) -> str:
    (needed,) = [
        need for need in NEEDED
        if need.name == name and need.marker and need.marker.evaluate({"extra": "torch"})
    ]  # fmt: skip
    return str(needed.specifier)


@pytest.mark.parametrize("version", ["0.1", "2.3.1+cpu"])
def test_an_old_package_is_named_with_both_versions(version: str, tmp_path: Path) -> None:
    for name, its in (("torch", version), ("transformers", "99"), ("sentence-transformers", "99")):
        fake(tmp_path, name, its)
    typed = ["evaluate", "--model", "bi-encoder:./none", "--task", "reranking/folder"]
    done = subprocess.run(
        [sys.executable, "-m", "harness", *typed], cwd=tmp_path, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}, check=False,
    )  # fmt: skip
    assert done.returncode == 2, done.stderr
    (line,) = done.stderr.strip().splitlines()
    assert f"'bi-encoder' needs torch{floor('torch')}, and {version} is installed" in line
    assert line.endswith(install("torch"))


def test_nothing_is_too_old_that_is_not_asked_for_or_not_there() -> None:
    assert too_old("torch", ()) == []
    assert too_old("no-such-extra", ("torch",)) == []
    assert too_old("torch", ("no_such_package",)) == []


def test_newer_ones_and_pins_are_let_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake(tmp_path, "torch", "99.0+cpu")
    fake(tmp_path, "lmscan", "99.0")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert too_old("torch", ("torch",)) == []
    assert too_old("detectors", ("lmscan",)) == []
