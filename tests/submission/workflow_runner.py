"""Runs a job of a workflow as the runner does: its scripts in bash, a few actions by their like."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = ROOT / ".github" / "workflows"
EXPRESSION = re.compile(r"\$\{\{\s*([\w.-]+)\s*\}\}")
CONDITION = re.compile(r"([\w.-]+) (==|!=) (?:'([^']*)'|([\w.-]+))")

GH = """\
import json, os, subprocess, sys
from pathlib import Path

folder = Path(os.environ["FAKE_GH"])
words = sys.argv[2:]
assert sys.argv[1] == "api" and os.environ.get("GH_TOKEN") == "token"
method, path, jq, fields = "GET", None, None, {}
while words:
    word = words.pop(0)
    if word == "--method":
        method = words.pop(0)
    elif word == "--jq":
        jq = words.pop(0)
    elif word in ("-f", "-F"):
        name, _, value = words.pop(0).partition("=")
        fields[name] = Path(value[1:]).read_text() if word == "-F" and value[0] == "@" else value
    elif word not in ("--paginate", "--silent"):
        assert path is None and not word.startswith("-"), word
        path = word
with (folder / "calls.jsonl").open("a") as file:
    file.write(json.dumps([method, path, fields]) + "\\n")
if jq is not None:
    answers = json.loads((folder / "answers.json").read_text())
    subprocess.run(["jq", "-r", jq], input=json.dumps(answers[path]), text=True, check=True)
