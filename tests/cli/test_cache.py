"""The cache is shown and emptied: what was put there goes, whatever else lies there stays."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from harness.cli.commands.cache import elsewhere
from harness.tasks import cache
from tests.cli.conftest import Command

OURS = ("bm25-0123456789abcdef.parquet", "words-of-3.1-0123456789abcdef.json", "files/" + "a" * 64)
OTHERS = ("notes.txt", "bm25.parquet", "report-2024.json", "files/readme",
          "Files-0123456789abcdef.json", "bm25-0123456789abcdef.parquet.bak",
          ".bm25-0123456789abcdef.parquet.17.tmp")  # fmt: skip


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "kept"
    monkeypatch.setenv("MARGINBENCH_CACHE", str(folder))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return folder


def fill(place: Path, names: tuple[str, ...]) -> None:
    place.mkdir(parents=True, exist_ok=True)
    (place / cache.TAG).write_text(cache.TAG_TEXT)
    for name in names:
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_bytes(b"x" * 1500)


def names_in(place: Path) -> set[str]:
    files = (path for path in place.rglob("*") if path.is_file() and path.name != cache.TAG)
    return {path.relative_to(place).as_posix() for path in files}


def test_what_is_there_is_counted_by_kind(command: Command, place: Path) -> None:
    fill(place, OURS + OTHERS)
    answer = command("cache")
    assert answer.code == 0
    assert f"{place} (MARGINBENCH_CACHE): 3 files, 4.4 KiB" in answer.out
    assert "\nbm25              1  1.5 KiB\n" in answer.out
    assert "Not ours, and left alone: 7" in answer.out
    told = json.loads(command("cache", "--json").out)
    assert told["kinds"] == {
        kind: {"files": 1, "bytes": 1500} for kind in ("bm25", "files", "words-of-3.1")
    }
    assert (told["folder"], told["files"], told["bytes"], told["others"]) == (
        str(place),
        3,
        4500,
        7,
    )
    assert names_in(place) == {*OURS, *OTHERS}


def test_nothing_is_there_before_the_first_run(command: Command, place: Path) -> None:
    assert f"{place} (MARGINBENCH_CACHE): 0 files, 0 B" in command("cache").out
    assert command("cache", "--clear").code == 0
    assert not place.exists()


def test_what_was_put_there_goes_and_all_else_stays(command: Command, place: Path) -> None:
    fill(place, OURS + OTHERS)
    answer = command("cache", "--clear")
    assert (answer.code, answer.out) == (0, f"{place}: 3 files removed, 4.4 KiB\n")
    assert names_in(place) == set(OTHERS)
    assert json.loads(command("cache", "--clear", "--json").out)["removed"] == 0


@pytest.mark.parametrize("mark", [None, "Signature: of another program\n"])
def test_a_folder_that_never_was_a_cache_stays_as_it_is(
    command: Command, place: Path, mark: str | None
) -> None:
    """Files of others may be called as ours are."""
    fill(place, OURS)
    (place / cache.TAG).unlink()
    if mark:
        (place / cache.TAG).write_text(mark)
    answer = command("cache", "--clear")
    assert (answer.code, answer.err.count("\n")) == (2, 1)
    assert "so what lies there may be yours" in answer.err
    assert names_in(place) == set(OURS)


def test_every_entry_that_is_written_is_known_again(command: Command, place: Path) -> None:
    cache.write("bm25-0123456789abcdef.parquet", b"lists")
    with pytest.raises(AssertionError):
        cache.write("lists.parquet", b"under a name that --clear would not know")
    command("cache", "--clear")
    assert cache.read("bm25-0123456789abcdef.parquet") is None
    assert names_in(place) == set()


def test_what_a_killed_writer_left_goes_once_it_is_old(command: Command, place: Path) -> None:
    left = place / ".bm25-0123456789abcdef.parquet.17.tmp"
    fill(place, (left.name,))
    command("cache", "--clear")
    assert left.exists(), "somebody may be writing it"
    os.utime(left, (time.time() - 7200,) * 2)
    command("cache", "--clear")
    assert not left.exists()


def test_links_are_neither_followed_nor_removed(
    command: Command, place: Path, tmp_path: Path
) -> None:
    mine = tmp_path / "mine"
    fill(mine, (OURS[0],))
    place.mkdir()
    (place / OURS[1]).symlink_to(mine / OURS[0])
    (place / "files").symlink_to(mine)
    assert "Not ours, and left alone: 2" in command("cache").out
    assert command("cache", "--clear").code == 0
    assert (place / OURS[1]).is_symlink()
    assert (mine / OURS[0]).exists()


def test_a_cache_that_is_a_link_or_a_file_is_refused(
    command: Command, place: Path, tmp_path: Path
) -> None:
    mine = tmp_path / "mine"
    fill(mine, OURS)
    place.symlink_to(mine)
    for words in ([], ["--clear"]):
        answer = command("cache", *words)
        assert (answer.code, answer.err.count("\n")) == (2, 1)
        assert "is a link" in answer.err
    assert names_in(mine) == set(OURS)
    place.unlink()
    place.write_text("no folder")
    answer = command("cache", "--clear")
    assert (answer.code, answer.err.count("\n")) == (2, 1)
    assert place.read_text() == "no folder"


@pytest.mark.parametrize("odd", ["home", "above", "here", "program", "root"])
def test_nothing_is_removed_where_people_keep_other_things(
    command: Command, place: Path, tmp_path: Path, odd: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    fill(home, OURS)
    fill(tmp_path, OURS)
    program = Path(cache.__file__).parents[2]
    places = {"home": home, "above": tmp_path, "here": tmp_path / "here", "program": program}
    fill(tmp_path / "here", OURS)
    if odd == "here":
        monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("MARGINBENCH_CACHE", str(places.get(odd, "/")))
    answer = command("cache", "--clear")
    assert (answer.code, answer.err.count("\n")) == (2, 1), answer
    assert "nothing was removed" in answer.err
    assert names_in(home) == set(OURS)
    assert names_in(tmp_path / "here") == set(OURS)


def test_what_cannot_be_removed_is_incomplete(
    command: Command, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(place, OURS)
    real = Path.unlink

    def guarded(path: Path, missing_ok: bool = False) -> None:
        if path.name.startswith("bm25"):
            raise PermissionError(13, "Permission denied")
        real(path, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", guarded)
    answer = command("cache", "--clear")
    assert answer.code == 3
    assert "1 files could not be removed" in answer.err
    assert names_in(place) == {OURS[0]}


def test_caches_of_others_are_named_where_their_libraries_look(
    command: Command, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("IR_DATASETS_HOME", "HF_HOME", "TORCH_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    home = tmp_path / "home"
    assert set(elsewhere().values()) == {
        *(home / ".ir_datasets", home / ".cache/huggingface", home / ".cache/torch"),
    }
    (tmp_path / "hub").mkdir()
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hub"))
    answer = command("cache")
    assert f"Hugging Face keeps its own in {tmp_path / 'hub'}" in answer.out
    assert "ir_datasets" not in answer.out
