"""The flips suite: reading items, counting against a reference, and what the old model knows."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.compare.outcomes import Outcomes, count_flips
from harness.data import ItemData
from harness.data.asked import LoadRequest
from harness.errors import InvalidError, MarginBenchError, UsageError
from harness.nouns import Task
from harness.records.scored import Scored, Scoring
from suites.flips.assemble import Example, assemble
from suites.flips.catalogue import find
from suites.flips.folder import has_reference, kind_of, read_own
from suites.flips.scoring import NO_ITEM_OF_OLD, NO_REFERENCE, score

NAMES = ("a", "b", "c", "d")


def task(task_id: str = "flips/predictions") -> Task:
    found = find(task_id)
    assert found is not None
    return found


def scored(
    gold: Sequence[str],
    new: Sequence[str],
    old: Sequence[str] | None = None,
    *,
    known: Sequence[str] | None = None,
    clusters: Sequence[str] | None = None,
) -> Scored:
    examples = [
        Example(
            f"i{n}",
            label,
            cluster=clusters[n] if clusters else "",
            reference=None if old is None else old[n],
        )
        for n, label in enumerate(gold)
    ]
    facts: Mapping[str, Any] = {} if known is None else {"reference_classes": list(known)}
    data = assemble(examples, where="test", limit=None, facts=facts, classes=NAMES)
    rows = np.array([[NAMES.index(name), np.nan] for name in new], dtype=np.float32)
    return score(task(), data, rows, Scoring())


def values(found: Scored) -> dict[str, float | None]:
    return {metric.name: metric.value for metric in found.metrics}


ANSWERS = st.lists(
    st.tuples(*[st.sampled_from(NAMES)] * 3), min_size=2, max_size=40
).filter(lambda rows: len({row[0] for row in rows}) > 1)  # fmt: skip


@given(ANSWERS)
def test_rates_are_those_of_a_plain_loop(rows: list[tuple[str, str, str]]) -> None:
    gold, old, new = ([row[k] for row in rows] for k in range(3))
    found = values(scored(gold, new, old))
    lost = sum(o == g != n for g, o, n in zip(gold, old, new, strict=True))
    won = sum(n == g != o for g, o, n in zip(gold, old, new, strict=True))
    both = sum(o == g == n for g, o, n in zip(gold, old, new, strict=True))
    errors = sum(n != g for g, n in zip(gold, new, strict=True))
    n = len(rows)
    assert found["accuracy"] == pytest.approx((n - errors) / n)
    assert found["NFR"] == pytest.approx(lost / n)
    assert found["PFR"] == pytest.approx(won / n)
    assert found["churn"] == pytest.approx(sum(o != w for o, w in zip(old, new, strict=True)) / n)
    assert found["NFI"] == (pytest.approx(lost / errors) if errors else None)
    assert found["BTC"] == (pytest.approx(both / (both + lost)) if both + lost else None)


def test_only_items_of_classes_that_the_reference_knows_count() -> None:
    gold = ["a", "a", "b", "b", "c", "c", "d", "d"]
    old = ["a", "a", "b", "a", "a", "b", "a", "b"]
    new = ["a", "b", "b", "b", "c", "a", "a", "b"]
    found = scored(gold, new, old, known=["a", "b"])
    part: Any = found.part
    assert part.scope == "old classes"
    assert part.tables[0].n == 4
    shown = {metric.name: metric for metric in found.metrics}
    assert (shown["NFR"].value, shown["NFR"].n) == (0.25, 4)
    assert (shown["accuracy"].value, shown["accuracy"].n) == (0.5, 8)
    # Over all classes the same flips look half as many: research of MPT, section 4.3.
    assert values(scored(gold, new, old))["NFR"] == 0.125
    none = {metric.name: metric for metric in scored(gold, new, old, known=["x"]).metrics}
    assert (none["NFR"].value, none["NFR"].reason) == (None, NO_ITEM_OF_OLD)


def test_without_a_reference_flips_are_null_with_the_reason() -> None:
    found = scored(["a", "b"], ["a", "a"])
    assert values(found)["accuracy"] == 0.5
    for metric in found.metrics:
        if metric.name != "accuracy":
            assert (metric.value, metric.reason) == (None, NO_REFERENCE)


def test_an_answer_of_no_class_is_wrong_and_counted() -> None:
    examples = [Example("x", "a", reference="a"), Example("y", "b", reference="zebra")]
    data = assemble(examples, where="test", limit=None, facts={}, classes=NAMES)
    found = score(task(), data, np.array([[-1, 0.5], [1, 0.5]], dtype=np.float32), Scoring())
    part: Any = found.part
    assert part.other == 1
    assert values(found)["NFR"] == 0.5
    assert values(found)["PFR"] == 0.5


def test_items_of_one_source_widen_the_interval() -> None:
    gold, old = ["a", "b"] * 30, ["a", "b"] * 30
    new = ["b", "a"] * 5 + ["a", "b"] * 25
    alone, grouped = (
        next(m for m in scored(gold, new, old, clusters=names).metrics if m.name == "NFR")
        for names in (None, [str(n // 10) for n in range(60)])
    )
    assert alone.value == grouped.value
    assert alone.interval is not None
    assert grouped.interval is not None
    assert grouped.interval[1] - grouped.interval[0] > alone.interval[1] - alone.interval[0]


@pytest.mark.parametrize("size", [1, 5])
def test_record_slices_and_comparison_have_one_interval(size: int) -> None:
    random = np.random.default_rng(size)
    gold, old, new = (["ab"[k] for k in random.integers(0, 2, 60)] for _ in range(3))
    names = [f"{n // size:02d}" for n in range(60)]
    found = scored(gold, new, old, clusters=names if size > 1 else None)
    metrics = {metric.name: metric for metric in found.metrics}
    part: Any = found.part
    assert part.tables[0].nfr_interval == metrics["NFR"].interval
    lost, won = (
        np.array([(x == g) and (y != g) for g, x, y in zip(gold, a, b, strict=True)])
        for a, b in ((old, new), (new, old))
    )
    flipped = count_flips(
        Outcomes("answer", "d", "items", names, names if size > 1 else list(range(60)), lost, won,
                 np.zeros(60))
    )  # fmt: skip
    assert flipped.interval == pytest.approx(metrics["NFR"].interval, rel=1e-12)
    assert flipped.p == part.tables[0].mcnemar_p
    assert flipped.rough == part.tables[0].basis.rough
    assert (flipped.rough is None) == (size == 1)


@given(ANSWERS)
def test_columns_are_what_shares_are_the_means_of(rows: list[tuple[str, str, str]]) -> None:
    gold, old, new = ([row[k] for row in rows] for k in range(3))
    found = scored(gold, new, old, known=["a", "b"] if {"a", "b"} & set(gold) else None)
    named = {metric.name: metric for metric in found.metrics if metric.column}
    assert set(named) == {"accuracy", "NFR", "PFR", "churn", "BTC", "BEC[old errors]"}
    for metric in named.values():
        kept = [value for value in found.columns[str(metric.column)] if value is not None]
        assert metric.value == (pytest.approx(np.mean(kept)) if kept else None)
    assert set(found.jackknife) == {"NFI", "BEC", "NFR[relative]"}
    assert not found.replicates


@pytest.mark.parametrize(
    ("examples", "said"),
    [
        ([], "there are no items"),
        ([Example("x", "a"), Example("x", "b")], "1 ids stand twice: 'x'"),
        ([Example("x", "a"), Example("y", "e")], "1 items have a label that is empty or out of"),
        ([Example("x", "a"), Example("y", "")], "1 items have a label that is empty or out of"),
        ([Example("x", "a"), Example("y", "a")], "all items are of one class, 'a'"),
        ([Example("x", "a", reference="a"), Example("y", "b")], "1 items lack a reference answer"),
    ],
)
def test_items_that_are_refused(examples: list[Example], said: str) -> None:
    with pytest.raises(InvalidError, match=said):
        assemble(examples, where="test", limit=None, facts={}, classes=NAMES)


def test_a_limit_keeps_the_classes(tmp_path: Path) -> None:
    examples = [Example(name, name) for name in NAMES]
    data = assemble(examples, where="test", limit=2, facts={})
    assert data.ids == ("a", "b")
    assert data.classes == NAMES


def picture(path: Path, shade: int) -> None:
    image = pytest.importorskip("PIL.Image", reason="needs pillow")
    path.parent.mkdir(parents=True, exist_ok=True)
    image.new("L", (4, 4), shade).save(path)


def test_a_folder_of_images_by_class(tmp_path: Path) -> None:
    for name, shade in (("cat/1.png", 10), ("cat/2.png", 20), ("dog/sub/3.png", 30)):
        picture(tmp_path / name, shade)
    (tmp_path / "cat" / "notes.txt").write_text("no picture")
    assert kind_of(tmp_path) == "images"
    assert not has_reference(tmp_path)
    data = read_own(tmp_path, LoadRequest())
    assert data.ids == ("cat/1.png", "cat/2.png", "dog/sub/3.png")
    assert [data.classes[int(code)] for code in data.gold] == ["cat", "cat", "dog"]
    (tmp_path / "reference.csv").write_text("id,prediction\ncat/1.png,dog\ncat/2.png,cat\n")
    with pytest.raises(InvalidError, match=r"lack a reference answer: .dog/sub/3\.png"):
        read_own(tmp_path, LoadRequest())
    with (tmp_path / "reference.csv").open("a") as file:
        file.write("dog/sub/3.png,dog\n")
    assert read_own(tmp_path, LoadRequest()).columns["reference"] == ("dog", "cat", "dog")


def test_numbers_and_odd_names_stay_as_written(tmp_path: Path) -> None:
    # Conditions such as "0" and "3.0" are names; a trial prefix belongs to the id.
    path = tmp_path / "t.csv"
    path.write_text("imagename,category,condition\n0001_x.png,01,0\n0002_x.png,1e3,3.0\n")
    data = read_own(path, LoadRequest())
    assert data.ids == ("0001_x.png", "0002_x.png")
    assert data.classes == ("01", "1e3")
    assert data.columns["condition"] == ("0", "3.0")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("t.csv", "id,label\n,a\n", "the id is empty"),
        ("t.csv", "id,label\nx,\n", "the label is empty"),
        ("t.csv", "label\na\n", "has no column 'id'"),
        ("t.jsonl", '{"id": "x", "label": 1.5}\n', "label 1.5 is a number with a fraction"),
        ("t.jsonl", '{"id": "x", "label": "a"}\n{"id": "y"}\n', "has no column 'label'"),
        ("t.csv", "", "there are no items"),
    ],
)
def test_tables_that_are_refused(tmp_path: Path, name: str, content: str, said: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(MarginBenchError, match=said):
        read_own(tmp_path / name, LoadRequest())


def test_a_folder_that_holds_nothing_to_read(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="neither a table nor a folder of images per class"):
        kind_of(tmp_path)
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text("id,label\nx,a\n")
    with pytest.raises(UsageError, match="holds 2 tables"):
        read_own(tmp_path, LoadRequest())
    with pytest.raises(UsageError, match="Add --data PATH"):
        task().load(LoadRequest())


def digits() -> ItemData:
    pytest.importorskip("sklearn", reason="the digits lie in scikit-learn's package")
    data = task("flips/digits").load(LoadRequest())
    assert isinstance(data, ItemData)
    return data


def test_the_embedded_digits_and_their_reference_are_pinned() -> None:
    data = digits()
    assert (len(data.ids), data.ids[0]) == (899, "digit-0898")
    assert data.classes == tuple("0123456789")
    reference = data.columns["reference"]
    right = sum(
        answer == data.classes[int(code)] for answer, code in zip(reference, data.gold, strict=True)
    )
    assert right == 840  # the accuracy of .9344 that train-baseline's logistic regression has
    learned = task("flips/digits").learn
    assert learned is not None
    assert not set(learned(LoadRequest()).ids) & set(data.ids)


def test_digits_that_are_not_the_pinned_ones_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    digits()
    from suites.flips import digits as module

    monkeypatch.setattr(module, "SHA256", "0" * 64)
    with pytest.raises(InvalidError, match="are not those pinned"):
        module.read_digits(LoadRequest())


def test_a_reference_answers_itself_without_a_flip() -> None:
    data = digits()
    number = {name: code for code, name in enumerate(data.classes)}
    rows = np.array([[number[a], np.nan] for a in data.columns["reference"]], dtype=np.float32)
    found = values(score(task("flips/digits"), data, rows, Scoring()))
    assert (found["NFR"], found["PFR"], found["churn"]) == (0.0, 0.0, 0.0)
    assert found["BTC"] == 1.0


def test_pins_name_a_licence_and_a_citation() -> None:
    path = Path(__file__).parents[2] / "suites" / "flips" / "pins" / "sets.json"
    entries = json.loads(path.read_text())
    assert len({entry["id"] for entry in entries}) == len(entries) > 0
    for entry in entries:
        assert entry["card"]["licence"]
        assert entry["card"]["citation"]
        assert entry["count"] > 0


def test_a_copy_of_a_pinned_set_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "copy.csv"
    path.write_text("id,text,label\nx,a,one\ny,b,two\n")
    pinned = task("flips/banking77")
    with pytest.raises(InvalidError, match=r"2 items were found, 3,?080 are pinned"):
        pinned.load(LoadRequest(data=path))
    limited = pinned.load(replace(LoadRequest(data=path), limit=2))
    assert limited.item_count == 2