"""


@dataclass
class JobRun:
    """One job on its way. ``event`` is what ``github.event`` holds, ``needs`` earlier outputs.

    ``origin`` is the repository that checkouts read, ``artifacts`` the folder that stands for the
    store of artifacts. ``log`` is what the scripts printed.
    """

    workflow: str
    name: str
    folder: Path
    origin: Path
    artifacts: Path
    github: Mapping[str, Any]
    needs: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    steps: dict[str, dict[str, str]] = field(default_factory=dict)
    log: str = ""
    code: int = 0

    @property
    def job(self) -> dict[str, Any]:
        found: dict[str, Any] = read_workflow(self.workflow)["jobs"][self.name]
        return found

    @property
    def workspace(self) -> Path:
        return self.folder / "workspace"

    @property
    def summary(self) -> str:
        path = self.folder / "summary.md"
        return path.read_text() if path.exists() else ""

    def wanted(self) -> bool:
        """Whether the job's own condition holds."""
        return self._holds(self.job.get("if", ""))

    def run(self) -> dict[str, str]:
        """Run all steps until one fails; returns the job's outputs."""
        self.workspace.mkdir(parents=True)
        self._tools()
        for step in self.job["steps"]:
            if not self._holds(step.get("if", "")):
                continue
            if "sphinx-build" in step.get("run", ""):  # tests/docs builds the documentation
                continue
            self.code = self._script(step) if "run" in step else self._action(step)
            if self.code:
                break
        return {name: self._filled(text) for name, text in self.job.get("outputs", {}).items()}

    def _holds(self, condition: str) -> bool:
        if not condition:
            return True
        found = CONDITION.fullmatch(condition)
        assert found, condition
        right = found[3] if found[3] is not None else self._value(found[4])
        return (self._value(found[1]) == right) == (found[2] == "==")

    def _value(self, path: str) -> str:
        first, *rest = path.split(".")
        place: Any = {"github": self.github, "needs": self.needs, "steps": self.steps}[first]
        for part in rest:
            place = place.get(part, "") if isinstance(place, Mapping) else ""
            if part == "outputs" and first == "needs" and not isinstance(place, Mapping):
                return ""
        return str(place)

    def _filled(self, text: Any) -> str:
        return EXPRESSION.sub(lambda found: self._value(found[1]), str(text))

    def _tools(self) -> None:
        """``python`` that installs nothing, ``marginbench`` of this tree, and a ``gh`` of ours."""
        tools = self.folder / "bin"
        tools.mkdir()
        (self.folder / "gh.py").write_text(GH)
        scripts = {
            "python": 'if [ "$1 $2 $3" = "-I -m pip" ]; then exit 0; fi\n'
            f'exec "{sys.executable}" "$@"',
            "marginbench": f'exec "{sys.executable}" -m harness "$@"',
            "gh": f'exec "{sys.executable}" "{self.folder / "gh.py"}" "$@"',
        }
        for name, script in scripts.items():
            path = tools / name
            path.write_text(f"#!/bin/sh\n{script}\n")
            path.chmod(0o755)

    def _script(self, step: Mapping[str, Any]) -> int:
        output = self.folder / "output"
        output.write_text("")
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("GITHUB")},
            **{name: self._filled(value) for name, value in step.get("env", {}).items()},
            "PATH": f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "FAKE_GH": str(self.folder.parent),
            "RUNNER_TEMP": str(self.folder),
            "GITHUB_OUTPUT": str(output),
            "GITHUB_STEP_SUMMARY": str(self.folder / "summary.md"),
        }
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=self.workspace, env=environment, text=True, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        self.log += done.stdout
        lines = (line.partition("=") for line in output.read_text().splitlines())
        self.steps[step.get("id", "")] = {"outputs": {name: value for name, _, value in lines}}
        return done.returncode

    def _action(self, step: Mapping[str, Any]) -> int:
        action = step["uses"].partition("@")[0]
        given = {name: self._filled(value) for name, value in step.get("with", {}).items()}
        if action == "actions/checkout":
            self._check_out(given)
        elif action == "actions/upload-artifact":
            source = self.workspace / given["path"]
            assert source.is_file() or given["if-no-files-found"] == "ignore"
            if source.is_file():
                target = self.artifacts / given["name"]
                target.mkdir(parents=True, exist_ok=True)
                shutil.copy(source, target)
        elif action == "actions/download-artifact":
            shutil.copytree(
                self.artifacts / given["name"], self.workspace / given["path"], symlinks=True
            )
        elif action == "actions/upload-pages-artifact":
            shutil.copytree(self.workspace / given["path"], self.artifacts / "github-pages")
        else:
            assert action == "actions/setup-python", action
        return 0

    def _check_out(self, given: Mapping[str, str]) -> None:
        folder = self.workspace / given.get("path", ".")
        assert given["persist-credentials"] == "False"
        git(self.workspace, "init", "-q", str(folder))
        if "sparse-checkout" in given:
            kind = "--cone" if given["sparse-checkout-cone-mode"] != "False" else "--no-cone"
            git(folder, "sparse-checkout", "set", kind, given["sparse-checkout"])
        ref = given.get("ref") or self.github["sha"]
        depth = given.get("fetch-depth", "1")
        git(folder, "fetch", "-q", f"--depth={depth}", self.origin.as_uri(), ref)
        git(folder, "checkout", "-q", "FETCH_HEAD")


def read_workflow(name: str) -> dict[str, Any]:
    """A workflow as data; the key ``on`` stands under ``True``, as YAML reads it."""
    yaml = pytest.importorskip("yaml", reason="reading a workflow needs PyYAML")
    found: dict[str, Any] = yaml.safe_load((WORKFLOWS / f"{name}.yml").read_text())
    return found


def git(folder: Path, *words: str) -> str:
    """The output of a git command that must not fail and reads no configuration of this machine."""
    person = {
        f"GIT_{role}_{what}": value
        for role in ("AUTHOR", "COMMITTER")
        for what, value in (("NAME", "somebody"), ("EMAIL", "somebody@example.org"))
    }
    alone = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(
        ["git", "-c", "init.defaultBranch=main", *words],
        cwd=folder, env={**os.environ, **person, **alone},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def calls(folder: Path) -> list[tuple[str, str, dict[str, str]]]:
    """What ``gh api`` was asked: method, path and fields."""
    path = folder / "calls.jsonl"
    if not path.exists():
        return []
    return [tuple(json.loads(line)) for line in path.read_text().splitlines()]
