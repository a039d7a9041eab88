"""Captions of a picture and pictures of a prompt: what is read, what is refused, what is scored."""

from __future__ import annotations

import csv
import json
import os
import pickle
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from harness.data import ItemData
from harness.data.asked import LoadRequest, Told
from harness.errors import InvalidError, MarginBenchError, UsageError
from harness.records.record import read_record
from suites.preference.pictured import load_pictured
from suites.preference.record import PreferencePart
from suites.preference.shown_pictures import Drawn, Pictured
from tests.cli.conftest import Command, command

__all__ = ["command"]

Image = pytest.importorskip("PIL.Image")
COLOURS = {"red": (250, 0, 0), "green": (0, 250, 0), "blue": (0, 0, 250)}
PAIR = {"image": "red.png", "chosen": "a red square", "rejected": "a blue square"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "set"
    (place / "images").mkdir(parents=True)
    for name, colour in COLOURS.items():
        Image.new("RGB", (8, 6), colour).save(place / "images" / f"{name}.png")
    return place


def load(place: Path, rows: Sequence[Mapping[str, Any]], **more: Any) -> ItemData:
    (place / "own.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return load_pictured("preference/image-text", LoadRequest(data=place, **more))


def test_captions_of_one_picture(folder: Path) -> None:
    found = load(folder, [
        {"filename": "red.png", "caption": "red", "negative_caption": "blue", "id": "a"},
        {"filename": "images/red.png", "caption": "x", "negative_caption": "y", "id": "b"},
    ])  # fmt: skip
    assert sorted(found.ids) == ["a/chosen", "a/rejected", "b/chosen", "b/rejected"]
    texts = dict(zip(found.ids, found.contents, strict=True))
    assert (texts["a/chosen"], texts["a/rejected"], texts["b/chosen"]) == ("red", "blue", "x")
    assert {text.image.getpixel((0, 0)) for text in texts.values()} == {COLOURS["red"]}
    assert texts["a/chosen"].picture == texts["a/rejected"].picture
    gold = dict(zip(found.ids, found.gold, strict=True))
    assert gold == {"a/chosen": 1, "a/rejected": 0, "b/chosen": 1, "b/rejected": 0}
    assert set(found.clusters) == {"red.png", "images/red.png"}
    assert found.notes == {}


def test_two_true_captions_and_a_prompt_that_is_not_shown(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    row = {"filename": "red.png", "caption": "red", "caption2": "it is red",
           "negative_caption": "blue", "question": "what?"}  # fmt: skip
    found = load(folder, [row])
    assert {str(text) for text in found.contents} == {"red", "it is red", "blue"}
    assert found.columns["prompt"] == ("red.png",) * 3


def test_pictures_of_one_prompt(folder: Path) -> None:
    names = [f"images/{name}.png" for name in COLOURS]
    found = load(folder, [{"id": "a", "prompt": "red", "generations": names,
                           "ranking": [1, 3, 2]}])  # fmt: skip
    assert found.ids == ("a/1", "a/2", "a/3")
    assert {str(text) for text in found.contents} == {"red"}
    assert [text.image.getpixel((0, 0)) for text in found.contents] == list(COLOURS.values())
    assert found.gold == (2, 0, 1)
    assert found.columns["picture"] == tuple(names)
    assert found.clusters == ("red",) * 3


def test_the_column_that_is_named_counts(folder: Path) -> None:
    row = {**PAIR, "filename": "green.png"}
    with pytest.raises(UsageError, match=r"could be image and filename|could be 'image'"):
        load(folder, [row])
    found = load(folder, [row], told=Told(column=(("image", "filename"),)))
    assert {text.picture.name for text in found.contents} == {"green.png"}
    odd = {"photo": "blue.png", "chosen": "x", "rejected": "y"}
    found = load(folder, [odd], told=Told(column=(("image", "photo"),)))
    assert {text.picture.name for text in found.contents} == {"blue.png"}


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({**PAIR, "image": "gone.png"}, "1 of 1 pictures are not there: 'gone.png'"),
        ({**PAIR, "image": "x" * 5000}, "1 of 1 pictures are not there"),
        ({**PAIR, "image": "../set/images/red.png"}, "leaves the folder"),
        ({**PAIR, "image": "..\\secret.png"}, "leaves the folder"),
        ({**PAIR, "image": "/etc/passwd"}, "leaves the folder"),
        ({**PAIR, "image": "C:\\red.png"}, "leaves the folder"),
        ({**PAIR, "image": "out.png"}, "leaves the folder"),
        ({**PAIR, "image": "outer/secret.png"}, "leaves the folder"),
        ({**PAIR, "image": "pipe.png"}, "not there"),
        ({**PAIR, "image": "images"}, "not there"),
        ({**PAIR, "image": "loop.png"}, "not there"),
        ({**PAIR, "image": "a\0b.png"}, "names no file"),
        ({**PAIR, "image": "."}, "names no file"),
        ({**PAIR, "image": " "}, "names no picture"),
        ({**PAIR, "image": None}, "names no picture"),
        ({**PAIR, "image": ["red.png", "green.png"]}, "names no picture"),
        ({**PAIR, "image": {"bytes": "x", "path": "red.png"}}, "holds a picture itself"),
        ({"chosen": "x", "rejected": "y"}, "no column names pictures"),
        ({"prompt": "p", "images": ["red.png"], "generations": ["red.png"], "ranking": [1]},
         "could be"),
        ({"prompt": "p", "images": ["red.png"], "image": "red.png", "ranking": [1]}, "could be"),
        ({"prompt": "p", "videos": ["a.mp4", "b.mp4"], "ranking": [1, 2]}, "no column names"),
        ({"prompt": " ", "images": ["red.png", "blue.png"], "ranking": [1, 2]}, "no prompt"),
        ({"prompt": "p", "images": ["red.png"], "ranking": [1, 2]}, "1 candidates and 2 values"),
        ({"group": "g", "text": "t", "rank": 1, "image": "red.png"}, "row for each candidate"),
    ],
)  # fmt: skip
def test_what_names_no_picture_of_the_folder_is_refused(
    folder: Path, row: Mapping[str, Any], said: str
) -> None:
    outer = folder.parent / "outer"
    outer.mkdir()
    Image.new("RGB", (4, 4)).save(outer / "secret.png")
    (folder / "out.png").symlink_to(outer / "secret.png")
    (folder / "outer").symlink_to(outer)
    (folder / "loop.png").symlink_to(folder / "loop.png")
    os.mkfifo(folder / "pipe.png")
    with pytest.raises(MarginBenchError) as caught:
        load(folder, [row])
    assert said in str(caught.value)
    assert "\n" not in caught.value.message


def test_tables_of_two_layouts_are_refused(folder: Path) -> None:
    ranked = {"prompt": "p", "images": ["red.png", "blue.png"], "ranking": [1, 2]}
    (folder / "zz.jsonl").write_text(json.dumps(ranked) + "\n")
    with pytest.raises(InvalidError, match="different layouts"):
        load(folder, [PAIR])


def test_a_text_keeps_its_picture_on_the_way_to_a_worker(folder: Path) -> None:
    (text, _) = load(folder, [PAIR]).contents
    again = pickle.loads(pickle.dumps(text))
    assert (again, again.picture) == (text, text.picture)
    assert again.image.tobytes() == text.image.tobytes()
    drawn = Pictured("x", Drawn("x")).image
    assert drawn.size == (64, 64)
    assert drawn.tobytes() != Pictured("y", Drawn("y")).image.tobytes()


MODEL = """
def score_captions(texts):
    found = []
    for text in texts:
        pixel = text.image.getpixel((0, 0))
        names = {"red": 0, "green": 1, "blue": 2}
        found.append(sum(pixel[at] for name, at in names.items() if name in text) / 255)
    return found
"""


def test_a_python_file_runs_and_what_is_no_picture_is_named(
    command: Command, folder: Path, tmp_path: Path
) -> None:
    model = tmp_path / "seer.py"
    model.write_text(MODEL)
    rows = [{"id": f"i{n}", "image": f"{name}.png", "chosen": f"it is {name}",
             "rejected": f"it is not {other} at all"}
            for n, (name, other) in enumerate([("red", "blue"), ("green", "red"),
                                               ("blue", "green"), ("red", "green")])]  # fmt: skip
    (folder / "own.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    words = ("evaluate", "--model", f"python:{model}", "--task", "preference/image-text",
             "--data", folder, "--out")  # fmt: skip
    done = command(*words, tmp_path / "runs")
    assert done.code == 0, done.err
    (path,) = (tmp_path / "runs").rglob("record.json")
    record = read_record(path)
    values = {metric.name: metric.value for metric in record.metrics}
    assert values["pair accuracy[strict]"] == 1
    part = record.part
    assert isinstance(part, PreferencePart)
    blind = {row.name: row.values["pair accuracy[strict]"] for row in part.blind}
    assert blind == {"constant": 0, "longer": 0, "shorter": 1, "random": 0.5}
    shown = command("show", path.parent)
    assert shown.code == 0, shown.err
    (folder / "images" / "blue.png").write_bytes(b"no picture")
    done = command(*words, tmp_path / "broken")
    assert done.code == 1
    assert "i2/" in done.err
    assert "blue.png" in done.err
    done = command(*words, tmp_path / "worst", "--on-error", "worst-rank")
    assert done.code == 0, done.err
    (path,) = (tmp_path / "worst").rglob("record.json")
    worst = read_record(path).part
    assert isinstance(worst, PreferencePart)
    assert worst.unanswered == 2


@pytest.mark.parametrize("ranked", [False, True])
def test_figures_are_those_of_the_same_scores_of_lists(
    command: Command, tmp_path: Path, ranked: bool
) -> None:
    """``preference/predictions`` has them from lists; here items are candidates, and no picture is
    needed to score what was made elsewhere."""
    data, ids = tmp_path / "own.jsonl", []
    with data.open("w") as file:
        for n in range(12):
            row: dict[str, Any] = {"id": f"i{n}", "subset": "ab"[n % 2]}
            if ranked:
                row |= {"prompt": f"p{n // 2}", "images": [f"{n}-{k}.png" for k in range(3)],
                        "ranking": [1 + n % 2, 2, 3]}  # fmt: skip
                ids += [(f"i{n}", f"i{n}/{k}") for k in (1, 2, 3)]
            else:
                row |= {"image": f"{n // 2}.png", "chosen": "x" * (n + 1), "rejected": "y" * 5}
                ids += [(f"i{n}", f"i{n}/{side}") for side in ("chosen", "rejected")]
            file.write(json.dumps(row) + "\n")
    with (tmp_path / "scores.csv").open("w", newline="") as table:
        writer = csv.writer(table)
        writer.writerow(("group", "item", "score"))
        writer.writerows((*pair, n * 7 % 5) for n, pair in enumerate(ids))
    found = []
    for task in ("predictions", "image-text"):
        done = command("score", "--task", f"preference/{task}", "--data", data, "--predictions",
                       tmp_path / "scores.csv", "--model-name", "m",
                       "--out", tmp_path / task)  # fmt: skip
        assert done.code == 0, done.err
        (path,) = (tmp_path / task).rglob("record.json")
        found.append(read_record(path))
        assert command("show", path.parent).code == 0
    lists, items = found
    told = [[(m.name, m.value, m.interval, m.n) for m in one.metrics] for one in found]
    assert told[0] == told[1]
    assert isinstance(lists.part, PreferencePart)
    assert isinstance(items.part, PreferencePart)
    mine = items.part.model_copy(update={"blind": []})
    # A list of pictures has no lengths; of captions all rows are the same.
    assert mine == lists.part.model_copy(update={"blind": []})
    assert [row.name for row in items.part.blind] == [row.name for row in lists.part.blind]
    assert items.part.blind == lists.part.blind


def test_a_model_of_pictures_alone_is_told_what_is_asked(command: Command, folder: Path) -> None:
    (folder / "own.jsonl").write_text(json.dumps(PAIR) + "\n")
    done = command("evaluate", "--model", "constant", "--task", "preference/image-text",
                   "--data", folder)  # fmt: skip
    assert done.code == 2
    assert "asks for a match with a picture of each text" in done.err
    assert "score_captions" in done.err


@pytest.mark.shared_data
def test_published_files_are_such_tables(shared_data: Path) -> None:
    """Pairs of SugarCrepe, triplets of SugarCrepe++, and ImageReward's rankings of pictures."""
    root = shared_data / "preference"
    for name, (candidates, kind) in {
        "sugarcrepe/add_att.json": (2 * 692, "captions"),
        "sugarcrepe-pp": (3 * 4757, "captions"),
        "imagereward/test.json": (2720, "pictures"),
    }.items():
        request = LoadRequest(data=root / name, contents=False)
        found = load_pictured("preference/image-text", request)
        assert (len(found.ids), found.facts["candidates"]) == (candidates, kind)
    (first,) = {text.picture.name for text in found.contents[:1]}
    assert first.startswith("part-")
    with pytest.raises(InvalidError, match="2,720 of 2,720 pictures are not there"):
        load_pictured("preference/image-text", LoadRequest(data=root / "imagereward/test.json"))
