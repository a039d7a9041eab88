"""Pull requests from a friend and from an enemy, sent through every script of the workflows."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from leaderboard_site.new_rows_markdown import MARKER
from tests.leaderboard_site.test_markdown import Seen
from tests.submission.workflow_runner import ROOT, JobRun, calls, git

SEEDS = ROOT / "submissions"
SYSTEM = "marginbench__zippy"
OLD, NEW = f"{SYSTEM}/zlib", f"{SYSTEM}/brotli"
COMMENTS = "repos/us/board/issues/7/comments"
PULLS = "repos/us/board/pulls"
Change = Callable[[Path], None]


def copy_seed(root: Path, id: str) -> Path:
    return Path(shutil.copytree(SEEDS / id, root / "submissions" / id))


@dataclass
class PullRequest:
    """A repository with a pull request from a fork that is one commit behind."""

    folder: Path
    origin: Path
    head: str
    merge: str

    def job(self, workflow: str, name: str, **needs: dict[str, str]) -> JobRun:
        pull = {"number": 7}
        run = {
            "event": "pull_request",
            "head_sha": self.head,
            "head_branch": "a;$(touch pwned)`touch pwned`",
            "head_repository": {"owner": {"login": "somebody"}},
        }
        event = {
            "pull_request": pull,
            "workflow_run": run,
            "repository": {"default_branch": "main"},
        }
        github = {
            "event": event,
            "sha": self.merge
            if workflow == "submission"
            else git(self.origin, "rev-parse", "main"),
            "token": "token",
            "repository": "us/board",
        }
        return JobRun(
            workflow=workflow,
            name=name,
            folder=self.folder / f"{workflow}-{name}",
            origin=self.origin,
            artifacts=self.folder / "artifacts",
            github=github,
            needs={name: {"outputs": outputs} for name, outputs in needs.items()},
        )

    def answer(self, **changed: Any) -> None:
        """What GitHub knows: this pull request, another one, and a comment of somebody else."""
        other = {"number": 6, "head": {"sha": "0" * 40}}
        answers = {
            PULLS: [other, {"number": 7, "head": {"sha": self.head}}],
            COMMENTS: [comment(1, "somebody", f"{MARKER}\nmine"),
                       comment(2, "github-actions[bot]", "another workflow's")],
            **changed,
        }  # fmt: skip
        (self.folder / "answers.json").write_text(json.dumps(answers))

    def comment(self) -> str:
        """The text that the three jobs of the comment post together."""
        self.answer()
        found = self.job("comment", "find").run()
        assert found == {"number": "7"}
        render = self.job("comment", "render", find=found)
        rendered = render.run()
        assert render.code == 0, render.log
        no_commands(render.log)
        post = self.job("comment", "post", find=found, render=rendered)
        assert post.wanted()
        post.run()
        assert post.code == 0, post.log
        method, path, fields = calls(self.folder)[-1]
        assert (method, path) == ("POST", COMMENTS)
        return fields["body"]


def comment(id: int, login: str, body: str) -> dict[str, Any]:
    return {"id": id, "user": {"login": login}, "body": body}


def pull_request(folder: Path, change: Change) -> PullRequest:
    """Make the repository: main, the fork's commit, one that main got since, and their merge."""
    origin = folder / "origin"
    origin.mkdir()
    git(origin, "init", "-q")
    copy_seed(origin, OLD)
    shutil.copy(SEEDS / "status.toml", origin / "submissions" / "status.toml")
    commit(origin, "board")
    git(origin, "checkout", "-q", "-b", "fork")
    change(origin)
    head = commit(origin, "submission")
    git(origin, "checkout", "-q", "main")
    copy_seed(origin, "marginbench__lmscan")
    commit(origin, "merged since")
    git(origin, "checkout", "-q", "--detach")
    git(origin, "merge", "-q", "--no-ff", "-m", "merge", "fork")
    merge = git(origin, "rev-parse", "HEAD")
    git(origin, "update-ref", "refs/pull/7/merge", merge)
    git(origin, "checkout", "-q", "main")
    git(origin, "config", "uploadpack.allowAnySHA1InWant", "true")
    return PullRequest(folder, origin, head, merge)


def commit(folder: Path, message: str) -> str:
    git(folder, "add", "--all", "--force")
    git(folder, "commit", "-q", "-m", message)
    return git(folder, "rev-parse", "HEAD")


