"""What was merged stays, and only maintainers judge it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.submission.manifest.keepers import Author
from harness.submission.validate import Report, validate
from tests.submission.conftest import Make

RECORD, TABLE = "records/tiny.one.json", "predictions/tiny.one.parquet"
STATUS = '["{}"]\nstate = "withdrawn"\nreason = "a reason"\ndate = "2031-05-17"\n'


OWNER = Author("octocat", 583231)
"""Who may add to the organisation of these submissions."""


@pytest.fixture
def sides(make: Make, tmp_path: Path) -> tuple[Path, Path]:
    """The folder as it was merged, and a copy of it with one more revision."""
    make(revision="r1", tasks=["tiny/one"], mean=False)
    now = tmp_path / "submissions"
    (now / "owners.toml").write_text("[example]\naccounts = { octocat = 583231 }\n")
    base = Path(shutil.copytree(now, tmp_path / "base"))
    make(revision="r2", tasks=["tiny/one"], mean=False, answers="ab" * 6,
         predecessor="example__letters/r1")  # fmt: skip
    return base, now


def rules(report: Report) -> set[str]:
    return {finding.rule for finding in report.findings}


def test_what_is_new_is_looked_at_and_nothing_else(sides: tuple[Path, Path]) -> None:
    base, now = sides
    report = validate([now], base=base, author=OWNER)
    assert report.findings == ()
    assert set(report.evidence) == {"example__letters/r2"}
    assert report.unchanged == 1


CHANGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "edited": (lambda folder: (folder / RECORD).write_text("{}"), RECORD),
    "added": (lambda folder: (folder / "records" / "x.json").write_text("{}"), "records/x.json"),
    "removed": (lambda folder: (folder / TABLE).unlink(), TABLE),
    "program": (lambda folder: os.chmod(folder / TABLE, 0o755), TABLE),
    "link": (lambda folder: _link(folder / TABLE), TABLE),
}


def _link(path: Path) -> None:
    moved = path.rename(path.parents[4] / "moved")
    path.symlink_to(moved)


@pytest.mark.parametrize(("change", "path"), CHANGES.values(), ids=CHANGES)
def test_nothing_changes_in_a_merged_folder(
    sides: tuple[Path, Path], change: Callable[[Path], object], path: str
) -> None:
    base, now = sides
    change(now / "example__letters" / "r1")
    found = [
        f for f in validate([now], base=base, author=OWNER).findings if f.rule == "merged-changed"
    ]
    assert [f.path for f in found] == [f"example__letters/r1/{path}"]
    assert "new revision" in found[0].fix


def test_a_merged_folder_is_not_removed(sides: tuple[Path, Path]) -> None:
    base, now = sides
    shutil.rmtree(now / "example__letters" / "r1")
    report = validate([now], base=base, author=OWNER)
    (found,) = report.findings
    assert (found.rule, found.path) == ("merged-removed", "example__letters/r1")
    assert "status.toml" in found.fix
    assert validate([now / "example__letters" / "r2"], base=base, author=OWNER).findings == ()


def test_a_copy_of_what_was_merged_is_named(sides: tuple[Path, Path]) -> None:
    base, now = sides
    first, second = (now / "example__letters" / name for name in ("r1", "r2"))
    shutil.copy(first / TABLE, second / TABLE)
    assert "predictions-duplicate" in rules(validate([now], base=base, author=OWNER))


def test_status_is_for_maintainers(sides: tuple[Path, Path]) -> None:
    base, now = sides
    text = STATUS.format("example__letters/r1")
    (now / "status.toml").write_text(text)
    assert rules(validate([now], base=base, author=OWNER)) == {"status-changed"}
    assert validate([now]).findings == ()
    (base / "status.toml").write_text(text)
    assert validate([now], base=base, author=OWNER).findings == ()
    (now / "status.toml").unlink()
    assert rules(validate([now], base=base, author=OWNER)) == {"status-changed"}
    (now / "status.toml").symlink_to(base / "status.toml")
    assert rules(validate([now], base=base, author=OWNER)) == {
        "tree-strays", "status-schema", "status-changed",
    }  # fmt: skip


def test_status_speaks_of_what_is_there(sides: tuple[Path, Path]) -> None:
    now = sides[1]
    text = STATUS.format("example__letters/r9")
    text += STATUS.format("example__letters/r1").replace("withdrawn", "reproduced")
    (now / "status.toml").write_text(text + 'tasks = ["tiny/two"]\n')
    found = [f.message for f in validate([now]).findings if f.rule == "status-known"]
    assert len(found) == 2
    (now / "status.toml").write_text("x = [")
    assert rules(validate([now])) == {"status-schema"}
