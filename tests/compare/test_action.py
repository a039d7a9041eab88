"""The composite action and the workflow: linted, pinned, and each step's script run in turn."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from harness.compare.policy import read_policy
from harness.compare.sides import read_sides

ROOT = Path(__file__).resolve().parents[2]
ACTION = ROOT / ".github" / "actions" / "regression-check" / "action.yml"
WORKFLOW = ROOT / ".github" / "workflows" / "regression.yml"
REFERENCE = re.compile(r"\$\{\{\s*(inputs|steps)\.([\w.-]+)\s*\}\}")


def run_blocks(text: str) -> str:
    """All that stands in ``run`` blocks: what is indented deeper than its key."""
    kept, depth = [], None
    for line in text.splitlines():
        indent = len(line) - len(line.lstrip())
        if depth is not None and (not line.strip() or indent > depth):
            kept.append(line)
            continue
        found = re.match(r"(\s*)(?:- )?run: (.*)", line)
        depth = None
        if found:
            depth = len(found[1])
            kept.append(found[2])
    return "\n".join(kept)


@pytest.mark.parametrize("path", [ACTION, WORKFLOW], ids=["action", "workflow"])
def test_scripts_hold_no_expression_and_others_code_is_pinned(path: Path) -> None:
    text = path.read_text()
    assert "marginbench" in run_blocks(text)
    assert "${{" not in run_blocks(text)
    for used in re.findall(r"uses: (.+)", text):
        assert used.startswith("./") or re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v[\d.]+", used), used


def test_the_linter_finds_nothing() -> None:
    linter = shutil.which("zizmor") or shutil.which("zizmor", path=str(Path(sys.executable).parent))
    if linter is None:
        pytest.skip("needs zizmor (pip install zizmor)")
    done = subprocess.run(
        [linter, "--offline", "--quiet", "--min-severity", "medium", ".github"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_workflow_evaluates_what_the_baseline_holds() -> None:
    text = WORKFLOW.read_text()
    baseline = ROOT / ".github" / "baseline"
    if not baseline.is_dir():
        pytest.skip("there is no committed baseline yet")
    tasks = set(re.findall(r"^ +evaluate \S+ (\S+)", text, re.MULTILINE))
    assert tasks == set(read_sides(baseline))
    (policy,) = re.findall(r"policy: (\S+)", text)
    read_policy(ROOT / policy)


@dataclass
class Job:
    """Runs the action's steps as the runner does: expressions, outputs, environment files."""

    folder: Path
    inputs: dict[str, str]
    outputs: dict[str, str] = field(default_factory=dict)
    log: str = ""

    def run(self) -> int:
        yaml = pytest.importorskip("yaml", reason="reading the action needs PyYAML")
        action = yaml.safe_load(ACTION.read_text())
        given = {name: str(entry.get("default", "")) for name, entry in action["inputs"].items()}
        self.inputs = {**given, "package": "", **self.inputs}
        for step in action["runs"]["steps"]:
            if "run" in step and self._wanted(step.get("if", "")):
                code = self._step(step)
                if code:
                    return code
        return 0

    def _wanted(self, condition: str) -> bool:
        if not condition:
            return True
        found = re.fullmatch(r"inputs\.([\w-]+) (==|!=) '(.*)'", condition)
        assert found, condition
        return (self.inputs[found[1]] == found[3]) == (found[2] == "==")

    def _value(self, found: re.Match[str]) -> str:
        if found[1] == "inputs":
            return self.inputs[found[2]]
        return self.outputs.get(found[2].replace(".outputs.", "."), "")

    def _step(self, step: dict[str, Any]) -> int:
        output = self.folder / "output"
        output.write_text("")
        values = {k: REFERENCE.sub(self._value, v) for k, v in step.get("env", {}).items()}
        environment = {
            **os.environ,
            **values,
            "PATH": f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "RUNNER_TEMP": str(self.folder),
            "GITHUB_OUTPUT": str(output),
            "GITHUB_STEP_SUMMARY": str(self.folder / "summary.md"),
        }
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=self.folder, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        self.log += done.stdout + done.stderr
        for line in output.read_text().splitlines():
            name, _, value = line.partition("=")
            self.outputs[f"{step.get('id', '')}.{name}"] = value
        return done.returncode

    @property
    def summary(self) -> str:
        path = self.folder / "summary.md"
        return path.read_text() if path.exists() else ""


