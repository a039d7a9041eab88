"""Reading all submissions: strictly for the board, by force for hostile ones."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from harness.errors import InvalidError, UsageError
from harness.submission.folders.read import read_all, read_forced
from harness.submission.untrusted.plain_files import read_plain
from tests.submission.samples import write_submission

HOSTILE = "<script>alert(1)</script>\u202e"


def test_submissions_come_in_order_of_their_ids(tmp_path: Path) -> None:
    for model, revision in (("small", "r2"), ("large", "r9"), ("small", "r1")):
        write_submission(tmp_path, model=model, revision=revision)
    (tmp_path / "status.toml").write_text("")
    found = read_all(tmp_path)
    ids = ["example__large/r9", "example__small/r1", "example__small/r2"]
    assert [item.manifest.id for item in found] == ids
    assert [item.folder for item in found] == [tmp_path / id for id in ids]


def test_an_empty_board_is_read(tmp_path: Path) -> None:
    assert read_all(tmp_path) == ()
    with pytest.raises(UsageError, match="not a folder"):
        read_all(tmp_path / "absent")


@pytest.mark.parametrize("name", ["Example__small", "small", "a__b__c", "con__a", "a__b.", "..."])
def test_folders_of_other_names_are_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    with pytest.raises(InvalidError, match="is not a folder ORG__MODEL"):
        read_all(tmp_path)
    assert len(read_forced(tmp_path).faults) == 1


def test_a_manifest_belongs_to_its_folder(tmp_path: Path) -> None:
    write_submission(tmp_path).rename(tmp_path / "example__small" / "r2")
    with pytest.raises(InvalidError, match="not of the folder"):
        read_all(tmp_path)


def test_links_are_not_followed(tmp_path: Path) -> None:
    outside = write_submission(tmp_path / "outside")
    root = tmp_path / "root"
    (root / "example__small").mkdir(parents=True)
    (root / "example__linked").symlink_to(outside.parent)
    (root / "example__small" / "r1").symlink_to(outside)
    forced = read_forced(root)
    assert forced.submissions == ()
    assert len(forced.faults) == 2
    with pytest.raises(InvalidError):
        read_all(root)


def test_force_takes_hostile_texts_as_they_are(tmp_path: Path) -> None:
    folder = write_submission(tmp_path)
    path = folder / "submission.toml"
    path.write_text(
        path.read_text()
        .replace('name = "Invented small"', f'name = "{HOSTILE}"')
        .replace("\n[[runs]]", '\n[links]\nhome = "javascript:alert(1)"\n\n[[runs]]')
    )
    with pytest.raises(InvalidError, match=r"U\+202E.*https"):
        read_all(tmp_path)
    (found,) = read_forced(tmp_path).submissions
    assert found.manifest.name == HOSTILE
    assert found.manifest.links == {"home": "javascript:alert(1)"}


@pytest.mark.parametrize(
    ("text", "by"),
    [('org = "example"', 'org = "../example"'), ("preset = 2", "preset = 1979-05-27"),
     ("preset = 2", "preset = nan"), ("preset = 2", f"preset = {'9' * 30}"),
     ('date = "2031-05-17"', 'date = "2031-02-30"'), ("schema_version = 1", "schema_version = 2")],
)  # fmt: skip
def test_force_bends_no_shape(tmp_path: Path, text: str, by: str) -> None:
    path = write_submission(tmp_path) / "submission.toml"
    assert text in path.read_text()
    path.write_text(path.read_text().replace(text, by))
    forced = read_forced(tmp_path)
    assert forced.submissions == ()
    assert len(forced.faults) == 1


def test_faults_hold_nothing_invisible(tmp_path: Path) -> None:
    (tmp_path / "a\u202e\n\x1b[31m").mkdir()
    (fault,) = read_forced(tmp_path).faults
    assert "a\\u202e\\u000a\\u001b[31m" in fault


def test_only_plain_files_of_their_size_are_read(tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.write_bytes(b"12345")
    assert read_plain(plain, most=5) == b"12345"
    with pytest.raises(InvalidError, match="larger"):
        read_plain(plain, most=4)
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero"), tmp_path, tmp_path / "nothing"):
        with pytest.raises(InvalidError, match=r"plain|cannot be read"):
            read_plain(path, most=5)
