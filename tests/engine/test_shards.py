"""Which parts a shard has, and how one is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import UsageError
from harness.runs.folder import RunFolder
from harness.runs.shards import Entry, Shard, entry_of, parse_shard


@given(st.integers(0, 300), st.integers(1, 80))
def test_every_part_is_in_one_shard_and_shares_are_even(total: int, count: int) -> None:
    shares = [list(Shard(index, count).parts(total)) for index in range(1, count + 1)]
    assert sorted(part for share in shares for part in share) == list(range(total))
    sizes = [len(share) for share in shares]
    assert max(sizes) - min(sizes) <= 1
    for index, share in enumerate(shares, 1):
        assert {Shard(1, count).of_part(part) for part in share} <= {Shard(index, count)}


def test_a_shard_is_named_by_its_place() -> None:
    environment = {"SLURM_ARRAY_TASK_ID": "3", "SLURM_ARRAY_TASK_COUNT": "4"}
    assert parse_shard("2/7", environment) == Shard(2, 7), "Slurm is not asked"
    assert parse_shard("1/1", {}) == Shard(1, 1)


SLURM = "SLURM_ARRAY_TASK_"


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"ID": "1", "COUNT": "4", "MIN": "1"}, Shard(1, 4)),
        ({"ID": "4", "COUNT": "4"}, Shard(4, 4)),
        ({"ID": "0", "COUNT": "4", "MIN": "0", "MAX": "3"}, Shard(1, 4)),
        ({"ID": "3", "COUNT": "4", "MIN": "0"}, Shard(4, 4)),
        ({"ID": "12", "COUNT": "3", "MIN": "10", "STEP": "2"}, Shard(2, 3)),
        ({"ID": "7", "COUNT": "1", "MIN": "7"}, Shard(1, 1)),
    ],
)
def test_a_task_of_an_array_finds_its_place(told: dict[str, str], expected: Shard) -> None:
    assert parse_shard("auto", {SLURM + name: value for name, value in told.items()}) == expected


@pytest.mark.parametrize(
    ("text", "told", "said"),
    [
        ("3/2", {}, "there is no shard 3 of 2. They are counted from 1: --shard 1/2 to"),
        ("0/4", {}, "there is no shard 0 of 4"),
        ("2/1", {}, "counted from 1: --shard 1/1"),
        ("1/0", {}, "N is 1 to 100,000"),
        ("1/100001", {}, "N is 1 to 100,000"),
        *((text, {}, "is neither I/N nor auto") for text in (
            "a/b", "", "1", "1/", "/2", "-1/2", "1/2/3", "1 / 2", "1.0/2", "1/2 ", "\u0661/2",
            "AUTO", "1/" + "9" * 40,
        )),
        ("auto", {}, "SLURM_ARRAY_TASK_ID is not set, so this is no task of a Slurm job array"),
        ("auto", {"ID": "1"}, "SLURM_ARRAY_TASK_COUNT is not set"),
        ("auto", {"ID": "one", "COUNT": "2"}, "SLURM_ARRAY_TASK_ID is 'one', which is no number"),
        ("auto", {"ID": "9", "COUNT": "3", "MIN": "1"}, "task 9 of an array of 3 from 1 by 1"),
        ("auto", {"ID": "0", "COUNT": "3", "MIN": "1"}, "has no place in it"),
        ("auto", {"ID": "2", "COUNT": "3", "MIN": "1", "STEP": "2"}, "has no place in it"),
        ("auto", {"ID": "1", "COUNT": "0", "MIN": "1"}, "has no place in it"),
    ],
)  # fmt: skip
def test_what_names_no_shard_is_refused(text: str, told: dict[str, str], said: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_shard(text, {SLURM + name: value for name, value in told.items()})
    assert said in str(caught.value)
    assert "--shard" in str(caught.value)
    assert caught.value.fix


@pytest.mark.parametrize("typed", [["--shard", "1/3"], ["--shard=1/3"]])
def test_the_command_of_another_shard_is_the_same_but_for_its_number(typed: list[str]) -> None:
    entry = Entry(Shard(1, 3), ("evaluate", "--model", "m", *typed, "--out", "1/3"))
    words = entry.command_of(Shard(3, 3))
    assert [word.replace("3/3", "1/3") for word in words] == list(entry.words)
    assert words[-1] == "1/3"
    assert Entry(Shard(1, 3)).command_of(Shard(2, 3)) == ()


@pytest.mark.parametrize(
    "said",
    [
        None, [], {}, {"index": 1, "count": 1}, {"index": 0, "count": 1, "run": "a/b"},
        {"index": 2, "count": 1, "run": "a/b"}, {"index": "1", "count": 1, "run": "a/b"},
        {"index": 1, "count": 1, "run": "../x"},
        {"index": 1, "count": 1, "run": "a/../../x"}, {"index": 1, "count": 1, "run": "a/.."},
        {"index": 1, "count": 1, "run": "/etc/x"}, {"index": 1, "count": 1, "run": "a/b/c"},
    ],
)  # fmt: skip
def test_a_manifest_that_names_no_shard_is_of_none(said: object) -> None:
    assert entry_of({"shard": said}) is None


def test_what_a_manifest_keeps_is_read_back() -> None:
    entry = Entry(Shard(2, 3), ("evaluate", "--shard", "2/3"), ("s/mean",))
    whole = RunFolder(Path("runs/model-1/task-2"))
    found = entry_of({"shard": entry.as_json(whole)})
    assert found == Entry(Shard(2, 3), entry.words, entry.means, "model-1/task-2")
