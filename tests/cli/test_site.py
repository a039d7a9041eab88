"""``marginbench site`` and what is typed wrong of it; the preview."""

from __future__ import annotations

import shutil
import threading
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from harness.errors import UsageError
from leaderboard_site.build import build_site
from leaderboard_site.preview import server
from tests.cli.conftest import Command
from tests.submission.hostile import write_forced

ROOT = Path(__file__).resolve().parents[2]
SEED = "marginbench__laplacian-variance"


@pytest.fixture
def submissions(tmp_path: Path) -> Path:
    to = tmp_path / "submissions" / SEED
    shutil.copytree(ROOT / "submissions" / SEED / "v1", to / "v1")
    return tmp_path / "submissions"


def test_submissions_become_a_site(
    command: Command, submissions: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    answer = command("site", "--out", "out")
    assert (answer.code, answer.err) == (0, "")
    assert answer.out == f"{(tmp_path / 'out/index.html').as_uri()}\n"
    assert (tmp_path / "out/m" / SEED / "index.html").is_file()


def test_evidence_comes_from_what_was_recomputed(
    command: Command, submissions: Path, tmp_path: Path
) -> None:
    kept = tmp_path / "recomputed"
    assert command("validate", submissions, "--recomputed", kept).code == 0
    out = tmp_path / "out"
    for extra, said in (([], "self-reported"), (["--recomputed", kept], "recomputed")):
        answer = command("site", "--submissions", submissions, "--out", out, *extra)
        assert answer.code == 0
        assert f"</span> {said}</span>" in (out / "m" / SEED / "index.html").read_text()
    page = next((out / "r" / SEED).rglob("index.html")).read_text()
    assert "Where it fails" in page


def test_figures_that_differ_from_the_recomputed_ones_stay_a_claim(
    command: Command, submissions: Path, tmp_path: Path
) -> None:
    kept = tmp_path / "recomputed"
    command("validate", submissions, "--recomputed", kept)
    (record,) = kept.rglob("record.json")
    text = record.read_text()
    value = text.split('"value": ', 1)[1].split(",", 1)[0]
    record.write_text(text.replace(value, str(float(value) + 0.001), 1))
    out = tmp_path / "out"
    command("site", "--submissions", submissions, "--recomputed", kept, "--out", out)
    assert "</span> self-reported</span>" in (out / "m" / SEED / "index.html").read_text()


def test_runs_of_this_machine_become_a_site(command: Command, tmp_path: Path) -> None:
    answer = command("site", "--records", ROOT / ".github" / "baseline", "--out", tmp_path / "out")
    assert answer.code == 0
    assert "a run on this machine" in "".join(
        path.read_text() for path in (tmp_path / "out/m").rglob("*.html")
    )


def test_runs_that_were_scored_just_now_are_recomputed(tmp_path: Path) -> None:
    """As the quickstart has them: models ran here, and figures followed from their answers."""
    levels = {}
    for scored in (True, False):
        page = build_site(ROOT / ".github" / "baseline", tmp_path / str(scored), scored_here=scored)
        text = "".join(path.read_text() for path in (page.parent / "m").rglob("*.html"))
        levels[scored] = {
            word for word in ("recomputed", "self-reported") if f"</span> {word}</span>" in text
        }
    assert levels == {True: {"recomputed"}, False: {"self-reported"}}


def test_a_hostile_submission_stops_the_build_unless_forced(
    command: Command, submissions: Path, tmp_path: Path
) -> None:
    write_forced(submissions)
    out = tmp_path / "out"
    answer = command("site", "--submissions", submissions, "--out", out)
    assert answer.code == 1
    assert answer.err.count("\n") == 1
    assert not out.exists()
    broken = submissions / SEED / "r9"
    broken.mkdir()
    (broken / "submission.toml").write_text("= broken")
    answer = command("site", "--submissions", submissions, "--out", out, "--force")
    assert answer.code == 0
    assert answer.err.startswith("left out: ")
    assert answer.err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--submissions", ".", "--records", "."], "both --submissions and --records"),
        ([], "no folder submissions here"),
        (["--submissions", "absent"], "does not exist"),
    ],
)
def test_what_is_typed_wrong_gets_one_line(
    command: Command,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    answer = command("site", *arguments)
    assert answer.code == 2
    assert said in answer.err
    assert list(tmp_path.iterdir()) == []


def test_the_preview_serves_the_folder_to_this_machine_alone(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<p>here")
    with server(tmp_path, 0) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        host, port = running.server_address[:2]
        assert host == "127.0.0.1"
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/index.html", timeout=10) as answer:
            assert answer.read() == b"<p>here"
            assert answer.headers["Cache-Control"] == "no-store"
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/../../etc/hostname", timeout=10)
        with pytest.raises(UsageError, match="cannot be had"):
            server(tmp_path, port)
        running.shutdown()
