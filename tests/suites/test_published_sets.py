"""Published sets: read from the hub and from files as they were published, counted, refused."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.data.asked import LoadRequest, Told
from harness.errors import InvalidError, MarginBenchError, UsageError
from harness.nouns import Task
from harness.records.scored import Scored, Scoring
from harness.tasks.hub import UNPINNED, Hub
from suites.preference.boards import read_published
from suites.preference.cards_beside import GENERATORS
from suites.preference.catalogue import find, suite
from suites.preference.data import PreferenceData
from suites.preference.protocol import sliced
from suites.preference.published import Pin, pin_of, pins
from suites.preference.readers import READERS
from suites.preference.tied import ITEM_FIGURES
from tests.cli.conftest import Command, command

__all__ = ["command"]

Rows = Sequence[Mapping[str, Any]]


def written(path: Path, rows: Rows) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def task_of(name: str) -> Task:
    task = find(f"preference/{name}")
    assert task is not None
    return task


def read(name: str, path: Path, counted: bool = False, **told: Any) -> PreferenceData:
    """A set from a file that holds some of it."""
    pin = pins()[f"preference/{name}"]
    small = pin if counted else replace(pin, counts=(), facts=())
    return read_published(small, LoadRequest(data=path, **told))


def values(name: str, data: PreferenceData, scores: Sequence[float]) -> dict[str, float | None]:
    task = task_of(name)
    found: Scored = task.score(task, data, np.array(scores, dtype=np.float64), Scoring())
    return {one.name: one.value for one in found.metrics}


def by_id(data: PreferenceData, scores: Mapping[str, float]) -> list[float]:
    return [scores[name] for group in data.groups for name in group.candidates]


def test_a_folder_of_sets_holds_one_called_as_the_set(tmp_path: Path) -> None:
    """As those who validate submissions keep them; beside it others may lie."""
    (tmp_path / "imagereward").mkdir()
    rows = [{"id": "a", "prompt": "p", "generations": ["x", "y"], "ranking": [1, 2]}]
    (tmp_path / "imagereward" / "test.json").write_text(json.dumps(rows))
    (tmp_path / "other.json").write_text("[]")
    found = read("imagereward", tmp_path)
    assert [group.id for group in found.groups] == ["a"]
    assert found.gold == read("imagereward", tmp_path / "imagereward").gold


def test_every_set_says_where_it_is_and_what_asks_about_it() -> None:
    for pin in pins().values():
        assert pin.reader in READERS, pin.id
        assert bool(pin.hub) != bool(pin.remote), pin.id
        assert len({one.name.partition(".")[0] for one in pin.remote} - set(pin.tables)) == 0
        for way in pin.ways:
            task = find(pin.task_id(way))
            assert task is not None
            assert pin_of(task.id) is pin
            assert task.metrics == pin.metrics(way)
    assert pin_of("preference/folder") is None
    assert sum(dict(pins()["preference/rewardbench"].counts).values()) == 2985
    assert sum(dict(pins()["preference/sugarcrepe"].counts).values()) == 7511
    assert sum(dict(pins()["preference/sugarcrepe-pp"].counts).values()) == 4757


def test_subsets_are_told_by_a_mean_over_items() -> None:
    for task in suite().tasks:
        metric = sliced(task.metrics)
        judged = task.asks == "score" and task.metrics != GENERATORS
        assert metric in ITEM_FIGURES if judged else metric == task.primary_metric
    assert sliced(("mean of subsets[strict]", "pair accuracy[half]")) == "pair accuracy[half]"
    assert sliced(("pair accuracy[strict,pooled]",)) == "pair accuracy[strict]"


def test_pins_that_others_evaluate_on() -> None:
    """mteb 2: AROVisualRelation, -Attribution, -CocoOrder, -FlickrOrder, Winoground; its counts."""
    expected = {
        "aro/relation": ("53c1115ab5871ab33b09d5bb8856236d46bdaf2d", 23937),
        "aro/attribution": ("25fe9b460426ff67cdb0608a737c94f8f49a901e", 28748),
        "aro/coco-order": ("53c20afc02a87fed8c0245dde2e00f054da4b861", 25010),
        "aro/flickr-order": ("e5d7f3502345b2c398a6645b4d09b44e650287bf", 5000),
        "winoground": ("b400e173549071916ad1b3d449293bc8d8b4b763", 400),
    }
    for name, (revision, count) in expected.items():
        pin = pins()[f"preference/{name}"]
        assert (pin.card.revision, dict(pin.counts)[""]) == (revision, count)
    others = [pin for pin in pins().values()
              if pin.hub and pin.id.removeprefix("preference/") not in expected]  # fmt: skip
    assert {pin.card.revision for pin in others} == {UNPINNED}


def test_sets_of_the_same_items_are_alike() -> None:
    groups = [set(group) for group in suite().alike]
    ours = {f"preference/sugarcrepe{way}" for way in ("", "/both-orders", "/likelihoods")}
    assert ours in groups
    assert any(len(group) == 8 and all("videogen" in one for one in group) for group in groups)


Make = Callable[..., Pin]


@pytest.fixture
def local(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """A pin whose repository is a folder with one Parquet file."""
    datasets = pytest.importorskip("datasets")
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")

    def make(name: str, rows: dict[str, Any], features: Any = None, **changes: Any) -> Pin:
        folder = tmp_path / "repository"
        folder.mkdir()
        pin = pins()[f"preference/{name}"]
        made = datasets.Dataset.from_dict(rows, features=features)
        made.to_parquet(folder / "test.parquet")
        there = Hub(str(folder), revision="0" * 40)
        return replace(pin, hub=there, split=("test",), **{"counts": (), **changes})

    return make


BENCH = {
    "id": [7, 8], "prompt": ["p", "q"], "chosen": ["good", "fine"], "rejected": ["bad", "poor"],
    "subset": ["math-prm", "hep-cpp"], "chosen_model": ["human", "human"],
}  # fmt: skip


def test_the_hub_and_files_give_the_same_items(local: Make, tmp_path: Path) -> None:
    pin = local("rewardbench", BENCH)
    data = read_published(pin, LoadRequest())
    rows = [{name: column[n] for name, column in BENCH.items()} for n in range(2)]
    own = read("rewardbench", written(tmp_path / "filtered.jsonl", rows))
    assert list(data.identity()) == list(own.identity())
    assert data.documents["7/chosen"] == "good"
    assert data.subsets == ("math-prm", "hep-cpp")
    assert data.origin["revision"] == "0" * 40
    assert len(read_published(pin, LoadRequest(limit=1)).groups) == 1
    with pytest.raises(InvalidError, match="447 items of 'math-prm' expected, 1 found"):
        read_published(replace(pin, counts=(("math-prm", 447),)), LoadRequest())


def test_pictures_of_the_hub_are_clusters_and_are_not_decoded(local: Make) -> None:
    import datasets
    from PIL import Image

    def picture(level: int) -> dict[str, Any]:
        buffer = io.BytesIO()
        Image.new("L", (4, 4), level).save(buffer, "PNG")
        return {"bytes": buffer.getvalue(), "path": None}

    rows = {"images": [picture(1), picture(1), {"bytes": b"no picture", "path": None}],
            "correct_caption": ["a b", "c d", "e f"],
            **{f"hard_text_{k}": ["b a", "c d", "f e"] for k in range(1, 5)}}  # fmt: skip
    features = datasets.Features({name: datasets.Value("string") for name in rows})
    features["images"] = datasets.Image()
    data = read_published(local("aro/flickr-order", rows, features), LoadRequest())
    first, second, third = (group.cluster for group in data.groups)
    assert first == second != third
    assert data.groups[0].query.startswith("picture ")
    assert data.notes == {"items_with_one_text_on_both_sides": 1}  # "c d" is its own shuffle
    assert sorted(data.gold["0"]) == ["0/chosen", *(f"0/rejected-{k}" for k in range(1, 5))]


def test_votes_of_the_hub_need_no_pictures(local: Make) -> None:
    rows = {"prompt": ["p", "q", "r"], "vote_type": ["leftvote", "tievote", "bothbad_vote"]}
    data = read_published(local("genai-bench/image-generation", rows), LoadRequest())
    assert [tuple(grades.values()) for grades in data.gold.values()] == [(1, 0), (1, 1), (0, 0)]
    assert data.documents == {}


def test_judgebench_has_its_sources_as_subsets(tmp_path: Path) -> None:
    sources = ("mmlu-pro-computer science", "livebench-math", "livecodebench")
    rows = [
        {"pair_id": f"x{n}", "original_id": None, "source": source, "question": f"q{n}",
         "response_model": "m", "response_A": "one", "response_B": "two",
         "label": ("A>B", "B>A", "A>B")[n]}
        for n, source in enumerate(sources)
    ]  # fmt: skip
    data = read("judgebench/gpt-4o", written(tmp_path / "gpt.jsonl", rows))
    assert data.subsets == ("mmlu-pro", "livebench-math", "livecodebench")
    assert [group.id for group in data.groups] == ["x0", "x1", "x2"]
    found = values("judgebench/gpt-4o", data, [1, 1, 1, 1, 2, 1])
    # Of equal scores the second is taken: wrong in the first pair, right in the second.
    assert found["pair accuracy[second]"] == pytest.approx(2 / 3)
    assert found["pair accuracy[strict]"] == pytest.approx(1 / 3)
    assert found["mean of subsets[strict]"] == pytest.approx(1 / 3)
    with pytest.raises(InvalidError, match="350 items expected, 3 found"):
        read("judgebench/gpt-4o", tmp_path / "gpt.jsonl", counted=True)


def test_rewardmath_has_one_right_solution(tmp_path: Path) -> None:
    writers = ["modified_with_GPT-4", "human_to_GPT-4", *("m" * n for n in range(1, 9))]
    row = {"problem_id": 3, "problem": "1 + 1", "solution_reference": writers}
    data = read("rewardmath", written(tmp_path / "problems.jsonl", [row]))
    assert data.groups[0].id == "3"
    assert data.groups[0].query == "1 + 1"
    assert len(data.groups[0].candidates) == 10
    texts = {"unique_id": "a", "problem": "p", "chosen": ["s"], "rejected": ["t", "u"]}
    assert read("rewardmath", written(tmp_path / "x.jsonl", [texts])).documents["a/chosen"] == "s"
    none = {**row, "solution_reference": ["m"] * 10}
    with pytest.raises(InvalidError, match="not one solution of human_to_GPT-4"):
        read("rewardmath", written(tmp_path / "none.jsonl", [none]))


def test_files_of_other_sets_are_refused_in_one_line(tmp_path: Path) -> None:
    pairs = [{"id": "a", "prompt": "p", "chosen": "good", "rejected": "bad"}]
    ranks = [{"id": "a", "prompt": "p", "generations": ["x", "y"], "ranking": [1, 2]}]
    pair, rank = written(tmp_path / "pairs.jsonl", pairs), written(tmp_path / "r.jsonl", ranks)
    wrong: list[tuple[str, Path, str]] = [
        ("imagereward", pair, "tells which candidates are chosen, not rankings"),
        ("rewardbench", rank, "tells rankings, not which candidates are chosen"),
        ("winoground", pair, "no column for 'caption_0'"),
        ("genai-bench/image-edition", pair, "no column for 'said'"),
        ("aro/coco-order", pair, "no column 'hard_text_1'"),
        ("rewardmath", rank, "no column for 'chosen'"),
        ("sugarcrepe", tmp_path, "holds none of the files of preference/sugarcrepe: add_obj"),
        ("rewardbench", tmp_path / "none", "nothing at"),
    ]
    for name, path, said in wrong:
        with pytest.raises(MarginBenchError, match=said) as raised:
            read(name, path)
        assert "\n" not in str(raised.value)


def test_a_subset_that_the_set_does_not_have_is_named(tmp_path: Path) -> None:
    rows = [{"id": str(n), "prompt": "p", "chosen": "good", "rejected": "bad", "subset": name}
            for n, name in enumerate(("math-prm", "shp", "made up"))]  # fmt: skip
    pin = replace(pins()["preference/rewardbench"], counts=(("math-prm", 1), ("hep-go", 0)))
    request = LoadRequest(data=written(tmp_path / "x.jsonl", rows))
    with pytest.raises(InvalidError, match=r"subsets that it does not have: 'made up'"):
        read_published(pin, request)
    assert len(read_published(replace(pin, more=("shp", "made up")), request).groups) == 3


def test_a_file_of_another_digest_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    pin = pins()["preference/imagereward"]
    (one,) = pin.remote
    plain = replace(pin, remote=(replace(one, url="http://example.org/test.json"),))
    monkeypatch.setenv("MARGINBENCH_CACHE", "/nonexistent/cache")
    with pytest.raises(InvalidError, match="Give preference/imagereward its files with --data"):
        read_published(plain, LoadRequest())


def test_a_clone_of_the_hub_has_other_splits_beside_and_parts(tmp_path: Path) -> None:
    def row(name: str) -> dict[str, Any]:
        return {"id": name, "prompt": name, "chosen": "good", "rejected": "bad", "subset": "shp"}

    for part, name in enumerate("ab"):
        written(tmp_path / f"filtered-0000{part}-of-00002.jsonl", [row(name)])
    written(tmp_path / "raw-00000-of-00001.jsonl", [row("c")])
    assert [group.id for group in read("rewardbench", tmp_path).groups] == ["a", "b"]
    (tmp_path / "filtered-00001-of-00002.jsonl").unlink()
    with pytest.raises(UsageError, match="1 of 2 parts"):
        read("rewardbench", tmp_path)
    (tmp_path / "filtered-00000-of-00002.jsonl").unlink()
    assert [group.id for group in read("rewardbench", tmp_path).groups] == ["c"]


def test_columns_and_clusters_can_be_told(tmp_path: Path) -> None:
    rows = [{"key": "a", "prompt": "p", "better": "x", "worse": "y", "author": "me"},
            {"key": "b", "prompt": "q", "better": "x", "worse": "z", "author": "me"}]  # fmt: skip
    told = Told(column=(("id", "key"), ("chosen", "better"), ("rejected", "worse")),
                cluster="author")  # fmt: skip
    data = read("rewardbench", written(tmp_path / "x.jsonl", rows), told=told)
    assert [group.cluster for group in data.groups] == ["me", "me"]
    assert [group.id for group in data.groups] == ["a", "b"]
    with pytest.raises(UsageError, match="author"):
        read("rewardbench", written(tmp_path / "y.jsonl", [{"id": "a", "chosen": "x",
                                                            "rejected": "y"}]),
             told=Told(cluster="author"))  # fmt: skip


def test_ranks_of_pictures_begin_at_0(tmp_path: Path) -> None:
    """HPDv2's file: a rank for each picture, the best one 0."""
    row = {"prompt": "p", "image_path": ["a.jpg", "b.jpg", "c.jpg"], "rank": [1, 0, 2],
           "raw_annotations": [[0, 1], [1, 0]], "user_hash": ["x", "y"]}  # fmt: skip
    data = read("hpdv2", written(tmp_path / "test.jsonl", [row]))
    assert data.gold == {"0": {"0/1": 1, "0/2": 2, "0/3": 0}}
    assert data.documents == {}
    assert values("hpdv2", data, [1, 0, 0])["inversion score[half]"] == pytest.approx(0.5)


