"""One's own classes and pairs as they are read: folders, .npz, tables, lists of pairs, bad ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from harness.data import ItemData
from harness.data.asked import LoadRequest
from harness.errors import InvalidError, MarginBenchError, UsageError
from suites.consistency import suite
from suites.consistency.assemble import Example, assemble
from suites.consistency.folder import kind_of, read_own
from suites.consistency.pair_list import read_pairs


def read(path: Path, limit: int | None = None) -> ItemData:
    return read_own(path, LoadRequest(data=path, limit=limit))


def picture(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", (4, 4), len(path.name)).save(path)


def npz(tmp_path: Path, **arrays: Any) -> Path:
    np.savez(tmp_path / "x.npz", **arrays)
    return tmp_path / "x.npz"


def test_a_folder_per_class(tmp_path: Path) -> None:
    for name in ("b/2.PNG", "b/1.png", "a/deep/er/9.jpg", "a/3.bmp"):
        picture(tmp_path / name)
    (tmp_path / "a" / "notes.txt").write_text("not a picture")
    data = read(tmp_path)
    assert data.ids == ("a/3.bmp", "a/deep/er/9.jpg", "b/1.png", "b/2.PNG")
    assert data.clusters == ("a", "a", "b", "b")
    assert data.gold == (0.0, 0.0, 1.0, 1.0)
    assert set(data.columns["split"]) == {"test"}
    assert kind_of(tmp_path) == "images"


@pytest.mark.parametrize("word", ["calibration", "val", "dev", "valid", "validation"])
def test_a_folder_per_split(tmp_path: Path, word: str) -> None:
    for name in (
        f"{word}/x/1.png",
        f"{word}/y/1.png",
        "test/a/1.png",
        "test/a/2.png",
        "test/b/1.png",
    ):
        picture(tmp_path / name)
    data = read(tmp_path)
    assert dict(zip(data.clusters, data.columns["split"], strict=True)) == {
        "x": "calibration", "y": "calibration", "a": "test", "b": "test"
    }  # fmt: skip


def test_a_class_may_be_called_test_but_a_split_is_never_a_class(tmp_path: Path) -> None:
    for name in ("test/1.png", "test/2.png", "toast/1.png"):
        picture(tmp_path / "fine" / name)
    assert read(tmp_path / "fine").classes == ("test", "toast")
    for name in ("train/a/1.png", "train/b/1.png", "test/c/1.png", "test/c/2.png"):
        picture(tmp_path / "bad" / name)
    with pytest.raises(InvalidError, match="'test' is a split, and 'train' is neither calibration"):
        read(tmp_path / "bad")


def test_labels_without_ids_stand_in_their_order(tmp_path: Path) -> None:
    data = read(npz(tmp_path, labels=np.array([7, 7, 3]), embeddings=np.zeros((3, 2))))
    assert data.ids == ("000000", "000001", "000002")
    assert data.clusters == ("7", "7", "3")
    assert data.contents == []
    assert kind_of(tmp_path / "x.npz") == "items"


def test_a_table_of_texts_with_splits_and_roles(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(
        "ID,Class,Sentence,split,role\n1,a,x,,query\n2,a,y,test,gallery\n3,b,NA,TEST,query\n4,c,,val,\n"
    )
    data = read(path)
    assert (data.ids, data.contents) == (("1", "2", "3", "4"), ["x", "y", "NA", ""])
    assert data.columns["split"] == ("test", "test", "test", "calibration")
    assert data.columns["role"] == ("query", "gallery", "query", "")
    assert kind_of(path) == "texts"
    plain = tmp_path / "plain.csv"
    plain.write_text("id,label\n1,a\n2,a\n3,b\n")
    assert (kind_of(plain), read(plain).contents) == ("items", [])


def test_what_a_split_is_known_by() -> None:
    def sha(*examples: Example) -> object:
        rest = [Example("y", "a"), Example("z", "b")]
        return assemble([*examples, *rest], where="x", limit=None, origin={}).facts["split_sha256"]

    base = sha(Example("x", "a", "text"), Example("w", "b"))
    assert sha(Example("w", "b"), Example("x", "a")) == base  # neither order nor contents
    assert sha(Example("x", "b"), Example("w", "b")) != base
    assert sha(Example("v", "a"), Example("w", "b")) != base
    assert sha(Example("x", "c", split="calibration"), Example("w", "b")) != base


def bad_tables() -> dict[str, tuple[str, str]]:
    return {
        "no label": ("id,text\n1,a\n", "has no column 'label'"),
        "empty label": ("id,label\n1,a\n2,\n3,a\n4,b\n", "1 items have no class: '2'"),
        "role": ("id,label,role\n1,a,probe\n", "row 1: role 'probe' is neither query nor gallery"),
        "half of the roles": (
            "id,label,role\n1,a,query\n2,a,gallery\n3,b,\n",
            "1 test items are neither query nor gallery: '3'",
        ),
        "split": ("id,label,split\n1,a,train\n", "row 1: split 'train' is neither calibration"),
        "twice": ("id,label\n1,a\n1,a\n2,b\n", "1 ids stand twice: '1'"),
        "both splits": (
            "id,label,split\n1,a,val\n2,a,\n3,a,\n4,b,\n",
            "1 classes are in the calibration and the test split: 'a'",
        ),
        "one class": ("id,label\n1,a\n2,a\n", "1 test classes: there is nothing to compare"),
        "calibration alone": ("id,label,split\n1,a,val\n2,b,val\n", "0 test classes"),
        "no pair": ("id,label\n1,a\n2,b\n", "no test class has two items"),
        "nothing": ("id,label\n", "there are no items"),
    }


@pytest.mark.parametrize("name", list(bad_tables()))
def test_bad_tables_are_one_line(tmp_path: Path, name: str) -> None:
    text, said = bad_tables()[name]
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(MarginBenchError, match=said) as caught:
        read(tmp_path / "t.csv")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"id": None, "label": "a", "text": "x"}, "row 2: there is no id"),
        ({"id": "2", "label": "a", "text": None}, "row 2: there is no text"),
        ({"id": "2", "label": "a"}, "row 2: there is no text"),
        ({"id": "2", "text": "x"}, "no column 'label'"),
        ({"id": "2", "label": None, "text": "x"}, "1 items have no class: '2'"),
    ],
)
def test_a_row_that_lacks_something(tmp_path: Path, row: dict[str, Any], said: str) -> None:
    rows = [{"id": "1", "label": "a", "text": "x"}, row]
    (tmp_path / "t.jsonl").write_text("\n".join(json.dumps(one) for one in rows))
    with pytest.raises(MarginBenchError, match=said):
        read(tmp_path / "t.jsonl")


def bad_npz(tmp_path: Path, kind: str) -> Path:
    labels = np.array(["a", "a", "b", "b"] * 200)
    path = tmp_path / "x.npz"
    if kind == "compressed":
        np.savez_compressed(path, labels=labels)
    else:
        np.savez(path, labels=labels)
    raw = bytearray(path.read_bytes())
    if kind == "cut short":
        del raw[len(raw) // 2 :]
    elif kind == "a flipped byte":
        raw[300] ^= 255
    elif kind == "compressed":
        raw[60] ^= 255
    elif kind == "one array":
        np.save(tmp_path / "x.npy", labels)
        raw = bytearray((tmp_path / "x.npy").read_bytes())
    elif kind == "empty":
        raw = bytearray()
    path.write_bytes(bytes(raw))
    return path


@pytest.mark.parametrize(
    "kind", ["cut short", "a flipped byte", "compressed", "one array", "empty"]
)
def test_archives_that_cannot_be_read_are_one_line(tmp_path: Path, kind: str) -> None:
    with pytest.raises(InvalidError, match=r"cannot be read as \.npz") as caught:
        read(bad_npz(tmp_path, kind))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"labels": np.array("a")}, r"labels have shape \(\)"),
        ({"labels": np.array([["a", "b"]] * 2)}, r"labels have shape \(2, 2\)"),
        ({"labels": np.array(["a"]), "ids": np.array([["x"]])}, r"ids have shape \(1, 1\)"),
        ({"labels": np.array(["a", "b"]), "ids": np.array(["x"])}, "are of different lengths"),
        ({"labels": np.array([{}, None], dtype=object)}, "allow_pickle"),
        ({"names": np.array(["a"])}, "holds no array 'labels', only names"),
        ({"labels": np.array([], dtype=str)}, "there are no items"),
    ],
)
def test_arrays_that_are_no_labels_are_one_line(
    tmp_path: Path, arrays: dict[str, Any], said: str
) -> None:
    with pytest.raises(InvalidError, match=said):
        read(npz(tmp_path, **arrays))


def test_what_is_none_of_the_three(tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("")
    with pytest.raises(UsageError, match="neither a folder of images by class"):
        kind_of(tmp_path / "x.txt")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="holds no folder per class"):
        read(tmp_path / "empty")
    for task_id in ("consistency/folder", "consistency/pairs"):
        task = suite().find(task_id)
        assert task is not None
        with pytest.raises(UsageError, match="Add --data PATH"):
            task.load(LoadRequest())


def test_a_task_is_named_after_its_data(tmp_path: Path) -> None:
    task = suite().find("consistency/folder")
    assert task is not None
    assert task.resolve is not None
    path = tmp_path / "My Set (v2).csv"
    path.write_text("id,label,text\n1,a,x\n")
    resolved = task.resolve(LoadRequest(data=path))
    assert resolved.id == "consistency/folder/my-set-v2"
    assert (resolved.input_kind, resolved.asks) == ("texts", "embedding")


def pairs_of(tmp_path: Path, text: str, name: str = "pairs.csv") -> ItemData:
    for image in ("a/a_0001.jpg", "a/a_0002.jpg", "b/b_0001.jpg"):
        picture(tmp_path / "set" / image)
    (tmp_path / "set" / name).write_bytes(text.encode("latin-1"))
    return read_pairs(tmp_path / "set", LoadRequest(data=tmp_path / "set"))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pairs.csv", "a,b,same\na/a_0001.jpg,a/a_0002.jpg,1\na/a_0001.jpg,b/b_0001.jpg,False\n"),
        ("pairs.txt", "1\t1\na\t1\t2\na\t1\tb\t1\n"),
    ],
)
def test_pairs_are_rows_of_pictures(tmp_path: Path, name: str, text: str) -> None:
    data = pairs_of(tmp_path, text, name)
    assert data.ids == ("a/a_0001.jpg", "a/a_0002.jpg", "b/b_0001.jpg")
    assert data.facts["pairs"] == [[0, 1, 1], [0, 2, 0]]
    assert data.clusters == ("a", "a", "b")


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("pairs.csv", "a,b,same\na/a_0001.jpg,a/a_0002.jpg,1\n", "pairs of both kinds are needed"),
        ("pairs.csv", "a,b,same\nx,y,maybe\n", "row 1: same is 'maybe', not 1 or 0"),
        ("pairs.csv", "a,b\nx,y\n", "has no column 'same'"),
        ("pairs.csv", "a,b,same\n../o,b/b_0001.jpg,1\n/e,b/b_0001.jpg,0\n", "2 of 3 pictures are"),
        ("pairs.txt", "a 1 2\na 1 b 9\n", "1 of 3 pictures are not in .*'b/b_0009.jpg'"),
        ("pairs.txt", "a 1 two\n", "pairs.txt:1: not a line of pairs: 'a 1 two'"),
        ("pairs.txt", "a 1 b 2 c\n", "pairs.txt:1: not a line of pairs"),
        ("pairs.txt", "\xe9 1 2\n", "not UTF-8"),
        ("pear.txt", "", "holds neither pairs.csv nor"),
    ],
)
def test_bad_lists_of_pairs_are_one_line(tmp_path: Path, name: str, text: str, said: str) -> None:
    with pytest.raises(MarginBenchError, match=said) as caught:
        pairs_of(tmp_path, text, name)
    assert "\n" not in str(caught.value)


ROLED = {"id": ["q0", "g0", "q1", "g1"], "label": ["a", "a", "b", "b"]}
MARKS = {
    "booleans": ([True, False, True, False], [False, True, False, True]),
    "numbers": ([1, 0, 1, 0], [0, 1, 0, 1]),
    "words": (["true", "", "True", "False"], ["no", "yes", "0", "1"]),
}


@pytest.mark.parametrize("kind", ["npz", "csv", "parquet"])
@pytest.mark.parametrize("marks", list(MARKS))
def test_columns_that_say_query_or_gallery_are_honoured(
    tmp_path: Path, kind: str, marks: str
) -> None:
    """OpenMetricLearning's tables; without them every item would be compared with every other."""
    import pandas as pd

    query, gallery = MARKS[marks]
    path = tmp_path / f"t.{kind}"
    if kind == "npz":
        ids, labels = np.array(ROLED["id"], "S"), np.array(ROLED["label"])
        np.savez(
            path, ids=ids, labels=labels, is_query=query, is_gallery=gallery,
            paths=np.array([None, {}], dtype=object),
        )  # fmt: skip
    else:
        frame = pd.DataFrame({**ROLED, "is_query": query, "is_gallery": gallery})
        frame.to_csv(path, index=False) if kind == "csv" else frame.to_parquet(path)
    data = read(path)
    assert data.ids == tuple(ROLED["id"])
    assert data.columns["role"] == ("query", "gallery", "query", "gallery")
    assert data.classes == ("a", "b")


def test_an_item_that_is_query_and_gallery_is_asked_about(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("id,label,is_query,is_gallery\nx,a,1,1\ny,a,0,1\n")
    with pytest.raises(InvalidError, match="row 1: an item that is query and gallery at once"):
        read(tmp_path / "t.csv")


def test_object_labels_are_refused_with_the_way_out(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", labels=np.array(["a", "b"], dtype=object))
    with pytest.raises(InvalidError, match=r"Write texts as texts: numpy\.asarray"):
        read(tmp_path / "x.npz")
