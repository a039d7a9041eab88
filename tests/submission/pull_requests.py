"""A repository with a pull request from a fork, and the jobs that GitHub would start for it."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from leaderboard_site.incoming.markdown import MARKER
from tests.submission.workflow_runner import ROOT, JobRun, calls, git

SEEDS = ROOT / "submissions"
SYSTEM = "marginbench__zippy"
OLD, NEW = f"{SYSTEM}/zlib", f"{SYSTEM}/brotli"
COMMENTS = "repos/us/board/issues/7/comments"
PULLS = "repos/us/board/pulls"
Change = Callable[[Path], object]


def copy_seed(root: Path, id: str) -> Path:
    return Path(shutil.copytree(SEEDS / id, root / "submissions" / id))


@dataclass
class PullRequest:
    """A repository with a pull request from a fork that is one commit behind."""

    folder: Path
    origin: Path
    head: str
    merge: str
    sender: tuple[str, int] = ("somebody", 77)

    def job(self, workflow: str, name: str, **needs: dict[str, str]) -> JobRun:
        pull = {"number": 7, "user": dict(zip(("login", "id"), self.sender, strict=True))}
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
            "sha": self.merge if workflow != "comment" else git(self.origin, "rev-parse", "main"),
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
        login, id = self.sender
        other = {"number": 6, "head": {"sha": "0" * 40}, "user": {"login": "x", "id": 1}}
        mine = {"number": 7, "head": {"sha": self.head}, "user": {"login": login, "id": id}}
        answers = {
            PULLS: [other, mine],
            COMMENTS: [comment(1, "somebody", f"{MARKER}\nmine"),
                       comment(2, "github-actions[bot]", "another workflow's")],
            **changed,
        }  # fmt: skip
        (self.folder / "answers.json").write_text(json.dumps(answers))

    def comment(self) -> str:
        """The text that the three jobs of the comment post together."""
        self.answer()
        found = self.job("comment", "find").run()
        assert found == {"number": "7", "author": f"{self.sender[0]}:{self.sender[1]}"}
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
    owners = "[marginbench]\naccounts = { somebody = 77 }\n"
    (origin / "submissions" / "owners.toml").write_text(owners)
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