def test_a_record_has_the_largest_of_very_many_subsets(tmp_path: Path) -> None:
    rows = [{"image_path": f"{n}.jpg", "true_caption": "x", "false_caption": "y",
             "attributes": ["red", f"a{n // 2 if n < 20 else n}"]}
            for n in range(300)]  # fmt: skip
    data = read("aro/attribution", written(tmp_path / "vga.jsonl", rows))
    assert data.subsets[0] == "red_a0"
    task = task_of("aro/attribution")
    found = task.score(task, data, np.arange(600.0), Scoring())
    assert len(found.part.subsets) == 200
    assert [row.items for row in found.part.subsets[:11]] == [2] * 10 + [1]
    assert found.metrics[1].value is None
    assert found.metrics[1].reason == "no subset has 25 items"


def test_what_one_person_reaches_is_said_beside_the_figures(
    command: Command, tmp_path: Path
) -> None:
    """Wu et al. 2023 (arXiv 2306.09341): one person, on HPDv2 and on ImageReward."""
    told = {pin.id: (pin.person.metric, pin.person.value) for pin in pins().values() if pin.person}
    assert told == {"preference/hpdv2": ("inversion score[half]", 0.781),
                    "preference/imagereward": ("pair accuracy[strict]", 0.653)}  # fmt: skip
    rows = [{"prompt": f"p{n}", "image_path": ["a", "b"], "rank": [0, 1]} for n in range(3)]
    scores = tmp_path / "scores.csv"
    scores.write_text("group,item,score\n" + "".join(
        f"{n},{n}/{k},{k}\n" for n in range(3) for k in (1, 2)))  # fmt: skip
    done = command("score", "--task", "preference/hpdv2", "--predictions", scores, "--model-name",
                   "m", "--data", written(tmp_path / "test.jsonl", rows),
                   "--out", tmp_path / "run")  # fmt: skip
    assert done.code == 0, done.err
    shown = command("show", tmp_path / "run").out
    assert "One person agrees with the others by inversion score[half] 0.781 (Wu et al." in shown
    assert "No model beats the blind row" in shown
    assert "by subset" not in shown
