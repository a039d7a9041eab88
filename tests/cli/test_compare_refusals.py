"""``marginbench compare``: what cannot be compared, and what cannot be checked."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from harness.files import sha256_file
from harness.metrics.intervals import share
from harness.records.record import read_record
from tests.cli.conftest import Command
from tests.cli.test_bad_input import one_line
from tests.cli.test_compare import CLASSES, write

Runs = Callable[..., Path]


@pytest.fixture
def run(command: Command, tmp_path: Path) -> Runs:
    """A run of a model that is wrong on the first so many of 200 items."""

    def call(
        name: str,
        wrong: int,
        *,
        ids: Callable[[int], str] = "item-{:03d}".format,
        task: str = "labels",
        source: Callable[[int], str] = str,
    ) -> Path:
        rows = [(ids(n), CLASSES[n % 4], source(n)) for n in range(200)]
        labels = write(tmp_path / f"{task}.csv", ("id", "label", "source_id"), rows)
        answers = [(ids(n), CLASSES[(n + (n < wrong)) % 4]) for n in range(200)]
        done = command(
            *("score", "--task", "flips/predictions", "--data", labels),
            *("--predictions", write(tmp_path / "answers.csv", ("id", "prediction"), answers)),
            *("--model-name", name, "--out", tmp_path / "runs" / name),
        )
        assert done.code == 0, done.err
        return tmp_path / "runs" / name

    return call


def edit_record(run: Path, change: Callable[[dict[str, Any]], object]) -> None:
    (path,) = run.rglob("record.json")
    data = json.loads(path.read_text())
    change(data)
    path.write_text(json.dumps(data))


def edit_table(run: Path, change: Callable[[pa.Table], pa.Table], **how: Any) -> None:
    """Rewrite the table of items, and the record so that it fits."""
    (path,) = run.rglob("groups.parquet")
    pq.write_table(change(pq.ParquetFile(path).read()), path, **how)
    edit_record(run, lambda data: data["groups"].update(sha256=sha256_file(path)))


def renamed(ids: Sequence[str]) -> Callable[[pa.Table], pa.Table]:
    def change(table: pa.Table) -> pa.Table:
        column = [*ids, *table["item"].to_pylist()[len(ids) :]]
        return table.set_column(table.column_names.index("item"), "item", pa.array(column))

    return change


@pytest.mark.parametrize(
    ("ids", "said"),
    [
        (["item-001"], "1 items stand twice in"),
        (["other"], "1 items are missing in"),
    ],
)
@pytest.mark.parametrize("spoiled", [0, 1])
def test_ids_that_do_not_match(
    command: Command, run: Runs, ids: list[str], said: str, spoiled: int
) -> None:
    sides = [run("old", 3), run("new", 5)]
    edit_table(sides[spoiled], renamed(ids))
    done = command("compare", *sides)
    assert (done.code, done.out) == (3, "")
    assert said in one_line(done.err)


def test_both_sides_with_one_id_twice(command: Command, run: Runs) -> None:
    side = run("old", 3)
    edit_table(side, renamed(["item-001"]))
    done = command("compare", side, side)
    assert (done.code, "1 items stand twice" in one_line(done.err)) == (3, True)


def test_the_layout_of_a_table_is_no_difference(command: Command, run: Runs) -> None:
    old, new = run("old", 3), run("new", 5)
    before = command("compare", old, new).out
    edit_table(new, lambda table: table, row_group_size=7, use_dictionary=False)
    done = command("compare", old, new)
    assert (done.code, done.out) == (0, before)


def test_a_limit_on_flips_without_the_table_of_items_is_incomplete(
    command: Command, run: Runs
) -> None:
    old, new = run("old", 3), run("new", 30)
    for path in new.rglob("groups.parquet"):
        path.unlink()
    done = command("compare", old, new, "--min-drop", "50%")
    assert (done.code, "accuracy was not compared: groups.parquet" in done.out) == (3, True)
    for limit in (("--max-nfr", "3%"), ("--max-new-failures", "4")):
        done = command("compare", old, new, "--min-drop", "50%", *limit)
        assert done.code == 3
        assert "incomplete: negative flips not checked: no groups.parquet" in done.out


def test_items_of_one_source_cannot_keep_or_break_a_rate(command: Command, run: Runs) -> None:
    sides = [run(name, n, source=lambda _: "one") for name, n in (("old", 3), ("new", 30))]
    done = command("compare", *sides, "--max-nfr", "1%")
    assert done.code == 3
    assert "all items hang together" in done.out
    assert command("compare", *sides, "--max-new-failures", "1").code == 1


def test_items_of_few_sources_are_few_items(command: Command, run: Runs) -> None:
    side = run("a", 0, source=lambda n: str(n // 20))
    done = command("compare", side, side, "--max-nfr", "5%", "--strict")
    assert done.code == 3
    assert "200 items (10 of them independent) are too few" in done.out


def test_a_task_that_the_candidate_lacks_is_incomplete_and_a_further_one_is_not(
    command: Command, run: Runs
) -> None:
    run("both", 3)
    both = run("both", 3, task="second")
    (first,) = [path.parent for path in both.rglob("record.json") if "labels" in str(path.parent)]
    done = command("compare", both, first)
    assert done.code == 3
    assert "flips/predictions/second: missing in the candidate" in done.out
    assert command("compare", first, both).code == 0


def test_several_models_of_one_task_are_told_apart(command: Command, run: Runs) -> None:
    one, _ = run("old", 3), run("new", 5)
    done = command("compare", one.parent, one)
    said = one_line(done.err)
    assert (done.code, "several runs of" in said) == (2, True)
    records = [read_record(path) for path in one.parent.rglob("record.json")]
    for record in records:
        assert f"{record.model.name} ({record.model.fingerprint[:8]}, " in said
    assert len({record.model.fingerprint for record in records}) == 2


def test_a_record_among_records_is_read_once(command: Command, run: Runs, tmp_path: Path) -> None:
    one = run("old", 3)
    (record,) = one.rglob("record.json")
    folder = tmp_path / "submission" / "records"
    folder.mkdir(parents=True)
    (folder / "record.json").write_bytes(record.read_bytes())
    done = command("compare", one, folder.parent)
    assert done.code == 3, done.err  # a record alone proves nothing
    assert "predictions.parquet" not in done.out  # what is missing and would not help
    assert "groups.parquet does not lie beside the candidate's record" in done.out


def test_the_same_answers_are_the_same_in_metrics_without_an_interval_too(
    command: Command, run: Runs
) -> None:
    old, new = run("old", 3), run("new", 5)
    bare = {"name": "bare", "value": 0.5, "interval": None, "n": 9, "higher_is_better": True}
    bare |= {"reason": "no interval", "unit": "", "basis": None, "column": None}
    for side in (old, new):
        edit_record(side, lambda data: data["metrics"].append(bare))
    rows = command("compare", old, old).out.splitlines()
    assert [line.split()[-1] for line in rows if line.startswith("bare ")] == ["same"]
    rows = command("compare", old, new).out.splitlines()
    assert [line.split()[-1] for line in rows if line.startswith("bare ")] == ["tell"]


def policy(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "policy.toml"
    path.write_text(text)
    return path


def test_the_first_pattern_that_fits_counts_and_starts_from_the_default(
    command: Command, run: Runs, tmp_path: Path
) -> None:
    old, new = run("old", 0), run("new", 20)
    file = policy(
        tmp_path,
        '[default]\nmin_drop = "50%"\nmax_new_failures = 19\n'
        '[task."flips/predictions/l*"]\nmax_nfr = "20%"\n'
        '[task."flips/*"]\nmax_new_failures = 100\n',
    )
    done = command("compare", old, new, "--policy", file, "--json", tmp_path / "c.json")
    assert done.code == 1
    assert "20 items that were right are wrong, 19 are allowed" in done.out
    (task,) = json.loads((tmp_path / "c.json").read_text())["tasks"]
    assert task["budget"] == {
        "min_drop": 0.5,
        "max_nfr": 0.2,
        "strict": False,
        "max_new_failures": 19,
        "max_latency_ratio": None,
        "max_memory_ratio": None,
        "all_metrics": False,
        "metrics": {},
        "by": [],
    }
    flags = ("--max-new-failures", "20", "--policy", file)
    assert command("compare", old, new, *flags).code == 0


def further(run: Path, name: str, right: list[bool]) -> None:
    """One more metric with the column that it is the mean of."""
    edit_table(run, lambda table: table.append_column(name, pa.array(right)))
    sure = share(right)
    basis = {"method": sure.method, "units": sure.units, "rough": sure.rough}
    metric = {
        "name": name,
        "value": sum(right) / len(right),
        "interval": sure.interval,
        "n": 200,
        "higher_is_better": True,
        "reason": None,
        "unit": "",
        "basis": basis,
        "column": name,
    }
    edit_record(run, lambda data: data["metrics"].append(metric))  # fmt: skip


def test_every_metric_may_fail_where_the_policy_says_so(
    command: Command, run: Runs, tmp_path: Path
) -> None:
    # Accuracy is the same, and another metric, which alone decides nothing, drops.
    old, new = run("old", 40), run("new", 40)
    for side, right in ((old, 180), (new, 20)):
        further(side, "further", [n < right for n in range(200)])
    assert command("compare", old, new, "--min-drop", "5%").code == 0
    done = command("compare", old, new, "--all-metrics")
    assert done.code == 1
    assert "fails: further: worse by 0.8000" in done.out
    file = policy(tmp_path, "[default]\nall_metrics = true\n")
    assert command("compare", old, new, "--policy", file).code == 1


RUN = {
    "device": "cpu", "device_name": "chip", "workers": 1, "batch": {}, "wall_seconds": 1.0,
    "load_seconds": 1.0, "items_per_second": 1.0, "latency_reason": None,
    "peak_memory_bytes": 1000, "peak_device_memory_bytes": None, "attempts": 1, "effort": None,
    "invariance": None, "invariance_reason": "made up",
}  # fmt: skip


def timed(run: Path, seconds: float, **changes: object) -> None:
    latency = {
        "median_seconds": seconds,
        "p95_seconds": 2.0,
        "queries": 9,
        "protocol": "one by one",
    }
    edit_record(run, lambda data: data.update(run={**RUN, "latency": latency, **changes}))


def test_costs_have_budgets_where_they_can_be_compared(command: Command, run: Runs) -> None:
    old, new = run("old", 3), run("new", 3)
    done = command("compare", old, new, "--max-latency-ratio", "2")
    assert done.code == 2
    assert "cannot be checked on any task that it is for" in done.err
    timed(old, 0.010)
    done = command("compare", old, new, "--max-latency-ratio", "2")
    assert done.code == 3
    assert "latency budget not checked: one side is a scored file" in done.out
    timed(new, 0.015, peak_memory_bytes=3000)
    assert command("compare", old, new, "--max-latency-ratio", "2").code == 0
    done = command("compare", old, new, "--max-latency-ratio", "1.2", "--max-memory-ratio", "2")
    assert done.code == 1
    assert "fails: latency is 1.50 times the baseline's, at most 1.2 is allowed" in done.out
    assert "fails: memory is 3.00 times the baseline's, at most 2 is allowed" in done.out
    timed(new, 0.010, device_name="another")
    done = command("compare", old, new, "--max-latency-ratio", "1.2")
    assert done.code == 3
    assert "latency: not compared (devices differ (chip and another))" in done.out
    assert command("compare", old, new).code == 0  # without a budget it is only said


def test_hostile_ids_are_shown_on_lines_of_their_own(
    command: Command, run: Runs, tmp_path: Path
) -> None:
    def hostile(n: int) -> str:
        return f"\n::error::{n}\x1b[2J<script>@all|`{n}`\r\u2028x"

    old, new = run("old", 0, ids=hostile), run("new", 4, ids=hostile)
    files = [tmp_path / name for name in ("c.json", "c.md", "c.xml")]
    done = command(
        *("compare", old, new, "--max-new-failures", "0", "--json", files[0]),
        *("--markdown", files[1], "--junit", files[2]),
    )
    assert done.code == 1
    assert not any(line.lstrip().startswith("::") for line in done.out.splitlines())
    assert "\x1b[2J" not in done.out
    (task,) = json.loads(files[0].read_text())["tasks"]
    assert {item["id"] for item in task["flips"][0]["items"]} == {hostile(n) for n in range(4)}
    page = files[1].read_text()
    assert "<script>" not in page
    assert "@all" not in page
    assert len([line for line in page.splitlines() if "error::" in line]) == 4


def test_markdown_is_appended_and_the_other_files_are_replaced(
    command: Command, run: Runs, tmp_path: Path
) -> None:
    side = run("a", 3)
    files = [tmp_path / name for name in ("c.json", "c.md", "c.xml")]
    line = ["compare", side, side, "--json", files[0], "--markdown", files[1], "--junit", files[2]]
    assert command(*line).code == 0
    once = [path.read_text() for path in files]
    assert command(*line).code == 0
    assert [path.read_text() for path in files] == [once[0], 2 * once[1], once[2]]
