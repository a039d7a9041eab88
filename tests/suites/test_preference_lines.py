"""Lines to read preferences by: rows that are shown no prompt, and what one person reaches."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.compare.sides import Side, all_sides
from harness.data.asked import LoadRequest
from harness.errors import InvalidError
from harness.exhibits import Remark, Shown, exhibits_of
from suites.preference.catalogue import find
from suites.preference.items import Candidate, Item, assemble
from tests.cli.conftest import Command, command

__all__ = ["command"]


def remarks(folder: Path, control: str = "") -> list[str]:
    """What is said of the runs of a folder; those named ``lm`` are of a control of that kind."""
    shown = []
    for side in all_sides([folder]):
        record = side.record
        if record.model.name == "lm":
            model = record.model.model_copy(update={"details": {"control": control}})
            side = Side(record.model_copy(update={"model": model}), side.folder)
        shown.append(Shown(record.model.name, side))
    return [one.text for one in exhibits_of(shown) if isinstance(one, Remark)]


def made(command: Command, folder: Path, data: Path, right: dict[str, int]) -> None:
    """Runs that are right on the first so many of forty pairs."""
    for name, many in right.items():
        rows = ["id,log_probability,tokens", *(
            f"i{n}/{side},{-3 - ((n < many) == (side == 'rejected'))},2"
            for n in range(40) for side in ("chosen", "rejected"))]  # fmt: skip
        (folder / f"{name}.csv").write_text("\n".join(rows) + "\n")
        done = command("score", "--task", "preference/likelihoods", "--data", data, "--predictions",
                       folder / f"{name}.csv", "--model-name", name,
                       "--out", folder / "runs" / name)  # fmt: skip
        assert done.code == 0, done.err


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    path = tmp_path / "pairs.jsonl"
    path.write_text("".join(
        json.dumps({"id": f"i{n}", "prompt": f"p{n}", "chosen": "ab", "rejected": "cd",
                    "human_agreement": 0.75 if n % 2 else 0.85}) + "\n"
        for n in range(40)))  # fmt: skip
    return path


def test_a_model_that_sees_no_prompt_is_a_line_and_no_rival(
    command: Command, tmp_path: Path, pairs: Path
) -> None:
    """24 of 40 beat the coin; a language model that sees no prompt has 30."""
    made(command, tmp_path, pairs, {"policy": 24, "lm": 30})
    assert not any("No model beats" in text for text in remarks(tmp_path / "runs"))
    said = remarks(tmp_path / "runs", "blind")
    assert "lm is a blind row: it is shown no prompt." in said
    assert any("No model beats the blind row “lm”" in text for text in said)
    assert not any("lm is a blind row" in text for text in remarks(tmp_path / "runs", "human"))


def test_the_share_of_one_person_is_told_where_the_data_tell(
    command: Command, tmp_path: Path, pairs: Path
) -> None:
    rows = ["group,item,score", *(f"i{n},i{n}/{side},{len(side)}"
            for n in range(40) for side in ("chosen", "rejected"))]  # fmt: skip
    (tmp_path / "s.csv").write_text("\n".join(rows) + "\n")
    done = command("score", "--task", "preference/predictions", "--data", pairs, "--predictions",
                   tmp_path / "s.csv", "--model-name", "m", "--out", tmp_path / "r")  # fmt: skip
    assert done.code == 0, done.err
    assert any("One person says of 0.800 of pairs" in text for text in remarks(tmp_path / "r"))
    assert "One person says of 0.800" in command("show", tmp_path / "r").out


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 6), min_size=2, max_size=4))
def test_a_voter_says_what_most_say_as_often_as_a_loop_counts(votes: list[int]) -> None:
    """Of every two candidates each voter in turn, by whom the one with more votes is named."""
    item = Item("i", "p", tuple(Candidate(str(n), None, vote) for n, vote in enumerate(votes)))
    (found,) = assemble([item], "votes", where="test", ordered=True).persons
    shares = []
    for a in votes:
        for b in votes:
            if a > b:
                voters = ["most"] * a + ["others"] * b
                shares.append(voters.count("most") / len(voters))
    assert found == (pytest.approx(sum(shares) / len(shares)) if shares else pytest.approx(
        float("nan"), nan_ok=True))  # fmt: skip
    (none,) = assemble([item], "ranking", where="test", ordered=True).persons
    assert none != none


def test_verdicts_keep_it_for_both_orders(tmp_path: Path) -> None:
    path = tmp_path / "v.csv"
    path.write_text("id,response_a,response_b,votes_a,votes_b\n1,x,y,3,1\n2,z,w,2,2\n")
    task = find("preference/both-orders")
    assert task is not None
    found: Any = task.load(LoadRequest(data=path))
    assert [str(value) for value in found.numbers["one person"]] == ["0.75", "0.75", "nan", "nan"]


def test_what_is_no_share_of_people_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("id,chosen,rejected,human_agreement\n1,a,b,78.1\n")
    task = find("preference/folder")
    assert task is not None
    with pytest.raises(InvalidError, match=r"row 1: human_agreement 78.1 is no share, 0 to 1"):
        task.load(LoadRequest(data=path))
