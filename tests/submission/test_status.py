"""status.toml: what maintainers say, and what nobody may say in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import InvalidError
from harness.submission.manifest.status import Standing, read_status

ENTRY = '["example__small/r1"]\nstate = "{}"\nreason = "a reason"\ndate = "2031-05-17"\n'


def write(folder: Path, text: str) -> Path:
    path = folder / "status.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("state", ["reproduced", "disputed", "withdrawn"])
def test_each_state_is_read(tmp_path: Path, state: str) -> None:
    found = read_status(write(tmp_path, ENTRY.format(state)))
    assert found == {"example__small/r1": Standing(state, "a reason", "2031-05-17")}


def test_the_committed_file_is_read() -> None:
    root = Path(__file__).resolve().parents[2]
    assert all("/" in id for id in read_status(root / "submissions" / "status.toml"))


def test_no_file_says_nothing(tmp_path: Path) -> None:
    assert read_status(tmp_path / "status.toml") == {}


def test_tasks_limit_what_was_reproduced(tmp_path: Path) -> None:
    path = write(tmp_path, ENTRY.format("reproduced") + 'tasks = ["detection/embedded"]\n')
    standing = read_status(path)["example__small/r1"]
    assert standing.reproduces("detection/embedded")
    assert not standing.reproduces("flips/digits")
    assert Standing("reproduced", "", "").reproduces("flips/digits")
    assert not Standing("disputed", "", "").reproduces("flips/digits")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (ENTRY.format("recomputed"), "state"),
        (ENTRY.format("withdrawn").replace('reason = "a reason"\n', ""), "reason"),
        (ENTRY.format("withdrawn").replace("a reason", "  "), "reason: empty"),
        (ENTRY.format("withdrawn").replace("a reason", "a\\u202eb"), "U+202E"),
        (ENTRY.format("withdrawn").replace("05-17", "02-30"), "date"),
        (ENTRY.format("withdrawn").replace("example__small/r1", "../r1"), "ORG__MODEL/REVISION"),
        (ENTRY.format("withdrawn") + 'by = "me"\n', "by"),
        (ENTRY.format("disputed") + 'tasks = ["a/b"]\n', "reproduced alone"),
        (ENTRY.format("withdrawn") * 2, "TOML"),
        ("x = " + "[" * 9000, "TOML"),
        ("x = " + "9" * 5000, "TOML"),
    ],
)
def test_faults_are_one_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InvalidError, match=r"status\.toml") as caught:
        read_status(write(tmp_path, text))
    assert said in str(caught.value)


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    target = write(tmp_path, ENTRY.format("withdrawn"))
    (tmp_path / "link.toml").symlink_to(target)
    with pytest.raises(InvalidError, match="is a link"):
        read_status(tmp_path / "link.toml")
