"""Damaged files beside a record: every flipped byte is found, in one line, before it counts."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from harness.compare.evidence import check_files
from harness.compare.sides import Side, all_sides
from harness.errors import InvalidError
from harness.files import sha256_file
from harness.tasks.parquet import opened, read_parquet, to_parquet
from tests.cli.conftest import Command, command
from tests.compare.made_sides import COMMITTED

__all__ = ["command"]

TABLE = pa.table(
    {
        "group": [f"q{n}" for n in range(60)],
        "score": pa.array([n * n / 7 for n in range(60)], pa.float32()),
        "right": [n % 3 == 0 for n in range(60)],
        "value": pa.array([None if n % 9 == 0 else n / 11 for n in range(60)], pa.float64()),
    }
)


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return Path(shutil.copytree(COMMITTED / "reranking.code-search.networkx", tmp_path / "base"))


MASKS = (0x01, 0x80, 0xFF)


def flips(data: bytes, most: int, in_turn: int = 0) -> Iterator[bytes]:
    """The bytes with one of them changed, at so many places.

    By each mask, but for the first ``in_turn`` bytes, where it is one of the masks in turn.
    """
    for turn, place in enumerate(range(0, len(data), max(1, len(data) // most))):
        for mask in MASKS if place >= in_turn else (MASKS[turn % len(MASKS)],):
            changed = bytearray(data)
            changed[place] ^= mask
            yield bytes(changed)


def pages_end(data: bytes) -> int:
    """Where the pages end and the footer begins, which no checksum covers."""
    return len(data) - 8 - int.from_bytes(data[-8:-4], "little")


def test_a_table_is_written_alike_and_read_as_it_was(tmp_path: Path) -> None:
    assert to_parquet(TABLE) == to_parquet(TABLE)
    path = tmp_path / "t.parquet"
    path.write_bytes(to_parquet(TABLE))
    assert read_parquet(path).equals(TABLE)
    assert read_parquet(path, columns=["score"]).column_names == ["score"]
    assert str(read_parquet(path, dictionaries=True)["group"].type).startswith("dictionary")


def test_a_file_without_checksums_is_still_read(tmp_path: Path) -> None:
    path = tmp_path / "old.parquet"
    pq.write_table(TABLE, path, compression="zstd")
    assert read_parquet(path).equals(TABLE)


@pytest.mark.parametrize("compression", ["zstd", "none"])
def test_no_flipped_byte_gives_other_values(tmp_path: Path, compression: str) -> None:
    """Where names, types and rows are still the same, so are all values; else it is one line."""
    path = tmp_path / "t.parquet"
    pq.write_table(TABLE, path, compression=compression, write_page_checksum=True)
    refused = read = harmless = 0
    whole = path.read_bytes()
    for changed in flips(whole, 10_000, in_turn=pages_end(whole)):
        path.write_bytes(changed)
        read += 1
        try:
            found = read_parquet(path, fix="Score it again")
        except InvalidError as error:
            refused += str(path) in str(error) and "\n" not in str(error)
            continue
        refused += 1
        if found.schema.equals(TABLE.schema) and found.num_rows == TABLE.num_rows:
            assert found.equals(TABLE)
            harmless += 1
    assert refused == read  # those that were read, and those refused in one line with the name
    assert read - harmless > 1000


def test_without_checksums_there_are_other_values(tmp_path: Path) -> None:
    """The test before this one can fail: the same flips in a file as it was written before."""
    path = tmp_path / "t.parquet"
    pq.write_table(TABLE, path, compression="none")
    other = 0
    whole = path.read_bytes()
    for changed in flips(whole, 10_000, in_turn=len(whole)):
        path.write_bytes(changed)
        try:
            with opened(path) as file:
                found = file.read()
            other += found.schema.equals(TABLE.schema) and not found.equals(TABLE)
        except (pa.ArrowException, OSError, ValueError):
            continue
    assert other > 100


@pytest.mark.parametrize("name", ["predictions.parquet", "groups.parquet"])
def test_every_flipped_byte_of_a_file_beside_a_record_is_found(base: Path, name: str) -> None:
    (side,) = all_sides([base])
    whole = (base / name).read_bytes()
    assert check_files(side) == []
    for changed in flips(whole, 100):
        (base / name).write_bytes(changed)
        with pytest.raises(InvalidError, match="is not the file its record was made with") as found:
            check_files(Side(side.record, base))  # afresh: a side reads a file once
        assert "\n" not in str(found.value)
        assert "marginbench baseline update" in str(found.value)


def test_replicates_are_looked_at_too(tmp_path: Path) -> None:
    base = Path(shutil.copytree(COMMITTED / "image-quality.severity", tmp_path / "base"))
    assert check_files(all_sides([base])[0]) == []
    path = base / "replicates.parquet"
    for changed in (b"", path.read_bytes()[:-1], b"x" + path.read_bytes()[1:]):
        path.write_bytes(changed)
        with pytest.raises(InvalidError, match=r"replicates\.parquet is not the file"):
            check_files(all_sides([base])[0])


def test_what_is_not_there_is_named(base: Path) -> None:
    for path in base.glob("*.parquet"):
        path.unlink()
    (side,) = all_sides([base])
    assert check_files(side) == ["predictions.parquet", "groups.parquet"]


def test_a_pointer_of_git_lfs_is_said_to_be_one(base: Path) -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"
    (base / "groups.parquet").write_text(pointer)
    (side,) = all_sides([base])
    with pytest.raises(InvalidError, match="git lfs pull"):
        check_files(side)


def test_no_file_elsewhere_is_opened(base: Path) -> None:
    (side,) = all_sides([base])
    assert side.record.groups is not None
    for name in ("../secret", "/etc/passwd"):
        evidence = side.record.groups.model_copy(update={"file": name})
        record = side.record.model_copy(update={"groups": evidence})
        assert check_files(Side(record, base)) == [name]


@pytest.mark.parametrize("name", ["groups.parquet", "record.json"])
def test_compare_ends_with_2_for_damage_in_what_it_reads(
    base: Path, command: Command, name: str
) -> None:
    whole = (base / name).read_bytes()
    for changed in (b"", whole[: len(whole) // 2], bytes([whole[0] ^ 0x20]) + whole[1:]):
        (base / name).write_bytes(changed)
        done = command("compare", base, base)
        assert done.code == 2, done.out + done.err
        assert done.err.count("\n") == 1


def test_a_table_that_was_damaged_before_it_was_hashed_is_one_line(
    base: Path, command: Command
) -> None:
    path = base / "groups.parquet"
    table = pq.ParquetFile(path).read()
    data = bytearray(to_parquet(table))
    data[40] ^= 0xFF
    path.write_bytes(data)
    record = json.loads((base / "record.json").read_text())
    record["groups"]["sha256"] = sha256_file(path)
    (base / "record.json").write_text(json.dumps(record))
    done = command("compare", base, base)
    assert done.code == 2, done.err
    assert done.err.count("\n") == 1


def test_every_writer_of_tables_writes_checksums() -> None:
    """No call of Arrow's own writer or reader stands anywhere but in the one place for them."""
    root = COMMITTED.parents[1]
    arrow = ("pq.write_table(", "parquet.write_table(", "ParquetFile(", "ParquetWriter(",
             "parquet.read_table(", "pq.read_table(")  # fmt: skip
    found = [
        path.relative_to(root).as_posix()
        for package in ("harness", "suites", "leaderboard_site", "marginbench")
        for path in (root / package).rglob("*.py")
        if any(call in path.read_text(encoding="utf-8") for call in arrow)
    ]
    assert set(found) == {"harness/tasks/parquet.py"}
