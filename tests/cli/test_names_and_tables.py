"""Runs by name: ``--name``, what tells two of one name apart, and one table of many runs."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.records.record import Basis, Record, read_record, to_json
from harness.records.rows import COLUMNS
from harness.records.systems import system_names, task_names, told_models, which
from leaderboard_site.reading.sources import local_sources
from tests.cli.conftest import Command
from tests.cli.test_bad_input import one_line

MODEL = "def score_texts(texts):\n    return [len(text) % {} + len(text) / 1e4 for text in texts]\n"
FORMULA = '=HYPERLINK("https://x.example")'


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    path = tmp_path / "texts.jsonl"
    rows = [{"text": "word " * n + "x" * (n % 7), "label": n % 2} for n in range(1, 41)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture
def evaluate(command: Command, texts: Path, tmp_path: Path) -> Callable[..., Record]:
    """Evaluate the file ``m.py`` as it is after an edit, below ``runs``."""

    def call(number: int, *more: object) -> Record:
        model = tmp_path / "m.py"
        model.write_text(MODEL.format(number))
        before = set(tmp_path.rglob("record.json"))
        done = command(
            *("evaluate", "--model", f"python:{model}", "--task", "detection/folder"),
            *("--data", texts, "--out", tmp_path / "runs", *more),
        )
        assert done.code == 0, done.err
        written = [
            line.rpartition(": ")[2] for line in done.err.splitlines() if "record.json" in line
        ]
        assert before <= set(tmp_path.rglob("record.json"))
        return read_record(Path(written[-1]))

    return call


def short(record: Record) -> str:
    return record.model.fingerprint[:8]


def test_a_name_is_what_tables_show_and_changes_nothing_else(
    command: Command, evaluate: Callable[..., Record], tmp_path: Path
) -> None:
    plain = evaluate(5)
    named = evaluate(5, "--name", "Before the edit")
    assert (plain.model.name, named.model.name) == ("m", "Before the edit")
    assert named.model.fingerprint == plain.model.fingerprint
    assert named.metrics == plain.metrics
    assert len(list((tmp_path / "runs").rglob("record.json"))) == 1, "one content, one run"
    shown = command("show", tmp_path / "runs").out
    assert "Before the edit on" in shown
    # Finished parts belong to the content: another name computes nothing again.
    (journal,) = (tmp_path / "runs").rglob("run.json")
    assert json.loads(journal.read_text())["attempts"] == 1
    assert evaluate(5).model.name == "m"


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "\x1b[31m", "x" * 81])
def test_what_is_no_name_is_refused(
    command: Command, texts: Path, tmp_path: Path, name: str
) -> None:
    model = tmp_path / "m.py"
    model.write_text(MODEL.format(5))
    done = command(
        *("evaluate", "--model", f"python:{model}", "--task", "detection/folder"),
        *("--data", texts, "--out", tmp_path / "runs", "--name", name),
    )
    assert done.code == 2
    assert "is no name for a model" in one_line(done.err)


def test_two_runs_of_one_file_are_told_apart_in_every_table(
    command: Command, evaluate: Callable[..., Record], tmp_path: Path
) -> None:
    old, new = evaluate(5), evaluate(9)
    runs = tmp_path / "runs"
    labels = {f"m ({short(r)}, {r.created[:10]} {r.created[11:16]})" for r in (old, new)}
    assert len(labels) == 2
    assert set(system_names([old, new])) == labels
    for form in ((), ("--format", "table"), ("--format", "csv"), ("--format", "json")):
        shown = command("show", runs, *form).out
        assert all(label in shown for label in labels), form
    # The older one is the baseline, and both are named.
    done = command("compare", runs)
    first, second = sorted((old, new), key=lambda r: r.created)
    assert done.code in (0, 1), done.err
    if first.created != second.created:
        assert f"baseline {which(first)}, candidate {which(second)}" in done.out
    # Named, they need no digits.
    third = evaluate(11, "--name", "third")
    assert system_names([old, third]) == ["m", "third"]


def test_a_folder_of_two_is_no_side_and_the_line_says_which_is_which(
    command: Command, evaluate: Callable[..., Record], tmp_path: Path
) -> None:
    old, new = evaluate(5), evaluate(9)
    runs = tmp_path / "runs"
    line = one_line(command("compare", runs, runs).err)
    for record in (old, new):
        assert which(record) in line
    folders = [path.parent for path in runs.rglob("record.json")]
    assert len(folders) == 2
    assert all(f" in {folder}" in line for folder in folders)
    line = one_line(
        command("submit", runs, "--org", "o", "--name", "n", "--out", tmp_path / "s").err
    )
    for record in (old, new):
        assert which(record) in line
    assert all(f" in {folder}" in line for folder in folders)
    evaluate(13)
    line = one_line(command("compare", runs).err)
    assert "holds runs of 3 models, and two can be compared" in line
    assert line.count("m (") == 3
    assert command("compare", runs, runs, runs).code == 2


def test_a_quick_look_and_other_data_are_told_apart(
    command: Command, evaluate: Callable[..., Record], texts: Path, tmp_path: Path
) -> None:
    whole, quick = evaluate(5), evaluate(5, "--limit", 6)
    lines = texts.read_text().splitlines()
    texts.write_text("\n".join(lines[:-4]) + "\n")
    other = evaluate(5)
    names = task_names([whole, quick, other])
    assert len(set(names)) == 3
    assert names[1] == f"{quick.task.id} (first 6 items only)"
    assert names[0] == f"{whole.task.id} (data {whole.task.fingerprint[:8]})"
    assert system_names([whole, quick, other]) == ["m"] * 3
    line = one_line(command("compare", tmp_path / "runs", tmp_path / "runs").err)
    assert line.count("first 6 items only") == 1
    assert other.task.fingerprint[:8] in line


def test_models_of_one_message_name_the_folder_that_holds_all_their_runs(
    evaluate: Callable[..., Record], tmp_path: Path
) -> None:
    record = evaluate(5)
    other = record.model_copy(
        update={"model": record.model.model_copy(update={"fingerprint": "f" * 64})}
    )
    places = [tmp_path / "a" / "one", tmp_path / "a" / "two", tmp_path / "b" / "one"]
    said = told_models([record, record, other], places)
    assert said.count("; ") == 1
    assert said.count("/a;") + said.endswith("/a") == 1
    assert said.count("/b/one") == 1


def test_a_table_is_harmless_in_a_spreadsheet_and_in_markdown(
    command: Command, evaluate: Callable[..., Record], tmp_path: Path
) -> None:
    record = evaluate(5)
    model = record.model.model_copy(update={"name": FORMULA + "|<b>@who"})
    place = tmp_path / "hostile" / "record.json"
    place.parent.mkdir()
    place.write_text(to_json(record.model_copy(update={"model": model})))
    rows = list(csv.DictReader(io.StringIO(command("show", place, "--format", "csv").out)))
    assert list(rows[0]) == list(COLUMNS)
    assert len(rows) == len(record.metrics)
    assert all(row["system"].startswith("'=HYPERLINK") for row in rows)
    for row, metric in zip(rows, record.metrics, strict=True):
        assert row["value"] == ("" if metric.value is None else repr(metric.value))
        assert row["reason"] == (metric.reason or "")
        assert row["primary"] in ("true", "false")
    lines = command("show", place, "--format", "markdown").out.splitlines()
    assert len(lines) == len(record.metrics) + 2
    assert len({len(re.findall(r"(?<!\\)\|", line)) for line in lines}) == 1
    assert not any("<b>" in line or re.search(r"(?<!\\)@\w", line) for line in lines)


def test_many_folders_are_one_table(
    command: Command, evaluate: Callable[..., Record], tmp_path: Path
) -> None:
    evaluate(5, "--name", "one")
    evaluate(9, "--name", "two")
    folders = sorted((tmp_path / "runs").iterdir())
    done = command("show", *folders, folders[0], "--format", "json")
    rows = json.loads(done.out)
    assert {row["system"] for row in rows} == {"one", "two"}
    assert len(rows) == len({(row["system"], row["metric"]) for row in rows}), "each run once"
    done = command("show", *folders, "--format", "json", "--json")
    assert done.code == 2
    assert "two outputs" in one_line(done.err)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("evaluate", "--model", "bm25", "--model", "bm25", "--task", "x"), "bm25 is given twice"),
        (("evaluate", "--model", "a,b", "--name", "c", "--name", "d"), "--name is given 2 times"),
        (("evaluate", "--model", "a", "--out", "x", "--out=y"), "--out is given 2 times"),
        (("submit", "{runs}", "--org", "a", "--org", "b", "--name", "n"), "--org is given 2 times"),
        (("score", "{runs}", "--out", "elsewhere"), "--out means nothing for RUN_DIR"),
        (("score", "{runs}", "--direction", "lower"), "--direction means nothing for RUN_DIR"),
        (("score", "{runs}", "--limit", "3"), "--limit means nothing for RUN_DIR"),
    ],
)
def test_what_would_be_passed_over_in_silence_is_refused(
    command: Command, tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    done = command(*(word.format(runs=tmp_path) for word in words))
    assert done.code == 2
    assert said in one_line(done.err)


def test_options_that_may_stand_several_times_still_may(command: Command, tmp_path: Path) -> None:
    done = command("evaluate", "--model", "bm25", "--task", "a/b", "--task", "c/d")
    assert "unknown task 'a/b'" in one_line(done.err)


def test_a_metric_in_units_of_its_own_says_so_in_every_form(
    command: Command, evaluate: Callable[..., Record], tmp_path: Path
) -> None:
    record = evaluate(5)
    heads = command("show", tmp_path / "runs", "--format", "table").out.splitlines()[0]
    assert "unit" not in heads.split()
    own, *rest = record.metrics
    own = own.model_copy(update={"value": 2.19, "interval": (1.5, 2.75), "unit": "tokens"})
    place = tmp_path / "own" / "record.json"
    place.parent.mkdir()
    place.write_text(to_json(record.model_copy(update={"metrics": [own, *rest]})))
    row = next(csv.DictReader(io.StringIO(command("show", place, "--format", "csv").out)))
    assert (row["value"], row["low"], row["unit"]) == ("2.19", "1.5", "tokens")
    first = json.loads(command("show", place, "--format", "json").out)[0]
    assert (first["value"], first["high"], first["unit"]) == (2.19, 2.75, "tokens")
    line = command("show", place, "--format", "markdown").out.splitlines()[2]
    assert "| 2.1900 |" in line
    assert "| tokens |" in line
    header, shown, *_ = command("show", place, "--format", "table").out.splitlines()
    assert "unit" in header.split()
    assert "2.1900" in shown
    assert "[1.5000, 2.7500]" in shown
    assert "tokens" in shown


def test_what_is_rough_is_marked_in_every_form_and_says_why(
    command: Command, evaluate: Callable[..., Record], tmp_path: Path
) -> None:
    record = evaluate(5)
    own, *rest = record.metrics
    why = "5 units, fit from 20 on"
    rough = own.model_copy(update={
        "interval": (0.25, 0.75), "basis": Basis(method="t-logit", units=5, rough=why),
    })  # fmt: skip
    sure = [one.model_copy(update={"basis": Basis(method="theirs", units=1234, rough=None)})
            for one in rest]  # fmt: skip
    place = tmp_path / "few" / "record.json"
    place.parent.mkdir()
    place.write_text(to_json(record.model_copy(update={"metrics": [rough, *sure]})))
    lines = command("show", place).out.splitlines()
    assert sum("~[0.2500, 0.7500]" in line for line in lines) == 1
    assert sum("~" in line for line in lines) == 2
    assert f"  ~ rough, {why}: {own.name}" in lines
    assert f"  intervals: {own.name} by Student's t on the logit scale, 5 units" in lines
    assert any(line.endswith(" by theirs, 1,234 units") for line in lines)
    both = command("show", place, tmp_path / "runs").out
    assert "~[0.2500, 0.7500]" in both
    assert "~ rough: it may cover less than it says; `show` of the run says why" in both
    header, shown, *_ = command("show", place, "--format", "table").out.splitlines()
    assert "rough" in header.split()
    assert "~[0.2500, 0.7500]" in shown
    assert why in shown
    row = next(csv.DictReader(io.StringIO(command("show", place, "--format", "csv").out)))
    assert (row["method"], row["units"], row["rough"]) == ("t-logit", "5", why)
    first, second, *_ = json.loads(command("show", place, "--format", "json").out)
    assert (first["method"], first["units"], first["rough"]) == ("t-logit", 5, why)
    assert (second["method"], second["units"], second["rough"]) == ("theirs", 1234, None)


@pytest.mark.parametrize("form", ["table", "csv", "json", "markdown"])
def test_no_form_sends_a_terminal_what_it_obeys(
    command: Command, evaluate: Callable[..., Record], tmp_path: Path, form: str
) -> None:
    record = evaluate(5)
    own, *rest = record.metrics
    odd = own.model_copy(update={"value": None, "interval": None, "unit": "to\x1b[31mkens",
                                 "reason": "none\x1b]0;x\x07"})  # fmt: skip
    place = tmp_path / "odd" / "record.json"
    place.parent.mkdir()
    place.write_text(to_json(record.model_copy(update={"metrics": [odd, *rest]})))
    said = command("show", place, "--format", form).out
    assert "kens" in said
    assert not {"\x1b", "\x07"} & set(said)


def test_the_site_tells_them_apart_too(evaluate: Callable[..., Record], tmp_path: Path) -> None:
    records = [evaluate(5), evaluate(9), evaluate(11, "--name", "alone")]
    names = {source.manifest.name for source in local_sources(tmp_path / "runs")}
    assert names == {which(records[0]), which(records[1]), "alone"}
