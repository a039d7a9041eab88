"""Pull requests from a friend and from an enemy, sent through every script of the workflows."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from leaderboard_site.incoming.markdown import MARKER
from tests.leaderboard_site.test_markdown import Seen
from tests.submission.pull_requests import (
    COMMENTS,
    NEW,
    OLD,
    PULLS,
    Change,
    PullRequest,
    comment,
    copy_seed,
    no_commands,
    pull_request,
)
from tests.submission.workflow_runner import calls


@pytest.fixture(autouse=True)
def _tools() -> None:
    for name in ("bash", "git", "jq"):
        if shutil.which(name) is None:
            pytest.skip(f"needs {name}")
    for name in ("brotli", "cwe2"):
        pytest.importorskip(name, reason="needs marginbench[quickstart]")


@pytest.fixture(scope="module")
def friendly(tmp_path_factory: pytest.TempPathFactory) -> PullRequest:
    return pull_request(tmp_path_factory.mktemp("friendly"), lambda root: copy_seed(root, NEW))


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
    assert re.search(r"\| 0\.3933 \| ~?\[0\.\d{4}, 0\.\d{4}\] \| 1 of 2 \| ◐ recomputed \|", text)
    assert f"Against `{OLD}`" in text
    # Drawn anew, the cut of few human texts leaves open whether 22 texts more are an advance.
    word = r"\*\*cannot tell\*\*; about [\d,]+ items would tell"
    gain = rf"{word} \| \+0\.0733 \| \[-0\.0\d+, \+0\.[12]\d+\]"
    assert re.search(rf"{gain} \| 7 of 600 texts \| 29 \|", text)


def test_an_earlier_comment_is_replaced_and_no_other(friendly: PullRequest) -> None:
    (friendly.folder / "artifacts" / "comment").mkdir(parents=True, exist_ok=True)
    (friendly.folder / "artifacts" / "comment" / "comment.md").write_text(f"{MARKER}\nnew")
    bot = "github-actions[bot]"
    friendly.answer(**{COMMENTS: [comment(1, "x", MARKER), comment(5, bot, f"{MARKER}\nold"),
                                  comment(6, bot, f"{MARKER}\nolder")]})  # fmt: skip
    job = friendly.job("comment", "post", find={"number": "7"}, render={"wanted": "true"})
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
    assert (job.code, found) == (0, {"number": "", "author": ""})
    assert not friendly.job("comment", "render", find=found).wanted()
    assert not list(friendly.folder.rglob("pwned"))
    assert calls(friendly.folder)[-1][2]["head"] == "somebody:a;$(touch pwned)`touch pwned`"


def test_a_pull_request_that_moved_on_is_left_to_a_later_run(friendly: PullRequest) -> None:
    job = friendly.job("comment", "render", find={"number": "7"})
    job.folder = friendly.folder / "moved"
    job.github["event"]["workflow_run"]["head_sha"] = "1" * 40
    found = job.run()
    assert (job.code, found) == (0, {"wanted": "false"})
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
    job = friendly.job("comment", "post", find={"number": "7"}, render={"wanted": "true"})
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


def record_of(folder: Path) -> Path:
    return next((folder / "records").iterdir())


def boasts(folder: Path) -> None:
    path = record_of(folder)
    path.write_text(re.sub(r'("value": )0\.\d+', r"\g<1>0.999", path.read_text(), count=1))


def not_a_number(folder: Path) -> None:
    path = record_of(folder)
    path.write_text(re.sub(r'("value": )0\.\d+', r"\g<1>NaN", path.read_text(), count=1))


def wrong_types(folder: Path) -> None:
    path = record_of(folder)
    data = json.loads(path.read_text())
    path.write_text(json.dumps({**data, "metrics": {"a": [data["metrics"]]}}))


def huge(folder: Path) -> None:
    with record_of(folder).open("a") as file:
        file.truncate(50 * 1024 * 1024)


def endless(folder: Path) -> None:
    table = next((folder / "predictions").iterdir())
    table.unlink()
    table.symlink_to("/dev/zero")


def hostile_texts(folder: Path) -> None:
    path = folder / "submission.toml"
    text = re.sub('(?m)^(name|licence) = ".*"', rf'\1 = "{HOSTILE}"', path.read_text())
    path.write_text(f'"{HOSTILE}" = 1\n{text}')


def hostile_names(folder: Path) -> None:
    for name in ("::error::x", "@octocat `x` | [y](z)", "\u202egpj.exe", "-rf", "$(touch pwned)"):
        (folder / name).write_text(HOSTILE)


ENEMIES: list[tuple[str, Callable[[Path], None], str]] = [
    (NEW, boasts, "recompute-values"),
    ("marginbench__piqe/v1", not_a_number, "record-json"),
    ("marginbench__brisque/v0-2-0", wrong_types, "record-schema"),
    ("marginbench__nearest-centroid-on-pixels/px-16", huge, "tree-file-size"),
    ("marginbench__laplacian-variance/v1", endless, "tree-kind"),
    ("marginbench__random-forest-on-pixels/px-16", hostile_texts, "manifest-schema"),
    ("marginbench__support-vector-classifier-on-pixels/px-16", hostile_names, "tree-unexpected"),
]


def from_enemies(root: Path) -> None:
    for id, spoil, _ in ENEMIES:
        spoil(copy_seed(root, id))


def of_merged(root: Path) -> None:
    """What was merged is edited, status.toml praises it, and later work goes unseen."""
    boasts(root / "submissions" / OLD)
    status = f'["{OLD}"]\nstate = "reproduced"\nreason = "{HOSTILE}"\ndate = "2031-05-17"\n'
    (root / "submissions" / "status.toml").write_text(status)


def gone(root: Path) -> None:
    shutil.rmtree(root / "submissions" / OLD)


BAD: list[tuple[Change, set[tuple[str, str]]]] = [
    (from_enemies, {(id, rule) for id, _, rule in ENEMIES}),
    (of_merged, {(OLD, "merged-changed"), ("status.toml", "status-changed")}),
    (gone, {(OLD, "merged-removed")}),
]


@pytest.mark.parametrize(("change", "expected"), BAD, ids=["enemies", "merged", "gone"])
def test_a_bad_submission_fails_and_is_told_harmlessly(
    change: Change, expected: set[tuple[str, str]], tmp_path: Path
) -> None:
    bad = pull_request(tmp_path, change)
    job = bad.job("submission", "validate")
    job.run()
    assert job.code == 1, job.log
    no_commands(job.log)
    assert re.search(r"## MarginBench: \d+ findings?, 0 new revisions", job.summary)
    findings = json.loads((tmp_path / "artifacts/findings/findings.json").read_text())["findings"]
    assert expected <= {("/".join(f["path"].split("/")[:2]), f["rule"]) for f in findings}
    text = bad.comment()
    assert text == job.summary
    assert len(text.encode()) <= 60_000
    page = Seen(text.partition("\n")[2])
    allowed = {"h2", "h3", "table", "thead", "tbody", "tr", "th", "td", "p", "code", "span"}
    assert set(page.tags) <= allowed
    assert not re.search(r"@\w|\w://|www\.|#\d", page.plain)
    assert "recomputed" not in page.plain
    assert not list(tmp_path.rglob("pwned"))


def test_the_merged_board_is_published_with_what_was_recomputed(tmp_path: Path) -> None:
    job = pull_request(tmp_path, lambda root: copy_seed(root, NEW)).job("site", "build")
    job.run()
    assert job.code == 0, job.log
    no_commands(job.log)
    pages = tmp_path / "artifacts" / "github-pages"
    page = (pages / "r" / NEW / "index.html").read_text()
    assert "recomputed" in page
    assert (pages / "index.html").is_file()


def test_nothing_is_published_of_a_board_with_a_finding(tmp_path: Path) -> None:
    job = pull_request(tmp_path, of_merged).job("site", "build")
    job.run()
    assert job.code == 1
    assert "recompute-values" in job.log
    no_commands(job.log)
    assert not (tmp_path / "artifacts").exists()
