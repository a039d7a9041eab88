"""Results as frames, as a table in a notebook, and what is asked of the functions behind them."""

from __future__ import annotations

import csv
import io
import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

import marginbench as mb
from harness.cli import run as command
from harness.records.rows import COLUMNS
from tests.face.conftest import TASK, Commas

pd = pytest.importorskip("pandas")


@pytest.fixture
def results(texts: Path) -> mb.Results:
    mb.evaluate(Commas(), "detection/folder", data=texts, name="commas", version="1", quiet=True)
    return mb.evaluate(
        Commas(";"), "detection/folder", data=texts, name="semicolons", version="1", quiet=True
    )


def test_a_frame_has_a_row_for_every_metric_of_the_records(results: mb.Results) -> None:
    found = mb.runs("runs")
    frame = found.frame()
    assert list(frame.columns) == list(COLUMNS)
    expected = [
        (record.model.name, record.task.id, metric.name, metric.value, metric.n, metric.reason)
        for record in found.records
        for metric in record.metrics
    ]
    wanted = ["system", "task", "metric", "value", "n", "reason"]
    rows = frame[wanted].astype(object).where(frame[wanted].notna(), None)
    assert [tuple(row) for row in rows.itertuples(index=False)] == expected
    assert frame.value.dtype == frame.low.dtype == frame.high.dtype == "float64"
    assert str(frame.limit.dtype) == "Int64"
    assert frame.loc[frame.primary].groupby("system").size().to_dict() == {
        "commas": 1,
        "semicolons": 1,
    }
    for record in found.records:
        for metric in record.metrics:
            row = frame[(frame.system == record.model.name) & (frame.metric == metric.name)]
            if metric.interval is not None:
                assert (row.low.item(), row.high.item()) == metric.interval


