"""A baseline that nothing could be compared with is not made, unless records only are wanted."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.compare import planned
from tests.cli.conftest import Command
from tests.cli.test_bad_input import one_line
from tests.cli.test_baseline import files, run

__all__ = ["run"]

Runs = Callable[..., Path]


def table_of(side: Path) -> Path:
    (table,) = side.rglob("groups.parquet")
    return table


def git(folder: Path, *arguments: str) -> None:
    plain = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True,
                   env=plain)  # fmt: skip


def test_absent_tables_are_refused_with_what_to_type(
    command: Command, run: Runs, tmp_path: Path
) -> None:
    base, side = tmp_path / "base", run("one", 2)
    table = table_of(side)
    table.unlink()
    done = command("baseline", "update", side, "--to", base)
    assert done.code == 2
    said = one_line(done.err)
    assert "flips/predictions/labels: accuracy could not be compared with this baseline" in said
    assert f"groups.parquet: not in {table.parent}" in said
    assert f"marginbench score {table.parent}, or keep records alone: --records-only" in said
    assert not base.exists()
    assert command("score", table.parent).code == 0  # what it said to type
    assert command("baseline", "update", side, "--to", base).code == 0


def test_each_task_has_a_line_of_its_own(command: Command, run: Runs, tmp_path: Path) -> None:
    sides = [run("one", 2), run("two", 2, "second")]
    for side in sides:
        table_of(side).unlink()
    done = command("baseline", "update", *sides, "--to", tmp_path / "base")
    assert done.code == 2
    lines = done.err.strip().splitlines()
    assert [line.split(": ")[1] for line in lines] == [
        "flips/predictions/labels", "flips/predictions/second",
    ]  # fmt: skip
    assert not (tmp_path / "base").exists()


def test_large_tables_are_refused(
    command: Command, run: Runs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base, side = tmp_path / "base", run("one", 2)
    assert command("baseline", "update", side, "--to", base).code == 0
    before = files(base)
    monkeypatch.setattr(planned, "MOST_BYTES", 10)
    done = command("baseline", "update", side, "--to", base)
    assert done.code == 2
    said = one_line(done.err)
    size = table_of(side).stat().st_size
    assert f"groups.parquet: {size / 1000:.0f} kB, above 0 kB" in said
    assert "--url https://ADDRESS --upload DIR, or keep records alone: --records-only" in said
    assert files(base) == before


def test_large_predictions_are_left_out_where_tables_are_enough(
    command: Command, run: Runs, tmp_path: Path
) -> None:
    base, side = tmp_path / "base", run("one", 2)
    (answers,) = side.rglob("predictions.parquet")
    answers.unlink()  # as if they were too large: the table of items is smaller here
    done = command("baseline", "update", side, "--to", base)
    assert done.code == 0, done.err
    assert f"left out: predictions.parquet (not in {answers.parent})" in done.out
    assert command("compare", base, run("worse", 20)).code == 1
    assert command("compare", base, run("same", 2)).code == 0


@pytest.mark.parametrize("pattern", ["*.parquet", "groups.parquet", "base/**/groups*", "base/"])
def test_what_git_ignores_is_refused_with_the_line_that_does_it(
    command: Command, run: Runs, tmp_path: Path, pattern: str
) -> None:
    base, side = tmp_path / "base", run("one", 2)
    git(tmp_path, "init")
    (tmp_path / ".gitignore").write_text(f"# what is large\n{pattern}\n")
    done = command("baseline", "update", side, "--to", base)
    assert done.code == 2
    assert f".gitignore:2 ({pattern})" in done.err
    assert "Take that line out, or write below it: !base/**" in done.err
    assert len(done.err.strip().splitlines()) == (3 if pattern == "base/" else 1)
    assert not base.exists()
    if pattern != "base/":  # git takes nothing back in from a folder that it leaves out
        (tmp_path / ".gitignore").write_text(f"{pattern}\n!base/**\n")
        assert command("baseline", "update", side, "--to", base).code == 0
    else:
        assert command("baseline", "update", side, "--to", base, "--records-only").code == 2


def test_what_is_tracked_is_not_ignored(command: Command, run: Runs, tmp_path: Path) -> None:
    base, side = tmp_path / "base", run("one", 2)
    git(tmp_path, "init")
    assert command("baseline", "update", side, "--to", base).code == 0
    git(tmp_path, "add", "base")
    (tmp_path / ".gitignore").write_text("*.parquet\n")
    assert command("baseline", "update", run("two", 3), "--to", base).code == 0


def test_a_pointer_of_git_lfs_is_named(command: Command, run: Runs, tmp_path: Path) -> None:
    base, side = tmp_path / "base", run("one", 2)
    table_of(side).write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
    done = command("baseline", "update", side, "--to", base)
    assert done.code == 1
    said = one_line(done.err)
    assert "is a pointer of Git LFS, not the file itself" in said
    assert "git lfs pull" in said
    assert not base.exists()


def test_an_edited_record_makes_no_baseline(command: Command, run: Runs, tmp_path: Path) -> None:
    side = run("one", 2)
    (record,) = side.rglob("record.json")
    data = json.loads(record.read_text())
    data["metrics"][0]["value"] -= 0.001
    record.write_text(json.dumps(data))
    done = command("baseline", "update", side, "--to", tmp_path / "base")
    assert done.code == 2
    assert "The record was edited or is damaged" in one_line(done.err)
    assert not (tmp_path / "base").exists()


def test_a_run_is_no_baseline(command: Command, run: Runs) -> None:
    side = run("one", 2)
    before = files(side)
    done = command("baseline", "update", side, "--to", side)
    assert done.code == 2
    assert "is a run, not part of a baseline" in one_line(done.err)
    assert files(side) == before


def test_records_only_says_what_it_can_still_decide(
    command: Command, run: Runs, tmp_path: Path
) -> None:
    base, side = tmp_path / "base", run("one", 2)
    assert command("baseline", "update", side, "--to", base).code == 0
    done = command("baseline", "update", side, "--to", base, "--records-only")
    assert done.code == 0, done.err
    assert sorted(Path(name).name for name in files(base)) == ["baseline.json", "record.json"]
    assert "every comparison is incomplete (exit 3), but for what this still decides:" in done.out
    record = json.loads(next(base.rglob("record.json")).read_text())
    accuracy = next(m for m in record["metrics"] if m["name"] == "accuracy")
    limit = accuracy["interval"][0] - 0.01
    assert (
        f"accuracy: worse, where the candidate's whole interval lies below {limit:.4f}" in done.out
    )
    assert "flips cannot be counted: no groups.parquet beside one of the records" in done.out
    # And so it is.
    assert command("compare", base, side).code == 3
    worse = run("worse", 35)
    bound = json.loads(next(worse.rglob("record.json")).read_text())["metrics"]
    assert next(m for m in bound if m["name"] == "accuracy")["interval"][1] < limit
    assert command("compare", base, worse).code == 1
    near = run("near", 4)
    bound = json.loads(next(near.rglob("record.json")).read_text())["metrics"]
    assert next(m for m in bound if m["name"] == "accuracy")["interval"][1] > limit
    assert command("compare", base, near).code == 3


def test_it_says_its_size_and_keeps_the_command(
    command: Command, run: Runs, tmp_path: Path
) -> None:
    base, side = tmp_path / "base", run("one", 2)
    done = command("baseline", "update", side, "--to", base)
    made = files(base)
    size = sum(map(len, made.values()))
    assert done.out.splitlines()[-1] == (
        f"{base}: {size / 1000:.0f} kB in {len(made)} files to commit"
    )
    index = json.loads(made["baseline.json"])
    (entry,) = index["tasks"].values()
    assert entry["command"] == f"marginbench baseline update {side} --to {base}"
    assert entry["task"] == "flips/predictions/labels"


def test_a_task_that_is_gone_from_the_folder_is_missed(
    command: Command, run: Runs, tmp_path: Path
) -> None:
    base = tmp_path / "base"
    first, second = run("one", 2), run("two", 2, "second")
    assert command("baseline", "update", first, second, "--to", base).code == 0
    (gone,) = [path for path in base.iterdir() if "second" in path.name]
    for path in gone.iterdir():
        path.unlink()
    done = command("compare", base, first)
    assert done.code == 2
    assert f"{base / 'baseline.json'} names {gone.name}, which is not there" in one_line(done.err)
    done = command("baseline", "update", first, "--to", base)
    assert done.code == 0
    assert f"{gone.name}: gone from the folder" in done.out
    assert command("compare", base, first).code == 0


@pytest.mark.parametrize("spoiled", ["", "[]", '{"version": 2}', '{"tasks": {"a": 1}}', "{" * 90])
def test_an_index_that_is_damaged_is_one_line(
    command: Command, run: Runs, tmp_path: Path, spoiled: str
) -> None:
    base, side = tmp_path / "base", run("one", 2)
    assert command("baseline", "update", side, "--to", base).code == 0
    (base / "baseline.json").write_text(spoiled)
    done = command("compare", base, side)
    assert done.code == 2
    assert f"{base / 'baseline.json'} is damaged" in one_line(done.err)


def test_the_policy_of_the_baseline_holds_unless_another_is_given(
    command: Command, run: Runs, tmp_path: Path
) -> None:
    base, old, new = tmp_path / "base", run("old", 0), run("new", 4)
    policy, other = tmp_path / "p.toml", tmp_path / "other.toml"
    policy.write_text("[default]\nmin_drop = 0.5\nmax_new_failures = 3\n")
    other.write_text("[default]\nmin_drop = 0.5\nmax_new_failures = 9\n")
    done = command("baseline", "update", old, "--to", base, "--policy", policy)
    assert done.code == 0, done.err
    assert (base / "policy.toml").read_bytes() == policy.read_bytes()
    report = tmp_path / "c.json"
    done = command("compare", base, new, "--json", report, "--markdown", tmp_path / "c.md")
    assert done.code == 1
    where = f"{base / 'policy.toml'}, which stands in the baseline"
    assert f"policy: {where}" in done.out.splitlines()
    assert json.loads(report.read_text())["policy_from"] == where
    assert "which stands in the baseline" in (tmp_path / "c.md").read_text()
    (task,) = base.glob("*/record.json")
    assert command("compare", task.parent, new).code == 1  # part of it is held to it as well
    assert command("compare", base, new, "--policy", other).code == 0
    assert command("compare", base, new, "--max-new-failures", "4").code == 0
    # It stays until another is set, and can be set alone.
    assert command("baseline", "update", old, "--to", base).code == 0
    assert command("compare", base, new).code == 1
    done = command("baseline", "update", "--to", base, "--policy", other)
    assert done.code == 0, done.err
    assert command("compare", base, new).code == 0
    (base / "policy.toml").unlink()
    done = command("compare", base, new)
    assert done.code == 2
    assert "names policy.toml, and there is no" in one_line(done.err)


def test_a_policy_is_of_the_whole_baseline(command: Command, run: Runs, tmp_path: Path) -> None:
    """Of a candidate that lacks a task, that is said, and not that a table fits nothing."""
    base = tmp_path / "base"
    first, second = run("one", 2), run("two", 2, "second")
    policy = tmp_path / "p.toml"
    policy.write_text('[task."*/second"]\nmax_new_failures = 0\n')
    done = command("baseline", "update", first, second, "--to", base, "--policy", policy)
    assert done.code == 0
    done = command("compare", base, first)
    assert done.code == 3
    assert "flips/predictions/second: missing in the candidate" in done.out
    assert command("compare", base, first, "--policy", policy).code == 2


@pytest.mark.parametrize(
    "text", ["", '[task."no/such"]\nstrict = true\n', "[default]\nmax_latency_ratio = 2\n"]
)
def test_a_policy_that_fits_nothing_is_not_taken(
    command: Command, run: Runs, tmp_path: Path, text: str
) -> None:
    policy = tmp_path / "p.toml"
    policy.write_text(text)
    done = command("baseline", "update", run("one", 2), "--to", tmp_path / "b", "--policy", policy)
    assert done.code == 2
    one_line(done.err)
    assert not (tmp_path / "b").exists()


def test_nothing_to_write_is_said(command: Command, tmp_path: Path) -> None:
    done = command("baseline", "update", "--to", tmp_path / "b")
    assert done.code == 2
    assert "Give RUNS, or a policy" in one_line(done.err)


def test_several_candidates_are_held_to_the_baselines_policy(
    command: Command, run: Runs, tmp_path: Path
) -> None:
    base, policy = tmp_path / "base", tmp_path / "p.toml"
    policy.write_text('correction = "bh"\n[default]\nmin_drop = 0.5\nmax_new_failures = 3\n')
    done = command("baseline", "update", run("old", 0), "--to", base, "--policy", policy)
    assert done.code == 0, done.err
    good, bad = run("good", 3), run("bad", 4)
    done = command("compare", base, good, bad)
    assert done.code == 1
    said = f"policy: {base / 'policy.toml'}, which stands in the baseline"
    assert len([line for line in done.out.splitlines() if line.startswith(said)]) == 1
    assert command("compare", base, good, run("fine", 2)).code == 0
