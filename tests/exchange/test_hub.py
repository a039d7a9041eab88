"""The Hugging Face hub's two forms, held against its own library on both sides."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.exchange.base import Run
from harness.exchange.eee.writing import write as write_logs
from harness.exchange.hub.cards import ADDED
from harness.exchange.hub.cards import read as read_card
from harness.exchange.hub.cards import write as write_cards
from harness.exchange.hub.entries import read as read_entries
from harness.exchange.hub.entries import write as write_entries
from harness.exchange.yaml_out import to_yaml
from harness.records.finding import read_records
from tests.exchange.conftest import ROOT, Command

yaml = pytest.importorskip("yaml")


def primary(read: list[Run]) -> dict[str, float | None]:
    return {one.record.task.id: one.record.primary.value for one in read}


def test_the_hub_reads_our_entries(
    command: Command, runs: Path, read: list[Run], tmp_path: Path
) -> None:
    library = pytest.importorskip("huggingface_hub")
    told = ("--option", "dataset=my/data", "--option", "source=https://example.org/row")
    answer = command("export", "eval-results", runs, "--out", tmp_path / "out", *told)
    assert answer.code == 0, answer.err
    (file,) = (tmp_path / "out" / "org.one" / ".eval_results").iterdir()
    plain = yaml.safe_load(file.read_text())
    entries = library.parse_eval_result_entries(plain)
    assert {one.task_id: one.value for one in entries} == primary(read)
    assert {(one.dataset_id, one.source_url) for one in entries} == {
        ("my/data", "https://example.org/row")
    }
    ranked = next(one for one in entries if one.task_id.startswith("reranking"))
    record = next(one.record for one in read if one.record.task.id == ranked.task_id)
    low, high = record.primary.interval or (0, 0)
    assert f"nDCG@10; 95% interval {low:.4f} to {high:.4f} (rough); n 12" in str(ranked.notes)
    assert library.eval_result_entries_to_yaml(entries) == plain  # in its own words: all of it


def test_entries_that_the_hubs_library_wrote_are_read(tmp_path: Path) -> None:
    library = pytest.importorskip("huggingface_hub")
    entries = [
        library.EvalResultEntry("cais/hle", "default", 20.9, dataset_revision="5" * 40,
                                date="2025-01-15T10:30:00Z", source_url="https://example.org",
                                source_name="Logs", source_org="cais", notes="no-tools"),
        library.EvalResultEntry("Idavidrein/gpqa", "gpqa_diamond", 0.412),
    ]  # fmt: skip
    place = tmp_path / "model" / ".eval_results"
    place.mkdir(parents=True)
    (place / "hle.yaml").write_text(yaml.dump(library.eval_result_entries_to_yaml(entries)))
    first, second = read_entries(tmp_path).figures
    assert (first.system, first.task, first.value) == ("model", "cais/hle:default", 20.9)
    assert (first.date, first.source) == ("2025-01-15T10:30:00Z", "https://example.org")
    assert first.remark == "no-tools; data 555555555555"
    assert (second.task, second.value, second.stated_by) == (
        "Idavidrein/gpqa:gpqa_diamond", 0.412, "card"
    )  # fmt: skip


def card(**more: Any) -> list[dict[str, Any]]:
    """What sentence-transformers 6.2 writes of a reranker, by its own names; figures made up."""
    return [
        {
            "name": "a reranker",
            "results": [
                {
                    "task": {"type": "cross-encoder-reranking", "name": "Cross Encoder Reranking"},
                    "dataset": {"type": "NanoMSMARCO_R100", "name": "NanoMSMARCO R100"},
                    "metrics": [{"type": "ndcg@10", "value": 0.68, "name": "Ndcg@10"}],
                },
                {
                    "task": {"type": "text-ranking"},
                    "dataset": {"type": "my/lists", "name": "Lists", "split": "test"},
                    "metrics": [{"type": "ndcg@10", "value": "0.61", **more}],
                },
            ],
        }
    ]


def test_a_card_claims_and_positives_that_were_added_are_marked(
    command: Command, tmp_path: Path
) -> None:
    library = pytest.importorskip("huggingface_hub")
    cards = pytest.importorskip("huggingface_hub.repocard_data")
    name, results = cards.model_index_to_eval_results(card())
    index = cards.eval_results_to_model_index(name, results)
    data = library.ModelCardData(**{"model-index": index})
    (tmp_path / "README.md").write_text(f"---\n{data.to_yaml()}\n---\n# A reranker\n---\n")
    claims = read_card(tmp_path)
    assert [(one.system, one.task, one.metric, one.value) for one in claims.figures] == [
        ("a reranker", "NanoMSMARCO_R100", "ndcg@10", 0.68),
        ("a reranker", "my/lists:test", "ndcg@10", 0.61),
    ]
    assert [one.remark for one in claims.figures] == [ADDED, ""]
    answer = command("import", "model-index", tmp_path / "README.md", "--out", tmp_path / "in")
    assert "1 of 2 figures are on lists with every relevant document added" in answer.err
    assert json.loads((tmp_path / "in" / "figures.json").read_text())[0]["stated_by"] == "card"


def test_the_hub_reads_our_model_index(
    command: Command, runs: Path, read: list[Run], tmp_path: Path
) -> None:
    cards = pytest.importorskip("huggingface_hub.repocard_data")
    answer = command("export", "model-index", runs, "--out", tmp_path / "out")
    assert answer.code == 0, answer.err
    file = tmp_path / "out" / "org.one" / "model-index.yaml"
    found = yaml.safe_load(file.read_text())["model-index"]
    name, results = cards.model_index_to_eval_results(found)
    told = {(one.task_name, one.metric_type): one.metric_value for one in results}
    assert name == "org/one"
    assert told == {
        (one.record.task.id, metric.name): metric.value
        for one in read
        for metric in one.record.metrics
        if metric.value is not None
    }
    assert {(one.task, one.metric): one.value for one in read_card(file).figures} == told


def test_every_record_of_the_repository_fits_both_forms(command: Command, tmp_path: Path) -> None:
    library = pytest.importorskip("huggingface_hub")
    cards = pytest.importorskip("huggingface_hub.repocard_data")
    told = {"eval-results": ("--option", "dataset=my/data"), "model-index": ()}
    for form, words in told.items():
        answer = command("export", form, ROOT / "submissions", "--out", tmp_path / form, *words)
        assert answer.code == 0, answer.err
    entries = [
        one
        for path in (tmp_path / "eval-results").rglob("*.yaml")
        for one in library.parse_eval_result_entries(yaml.safe_load(path.read_text()))
    ]
    results = [
        one
        for path in (tmp_path / "model-index").rglob("*.yaml")
        for one in cards.model_index_to_eval_results(
            yaml.safe_load(path.read_text())["model-index"]
        )[1]
    ]
    records = [record for _, record in read_records([ROOT / "submissions"])]
    wanted = {(record.model.fingerprint, record.task.fingerprint) for record in records}
    assert len(entries) == len(wanted)
    assert len(results) > len(entries)
    assert {(one.task_id, one.value) for one in entries} == {
        (record.task.id, record.primary.value) for record in records
    }


def test_data_of_the_hub_are_named_with_their_commit(read: list[Run], tmp_path: Path) -> None:
    commit = "5503434ddd753f426f4b38109466949a1217c2bb"
    task = read[0].record.task.model_copy(
        update={"source": "hf:cais/hle", "revision": f"{commit}, split test"}
    )
    run = Run(tmp_path, read[0].record.model_copy(update={"task": task}))
    (file,) = write_entries([run], {}).files
    (entry,) = yaml.safe_load(file.data)
    assert entry["dataset"] == {"id": "cais/hle", "task_id": task.id, "revision": commit}
    (card,) = write_cards([run], {}).files
    (model,) = yaml.safe_load(card.data)["model-index"]
    assert (model["results"][0]["dataset"]["type"], model["results"][0]["dataset"]["revision"]) == (
        "cais/hle", commit
    )  # fmt: skip
    log = json.loads(write_logs([run], {}).files[-1].data)
    source = log["evaluation_results"][0]["source_data"]
    assert (source["source_type"], source["hf_repo"]) == ("hf_dataset", "cais/hle")
    two = task.model_copy(update={"revision": f"{commit} and {'0' * 40}"})
    run = Run(tmp_path, read[0].record.model_copy(update={"task": two}))
    (file,) = write_entries([run], {}).files
    assert "revision" not in yaml.safe_load(file.data)[0]["dataset"]  # which of the two is open


def test_values_of_every_kind_read_back() -> None:
    value = {
        "a": ["yes", "2020-01-01", "1e3", "", "ü\u2028\x85\x07 \"'\\ 😀", "- x: y", "null"],
        "b:": [1e-05, -2.5e20, 0.1, 7, True, None, {}, [], {"in": [{"c": 1, "d": [2]}]}],
    }
    assert yaml.safe_load(to_yaml(value)) == value


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("dataset=a/b", "name=x"), "is that of an address"),
        (("dataset=a/b", "source=http://x"), "not an https address"),
        (("data=a/b",), "Did you mean 'dataset'"),
        (("dataset",), "KEY=VALUE"),
    ],
)
def test_what_the_hub_would_refuse_is_refused_here(
    command: Command, runs: Path, tmp_path: Path, options: tuple[str, ...], said: str
) -> None:
    words = [word for option in options for word in ("--option", option)]
    answer = command("export", "eval-results", runs, "--out", tmp_path / "out", *words)
    assert answer.code == 2
    assert said in answer.err


def test_tasks_without_a_data_set_on_the_hub_are_named(
    command: Command, runs: Path, tmp_path: Path
) -> None:
    answer = command("export", "eval-results", runs, "--out", tmp_path / "out")
    assert answer.code == 0
    assert "leaves out consistency/folder/faces, detection/folder/texts.csv" in answer.err


ENTRY = "- dataset: {id: a/b, task_id: c}\n  value: 0.5\n"
CARD = "---\nmodel-index: " + json.dumps(card()) + "\n---\n"
Damage = Callable[[str], str]
DAMAGED: dict[str, tuple[str, str, Damage, str]] = {
    "cut": ("eval-results", ENTRY, lambda text: text[:20], "not plain YAML"),
    "NaN": ("eval-results", ENTRY, lambda text: text.replace("0.5", ".nan"), "not a finite number"),
    "text": ("eval-results", ENTRY, lambda text: text.replace("0.5", "good"), "[0].value: not a n"),
    "huge": ("eval-results", ENTRY, lambda text: text.replace("0.5", "9" * 30), "30 digits"),
    "beyond": ("eval-results", ENTRY, lambda text: text.replace("0.5", "1.0e+999"), "finite"),
    "key": ("eval-results", ENTRY, lambda text: text + "  value: 0.6\n", "'value' stands twice"),
    "twice": ("eval-results", ENTRY, lambda text: text + text.replace("0.5", "0.6"), "two values"),
    "empty": ("eval-results", ENTRY, lambda text: "", "not a list"),
    "none": ("eval-results", ENTRY, lambda text: "[]", "no entries"),
    "deep": ("eval-results", ENTRY, lambda text: "[" * 50 + "]" * 50, "more than 40"),
    "deepest": ("eval-results", ENTRY, lambda text: "[" * 9999, "not plain YAML"),
    "alias": ("eval-results", ENTRY, lambda text: "- &a [1]\n- *a\n", "aliases"),
    "tag": ("eval-results", ENTRY, lambda text: "- !!python/object:os.x {}\n", "tag"),
    "two": ("eval-results", ENTRY, lambda text: text + "---\n" + text, "more than one document"),
    "no dataset": ("eval-results", ENTRY, lambda text: "- value: 1\n", "no dataset"),
    "no front": ("model-index", CARD, lambda text: text[4:], "no front matter"),
    "card cut": ("model-index", CARD, lambda text: text[:200], "no front matter"),
    "card value": ("model-index", CARD, lambda text: text.replace('"0.61"', '"20 ± 1"'), "number"),
    "card list": ("model-index", CARD, lambda text: "---\nmodel-index: 7\n---\n", "not a list"),
    "card null": ("model-index", CARD, lambda text: text.replace("0.68", "null"), "no value"),
}


@pytest.mark.parametrize("name", list(DAMAGED))
def test_a_damaged_file_is_one_line(command: Command, tmp_path: Path, name: str) -> None:
    form, text, change, said = DAMAGED[name]
    path = tmp_path / ("card.md" if form == "model-index" else "one.yaml")
    path.write_text(change(text))
    answer = command("import", form, path, "--out", tmp_path / "out")
    assert (answer.code, len(answer.err.splitlines())) == (1, 1), answer.err
    assert said in answer.err
