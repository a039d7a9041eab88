"""The suite's list of tasks, its pins, and where data is looked for."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.data.asked import LoadRequest
from harness.errors import InvalidError, UsageError
from suites.reranking import suite
from suites.reranking.loading import find_folder
from suites.reranking.pins import Pin, pins

ROOT = Path(__file__).resolve().parents[2]
DATA = {"documents": {"d": "fox"}, "queries": {"q": "fox"}, "qrels": {"q": {"d": 1}}}
BY_ID = {pin.id: pin for pin in pins()}


def test_ids_are_unique_and_every_card_is_whole() -> None:
    ids = [task.id for task in suite().tasks]
    assert len(set(ids)) == len(ids)
    for task in suite().tasks:
        assert task.id.startswith("reranking/")
        assert suite().find(task.id) == task
        assert task.primary_metric == "nDCG@10"
        card = task.card
        assert all([card.title, card.description, card.source, card.revision, card.licence])
        assert card.citation or task.id == "reranking/folder"
    assert suite().find("reranking/nonsense") is None
    assert suite().find("reranking/folder/../x") is None


def test_families_are_complete() -> None:
    sizes = {aggregate.id: len(aggregate.members) for aggregate in suite().aggregates}
    assert sizes == {
        "reranking/beir/cqadupstack": 12,
        "reranking/bright": 12,
        "reranking/nano-beir": 13,
    }
    ids = {task.id for task in suite().tasks}
    assert all(set(aggregate.members) <= ids for aggregate in suite().aggregates)
    assert set(suite().embedded) <= ids
    beir = [i for i in ids if i.startswith("reranking/beir/") and "cqadupstack" not in i]
    assert len(beir) == 18
    total = sum(p.counts["queries"] or 0 for p in pins() if p.id.startswith("reranking/bright/"))
    assert total == 1384  # BRIGHT, table of statistics: 1,384 queries over 12 splits


def test_loaders_can_be_sent_to_other_processes() -> None:
    for task in suite().tasks:
        again = pickle.loads(pickle.dumps(task))
        assert (again.id, again.card, again.load.args) == (task.id, task.card, task.load.args)


def test_importing_the_suite_imports_nothing_heavy() -> None:
    heavy = ["numpy", "pandas", "pyarrow", "ir_datasets", "bm25s", "networkx", "torch", "requests"]
    code = (
        "import sys; from suites.reranking import suite; suite();"
        f"print([m for m in {heavy!r} if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert done.stdout.strip() == "[]"


def test_graded_metrics_are_for_trec_only() -> None:
    for task in suite().tasks:
        assert ("AP(rel=2)" in task.metrics) == task.id.startswith("reranking/trec-dl/")


@pytest.mark.parametrize(
    ("task", "place", "data"),
    [
        ("reranking/beir/scifact", "scifact", "scifact"),
        ("reranking/beir/scifact", "scifact", "."),
        ("reranking/beir/scifact", "beir/scifact", "."),
        ("reranking/beir/scifact", "my-copy", "my-copy"),
        ("reranking/beir/cqadupstack/gis", "beir/cqadupstack/gis", "."),
        ("reranking/beir/cqadupstack/gis", "cqadupstack/gis", "cqadupstack/gis"),
        ("reranking/nano-beir/nq", "nano-beir/nq", "."),
        ("reranking/bright/pony", "bright/pony", "."),
        ("reranking/cosqa", "cosqa-retrieval", "."),
    ],
)
def test_where_a_pinned_set_is_found(
    make_folder: Callable[..., Path], tmp_path: Path, task: str, place: str, data: str
) -> None:
    folder = make_folder(place, **DATA)
    assert find_folder(BY_ID[task], tmp_path / data).resolve() == folder.resolve()


def test_where_a_pinned_set_is_not_found(make_folder: Callable[..., Path], tmp_path: Path) -> None:
    pin = BY_ID["reranking/beir/scifact"]
    with pytest.raises(UsageError, match=r"is not under --data .*/scifact', '.*/beir/scifact'"):
        find_folder(pin, tmp_path)
    with pytest.raises(UsageError, match="is not a folder"):
        find_folder(pin, tmp_path / "nowhere")
    other = make_folder("nfcorpus", **DATA)
    with pytest.raises(UsageError, match="not under"):
        find_folder(pin, other)  # named as another set
    nano = make_folder("nano-beir/scifact", **DATA)
    with pytest.raises(UsageError, match="not under"):
        find_folder(BY_ID["reranking/beir/nq"], nano)


def test_counts_are_checked_in_folders_too(make_folder: Callable[..., Path]) -> None:
    folder = make_folder("scifact", **DATA)
    task = suite().find("reranking/beir/scifact")
    assert task is not None
    expected = "5183 documents expected, 1 found; 300 queries expected, 1 found; 339 judgements"
    with pytest.raises(InvalidError, match=expected):
        task.load(LoadRequest(data=folder))


def test_a_licensed_set_says_how_to_bring_it() -> None:
    task = suite().find("reranking/beir/robust04")
    assert task is not None
    with pytest.raises(UsageError, match=r"agreement with NIST.*--data DIR, where DIR/robust04"):
        task.load(LoadRequest())


def test_your_own_folder(make_folder: Callable[..., Path], tmp_path: Path) -> None:
    folder = make_folder("My Set", **DATA)
    own, named = suite().find("reranking/folder"), suite().find("reranking/folder/my-set")
    assert own is not None
    assert own.resolve is not None
    assert named is not None
    assert own.resolve(LoadRequest(data=folder)).id == named.id
    assert own.resolve(LoadRequest()).id == "reranking/folder"
    one = own.load(LoadRequest(data=folder))
    assert [group.candidates for group in one.groups] == [("d",)]
    assert named.load(LoadRequest(data=folder)) == one
    assert named.load(LoadRequest(data=tmp_path)) == one
    with pytest.raises(UsageError, match="--data DIR, a folder in BEIR layout"):
        own.load(LoadRequest())
    other = suite().find("reranking/folder/else")
    assert other is not None
    with pytest.raises(UsageError, match=r"0 folders under .* are called 'else'"):
        other.load(LoadRequest(data=tmp_path))
    (folder / "corpus.jsonl").unlink()
    with pytest.raises(UsageError, match=r"corpus\.jsonl is missing"):
        named.load(LoadRequest(data=folder))


def test_pins_of_positive_only_judgements_say_so() -> None:
    def says(pin: Pin) -> bool:
        return any("relevant documents only" in caveat for caveat in pin.card.caveats)

    assert all(says(pin) != pin.judged_non_relevant for pin in pins())
