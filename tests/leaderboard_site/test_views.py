"""From records to rows: what is ranked, what is set apart, what is a dash."""

from __future__ import annotations

import pytest

from leaderboard_site.details import command
from leaderboard_site.reading import LoadedRecord, load_records
from leaderboard_site.tables import Table
from leaderboard_site.views import TaskView, make_board


@pytest.fixture
def view(record_maker):
    def make(*abouts):
        loaded = [LoadedRecord(record_maker(**about)) for about in abouts]
        (suite,) = make_board(loaded).suites
        (task,) = suite.tasks
        return task

    return make


def only_table(task: TaskView) -> Table:
    assert len(task.full) == 1
    return task.full[0].table


def test_rows_stand_best_first_around_the_first_stage(view):
    table = only_table(view({"name": "good", "gain": 0.2}, {"name": "bad", "gain": -0.2}))
    assert [(row.name, row.rank.text) for row in table.rows] == [
        ("good", "1"), ("bm25", "–"), ("bad", "2"),
    ]  # fmt: skip
    assert [row.difference and row.difference.verdict for row in table.rows] == [
        "better", None, "worse",
    ]  # fmt: skip
    assert table.ties.startswith("good is clearly ahead")


def test_a_difference_around_zero_cannot_be_told(view):
    changes = {"first_stage.differences.0.interval": [-0.01, 0.02]}
    row = next(r for r in only_table(view({"changes": changes})).rows if not r.is_first_stage)
    assert row.difference.verdict == "cannot tell"
    assert row.difference.figure.interval == "[−1.0, +2.0]"


def test_decimals_grow_only_for_the_bounds_that_decide(view):
    changes = {
        "first_stage.differences.0.value": 0.000003,
        "first_stage.differences.0.interval": [0.0002, 0.02],
    }
    row = next(r for r in only_table(view({"changes": changes})).rows if not r.is_first_stage)
    assert row.difference.verdict == "better"
    assert (row.difference.figure.text, row.difference.figure.interval) == (
        "0.00", "[+0.02, +2.00]",
    )  # fmt: skip


def test_a_lone_first_stage_is_a_line_without_shades_or_ranks(view):
    table = only_table(view({"name": "bm25", "capability": "keep_first_stage"}))
    (row,) = table.rows
    assert (row.rank.text, table.ties) == ("–", "No system with a value so far.")
    assert {figure.shade for figure in row.metrics} == {None}


def test_lower_is_better_turns_order_rank_and_verdict(view):
    down = {"metrics.0.higher_is_better": False, "first_stage.metrics.0.higher_is_better": False}
    table = only_table(
        view(
            {"name": "good", "gain": 0.2, "changes": down},
            {"name": "bad", "gain": -0.2, "changes": down},
        )
    )
    assert [(row.name, row.rank.text) for row in table.rows] == [
        ("bad", "1"), ("bm25", "–"), ("good", "2"),
    ]  # fmt: skip
    assert table.rows[0].difference.verdict == "better"
    assert table.direction == "lower is better"


def test_the_first_stage_evaluated_as_a_system_is_the_first_stage_row(view):
    own = {"name": "bm25", "capability": "keep_first_stage"}
    rows = only_table(view(own, {"name": "good", "gain": 0.2})).rows
    assert [(row.name, row.is_first_stage) for row in rows] == [("good", False), ("bm25", True)]
    assert rows[1].speed.note is None
    assert rows[1].anchor is not None


def test_quick_looks_are_set_apart_and_never_ranked(view):
    task = view({"name": "whole"}, {"name": "part", "limit": 20, "queries": 20})
    assert [row.name for row in only_table(task).rows if not row.is_first_stage] == ["whole"]
    (quick,) = task.quick
    assert {row.rank.text for row in quick.table.rows} == {"–"}
    assert quick.table.limit == "20"
    assert quick.table.ties == ""


def test_equal_fingerprints_with_and_without_limit_are_still_set_apart(view):
    same = {"changes": {"task.fingerprint": "ab" * 32}}
    task = view({"name": "whole", **same}, {"name": "part", "limit": 20, **same})
    assert len(task.full) == len(task.quick) == 1


def test_different_fingerprints_never_share_a_table(view):
    task = view({"name": "a"}, {"name": "b", "stage": "other"}, {"name": "c"})
    names = [{row.name for row in section.table.rows} for section in task.full]
    assert names == [{"a", "c", "bm25"}, {"b", "other"}]
    labels = [section.table.label for section in task.full]
    assert labels[0].startswith("First stage bm25, task ")
    assert labels[1].startswith("First stage other, task ")
    assert labels[1].endswith(task.full[1].card.fingerprint)
    assert len(task.full[1].card.fingerprint) == 8