def test_show_prints_the_same_table(
    results: mb.Results, capsys: pytest.CaptureFixture[str]
) -> None:
    frame = mb.runs("runs").frame()
    capsys.readouterr()
    assert command(["show", "runs", "--format", "csv"]) == 0
    shown = pd.read_csv(
        io.StringIO(capsys.readouterr().out), dtype={"limit": "Int64", "unit": object}
    )
    shown["unit"] = shown["unit"].fillna("")
    for name in COLUMNS:
        pd.testing.assert_series_equal(
            shown[name].astype(frame[name].dtype), frame[name], check_exact=True
        )
    assert command(["show", "runs", "--format", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["value"] for row in rows] == [None if v != v else v for v in frame.value]


def test_items_and_predictions_are_the_tables_beside_the_record(results: mb.Results) -> None:
    import pyarrow.parquet as pq

    folder = results[0].folder
    groups = pq.read_table(folder / "groups.parquet")
    items = results.items()
    assert list(items.columns) == ["system", "task", *groups.column_names]
    assert items["item"].tolist() == groups["item"].to_pylist()
    answers = results.predictions()
    assert answers["score"].tolist() == pq.read_table(folder / "predictions.parquet")[
        "score"
    ].to_pylist()  # fmt: skip
    both = mb.runs("runs").predictions()
    assert both.groupby("system").size().to_dict() == {"commas": 40, "semicolons": 40}
    assert len(results[0].items()) == len(items)


def test_a_table_that_is_gone_or_another_one_is_an_error(results: mb.Results) -> None:
    path = results[0].folder / "groups.parquet"
    other = mb.runs("runs")[0].folder / "groups.parquet"
    assert other != path
    path.write_bytes(other.read_bytes())
    with pytest.raises(mb.InvalidError, match="not the file its record was made with"):
        results.items()
    path.unlink()
    with pytest.raises(
        mb.InvalidError, match=r"lacks the table groups.parquet .*marginbench score"
    ):
        results.items()


def test_results_are_a_sequence_by_place_and_by_task(results: mb.Results) -> None:
    both = mb.runs("runs")
    assert (len(both), len(both[:1]), both[1].system) == (2, 1, "semicolons")
    assert isinstance(both[:1], mb.Results)
    assert results[TASK] == results[0]
    with pytest.raises(mb.UsageError, match=f"there are 2 runs of '{TASK}' here"):
        both[TASK]
    with pytest.raises(mb.UsageError, match="there are 0 runs of 'x' here"):
        results["x"]
    assert results[0].metric().name == results[0].record.task.primary_metric
    assert results[0].metric("AUROC").name == "AUROC"
    with pytest.raises(mb.UsageError, match="has no metric 'AUC'"):
        results[0].metric("AUC")


class Cells(HTMLParser):
    """The tags of a page, and the texts of its cells."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[Any]) -> None:
        assert attrs == []
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


HOSTILE = '<script>alert("x")</script>&amp;\u202e' + "long" * 100


def hostile(run: mb.Run) -> mb.Run:
    model = run.record.model.model_copy(update={"name": HOSTILE})
    return mb.Run(run.record.model_copy(update={"model": model}), run.folder)


def test_a_notebook_shows_texts_as_texts_and_cuts_them(results: mb.Results) -> None:
    page = Cells(mb.Results([hostile(results[0])])._repr_html_())
    allowed = {"table", "caption", "thead", "tbody", "tr", "th", "td", "p"}
    assert set(page.tags) <= allowed
    (name, *_) = [text for text in page.texts if text.startswith("<script>")]
    assert "\u202e" not in name
    assert "\\u202e" in name
    assert len(name) < 180
    few = mb.Results([*results] * 10)
    many = Cells(few._repr_html_())
    assert many.tags.count("tr") == 61
    left = 10 * len(results[0].record.metrics) - 60
    assert f"{left:,} more rows: .frame() has all of them" in many.texts


def test_a_comparison_in_a_notebook_is_as_safe(results: mb.Results) -> None:
    old = hostile(mb.runs("runs")[0])
    found = mb.compare(old, results)
    assert "<script>" not in found._repr_html_()
    assert "AUROC" in Cells(found._repr_html_()).texts
    assert TASK in repr(found)


def test_a_comparison_as_a_frame(results: mb.Results) -> None:
    both = mb.runs("runs")
    found = mb.compare(both[0], both[1])
    report = json.loads(found.to_json())["tasks"][0]
    frame = found.frame().set_index("metric")
    for metric in report["metrics"]:
        row = frame.loc[metric["name"]]
        for name in ("baseline", "candidate", "difference", "verdict"):
            assert metric[name] == (None if pd.isna(row[name]) else row[name])
        assert row.p == metric["holm"] or pd.isna(row.p)
    lost = found.flips()
    assert list(lost.columns)[:2] == ["task", "right"]
    assert len(lost) == sum(len(flips["items"]) for flips in report["flips"])
    assert len(lost) > 0
    assert found.exit_code == json.loads(found.to_json())["exit_code"]
    assert found.to_markdown().startswith("## MarginBench: ")


def test_limits_and_policies_are_those_of_the_command(results: mb.Results, tmp_path: Path) -> None:
    both = mb.runs("runs")
    strict = mb.compare(both[0], both[1], max_new_failures=0)
    assert strict.exit_code == 1
    assert "0 are allowed" in " ".join(strict.tasks[0].failures)
    assert mb.compare(both[0], both[1], min_drop="100%").exit_code == 0
    file = tmp_path / "policy.toml"
    file.write_text("[default]\nmax_new_failures = 0\nmin_drop = 1.0\n")
    assert mb.compare(both[0], both[1], policy=file).exit_code == 1
    budget = mb.Budget(min_drop=1.0)
    assert mb.compare(both[0], both[1], policy=mb.Policy(budget)).exit_code == 0
    for bad in ({"max_nfr": "3"}, {"strict": "yes"}, {"max_new_failures": -1}):
        with pytest.raises(mb.UsageError, match=f"limits: {next(iter(bad))} = "):
            mb.compare(both[0], both[1], **bad)


def test_one_argument_holds_both_sides(results: mb.Results) -> None:
    both = mb.runs("runs")
    for given in (both, "runs", Path("runs")):
        (task,) = mb.compare(given).tasks
        assert {task.baseline, task.candidate} == {
            mb.compare(both[0], both[1]).tasks[0].baseline,
            mb.compare(both[0], both[1]).tasks[0].candidate,
        }
    with pytest.raises(mb.UsageError, match="holds several runs of"):
        mb.compare(both, both[0])
    with pytest.raises(mb.UsageError, match="holds runs of 1 models"):
        mb.compare(results)


def test_without_pandas_one_line_says_what_to_install(
    results: mb.Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.face.tables.find_spec", lambda name: None)
    for call in (results.frame, results.items, results.predictions, results[0].frame):
        with pytest.raises(mb.UsageError, match=r"pip install .*\[frames\]'"):
            call()
    assert "commas" in mb.runs("runs")._repr_html_()


def test_an_empty_frame_has_its_columns() -> None:
    assert list(mb.Results([]).frame().columns) == list(COLUMNS)
    assert mb.Results([]).items().empty


def test_a_record_is_read_from_its_file_or_folder(results: mb.Results) -> None:
    run = results[0]
    assert mb.read_record(run.folder) == run.record
    assert mb.read_record(str(run.folder / "record.json")) == run.record
    with pytest.raises(mb.InvalidError, match="cannot be read as a record"):
        mb.read_record("nowhere")
    with pytest.raises(mb.UsageError, match="nowhere is not there"):
        mb.runs("nowhere")
    with pytest.raises(mb.UsageError, match="holds no record"):
        mb.runs(_empty(run.folder))


def _empty(folder: Path) -> Path:
    empty = folder.parents[1] / "empty"
    empty.mkdir()
    return empty


def test_a_scored_file_is_a_run(results: mb.Results) -> None:
    run = results[0]
    rows = list(csv.DictReader(io.StringIO(results.predictions()[["item", "score"]].to_csv())))
    file = Path("answers.csv")
    with file.open("w", newline="") as target:
        writer = csv.writer(target)
        writer.writerow(("id", "score"))
        writer.writerows((row["item"], row["score"]) for row in rows)
    found = mb.score(
        task=TASK,
        predictions=file,
        name="theirs",
        data=Path("..") / "texts.jsonl",
        out="theirs",
    )
    assert found[0].metric().value == run.metric().value
    assert found[0].folder.is_relative_to("theirs")
    for bad in ({"task": TASK}, {"runs": "runs", "name": "x"}, {}):
        with pytest.raises(mb.UsageError, match="either runs, or all of"):
            mb.score(**bad)
    with pytest.raises(mb.UsageError, match=r"nothing\.csv is not there"):
        mb.score(task=TASK, predictions="nothing.csv", name="x")


def test_several_tasks_are_finished_before_the_one_that_failed_is_named(texts: Path) -> None:
    with pytest.raises(mb.IncompleteError) as caught:
        mb.evaluate(
            Commas(), ["detection/raid", "detection/embedded"],
            data=texts.parent / "here", name="x", quiet=True,
        )  # fmt: skip
    assert "1 of 2 tasks were not evaluated: detection/raid" in str(caught.value)
    assert [run.task for run in mb.runs("runs")] == ["detection/embedded"]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"data": "nowhere"}, "nowhere is not there"),
        ({"limit": 0}, "limit is 0"),
        ({"limit": True}, "limit is True"),
        ({"on_error": "skip"}, "Known: error, worst-rank"),
        ({"dtype": "int4"}, "Known: auto, float32"),
        ({"batch_items": 2.5}, "batch_items is 2.5"),
        ({"device": "tpu"}, "unknown device 'tpu'"),
        ({"options": {"x": 1}}, "has no option 'x'"),
    ],
)
def test_what_is_asked_wrongly_is_one_line(texts: Path, more: dict[str, Any], said: str) -> None:
    with pytest.raises(mb.UsageError, match=said) as caught:
        mb.evaluate("zippy", "detection/folder", **{"data": texts, **more})
    assert "\n" not in str(caught.value)
    assert not Path("runs").exists()
