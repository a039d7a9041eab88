"""Pull requests that hide: behind many files, a README that is none, code, or another's library."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from harness.cli.keep_evidence import evidence_text
from harness.errors import InvalidError, UsageError
from harness.submission.folders.changed import read_changed
from harness.submission.layout import ROOT_FILES
from harness.submission.manifest.keepers import Author
from harness.submission.recompute.earlier import (
    MOVED,
    Earlier,
    as_text,
    content_of,
    held,
    read_earlier,
)
from harness.submission.recompute.tasks import NOT_GIVEN
from harness.submission.subject.around import RECOMPUTED, SELF_REPORTED, Outcome
from harness.submission.subject.finding import Fault
from harness.submission.validate import Report, validate
from leaderboard_site.incoming.markdown import MOST_BYTES, to_markdown
from leaderboard_site.incoming.rows import NewRows
from leaderboard_site.making.cache import Cache
from leaderboard_site.reading.sources import read_source, submitted_sources
from tests.leaderboard_site.test_markdown import Seen
from tests.submission.conftest import Make
from tests.submission.pull_requests import NEW, copy_seed, no_commands, pull_request
from tests.submission.test_recompute import edit
from tests.submission.workflow_runner import ROOT, read_workflow

BESIDE = [name for name in ROOT_FILES if name != "status.toml"]


def rules(report: Report) -> set[str]:
    return {finding.rule for finding in report.findings}


@pytest.fixture
def tools() -> None:
    for name in ("bash", "git", "jq"):
        if shutil.which(name) is None:
            pytest.skip(f"needs {name}")
    for name in ("brotli", "cwe2"):
        pytest.importorskip(name, reason="needs marginbench[quickstart]")


def folder(path: Path) -> None:
    path.mkdir()
    (path / "evil.py").write_text("raise SystemExit")


def link(path: Path) -> None:
    path.symlink_to("/etc/passwd")


def script(path: Path) -> None:
    path.write_text("<script>alert(1)</script>")


def program(path: Path) -> None:
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)


@pytest.mark.parametrize("name", BESIDE)
@pytest.mark.parametrize("put", [folder, link, script, program])
def test_nothing_hides_under_a_name_that_is_the_maintainers(
    make: Make, tmp_path: Path, name: str, put: Callable[[Path], None]
) -> None:
    make(revision="r1", tasks=["tiny/one"], mean=False)
    now = tmp_path / "submissions"
    base = Path(shutil.copytree(now, tmp_path / "base"))
    assert validate([now], base=base).findings == ()
    put(now / name)
    found = validate([now], base=base).findings
    assert {finding.path for finding in found} == {name}
    assert "beside-changed" in {finding.rule for finding in found}
    if put in (folder, link):
        assert "tree-strays" in rules(validate([now]))


def test_a_readme_that_was_there_stays_as_it_was(make: Make, tmp_path: Path) -> None:
    make(revision="r1", tasks=["tiny/one"], mean=False)
    now = tmp_path / "submissions"
    (now / "README.md").write_text("What lies here.\n")
    base = Path(shutil.copytree(now, tmp_path / "base"))
    assert validate([now], base=base).findings == ()
    for change in (Path.unlink, script):
        change(now / "README.md")
        assert rules(validate([now], base=base)) == {"beside-changed"}


FAULTY = "".join(f'"{number:x}": 1, ' for number in range(2, 300_000))
"""Nearly four megabytes of which every word is a fault."""


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("owners.toml", "[example]\naccounts = { octocat = -1 }\n"),
        ("owners.toml", '[example]\naccounts = { "a b" = 1 }\n'),
        ("owners.toml", "x = ["),
        ("waivers.toml", '["example"]\nrules = []\nreason = "x"\ndate = "2026-11-30"\n'),
        ("evidence.json", '{"schema_version": 1, "schema_version": 1, "runs": {}}'),
        ("evidence.json", '{"schema_version": 9, "runs": {}}'),
        ("evidence.json", '{"schema_version": 1, "runs": {"a__b/r": {"t": {"content": "x"}}}}'),
        ("evidence.json", '{"schema_version": true, "runs": {}}'),
        ("evidence.json", '{"schema_version": 1, "runs": {}, "more": 1}'),
        ("evidence.json", '{"schema_version": 1, "runs": []}'),
        ("evidence.json", '{"schema_version": 1, "runs": {"a__b/r": []}}'),
        ("evidence.json", '{"schema_version": 1, "runs": {"../x": {"t": {}}}}'),
        ("evidence.json", '{"schema_version": 1, "runs": {"0": 1, ' + FAULTY + '"1": 1}}'),
        ("evidence.json", "{" + FAULTY + '"runs": {}}'),
    ],
)
def test_what_maintainers_keep_is_read_strictly(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    report = validate([tmp_path])
    assert [(found.path, found.rule) for found in report.findings] == [(name, "beside-schema")]
    assert not report.lost


def test_what_looks_like_an_empty_system_is_another_repository(make: Make, tmp_path: Path) -> None:
    """A checkout makes an empty folder of a submodule, and git keeps no other."""
    make(revision="r1", tasks=["tiny/one"], mean=False)
    now = tmp_path / "submissions"
    (now / "evil__sub").mkdir()
    (found,) = validate([now]).findings
    assert (found.path, found.rule) == ("evil__sub", "tree-strays")


def readme(now: Path) -> None:
    (now / "README.md").write_text("More.\n")


def no_file(put: Callable[[Path], None]) -> Callable[[Path], None]:
    def change(now: Path) -> None:
        (now / "README.md").unlink()
        put(now / "README.md")

    return change


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        (readme, False),
        (no_file(link), True),
        (no_file(program), True),
        (no_file(Path.touch), False),
    ],
    ids=["more text", "a link", "a program", "emptied"],
)
@pytest.mark.parametrize(("workflow", "job"), [("submission", "validate"), ("comment", "render")])
def test_a_file_of_maintainers_that_is_none_is_looked_at(
    tools: None, tmp_path: Path, workflow: str, job: str, change: Callable[[Path], None],
    wanted: bool,
) -> None:  # fmt: skip
    now = tmp_path / "incoming" / "submissions"
    now.mkdir(parents=True)
    (now / "README.md").write_text("What lies here.\n")
    git = ["git", "-C", str(tmp_path / "incoming"), "-c", "user.name=x", "-c", "user.email=x@y"]
    subprocess.run([*git, "init", "-q"], check=True)
    for number, edited in enumerate((lambda _: None, change)):
        edited(now)
        subprocess.run([*git, "add", "-A"], check=True)
        subprocess.run([*git, "commit", "-q", "-m", f"{number}"], check=True)
    steps = read_workflow(workflow)["jobs"][job]["steps"]
    (script,) = [step["run"] for step in steps if "odd=" in step.get("run", "")]
    said = tmp_path / "said"
    env = {**os.environ, "GITHUB_OUTPUT": str(said), "MERGED": "", "current": "true"}
    lines = script[script.index("git -C incoming diff") :]
    subprocess.run(
        ["bash", "-euo", "pipefail", "-c", f"current=true\n{lines}"],
        cwd=tmp_path,
        env=env,
        check=True,
    )
    assert f"wanted={str(wanted).lower()}" in said.read_text().split()


def test_a_link_is_not_what_was_sent(make: Make, tmp_path: Path) -> None:
    make(revision="r1", tasks=["tiny/one"], mean=False)
    now = tmp_path / "submissions"
    link_to = tmp_path / "link"
    link_to.symlink_to(now)
    assert validate([link_to]).findings == ()  # one's own
    with pytest.raises(UsageError, match="is a link, so not what was sent"):
        validate([link_to], base=now)


def test_changed_paths_are_read_as_git_lists_them(tmp_path: Path) -> None:
    path = tmp_path / "changed"
    path.write_bytes(b"a b\0submissions/x\ny\0caf\xff\0")
    assert read_changed(path) == ("a b", "submissions/x\ny", "caf\udcff")
    path.write_bytes(b"")
    assert read_changed(path) == ()
    path.write_bytes(b"a\nb\n")
    with pytest.raises(InvalidError, match="no list of changed paths"):
        read_changed(path)


def test_everything_that_is_changed_beside_a_submission_is_listed() -> None:
    names = [
        "harness/cli/__init__.py",
        ".github/workflows/site.yml",
        "a|b`c",
        "@octocat",
        "x\u202ey",
    ]
    text = to_markdown(NewRows((), (), 0), (), outside=names)
    page = Seen(text.partition("\n")[2])
    assert "Changed outside the new folder" in page.plain
    assert text.count("\n- `") == len(names)
    assert not re.search(r"@\w", page.plain)
    assert "\u202e" not in text
    many = to_markdown(NewRows((), (), 0), (), outside=[f"{'d' * 150}/{n}" for n in range(5000)])
    assert len(many.encode()) <= MOST_BYTES
    shown = many.count("\n- `")
    assert shown > 100
    assert f"{5000 - shown:,} more paths" in many


def beside_code(root: Path) -> None:
    """A submission with what must never be run, imported or read as configuration."""
    copy_seed(root, NEW)
    for name in ("sitecustomize.py", "harness.py", "setup.py", "conftest.py", "pyproject.toml"):
        (root / name).write_text("open('/pwned', 'w')\nraise SystemExit('pwned')\n")
    (root / ".gitattributes").write_text("*.toml text eol=lf\n")
    (root / ".github" / "workflows").mkdir(parents=True)
    (root / ".github" / "workflows" / "submission.yml").write_text("name: submission\n")


CODE = {
    ".gitattributes", ".github/workflows/submission.yml", "conftest.py", "harness.py",
    "pyproject.toml", "setup.py", "sitecustomize.py",
}  # fmt: skip


def test_code_beside_a_submission_is_a_finding_and_every_path_of_it_is_told(
    tools: None, tmp_path: Path
) -> None:
    pull = pull_request(tmp_path, beside_code)
    job = pull.job("submission", "validate")
    job.run()
    assert job.code == 1, job.log
    no_commands(job.log)
    assert [
        path.name for path in (job.workspace / "incoming").iterdir() if path.name != ".git"
    ] == ["submissions"]
    findings = json.loads((tmp_path / "artifacts/findings/findings.json").read_text())["findings"]
    assert {(found["path"], found["rule"]) for found in findings} == {
        (path, "pull-outside") for path in CODE
    }
    text = pull.comment()
    for path in CODE:
        assert f"\n- `{path}`\n" in text
    # The rows are shown all the same: what the predictions give does not depend on it.
    assert "◐ recomputed" in text
    assert not list(tmp_path.rglob("pwned"))


def behind_many(root: Path) -> None:
    """Three hundred files that come before the submission, as a filter of paths counts them."""
    (root / "aaa").mkdir()
    for number in range(320):
        (root / "aaa" / f"{number:03d}\udcff.txt").write_text("x")
    boast = next((copy_seed(root, NEW) / "records").iterdir())
    boast.write_text(re.sub(r'("value": )0\.\d+', r"\g<1>0.999", boast.read_text(), count=1))


def test_three_hundred_files_hide_no_submission(tools: None, tmp_path: Path) -> None:
    assert read_workflow("submission")[True] == {"pull_request": None}
    pull = pull_request(tmp_path, behind_many)
    job = pull.job("submission", "validate")
    job.run()
    assert job.code == 1
    assert job.steps["base"]["outputs"]["wanted"] == "true"
    findings = json.loads((tmp_path / "artifacts/findings/findings.json").read_text())["findings"]
    told = {found["rule"] for found in findings}
    assert {"recompute-values", "pull-outside"} <= told
    assert "270 more paths" in json.dumps(findings)


def code_alone(root: Path) -> None:
    (root / "harness").mkdir()
    (root / "harness" / "x.py").write_text("x = 1\n")
    (root / "submissions-of-mine").mkdir()
    (root / "submissions-of-mine" / "x").write_text("x")


def kept_alone(root: Path) -> None:
    for name in ("status.toml", "owners.toml", "waivers.toml", "README.md"):
        (root / "submissions" / name).write_text("# changed\n")


@pytest.mark.parametrize("change", [code_alone, kept_alone])
def test_a_job_ends_at_once_where_nothing_is_a_submission(
    tools: None, tmp_path: Path, change: Callable[[Path], None]
) -> None:
    pull = pull_request(tmp_path, change)
    job = pull.job("submission", "validate")
    job.run()
    assert job.steps["base"]["outputs"]["wanted"] == "false"
    assert job.code == 0
    assert not (job.workspace / "base").exists()
    pull.answer()
    found = pull.job("comment", "find").run()
    render = pull.job("comment", "render", find=found)
    rendered = render.run()
    assert (rendered, render.code) == ({"wanted": "false"}, 0)
    assert not pull.job("comment", "post", find=found, render=rendered).wanted()


def test_another_account_does_not_add_to_a_system(tools: None, tmp_path: Path) -> None:
    """Whatever the account is called: what is held against the owners is its number."""
    pull = pull_request(tmp_path, lambda root: copy_seed(root, NEW))
    pull.sender = ("somebody", 78)
    job = pull.job("submission", "validate")
    job.run()
    assert job.code == 1
    findings = json.loads((tmp_path / "artifacts/findings/findings.json").read_text())["findings"]
    assert [(found["path"], found["rule"]) for found in findings] == [(NEW, "identity-owner")]
    assert "`identity-owner`" in job.summary


def test_both_workflows_ask_alike_whether_there_is_a_submission() -> None:
    scripts = [
        step["run"]
        for name, job in (("submission", "validate"), ("comment", "render"))
        for step in read_workflow(name)["jobs"][job]["steps"]
        if "git -C incoming diff" in step.get("run", "")
    ]
    asked = [re.findall(r"(?:kept|found)=.+", one) for one in scripts]
    assert len(asked) == 2
    assert asked[0] == asked[1]
    (kept,) = re.findall(r"kept='(.+)'", scripts[0])
    for name in ROOT_FILES:
        assert re.fullmatch(kept, f"submissions/{name}")
    assert not re.fullmatch(kept, "submissions/x.toml")


def test_the_label_is_read_when_it_is_set_after_the_push() -> None:
    started = read_workflow("regression")[True]["pull_request"]
    assert {"labeled", "unlabeled"} <= set(started["types"])


# What another version of a library gives, and what is known of earlier ones.


def entry(folder: Path, task: str = "tiny/one") -> Earlier:
    return Earlier(content=content_of(folder, task), versions={"numpy": "2.4.6"}, date="2026-11-30")


@pytest.fixture
def moved(make: Make) -> Path:
    """A merged run whose figures a library no longer gives, as they are claimed."""
    folder = make(tasks=["tiny/one"], mean=False)
    value = json.loads((folder / "records/tiny.one.json").read_text())["metrics"][0]["value"]
    for _ in range(2):  # the metric, and the part that says it again
        edit(folder, "tiny/one", repr(value), repr(value + 1e-6))
    assert rules(validate([folder])) == {"recompute-values"}
    return folder


def test_a_run_that_followed_before_stops_nothing(moved: Path) -> None:
    root, id = moved.parents[1], f"example__letters/{moved.name}"
    (root / "evidence.json").write_text(as_text({(id, "tiny/one"): entry(moved)}))
    report = validate([root])
    assert report.findings == ()
    (outcome,) = report.evidence[id].values()
    assert outcome.level == SELF_REPORTED
    assert outcome.reason.startswith("recomputed with numpy 2.4.6 on 2026-11-30, ")
    (source,) = submitted_sources(root, Cache(None), recomputed=root.parent / "recomputed")
    (run,) = read_source(source).runs
    assert (run.evidence, run.evidence_reason) == (SELF_REPORTED, outcome.reason)


def test_a_run_whose_data_are_elsewhere_tells_when_it_followed(make: Make, tmp_path: Path) -> None:
    """Without the data it is no finding and no claim; with them it is computed again."""
    (tmp_path / "far.txt").write_text("abcabc")
    folder = make(answers="abcabb", tasks=["tiny/far"], mean=False, data=tmp_path)
    root, id = folder.parents[1], f"example__letters/{folder.name}"
    assert json.loads(evidence_text(root))["runs"] == {}
    text = evidence_text(root, tmp_path)
    (root / "evidence.json").write_text(text)
    assert evidence_text(root) == text
    for data, level in ((None, SELF_REPORTED), (tmp_path, RECOMPUTED)):
        report = validate([root], data=data, recomputed=tmp_path / "kept")
        (outcome,) = report.evidence[id].values()
        assert (report.findings, outcome.level, outcome.unfinished) == ((), level, "")
        (source,) = submitted_sources(root, Cache(None), recomputed=tmp_path / "kept")
        (run,) = read_source(source).runs
        assert run.evidence == level
        if data is None:
            assert run.evidence_reason == outcome.reason
            told = r"recomputed with .*numpy .* on 20\d\d-.*, and not here"
            assert re.match(told, outcome.reason)
    edit(folder, "tiny/far", '"title": "Letters"', '"title": "Letters" ')
    (outcome,) = validate([root]).evidence[id].values()
    assert (outcome.level, outcome.reason) == (SELF_REPORTED, NOT_GIVEN)


def test_a_site_that_was_not_scored_anew_says_nothing_of_earlier_evidence(moved: Path) -> None:
    root, id = moved.parents[1], f"example__letters/{moved.name}"
    (root / "evidence.json").write_text(as_text({(id, "tiny/one"): entry(moved)}))
    (source,) = submitted_sources(root, Cache(None))
    assert "not at hand" in read_source(source).runs[0].evidence_reason


def test_evidence_is_of_the_very_bytes(moved: Path) -> None:
    root, id = moved.parents[1], f"example__letters/{moved.name}"
    (root / "evidence.json").write_text(as_text({(id, "tiny/one"): entry(moved)}))
    edit(moved, "tiny/one", '"title": "Letters"', '"title": "Letters" ')
    assert rules(validate([root])) == {"recompute-values"}
    (source,) = submitted_sources(root, Cache(None), recomputed=root.parent / "recomputed")
    assert "recomputed" not in read_source(source).runs[0].evidence_reason


def test_a_pull_request_brings_no_evidence_of_its_own(moved: Path, tmp_path: Path) -> None:
    root, id = moved.parents[1], f"example__letters/{moved.name}"
    base = tmp_path / "base"
    base.mkdir()
    (root / "evidence.json").write_text(as_text({(id, "tiny/one"): entry(moved)}))
    assert {"recompute-values", "beside-changed"} <= rules(validate([root], base=base))


def test_other_faults_are_not_excused(tmp_path: Path, make: Make) -> None:
    from harness.submission.recompute.recomputer import DATA
    from harness.submission.subject.jobs import Job

    folder = make(tasks=["tiny/one"], mean=False)
    key = (f"example__letters/{folder.name}", "tiny/one")
    job = Job(*key[:1], folder, "", key[1], "error", None, (), "")
    known = {key: Earlier(content=content_of(folder, key[1]), versions={}, date="2026-11-30")}
    for rule in (*MOVED, DATA):
        outcome = Outcome(SELF_REPORTED, "", ((rule, Fault("", "", "")),))
        found = held({key: outcome}, [job], known)[key]
        assert bool(found.faults) is (rule == DATA)


def test_evidence_is_kept_of_what_follows_and_stays_as_it_was(moved: Path, make: Make) -> None:
    root = moved.parents[1]
    make("other", "ab" * 6, tasks=["tiny/one"], mean=False)
    text = evidence_text(root)
    known = json.loads(text)["runs"]
    assert [id.partition("/")[0] for id in known] == ["example__other"]
    old = text.replace(json.loads(text)["runs"].popitem()[1]["tiny/one"]["date"], "2026-11-24")
    (root / "evidence.json").write_text(old)
    assert evidence_text(root) == old


def test_the_committed_evidence_is_of_what_is_committed() -> None:
    root = ROOT / "submissions"
    known = read_earlier(root)
    runs = {
        (
            f"{path.parents[2].name}/{path.parents[1].name}",
            json.loads(path.read_text())["task"]["id"],
        )
        for path in root.glob("*/*/records/*.json")
    }
    assert set(known) == runs
    for (id, task), found in known.items():
        assert found.content == content_of(root / id, task)
        assert {"numpy", "marginbench"} <= set(found.versions)


# What the publishing jobs install.


def pins(name: str) -> dict[str, tuple[str, int]]:
    """Package -> its version, and how many digests stand behind it."""
    text = (ROOT / ".github" / "constraints" / name).read_text().replace("\\\n", " ")
    found = {}
    for line in (line for line in text.splitlines() if line and not line.startswith("#")):
        wanted, *digests = re.split(r"\s+--hash=sha256:", line.strip())
        assert all(re.fullmatch("[0-9a-f]{64}", digest) for digest in digests)
        asked = Requirement(wanted)
        (version,) = asked.specifier
        assert version.operator == "=="
        found[canonicalize_name(asked.name)] = (version.version, len(digests))
    return found


def test_publishing_jobs_install_what_the_project_asks_for_in_one_version_each() -> None:
    about = tomllib.loads((ROOT / "pyproject.toml").read_text())
    project, known = about["project"], pins("publish.txt")
    wanted = [
        *project["dependencies"],
        *project["optional-dependencies"]["quickstart"],
        *project["optional-dependencies"]["site"],
    ]
    for line in wanted:
        asked = Requirement(line)
        version, digests = known[canonicalize_name(asked.name)]
        assert asked.specifier.contains(version, prereleases=True), line
        assert digests
    builders = pins("build.txt")
    assert {canonicalize_name(Requirement(line).name) for line in about["build-system"]["requires"]}
    assert {"hatchling", "setuptools"} <= set(builders)
    assert all(digests for _, digests in (*known.values(), *builders.values()))
    assert {name: known[name][0] for name in known if name in builders} == {
        name: builders[name][0] for name in known if name in builders
    }


def test_the_documentation_is_built_with_what_its_extra_asks_for() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    known = pins("docs.txt")
    for line in extras["optional-dependencies"]["docs"]:
        asked = Requirement(line)
        version, digests = known[canonicalize_name(asked.name)]
        assert asked.specifier.contains(version, prereleases=True), line
        assert digests
    assert all(digests for _, digests in known.values())


def test_who_sends_it_is_told_by_number() -> None:
    step = next(
        step
        for step in read_workflow("submission")["jobs"]["validate"]["steps"]
        if step.get("id") == "validate"
    )
    assert step["env"]["ACCOUNT"] == "${{ github.event.pull_request.user.id }}"
    assert '--author "$LOGIN:$ACCOUNT"' in step["run"]
    assert Author("x", 1) != Author("x", 2)