def test_undefined_values_are_dashes_with_their_reason(view):
    changes = {
        "metrics.0.value": None, "metrics.0.interval": None, "metrics.0.reason": "all constant",
        "run.latency": None, "run.latency_reason": "too quick to time",
    }  # fmt: skip
    table = only_table(view({"name": "odd", "gain": 0.5, "changes": changes}, {"name": "fine"}))
    row = table.rows[-1]
    assert (row.name, row.rank.text, row.primary.text, row.whisker) == ("odd", "–", "–", None)
    assert table.notes[row.primary.note - 1] == "all constant"
    assert "too quick to time" in table.notes[row.speed.note - 1]
    pooled = [column.full for column in table.columns].index("AUC(pooled)")
    assert row.metrics[pooled].text == "–"
    assert "do not compare" in table.notes[row.metrics[pooled].note - 1]
    assert row.metrics[pooled].shade is None


def test_a_value_without_interval_is_tied_and_says_why(view):
    changes = {"metrics.0.interval": None, "metrics.0.reason": "one cluster only"}
    table = only_table(view({"name": "a", "gain": 0.3, "changes": changes}, {"name": "b"}))
    assert [row.rank.text for row in table.rows if not row.is_first_stage] == ["1–2", "1–2"]
    assert "one cluster only" in table.notes[table.rows[0].primary.note - 1]


def test_shades_are_darkest_for_the_best_and_alike_for_near_equals(view):
    near = {"metrics.1.value": 0.50, "first_stage.metrics.1.value": 0.495}
    rows = only_table(view({"name": "a", "changes": near})).rows
    assert {row.metrics[0].shade for row in rows} == {6}
    far = {"metrics.1.value": 0.50, "first_stage.metrics.1.value": 0.20}
    rows = only_table(view({"name": "a", "changes": far})).rows
    assert sorted(row.metrics[0].shade for row in rows) == [0, 6]
    assert {row.metrics[-2].shade for row in rows} != {None}
    judged = [column.full for column in only_table(view({})).columns].index("Judged@10")
    assert {row.metrics[judged].shade for row in rows} == {None}


def test_an_aggregate_has_no_first_stage_and_no_run(view):
    changes = {
        "first_stage": None, "run": None, "checks": None, "predictions": None,
        "task.members": {"reranking/invented/one": "aa" * 32, "reranking/invented/two": "bb" * 32},
    }  # fmt: skip
    task = view({"changes": changes})
    table = only_table(task)
    assert not table.has_first_stage
    assert table.label.startswith("Mean over 2 tasks, task ")
    assert table.rows[0].difference is None
    assert "mean over tasks" in table.notes[table.rows[0].speed.note - 1]
    words = task.full[0].systems[0].command.split()
    assert words.count("--task") == 2


def test_the_command_quotes_what_a_shell_would_read(record_maker):
    changes = {"model.options": {"prompt": "find: $(rm -rf ~)", "max_length": 512, "none": None,
                                 "flag": True}}  # fmt: skip
    assert command(record_maker(name="m", changes=changes)) == (
        "marginbench evaluate --model cross-encoder:example/m --option flag=true "
        "--option max_length=512 --option 'prompt=find: $(rm -rf ~)' "
        "--task reranking/invented/alpha --dtype float32"
    )


def test_the_command_of_a_scored_file_and_of_a_quick_look(record_maker):
    scored = record_maker(name="a friend", adapter="predictions")
    assert command(scored) == (
        "marginbench score --task reranking/invented/alpha --predictions FILE "
        "--model-name 'a friend'"
    )
    assert command(record_maker(limit=20)).endswith(" --limit 20")


def test_order_does_not_depend_on_folders(record_writer, tmp_path):
    for name, folders in {"one": ("a", "b", "c"), "two": ("z", "m/n", "b")}.items():
        for folder, gain in zip(folders, (0.0, 0.05, 0.1), strict=True):
            record_writer(tmp_path / name / folder, name=f"system {gain}", gain=gain)
    first, second = (load_records(tmp_path / name) for name in ("one", "two"))
    assert first == second
    assert len(first) == 3


def test_per_query_differences_become_a_skyline(record_writer, tmp_path):
    record_writer(tmp_path / "a", groups=True, gain=0.1)
    (suite,) = make_board(load_records(tmp_path)).suites
    row = next(r for r in suite.tasks[0].full[0].table.rows if not r.is_first_stage)
    assert row.skyline.queries == "240"
    assert row.skyline.per_bar == 1
    assert row.skyline.gains.startswith("M0 ")
    assert row.skyline.losses.endswith("Z")
