"""The composite action and the workflow: linted, pinned, and each step's script run in turn."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import textwrap
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from harness.compare.policy import read_policy
from harness.compare.sides import read_sides

ROOT = Path(__file__).resolve().parents[2]
ACTION = ROOT / ".github" / "actions" / "regression-check" / "action.yml"
WORKFLOW = ROOT / ".github" / "workflows" / "regression.yml"
REFERENCE = re.compile(r"\$\{\{\s*(inputs|steps|github)\.([\w.-]+)\s*\}\}")


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
    github: dict[str, str] = field(default_factory=dict)
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
        if found[1] == "github":
            return self.github.get(found[2], "")
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

    def command(self, name: str, script: str) -> None:
        """Put a program of our own before the one of that name."""
        path = self.folder / "bin" / name
        path.write_text(f"#!/bin/bash\n{textwrap.dedent(script)}")
        path.chmod(0o755)

    @property
    def summary(self) -> str:
        path = self.folder / "summary.md"
        return path.read_text() if path.exists() else ""


def answers(path: Path, column: str, wrong: int) -> None:
    rows = [f"i{n:03d},{'ab'[(n + (n < wrong)) % 2]}" for n in range(200)]
    path.write_text("\n".join([f"id,{column}", *rows]) + "\n")


@pytest.fixture
def bare(tmp_path: Path) -> Job:
    """A job with nothing but the commands that its steps call."""
    if shutil.which("bash") is None:
        pytest.skip("needs bash")
    folder = tmp_path / "job"
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "python").symlink_to(sys.executable)
    made = Job(folder, {"baseline": "base", "task": "flips/predictions", "data": "labels.csv"})
    made.command("marginbench", f'exec "{sys.executable}" -m harness "$@"\n')
    return made


@pytest.fixture
def job(bare: Job) -> Job:
    """Labels, a run to compare with, answers that are as good, and answers that are worse."""
    folder = bare.folder
    for name, column, wrong in (("labels", "label", 0), ("old", "prediction", 10),
                                ("good", "prediction", 9), ("bad", "prediction", 60)):  # fmt: skip
        answers(folder / f"{name}.csv", column, wrong)
    subprocess.run(
        [folder / "bin" / "marginbench", "score", "--task", "flips/predictions", "--data",
         "labels.csv", "--predictions", "old.csv", "--model-name", "old", "--out", "base"],
        cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True, capture_output=True,
    )  # fmt: skip
    return bare


def test_predictions_are_scored_and_compared(job: Job) -> None:
    job.inputs |= {"predictions": "good.csv", "model-name": "new"}
    assert job.run() == 0, job.log
    assert job.outputs["compare.exit-code"] == "0"
    assert "## MarginBench: CANNOT TELL – no loss is shown, but one of accuracy" in job.summary
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


def test_what_is_shown_not_to_be_worse_is_fine(job: Job) -> None:
    (job.folder / "policy.toml").write_text('[default]\nmin_drop = "5%"\n')
    job.inputs |= {"predictions": "good.csv", "policy": "policy.toml"}
    assert job.run() == 0, job.log
    assert "## MarginBench: fine" in job.summary


def test_finished_runs_and_a_policy(job: Job) -> None:
    (job.folder / "policy.toml").write_text("[default]\nmax_nfr = 0.001\nstrict = true\n")
    job.inputs |= {"candidate": "base", "policy": "policy.toml"}
    assert job.run() == 3, job.log
    assert "too few for this policy ever to pass" in job.summary.replace("\\", "")


def test_slices_are_compared_as_well(job: Job) -> None:
    job.inputs |= {"candidate": "base", "by": "class\n$(touch pwned)\n"}
    assert job.run() == 2
    assert "cannot be sliced by '$(touch pwned)'" in job.log
    assert not list(job.folder.rglob("pwned"))
    job.inputs["by"] = "class\n"
    assert job.run() == 0, job.log
    assert "by class, worst first" in job.summary


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


# What `marginbench compare` may come to, and what it leaves for a report.
ENDS = (0, 1, 2, 3, 70, 130, 137, 141)
ALLOWED = ("true", "false", "True", "1", "allow-worse", "")


def stub(bare: Job, code: int, said: str | None) -> None:
    """A `marginbench` that leaves this report, or none, and ends with this code."""
    bare.command(
        "marginbench",
        f"""
        while [ $# -gt 0 ]; do if [ "$1" = --json ]; then json=$2; fi; shift; done
        {"" if said is None else f"printf '%s' '{said}' > " + '"$json"'}
        exit {code}
        """,
    )
    bare.inputs |= {"candidate": "base"}


@pytest.mark.parametrize("allow", ALLOWED)
@pytest.mark.parametrize("code", ENDS)
def test_nothing_but_worse_is_ever_let_through(bare: Job, code: int, allow: str) -> None:
    stub(bare, code, f'{{"exit_code": {code}}}')
    bare.inputs |= {"allow-worse": allow}
    expected = 0 if code == 1 and allow == "true" else code
    assert bare.run() == expected, bare.log
    assert ("allowed on purpose" in bare.summary) == (code == 1 and allow == "true")


@pytest.mark.parametrize("said", [None, "", "{}", "null", '{"exit_code": 1', "not json"])
@pytest.mark.parametrize("code", [0, 1])
def test_a_code_without_a_report_that_says_the_same_is_a_fault(
    bare: Job, code: int, said: str | None
) -> None:
    """Python ends with 1 when a program cannot even be imported: that is not "worse"."""
    stub(bare, code, said)
    bare.inputs |= {"allow-worse": "true"}
    assert bare.run() == 70, bare.log
    assert f"Ended with {code}" in bare.log


@pytest.mark.parametrize(("code", "said"), [(0, 1), (1, 0), (0, 3), (1, 3)])
def test_a_report_that_says_another_code_is_a_fault(bare: Job, code: int, said: int) -> None:
    stub(bare, code, f'{{"exit_code": {said}}}')
    bare.inputs |= {"allow-worse": "true"}
    assert bare.run() == 70, bare.log


def test_a_program_that_cannot_start_is_a_fault(bare: Job) -> None:
    bare.command("marginbench", f"exec {sys.executable} -c 'import nowhere_to_be_found'\n")
    bare.inputs |= {"candidate": "base", "allow-worse": "true"}
    assert bare.run() == 70, bare.log


def labelled(bare: Job, *labels: str, code: int = 0) -> None:
    """A pull request with these labels now, whatever the event told of."""
    lines = "".join(f"echo '{label}'\n" for label in labels)
    bare.command(
        "gh", f"""printf '%s\\n' "$*" "$GH_TOKEN" > "{bare.folder}/asked"\n{lines}exit {code}\n"""
    )
    bare.github = {
        "repository": "us/model", "token": "t0ken", "event.pull_request.number": "17"
    }  # fmt: skip
    bare.inputs |= {"allow-worse-label": "allow-worse"}


def test_a_label_set_after_the_push_lets_worse_through(bare: Job) -> None:
    stub(bare, 1, '{"exit_code": 1}')
    labelled(bare, "bug", "allow-worse")
    assert bare.run() == 0, bare.log
    assert "allowed on purpose" in bare.summary
    asked, token = (bare.folder / "asked").read_text().splitlines()
    assert "repos/us/model/issues/17/labels" in asked
    assert "POST" not in asked
    assert token == "t0ken"


@pytest.mark.parametrize(
    "labels", [(), ("bug",), ("allow-worse-not",), ("not allow-worse",), ("Allow-Worse",), ("",)]
)
def test_another_label_lets_nothing_through(bare: Job, labels: tuple[str, ...]) -> None:
    stub(bare, 1, '{"exit_code": 1}')
    labelled(bare, *labels)
    assert bare.run() == 1, bare.log
    assert "allowed on purpose" not in bare.summary


@pytest.mark.parametrize("code", [code for code in ENDS if code != 1])
def test_the_label_lets_nothing_but_worse_through(bare: Job, code: int) -> None:
    stub(bare, code, f'{{"exit_code": {code}}}')
    labelled(bare, "allow-worse")
    assert bare.run() == code, bare.log


def test_labels_that_cannot_be_read_let_nothing_through(bare: Job) -> None:
    stub(bare, 1, '{"exit_code": 1}')
    labelled(bare, code=1)
    assert bare.run() == 1
    assert "give the job pull-requests: read" in bare.log


def test_without_a_pull_request_no_label_is_asked_for(bare: Job) -> None:
    stub(bare, 1, '{"exit_code": 1}')
    labelled(bare, "allow-worse")
    for number in ("", "1 2", "../../x", "17; touch pwned"):
        bare.github |= {"event.pull_request.number": number}
        assert bare.run() == 1
    assert not (bare.folder / "asked").exists()
    assert not list(bare.folder.rglob("pwned"))


def test_an_incomplete_evaluation_is_not_let_through_either(bare: Job) -> None:
    stub(bare, 1, '{"exit_code": 1}')
    bare.outputs["evaluate.exit-code"] = "3"  # as where some tasks could not be evaluated
    bare.inputs |= {"allow-worse": "true"}
    assert bare.run() == 3


def test_the_workflow_follows_the_label_and_may_only_read() -> None:
    yaml = pytest.importorskip("yaml", reason="reading the workflow needs PyYAML")
    flow = yaml.safe_load(WORKFLOW.read_text())
    events = flow[True]  # YAML takes the key `on` for true
    assert {"labeled", "unlabeled", "opened", "synchronize"} <= set(events["pull_request"]["types"])
    assert set(flow["permissions"].values()) == {"read"}
    for job in flow["jobs"].values():
        assert "if" not in job, "a job that is skipped counts as passed"
        assert "permissions" not in job
