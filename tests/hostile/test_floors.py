"""The lowest versions that are admitted are the ones whose doors are tried."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

from tests.submission.test_workflows import tool
from tests.submission.workflow_runner import WORKFLOWS, read_workflow

ROOT = Path(__file__).parents[2]
SAFE = {
    "torch": (2, 6),
    "timm": (1, 0, 26),
    "transformers": (5, 0),
    "sentence-transformers": (6, 0),
}
"""First versions that refuse by themselves. torch: CVE-2025-32434. timm: from 1.0.26 on
``load_state_dict_from_path`` has ``weights_only=True``; 1.0.25 and before it is false.
sentence-transformers: modules of other packages need trust since 6.0, as its own docstring says."""


def number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def floors() -> dict[str, set[str]]:
    with (ROOT / "pyproject.toml").open("rb") as file:
        extras = tomllib.load(file)["project"]["optional-dependencies"]
    found: dict[str, set[str]] = {}
    for needed in (line for lines in extras.values() for line in lines):
        match = re.fullmatch(r"([\w-]+)>=([\d.]+)", needed)
        if match and match[1] in SAFE:
            found.setdefault(match[1], set()).add(match[2])
    return found


def test_no_extra_admits_a_version_with_a_known_hole() -> None:
    found = floors()
    assert set(found) == set(SAFE)
    for name, versions in found.items():
        assert all(number(version) >= SAFE[name] for version in versions), name
        assert len(versions) == 1, f"{name} has one floor in all extras"


def test_the_lowest_versions_are_those_that_are_tried() -> None:
    tried = dict(re.findall(r"([\w-]+)==([\d.]+)", (ROOT / ".ci" / "doors").read_text()))
    for name, versions in floors().items():
        (floor,) = versions
        assert number(tried[name])[: len(number(floor))] == number(floor), name
        assert set(number(tried[name])[len(number(floor)) :]) <= {0}, name


def test_a_workflow_runs_them_and_the_files_are_there() -> None:
    workflow = read_workflow("doors")
    assert "schedule" in workflow[True]
    assert workflow["permissions"] == {"contents": "read"}
    (job,) = workflow["jobs"].values()
    assert job["timeout-minutes"] <= 60
    assert [step["run"] for step in job["steps"] if "run" in step] == [".ci/doors"]
    named = re.findall(r"tests/[\w/]+\.py", (ROOT / ".ci" / "doors").read_text())
    assert len(named) >= 3
    assert all((ROOT / path).is_file() for path in named)


def test_the_linters_find_nothing_in_it() -> None:
    for command in (
        ["zizmor", "--offline", "--quiet", "--min-severity", "low"],
        ["check-jsonschema", "--builtin-schema", "vendor.github-workflows"],
    ):
        done = subprocess.run(
            [tool(command[0]), *command[1:], "doors.yml"],
            cwd=WORKFLOWS, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
