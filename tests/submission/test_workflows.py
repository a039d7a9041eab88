"""The workflows of submissions as they are written: who may do what, and whose code runs."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.submission.workflow_runner import ROOT, WORKFLOWS, read_workflow

NAMES = ("submission", "comment", "site")
PERMISSIONS = {
    ("submission", "validate"): {"contents": "read"},
    ("comment", "find"): {"pull-requests": "read"},
    ("comment", "render"): {"contents": "read"},
    ("comment", "post"): {"pull-requests": "write"},
    ("site", "build"): {"contents": "read"},
    ("site", "deploy"): {"pages": "write", "id-token": "write"},
}
HOSTILE = {("submission", "validate"), ("comment", "render")}
"""Jobs that read what a stranger wrote."""

READ_EXPRESSION = re.compile(r"\$\{\{([^}]*)\}\}")


def jobs() -> Iterator[tuple[tuple[str, str], dict[str, Any]]]:
    for name in NAMES:
        for job, value in read_workflow(name)["jobs"].items():
            yield (name, job), value


def steps(job: dict[str, Any], action: str) -> list[dict[str, Any]]:
    return [step for step in job["steps"] if step.get("uses", "").startswith(f"{action}@")]


@pytest.mark.parametrize("name", NAMES)
def test_everything_from_elsewhere_is_pinned_by_commit(name: str) -> None:
    used = re.findall(r"uses: (.+)", (WORKFLOWS / f"{name}.yml").read_text())
    assert used
    for line in used:
        assert re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line), line


def test_python_reads_no_module_of_the_folder_it_runs_in() -> None:
    """Without ``-I`` a ``json.py`` or ``pip.py`` of a pull request would be imported."""
    for path in [*WORKFLOWS.glob("*.yml"), *(ROOT / ".github" / "actions").rglob("*.yml")]:
        called = re.findall(r"python3? +(-\S+(?: -\S+)*)", path.read_text())
        assert all(options.startswith("-I") for options in called), (path, called)
    assert "python -I -m pip" in (WORKFLOWS / "submission.yml").read_text()


@pytest.mark.parametrize("name", NAMES)
def test_one_action_has_one_pin_in_all_workflows(name: str) -> None:
    pins: dict[str, set[str]] = {}
    for path in [*WORKFLOWS.glob("*.yml"), *(ROOT / ".github" / "actions").rglob("*.yml")]:
        for action, pin in re.findall(r"uses: (actions/[\w-]+)@(.+)", path.read_text()):
            pins.setdefault(action, set()).add(pin)
    assert {action: found for action, found in pins.items() if len(found) > 1} == {}


def test_no_script_holds_an_expression() -> None:
    for _, job in jobs():
        for step in job["steps"]:
            assert "${{" not in step.get("run", "")


def test_every_job_has_the_least_that_it_needs_and_a_limit() -> None:
    found = {}
    for (name, job), value in jobs():
        granted = value.get("permissions", read_workflow(name)["permissions"])
        found[name, job] = granted
        assert 0 < value["timeout-minutes"] <= 60
        assert value["runs-on"] == "ubuntu-24.04"
    assert found == PERMISSIONS
    for name in NAMES:
        assert read_workflow(name)["permissions"] in ({}, {"contents": "read"})
        assert read_workflow(name)["concurrency"]["group"]
        assert read_workflow(name)["defaults"] == {"run": {"shell": "bash"}}


def test_what_starts_each_workflow() -> None:
    started = {name: read_workflow(name)[True] for name in NAMES}
    # A filter of paths sees 300 files: the job decides by all of them.
    assert started["submission"] == {"pull_request": None}
    assert started["comment"] == {"workflow_run": {"workflows": ["submission"],
                                                   "types": ["completed"]}}  # fmt: skip
    assert set(started["site"]) == {"push", "workflow_dispatch"}
    assert started["site"]["push"]["branches"] == ["main"]
    assert "submissions/**" in started["site"]["push"]["paths"]
    assert read_workflow("submission")["name"] == "submission"


def test_no_secret_is_named_and_a_token_is_only_where_no_stranger_is_read() -> None:
    for name in NAMES:
        text = (WORKFLOWS / f"{name}.yml").read_text()
        assert not re.search(r"\{\{[^}]*secrets|pull_request_target|secrets: inherit", text)
    for key, job in jobs():
        holds = [step for step in job["steps"] if "github.token" in str(step)]
        if key in HOSTILE or key == ("site", "build"):
            assert holds == []
        if holds:
            assert steps(job, "actions/checkout") == []


def test_checkouts_leave_no_token_behind_and_take_no_more_than_the_data() -> None:
    for key, job in jobs():
        for step in steps(job, "actions/checkout"):
            given = step["with"]
            assert given["persist-credentials"] is False
            if key in HOSTILE and given["path"] in ("incoming",):
                assert given["sparse-checkout"] == "/submissions/"
                assert given["sparse-checkout-cone-mode"] is False


def test_code_is_that_of_the_base() -> None:
    """What is installed comes from a checkout of the base or the default branch, never the head."""
    for key in HOSTILE:
        job = dict(jobs())[key]
        scripts = "\n".join(step.get("run", "") for step in job["steps"])
        (folder,) = re.findall(r"pip install .+ --no-deps --no-build-isolation '\./(\w+)'", scripts)
        assert f"-r {folder}/.github/constraints/publish.txt" in scripts
        (code,) = [s for s in steps(job, "actions/checkout") if s["with"]["path"] == folder]
        ref = code["with"].get("ref")
        assert ref == ("${{ steps.base.outputs.sha }}" if key[0] == "submission" else None)
        assert not re.search(r"(cd|pip install|python|source|bash|sh) +\.?/?incoming", scripts)


def test_nothing_is_installed_that_is_not_pinned_by_its_digest() -> None:
    for (name, job), value in jobs():
        scripts = "\n".join(step.get("run", "") for step in value["steps"]).replace("\\\n", "")
        installs = re.findall(r"pip install .+", scripts)
        assert len(installs) in (0, 4 if (name, job) == ("site", "build") else 3), (name, job)
        for place, install in enumerate(installs):
            wanted = (
                ["--require-hashes", "-r", "build.txt"],
                ["--require-hashes", "--no-build-isolation", "-r", "publish.txt"],
                ["--no-deps", "--no-build-isolation"],
                ["--require-hashes", "-r", "docs.txt"],
            )[place]
            assert all(word in install for word in wanted), install


def test_the_job_that_may_write_runs_nothing_of_the_repository() -> None:
    job = dict(jobs())["comment", "post"]
    assert [step.get("uses", "").partition("@")[0] for step in job["steps"]] == [
        "actions/download-artifact",
        "",
    ]
    assert not re.search(r"python|marginbench (validate|report)|pip|source", job["steps"][1]["run"])


def test_what_strangers_wrote_is_printed_where_no_command_is_read() -> None:
    for _, job in jobs():
        for step in job["steps"]:
            script = step.get("run", "")
            if re.search(r"^\s*marginbench ", script, re.MULTILINE):
                before, _, after = script.partition('echo "::stop-commands::$token"')
                assert "marginbench" not in before
                assert "marginbench" not in after.partition('echo "::$token::"')[2]


def tool(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path=str(Path(sys.executable).parent))
    if found is None:
        pytest.skip(f"needs {name} (pip install {name})")
    return found


@pytest.mark.parametrize("name", NAMES)
def test_the_linter_finds_nothing(name: str) -> None:
    done = subprocess.run(
        [tool("zizmor"), "--offline", "--quiet", "--min-severity", "low", f"{name}.yml"],
        cwd=WORKFLOWS, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", NAMES)
def test_the_shape_is_that_of_a_workflow(name: str) -> None:
    done = subprocess.run(
        [tool("check-jsonschema"), "--builtin-schema", "vendor.github-workflows", f"{name}.yml"],
        cwd=WORKFLOWS, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_expressions_are_only_such_as_cannot_be_texts_of_strangers_in_a_script() -> None:
    """They stand in ``env``, ``with``, ``if`` and ``outputs``; each is a plain look-up."""
    for name in NAMES:
        for found in READ_EXPRESSION.findall((WORKFLOWS / f"{name}.yml").read_text()):
            assert re.fullmatch(r"\s*(github|steps|needs)\.[\w.-]+\s*", found), found
