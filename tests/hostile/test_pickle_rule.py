"""Whoever runs a submission again reads no pickle, and writes where it is typed."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.submission.manifest.manifest import RunAgain
from harness.submission.rules.doors import OWN_CODE, asks_for_pickle, opens, place_in, variable_in
from harness.submission.validate import validate
from tests.submission.hostile_seed import copy_seed, edit_text
from tests.submission.samples import run

COMMAND = "marginbench evaluate --model bi-encoder:ckpt --task tiny/one"
ASKED = (
    "--option allow_pickle=true", "--option=allow_pickle=true", "--option allow_pickle=TRUE",
    "--option 'allow_pickle=true'", "--option \"allow_\"pickle=true", "--option allow_pickle=yes",
    "--option allow_pickle=false --option allow_pickle=true", "--option allow_pickle=",
)  # fmt: skip


@pytest.mark.parametrize("words", ASKED)
def test_every_way_to_ask_is_seen(words: str) -> None:
    command = COMMAND.replace(" --task", f" {words} --task")
    assert asks_for_pickle(RunAgain.model_validate(run(command=command, options={})))


@pytest.mark.parametrize("value", [True, "true", 1, "x"])
def test_an_option_that_is_told_is_seen(value: object) -> None:
    made = run(command=COMMAND, options={"allow_pickle": value})
    assert asks_for_pickle(RunAgain.model_validate(made))


@pytest.mark.parametrize(
    "words", ["", "--option allow_pickle=false", "--option trust_remote_code=true"]
)
def test_what_does_not_ask_is_not(words: str) -> None:
    made = run(command=COMMAND.replace(" --task", f" {words} --task"), options={})
    assert not asks_for_pickle(RunAgain.model_validate(made))


def test_it_is_a_finding(tmp_path: Path) -> None:
    folder = copy_seed(tmp_path, "pickled")
    edit_text(folder / "submission.toml", {" --task ": " --option allow_pickle=true --task "})
    edit_text(folder / "submission.toml", {"--out logistic": "--out /tmp/logistic"})
    found = {one.rule: one for one in validate([folder]).findings}
    assert "tells a place, /tmp/logistic" in found["manifest-place"].message
    assert "reads weights from a pickle" in found["manifest-pickle"].message


PLACES = ("--out /etc/cron.d", "--out=/x", "--out ~root", "--data ../../x", "--option labels=/x",
          "--option labels=../x", "--out a/../..", "--option 'labels=~/x'",
          r"--data '\\evil.example\share'", r"--option 'labels=C:\x'", "--out C:evil",
          "--out https://x/../../../climbed", "--data=https://x/../..", "--option a=b,/etc/passwd",
          "--option a=@/etc/passwd", "--option a=b,../x", "--option a=b,..", "--data file:x",
          "--option a=https://x,/etc")  # fmt: skip


@pytest.mark.parametrize("words", PLACES)
def test_a_place_of_whoever_runs_it_is_a_finding(words: str) -> None:
    assert place_in(_run(words))


@pytest.mark.parametrize(
    "words", ["--out runs", "--option query_prompt=...", "--data corpus.jsonl", "--option x=a..b"]
)
def test_a_name_is_none(words: str) -> None:
    assert not place_in(_run(words))


def test_an_address_is_none() -> None:
    command = COMMAND.replace("bi-encoder:ckpt", "rerank-api:https://example.org/v1")
    assert not place_in(RunAgain.model_validate(run(command=command)))


def _run(words: str) -> RunAgain:
    return RunAgain.model_validate(run(command=COMMAND.replace(" --task", f" {words} --task")))


@pytest.mark.parametrize(
    "words", ["--option key=GITHUB_TOKEN", "--option=key=AWS_SECRET_ACCESS_KEY",
              "--option key= --option 'key=HOME'", "--option 'key =HOME'"],
)  # fmt: skip
def test_no_command_sends_a_variable_of_whoever_types_it(words: str) -> None:
    """The address beside it is a stranger's as well."""
    assert variable_in(_run(words)) in ("GITHUB_TOKEN", "AWS_SECRET_ACCESS_KEY", "HOME")


@pytest.mark.parametrize("words", ["--config evil.toml", "--config=evil.toml"])
def test_no_command_hides_its_flags_in_a_file(words: str, tmp_path: Path) -> None:
    folder = copy_seed(tmp_path, "hidden")
    edit_text(folder / "submission.toml", {" --task ": f" {words} --task "})
    said = [one.message for one in validate([folder]).findings if one.rule == "manifest-place"]
    assert any("takes flags from a file" in message for message in said)


@pytest.mark.parametrize(
    "words", ["", "--option key=", "--option key=MARGINBENCH_API_KEY", "--option monkey=x"]
)
def test_the_usual_variable_is_read_unnamed(words: str) -> None:
    assert not variable_in(_run(words))


def test_a_command_opens_no_door_that_its_record_does_not_tell_of(tmp_path: Path) -> None:
    assert opens(_run("--option trust_remote_code=true"), OWN_CODE)
    assert not opens(_run(""), OWN_CODE)
    folder = copy_seed(tmp_path, "opened")
    edit_text(folder / "submission.toml", {" --task ": " --option trust_remote_code=true --task "})
    found = {one.rule: one.message for one in validate([folder]).findings}
    assert "trust_remote_code" in found["record-model"]
