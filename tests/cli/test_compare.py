"""``marginbench compare`` and ``baseline`` on made-up answers: verdicts, outputs, bad input."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from xml.etree import ElementTree

import pytest

from harness.records.record import read_record
from tests.cli.conftest import Answer, Command

CLASSES = ("cat", "dog", "fox", "owl")
Runs = Callable[..., Path]


def write(path: Path, header: Sequence[str], rows: Sequence[Sequence[object]]) -> Path:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    rows = [(f"item-{n:03d}", CLASSES[n % 4]) for n in range(200)]
    return write(tmp_path / "labels.csv", ("id", "label"), rows)


@pytest.fixture
def scored(command: Command, tmp_path: Path, labels: Path) -> Runs:
    """A run folder of a model that is wrong on the given items."""

    def call(name: str, wrong: set[int], *, data: Path = labels, classes: int = 4) -> Path:
        rows = [(f"item-{n:03d}", CLASSES[(n + (n in wrong)) % classes]) for n in range(200)]
        answers = write(tmp_path / f"{name}.csv", ("id", "prediction"), rows)
        out = tmp_path / "runs" / name
        done = command(
            *("score", "--task", "flips/predictions", "--data", data, "--predictions", answers),
            *("--model-name", name, "--out", out),
        )
        assert done.code == 0, done.err
        return out

    return call


def test_a_run_against_itself_is_the_same_everywhere(
    command: Command, scored: Runs, tmp_path: Path
) -> None:
    run = scored("a", set(range(30)))
    report = tmp_path / "report.json"
    done = command("compare", run, run, "--max-nfr", "0%", "--json", report)
    assert done.code == 0, done.out
    (task,) = json.loads(report.read_text())["tasks"]
    assert task["verdict"] == "same"
    assert {metric["verdict"] for metric in task["metrics"]} == {"same"}
    assert {metric["p"] for metric in task["metrics"]} == {1.0}


def test_a_gain_with_many_flips_is_worse_under_a_limit(
    command: Command, scored: Runs, tmp_path: Path
) -> None:
    old, new = scored("old", set(range(40))), scored("new", set(range(100, 120)))
    assert command("compare", old, new).code == 0
    report, page, junit = (tmp_path / name for name in ("c.json", "c.md", "c.xml"))
    done = command(
        *("compare", old, new, "--max-nfr", "3%", "--json", report),
        *("--markdown", page, "--junit", junit),
    )
    assert done.code == 1
    assert "20 of 200 items were right and are wrong, NFR 10.00%" in done.out
    assert "the lower bound 6.22% is above 3.00%" in done.out
    (task,) = json.loads(report.read_text())["tasks"]
    (flips,) = task["flips"]
    assert {item["id"] for item in flips["items"]} == {f"item-{n:03d}" for n in range(100, 120)}
    assert (flips["lost"], flips["won"]) == (20, 40)
    assert "item-110" in page.read_text().replace("\\", "")
    failures = ElementTree.parse(junit).findall(".//failure")
    assert len(failures) == 1
    assert "item-110" in (failures[0].text or "")


def test_strict_asks_the_upper_bound(command: Command, scored: Runs) -> None:
    old, new = scored("old", set()), scored("new", {1, 2, 3, 4})
    assert command("compare", old, new, "--max-nfr", "4%", "--min-drop", "5%").code == 0
    done = command("compare", old, new, "--max-nfr", "4%", "--min-drop", "5%", "--strict")
    assert done.code == 1
    assert "the upper bound 5.04% is above 4.00%" in done.out


def test_too_few_items_for_a_policy_are_said_to_be(command: Command, scored: Runs) -> None:
    run = scored("a", set())
    done = command("compare", run, run, "--max-nfr", "1%", "--strict")
    assert done.code == 3
    assert "200 items are too few for this policy ever to pass" in done.out
    assert "368 would be enough" in done.out


def test_a_count_of_new_failures(command: Command, scored: Runs) -> None:
    old, new = scored("old", {7}), scored("new", {1, 2})
    assert command("compare", old, new, "--max-new-failures", "2").code == 0
    done = command("compare", old, new, "--max-new-failures", "1")
    assert done.code == 1
    assert "2 items that were right are wrong, 1 are allowed" in done.out


def test_a_drop_that_cannot_be_told_says_how_many_items_would(
    command: Command, scored: Runs
) -> None:
    old, new = scored("old", set()), scored("new", {1, 2, 3})
    done = command("compare", old, new)
    assert done.code == 0
    assert "cannot tell" in done.out
    assert "items would tell" in done.out


def test_runs_of_one_recipe_are_the_noise_floor(command: Command, scored: Runs) -> None:
    old, new = scored("old", {1, 2}), scored("new", {3, 4, 5, 6})
    seed = scored("seed", {7, 8})
    done = command("compare", old, new, "--same-recipe", seed)
    assert "noise floor of the recipe: NFR 1.00%, so +1.00%" in done.out


def test_policy_file_and_flags(command: Command, scored: Runs, tmp_path: Path) -> None:
    old, new = scored("old", set()), scored("new", {1, 2, 3, 4, 5, 6, 7, 8})
    policy = tmp_path / "policy.toml"
    policy.write_text('[task."flips/*"]\nmax_new_failures = 10\nmin_drop = "50%"\n')
    assert command("compare", old, new, "--policy", policy).code == 0
    flags = ("--policy", policy, "--max-new-failures", "3")
    assert command("compare", old, new, *flags).code == 1
    policy.write_text("[default]\nmax_nrf = 0.1\n")
    done = command("compare", old, new, "--policy", policy)
    assert done.code == 2
    assert "unknown key 'max_nrf' in [default]. Did you mean 'max_nfr'" in done.err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[default]\nmax_nfr = 3\n", "max_nfr = 3 must be a share"),
        ("[default]\nstrict = 1\n", "strict = 1 must be true or false"),
        ("[default]\nmax_new_failures = -1\n", "must be a whole number"),
        ("[default]\nmax_latency_ratio = 0\n", "must be a ratio above 0"),
        ("[task]\nx = 1\n", "must be a table"),
        ("default = 1\n", "must be a table"),
        ("[default\n", "not a policy file"),
    ],
)
def test_bad_policies_are_one_line(
    command: Command, scored: Runs, tmp_path: Path, text: str, said: str
) -> None:
    run = scored("a", set())
    policy = tmp_path / "policy.toml"
    policy.write_text(text)
    done = command("compare", run, run, "--policy", policy)
    assert (done.code, said in done.err) == (2, True), done.err


def other_labels(tmp_path: Path, rows: Sequence[tuple[str, str]]) -> Path:
    folder = tmp_path / "other"
    folder.mkdir()
    return write(folder / "labels.csv", ("id", "label"), rows)


def test_other_labels_are_other_work(command: Command, scored: Runs, tmp_path: Path) -> None:
    rows = [(f"item-{n:03d}", CLASSES[(n + (n == 0)) % 4]) for n in range(200)]
    new = scored("new", set(), data=other_labels(tmp_path, rows))
    done = command("compare", scored("old", set()), new)
    assert done.code == 2
    assert "did not do the same work (items, labels or candidates differ" in done.err


def test_another_label_set_is_other_work(command: Command, scored: Runs, tmp_path: Path) -> None:
    rows = [(f"item-{n:03d}", CLASSES[n % 3]) for n in range(200)]
    new = scored("new", set(), data=other_labels(tmp_path, rows), classes=3)
    done = command("compare", scored("old", set()), new)
    assert done.code == 2
    assert "the set of classes: 4 and 3" in done.err


def test_runs_without_a_common_task(command: Command, scored: Runs, tmp_path: Path) -> None:
    run = scored("a", set())
    record = next(run.rglob("record.json"))
    text = record.read_text().replace("flips/predictions/labels", "flips/predictions/else")
    text = text.replace(read_record(record).task.fingerprint, "0" * 64)  # other work, too
    other = tmp_path / "elsewhere"
    other.mkdir()
    (other / "record.json").write_text(text)
    done = command("compare", run, other)
    assert done.code == 2
    assert "no task in common" in done.err
    assert command("compare", run, tmp_path / "nowhere").code == 2
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "holds no record" in command("compare", run, empty).err


def edited(run: Path, change: Callable[[dict[str, object]], None]) -> None:
    path = next(run.rglob("record.json"))
    data = json.loads(path.read_text())
    change(data)
    path.write_text(json.dumps(data))


def test_a_metric_that_is_gone_is_incomplete_and_a_new_one_a_note(
    command: Command, scored: Runs
) -> None:
    old, new = scored("old", set()), scored("new", set())
    edited(new, lambda data: data["metrics"].pop())  # type: ignore[attr-defined]
    done = command("compare", old, new)
    assert done.code == 3
    assert "incomplete: the candidate lacks the metric churn" in done.out
    done = command("compare", new, old)
    assert done.code == 0
    assert "note: new metric: churn" in done.out


def test_a_newer_baseline_is_refused(command: Command, scored: Runs) -> None:
    run = scored("a", set())
    edited(run, lambda data: data.update(schema_version=99))
    done = command("compare", run, run)
    assert done.code == 2
    assert "schema 99 is newer" in done.err


def test_an_edited_table_is_refused(command: Command, scored: Runs) -> None:
    old, new = scored("old", set()), scored("new", {1})
    path = next(new.rglob("groups.parquet"))
    path.write_bytes(path.read_bytes() + b" ")
    done = command("compare", old, new)
    assert done.code == 2
    assert "is not the file its record was made with" in done.err


def bad_answers(command: Command, tmp_path: Path, labels: Path, text: str) -> Answer:
    answers = tmp_path / "answers.csv"
    answers.write_text(text)
    return command(
        *("score", "--task", "flips/predictions", "--data", labels, "--predictions", answers),
        *("--model-name", "x", "--out", tmp_path / "runs"),
    )


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("id,prediction\nitem-000,cat\n", 3, "199 of 200 items have no score"),
        ("id,prediction\nitem-000,cat\nitem-000,cat\n", 1, "1 rows stand twice: 'item-000'"),
        ("id,prediction\nitem-000,wolf\n", 1, "name 1 classes that the task does not have: 'wolf'"),
        ("id,said\nitem-000,cat\n", 1, "no id and prediction"),
        ("id,prediction,confidence\nitem-000,cat,2\n", 1, "not between 0 and 1"),
        ("id,prediction,confidence\nitem-000,cat,high\n", 1, "confidence 'high' is not a number"),
    ],
)
def test_bad_answers_are_one_line(
    command: Command, tmp_path: Path, labels: Path, text: str, code: int, said: str
) -> None:
    done = bad_answers(command, tmp_path, labels, text)
    assert done.code == code
    assert said in done.err
    assert done.err.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id,label\na,cat\nb,cat\n", "all items are of one class, 'cat'"),
        ("id,label\na,cat\na,dog\n", "1 ids stand twice: 'a'"),
        ("id,label\na,cat\nb,\n", "the label is empty"),
        ("id,klass\na,cat\n", "has no column 'label'"),
    ],
)
def test_bad_labels_are_one_line(command: Command, tmp_path: Path, text: str, said: str) -> None:
    labels = tmp_path / "labels.csv"
    labels.write_text(text)
    done = bad_answers(command, tmp_path, labels, "id,prediction\na,cat\n")
    assert done.code in (1, 2)
    assert said in done.err


def test_baseline_update_writes_there_alone_and_prints_what_moved(
    command: Command, scored: Runs, tmp_path: Path
) -> None:
    old, new = scored("old", {1}), scored("new", {1, 2})
    base = tmp_path / "baseline"
    done = command("baseline", "update", old, "--to", base)
    assert done.code == 0
    assert "flips/predictions/labels: new" in done.out
    before = {path: path.read_bytes() for path in base.rglob("*") if path.is_file()}
    assert {path.name for path in before} >= {"record.json", "groups.parquet"}
    done = command("baseline", "update", old, "--to", base)
    assert "unchanged" in done.out
    assert before == {path: path.read_bytes() for path in base.rglob("*") if path.is_file()}
    assert command("compare", base, new).code == 0
    assert before == {path: path.read_bytes() for path in base.rglob("*") if path.is_file()}
    done = command("baseline", "update", new, "--to", base)
    assert "accuracy" in done.out
    assert "-0.0050" in done.out
    assert "model old" in done.out