def no_commands(log: str) -> None:
    """No line is a command of the runner, but those by which the scripts themselves fence it."""
    fence = None
    for line in log.splitlines():
        if fence is not None:
            fence = None if line == f"::{fence}::" else fence
        elif line.startswith("::stop-commands::"):
            fence = line.removeprefix("::stop-commands::")
            assert re.fullmatch("[0-9a-f]{32}", fence)
        else:
            assert not line.lstrip().startswith("::"), line
    assert fence is None


@pytest.fixture(autouse=True)
def _tools() -> None:
    for name in ("bash", "git", "jq"):
        if shutil.which(name) is None:
            pytest.skip(f"needs {name}")
    for name in ("brotli", "cwe2"):
        pytest.importorskip(name, reason="needs marginbench[quickstart]")


@pytest.fixture(scope="module")
def friendly(tmp_path_factory: pytest.TempPathFactory) -> PullRequest:
    def add(root: Path) -> None:
        copy_seed(root, NEW)
        # What must never be run, imported or read as configuration.
        for name in ("sitecustomize.py", "harness.py", "setup.py", "conftest.py", "pyproject.toml"):
            (root / name).write_text("open('/pwned', 'w')\nraise SystemExit('pwned')\n")
        (root / ".gitattributes").write_text("*.toml text eol=lf\n")

    return pull_request(tmp_path_factory.mktemp("friendly"), add)


def test_a_good_submission_passes_and_the_summary_shows_its_row(friendly: PullRequest) -> None:
    job = friendly.job("submission", "validate")
    job.run()
    assert job.code == 0, job.log
    no_commands(job.log)
    assert [
        path.name for path in (job.workspace / "incoming").iterdir() if path.name != ".git"
    ] == ["submissions"]
    findings = json.loads((friendly.folder / "artifacts/findings/findings.json").read_text())
    assert findings["findings"] == []
    assert "1 new revision, no finding" in job.summary
    assert re.search(r"`TPR@FPR=5%\[oracle_per_domain\]` ↑ \| 0\.\d{4}", job.summary)


def test_the_comment_tells_rank_evidence_verdict_and_flips(friendly: PullRequest) -> None:
    text = friendly.comment()
    assert text.startswith(f"{MARKER}\n## MarginBench: 1 new revision, no finding\n")
    # lmscan came to main after the fork left it, and takes part in the ranking.
    assert re.search(r"\| 0\.3933 \| \[0\.\d{4}, 0\.\d{4}\] \| 1 of 2 \| ◐ recomputed \|", text)
    assert f"Against `{OLD}`" in text
    assert re.search(r"\*\*better\*\* \| \+0\.0733 \| .* \| 7 of 600 texts \| 29 \|", text)


def test_an_earlier_comment_is_replaced_and_no_other(friendly: PullRequest) -> None:
    (friendly.folder / "artifacts" / "comment").mkdir(parents=True, exist_ok=True)
    (friendly.folder / "artifacts" / "comment" / "comment.md").write_text(f"{MARKER}\nnew")
    bot = "github-actions[bot]"
    friendly.answer(**{COMMENTS: [comment(1, "x", MARKER), comment(5, bot, f"{MARKER}\nold"),
                                  comment(6, bot, f"{MARKER}\nolder")]})  # fmt: skip
    job = friendly.job("comment", "post", find={"number": "7"}, render={"current": "true"})
    job.folder = friendly.folder / "again"
    job.run()
    assert job.code == 0, job.log
    method, path, fields = calls(friendly.folder)[-1]
    assert (method, path) == ("PATCH", "repos/us/board/issues/comments/5")
    assert fields == {"body": f"{MARKER}\nnew"}


@pytest.mark.parametrize("pulls", [[], [{"number": 6, "head": {"sha": "0" * 40}}]])
def test_without_an_open_pull_request_nothing_happens(
    friendly: PullRequest, pulls: list[Any], tmp_path: Path
) -> None:
    friendly.answer(**{PULLS: pulls})
    job = friendly.job("comment", "find")
    job.folder = friendly.folder / tmp_path.name
    found = job.run()
    assert (job.code, found) == (0, {"number": ""})
    assert not friendly.job("comment", "render", find=found).wanted()
    assert not list(friendly.folder.rglob("pwned"))
    assert calls(friendly.folder)[-1][2]["head"] == "somebody:a;$(touch pwned)`touch pwned`"


def test_a_pull_request_that_moved_on_is_left_to_a_later_run(friendly: PullRequest) -> None:
    job = friendly.job("comment", "render", find={"number": "7"})
    job.folder = friendly.folder / "moved"
    job.github["event"]["workflow_run"]["head_sha"] = "1" * 40
    found = job.run()
    assert (job.code, found) == (0, {"current": "false"})
    assert not friendly.job("comment", "post", find={"number": "7"}, render=found).wanted()


