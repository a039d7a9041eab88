"""What a release holds: the four packages with their data, and nothing that lies about here."""

from __future__ import annotations

import csv
import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from email.message import Message
from email.parser import Parser
from importlib import import_module
from pathlib import Path

import pytest

from harness import __version__

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("marginbench", "harness", "suites", "leaderboard_site")
LEFT_OUT = ("submissions/", ".github/", ".ci/")

pytest.importorskip("hatchling")
if not (ROOT / ".git").exists():
    pytest.skip("what is tracked tells what belongs there", allow_module_level=True)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both archives, by the hooks that ``python -m build`` calls."""
    folder = tmp_path_factory.mktemp("dist")
    hooks = import_module("hatchling.build")
    before = Path.cwd()
    os.chdir(ROOT)
    try:
        hooks.build_wheel(str(folder))
        hooks.build_sdist(str(folder))
    finally:
        os.chdir(before)
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> zipfile.ZipFile:
    (path,) = built.glob("*.whl")
    assert path.name == f"marginbench-{__version__}-py3-none-any.whl"
    return zipfile.ZipFile(path)


@pytest.fixture(scope="module")
def metadata(wheel: zipfile.ZipFile) -> Message:
    return Parser().parsestr(wheel.read(f"{info()}/METADATA").decode())


def info() -> str:
    return f"marginbench-{__version__}.dist-info"


def tracked(*folders: str) -> set[str]:
    """Files of the repository; new ones count as soon as they are not ignored."""
    done = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *folders],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return {name for name in done.stdout.splitlines() if (ROOT / name).is_file()}


def test_the_wheel_holds_every_file_of_the_packages_and_no_other(wheel: zipfile.ZipFile) -> None:
    names = {name for name in wheel.namelist() if not name.startswith(info())}
    assert names == tracked(*PACKAGES)
    assert {name.partition("/")[0] for name in names} == set(PACKAGES)
    assert not [name for name in names if re.search(r"__pycache__|\.pyc$|/\.|\.tmp$", name)]


def test_data_are_as_they_are_here(wheel: zipfile.ZipFile) -> None:
    data = [name for name in wheel.namelist() if name.partition("/")[0] in PACKAGES]
    others = [name for name in data if not name.endswith(".py")]
    assert len({Path(name).suffix for name in others}) > 6
    for name in others:
        assert wheel.read(name) == (ROOT / name).read_bytes(), name


def test_what_is_said_of_it(wheel: zipfile.ZipFile, metadata: Message) -> None:
    assert metadata["Name"] == "marginbench"
    assert metadata["Version"] == __version__
    assert metadata["Requires-Python"] == ">=3.11"
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert f"{info()}/licenses/LICENSE" in wheel.namelist()
    entry = wheel.read(f"{info()}/entry_points.txt").decode()
    assert "marginbench = marginbench.__main__:main" in entry
    # An index refuses what is to be had from an address.
    needed = metadata.get_all("Requires-Dist") or []
    assert needed
    assert not [one for one in needed if "@" in one.partition(";")[0]]


def test_the_record_lists_every_file(wheel: zipfile.ZipFile) -> None:
    rows = csv.reader(io.StringIO(wheel.read(f"{info()}/RECORD").decode()))
    assert {row[0] for row in rows} == set(wheel.namelist())


def test_a_wheel_is_the_same_twice(built: Path, tmp_path: Path) -> None:
    (path,) = built.glob("*.whl")
    before = Path.cwd()
    os.chdir(ROOT)
    try:
        name = import_module("hatchling.build").build_wheel(str(tmp_path))
    finally:
        os.chdir(before)
    assert (tmp_path / name).read_bytes() == path.read_bytes()


def test_the_source_archive_holds_what_is_tracked_but_the_boards_data(built: Path) -> None:
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        members = archive.getmembers()
    assert all(member.isfile() for member in members)
    names = {member.name.partition("/")[2] for member in members}
    wanted = {name for name in tracked() if not name.startswith(LEFT_OUT)}
    assert names - {"PKG-INFO"} == wanted
    assert path.stat().st_size < 8 * 2**20


def test_the_versions_that_are_named_are_those_that_a_workflow_tries(metadata: Message) -> None:
    found = re.findall(r"Python :: (3\.\d+)", " ".join(metadata.get_all("Classifier") or []))
    text = (ROOT / ".github" / "workflows" / "wheel.yml").read_text()
    tried = re.search(r"python: \[(.*)\]", text)
    assert tried is not None
    assert re.findall(r"3\.\d+", tried[1]) == found
    assert found[0] == metadata["Requires-Python"].removeprefix(">=")


@pytest.mark.parametrize("name", ["wheel", "release"])
def test_the_workflows_are_pinned_and_the_linter_finds_nothing(name: str) -> None:
    folder = ROOT / ".github" / "workflows"
    used = re.findall(r"uses: (.+)", (folder / f"{name}.yml").read_text())
    assert used
    for line in used:
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line), line
    for words in (
        ("zizmor", "--offline", "--quiet", "--min-severity", "low"),
        ("check-jsonschema", "--builtin-schema", "vendor.github-workflows"),
    ):
        found = shutil.which(words[0], path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
        if found is None:
            pytest.skip(f"needs {words[0]}")
        done = subprocess.run(
            [found, *words[1:], f"{name}.yml"], cwd=folder, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_only_the_job_that_publishes_has_an_identity_and_it_runs_nothing_of_ours() -> None:
    yaml = pytest.importorskip("yaml", reason="reading a workflow needs PyYAML")
    release = yaml.safe_load((ROOT / ".github" / "workflows" / "release.yml").read_text())
    assert release["permissions"] == {}
    build, publish = release["jobs"]["build"], release["jobs"]["publish"]
    assert build["permissions"] == {"contents": "read"}
    assert publish["permissions"] == {"id-token": "write", "attestations": "write"}
    assert publish["environment"]["name"] == "release"
    assert not [step for step in publish["steps"] if "run" in step]
    assert "secrets." not in (ROOT / ".github" / "workflows" / "release.yml").read_text()