def answers(path: Path, column: str, wrong: int) -> None:
    rows = [f"i{n:03d},{'ab'[(n + (n < wrong)) % 2]}" for n in range(200)]
    path.write_text("\n".join([f"id,{column}", *rows]) + "\n")


@pytest.fixture
def job(tmp_path: Path) -> Job:
    """Labels, a run to compare with, answers that are as good, and answers that are worse."""
    if shutil.which("bash") is None:
        pytest.skip("needs bash")
    folder = tmp_path / "job"
    (folder / "bin").mkdir(parents=True)
    script = folder / "bin" / "marginbench"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m harness "$@"\n')
    script.chmod(0o755)
    (folder / "bin" / "python").symlink_to(sys.executable)
    for name, column, wrong in (("labels", "label", 0), ("old", "prediction", 10),
                                ("good", "prediction", 9), ("bad", "prediction", 60)):  # fmt: skip
        answers(folder / f"{name}.csv", column, wrong)
    subprocess.run(
        [script, "score", "--task", "flips/predictions", "--data", "labels.csv", "--predictions",
         "old.csv", "--model-name", "old", "--out", "base"],
        cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True, capture_output=True,
    )  # fmt: skip
    inputs = {"baseline": "base", "task": "flips/predictions", "data": "labels.csv"}
    return Job(folder, inputs)


def test_predictions_are_scored_and_compared(job: Job) -> None:
    job.inputs |= {"predictions": "good.csv", "model-name": "new"}
    assert job.run() == 0, job.log
    assert job.outputs["compare.exit-code"] == "0"
    assert "## MarginBench: fine" in job.summary
    report = Path(job.outputs["install.folder"])
    assert {path.name for path in report.glob("comparison.*")} == {
        "comparison.json", "comparison.md", "comparison.xml"
    }  # fmt: skip


def test_a_model_is_evaluated_and_worse_fails_after_the_report(job: Job) -> None:
    job.inputs |= {"model": "predictions:bad.csv", "options": "column=prediction\n"}
    assert job.run() == 1, job.log
    assert "## MarginBench: WORSE" in job.summary


def test_worse_may_be_allowed_and_is_said_to_be(job: Job) -> None:
    job.inputs |= {"predictions": "bad.csv", "allow-worse": "true"}
    assert job.run() == 0, job.log
    assert job.outputs["compare.exit-code"] == "1"
    assert "WORSE" in job.summary
    assert "allowed on purpose" in job.summary
    assert "::warning::" in job.log


def test_finished_runs_and_a_policy(job: Job) -> None:
    (job.folder / "policy.toml").write_text("[default]\nmax_nfr = 0.001\nstrict = true\n")
    job.inputs |= {"candidate": "base", "policy": "policy.toml"}
    assert job.run() == 3, job.log
    assert "too few for this policy ever to pass" in job.summary.replace("\\", "")


def test_what_cannot_be_compared_is_said_in_the_summary(job: Job) -> None:
    job.inputs |= {"baseline": "nowhere", "predictions": "good.csv", "allow-worse": "true"}
    assert job.run() == 2
    assert "not compared (exit code 2)" in job.summary


def test_answers_that_cannot_be_scored_stop_the_job(job: Job) -> None:
    (job.folder / "few.csv").write_text("id,prediction\ni000,a\n")
    job.inputs |= {"predictions": "few.csv"}
    assert job.run() == 3
    assert "199 of 200 items have no score" in job.log


def test_without_a_candidate_there_is_nothing_to_do(job: Job) -> None:
    assert job.run() == 2
    assert "Give candidate, model or predictions" in job.log


def test_inputs_are_never_run(job: Job) -> None:
    hostile = "$(touch pwned) `touch pwned`; touch pwned \"' && touch pwned\n::error::x"
    job.inputs |= {"predictions": "good.csv", "model-name": hostile}
    assert job.run() == 0, job.log
    job.inputs = {"baseline": "-h", "candidate": "--version", "policy": hostile}
    assert job.run() == 2
    job.inputs = {"baseline": "base", "model": hostile, "task": hostile, "options": hostile}
    assert job.run() == 2
    assert not list(job.folder.rglob("pwned"))