def test_other_events_than_pull_requests_are_left_alone(friendly: PullRequest) -> None:
    job = friendly.job("comment", "find")
    assert job.wanted()
    job.github["event"]["workflow_run"]["event"] = "push"
    assert not job.wanted()


def large(path: Path) -> None:
    path.write_text(f"{MARKER}\n" + "x" * 64_000)


def link(path: Path) -> None:
    path.symlink_to("/etc/hostname")


@pytest.mark.parametrize("make", [large, link, Path.mkdir])
def test_only_a_plain_file_of_a_comment_s_size_is_posted(
    friendly: PullRequest, make: Callable[[Path], None], tmp_path: Path
) -> None:
    job = friendly.job("comment", "post", find={"number": "7"}, render={"current": "true"})
    job.folder, job.artifacts = tmp_path / "job", tmp_path / "artifacts"
    (job.artifacts / "comment").mkdir(parents=True)
    make(job.artifacts / "comment" / "comment.md")
    friendly.answer()
    before = calls(friendly.folder)
    job.run()
    assert job.code == 1
    assert calls(tmp_path) == []
    assert calls(friendly.folder) == before


HOSTILE = (
    "@octocat <script>alert(1)</script> [x](https://evil.example) #1 | `x` \\n"
    "::set-output name=number::1 ::error::x www.evil.example $x$"
)


def edited(root: Path) -> None:
    record = next((root / "submissions" / OLD / "records").iterdir())
    record.write_text(record.read_text().replace("0.32", "0.99", 1))


def boasts(root: Path) -> None:
    record = next((copy_seed(root, NEW) / "records").iterdir())
    record.write_text(re.sub(r'("value": )0\.\d+', r"\g<1>0.999", record.read_text(), count=1))


def not_a_number(root: Path) -> None:
    record = next((copy_seed(root, NEW) / "records").iterdir())
    record.write_text(re.sub(r'("value": )0\.\d+', r"\g<1>NaN", record.read_text(), count=1))


def wrong_types(root: Path) -> None:
    record = next((copy_seed(root, NEW) / "records").iterdir())
    data = json.loads(record.read_text())
    data["metrics"] = {"a": [data["metrics"]]}
    record.write_text(json.dumps(data))


def huge(root: Path) -> None:
    record = next((copy_seed(root, NEW) / "records").iterdir())
    with record.open("a") as file:
        file.truncate(50 * 1024 * 1024)


def links(root: Path) -> None:
    folder = copy_seed(root, NEW)
    table = next((folder / "predictions").iterdir())
    table.unlink()
    table.symlink_to("/dev/zero")


def hostile_texts(root: Path) -> None:
    manifest = copy_seed(root, NEW) / "submission.toml"
    text = re.sub('(?m)^(name|licence) = ".*"', rf'\1 = "{HOSTILE}"', manifest.read_text())
    manifest.write_text(text + f'"{HOSTILE}" = 1\n')


def hostile_names(root: Path) -> None:
    folder = copy_seed(root, NEW)
    for name in ("::error::x", "@octocat `x` | [y](z)", "\u202egpj.exe", "-rf", "$(touch pwned)"):
        (folder / name).write_text(HOSTILE)
    os.mkfifo(root / "fifo")
    (root / "fifo").unlink()


def gone(root: Path) -> None:
    shutil.rmtree(root / "submissions" / OLD)


BAD = [edited, boasts, not_a_number, wrong_types, huge, links, hostile_texts, hostile_names, gone]


@pytest.mark.parametrize("change", BAD, ids=lambda change: change.__name__)
def test_a_bad_submission_fails_and_is_told_harmlessly(change: Change, tmp_path: Path) -> None:
    bad = pull_request(tmp_path, change)
    job = bad.job("submission", "validate")
    job.run()
    assert job.code == 1, job.log
    no_commands(job.log)
    assert re.search(r"## MarginBench: \d+ findings?, 0 new revisions", job.summary)
    assert json.loads((tmp_path / "artifacts/findings/findings.json").read_text())["findings"]
    text = bad.comment()
    assert text == job.summary
    assert len(text.encode()) <= 60_000
    page = Seen(text.partition("\n")[2])
    allowed = {"h2", "h3", "table", "thead", "tbody", "tr", "th", "td", "p", "code", "span", "sub"}
    assert set(page.tags) <= allowed | {"strong", "em"}
    assert not re.search(r"@\w|\w://|www\.|#\d", page.plain)
    assert "recomputed" not in page.plain
    assert not list(tmp_path.rglob("pwned"))
