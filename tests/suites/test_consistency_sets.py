"""Published sets on small made-up copies: each layout, wrong counts, what is not laid out so."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from harness.data import ItemData
from harness.data.asked import LoadRequest
from harness.errors import InvalidError, MarginBenchError, UsageError
from suites.consistency import catalogue, sets
from suites.consistency.omniglot import OTHER, SEEN
from suites.consistency.sets import LEARN, TEST, Pin, load_pinned, pins


def pin_of(layout: str) -> Pin:
    (found,) = (pin for pin in pins() if pin.layout == layout)
    return found


def lines(path: Path, *rows: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")


def cub(folder: Path) -> None:
    labels = [1, 1, 100, 101, 101, 200]
    lines(folder / "images.txt", *(f"{n} c{c}/{n}.jpg" for n, c in enumerate(labels, 1)))
    lines(folder / "image_class_labels.txt", *(f"{n} {c}" for n, c in enumerate(labels, 1)))


def cars(folder: Path) -> None:
    from scipy.io import savemat

    rows = [(f"car_ims/{n}.jpg", c) for n, c in enumerate([1, 98, 98, 99, 99, 196])]
    kind = [("relative_im_path", "O"), ("class", "O")]
    savemat(folder / "cars_annos.mat", {"annotations": np.array(rows, dtype=kind)})


def sop(folder: Path) -> None:
    head = "image_id class_id super_class_id path"
    lines(folder / "Ebay_train.txt", head, *(f"{n} {n % 2 + 1} 1 a/{n}.JPG" for n in range(3)))
    lines(folder / "Ebay_test.txt", head, *(f"{n} {n % 2 + 9} 1 b/{n}.JPG" for n in range(3)))


def inshop(folder: Path) -> None:
    rows = [f"img/{n}.jpg id_{n % 2} train" for n in range(3)]
    rows += ["img/7.jpg id_7 query", "img/8.jpg id_7 gallery", "img/9.jpg id_8 gallery"]
    lines(folder / "Eval" / "list_eval_partition.txt", "6", "image_name item_id status", *rows)


def inat(folder: Path) -> None:
    for part, names in (("train", "aab"), ("test", "ccd")):
        rows = (f"train_val2018/Aves/{name}/{n}.jpg" for n, name in enumerate(names))
        lines(folder / "Inat_dataset_splits" / f"Inaturalist_{part}_set1.txt", *rows, "")


MAKERS: dict[str, Callable[[Path], None]] = {
    "cub": cub,
    "cars": cars,
    "sop": sop,
    "inshop": inshop,
    "inat": inat,
}


def made(layout: str, tmp_path: Path) -> tuple[Pin, Path]:
    """A small copy below its own folder's name, and the pin with that copy's counts."""
    pin = pin_of(layout)
    folder = tmp_path / pin.folders[0]
    folder.mkdir()
    MAKERS[layout](folder)
    return replace(pin, test=(3, 2), learn=(3, 2)), tmp_path


@pytest.mark.parametrize("layout", list(MAKERS))
def test_each_layout_is_read_with_or_without_its_own_folder(layout: str, tmp_path: Path) -> None:
    pin, above = made(layout, tmp_path)
    test = load_pinned(pin, TEST, LoadRequest(data=above))
    learn = load_pinned(pin, LEARN, LoadRequest(data=above / pin.folders[0]))
    assert (len(test.ids), len(test.classes)) == (len(learn.ids), len(learn.classes)) == (3, 2)
    assert not set(test.classes) & set(learn.classes)
    assert not set(test.ids) & set(learn.ids)
    for name, image in zip(test.ids, test.contents, strict=True):
        assert image.path == above / pin.folders[0] / name
    assert ("role" in test.columns) == (layout == "inshop")


@pytest.mark.parametrize("layout", list(MAKERS))
@pytest.mark.parametrize("part", [TEST, LEARN])
def test_wrong_counts_name_both(layout: str, part: str, tmp_path: Path) -> None:
    _, above = made(layout, tmp_path)
    pin = pin_of(layout)
    pictures, classes = pin.test if part == TEST else pin.learn
    with pytest.raises(InvalidError) as caught:
        load_pinned(pin, part, LoadRequest(data=above))
    assert "3 pictures of 2 classes" in str(caught.value)
    assert f"{pictures:,} of {classes:,} are pinned" in str(caught.value)


def test_who_is_in_which_part() -> None:
    # Class-disjoint halves, not the official classification splits.
    counts = {pin.layout: (pin.test, pin.learn) for pin in pins()}
    assert counts["cub"] == ((5924, 100), (5864, 100))
    assert counts["cars"] == ((8131, 98), (8054, 98))
    assert counts["sop"] == ((60502, 11316), (59551, 11318))
    assert counts["inshop"] == ((14218 + 12612, 3985), (25882, 3997))


def broken(layout: str, folder: Path) -> None:
    """Spoil the list of a small copy."""
    if layout == "cub":
        lines(folder / "image_class_labels.txt", "1 1", "77 101")  # a picture without a name
    elif layout == "cars":
        (folder / "cars_annos.mat").write_bytes(b"")
    elif layout == "sop":
        lines(folder / "Ebay_test.txt", "image_id,class_id,path", "1,2,a.jpg")
    elif layout == "inshop":
        lines(folder / "Eval" / "list_eval_partition.txt", "1", "names", "img/1.jpg id")
    else:
        lines(folder / "Inat_dataset_splits" / "Inaturalist_test_set1.txt", "picture.jpg")


@pytest.mark.parametrize("how", ["broken", "absent"])
@pytest.mark.parametrize("layout", list(MAKERS))
def test_what_is_not_laid_out_so_is_one_line(layout: str, how: str, tmp_path: Path) -> None:
    pin, above = made(layout, tmp_path)
    folder = above / pin.folders[0]
    if how == "broken":
        broken(layout, folder)
    else:
        for path in folder.rglob("*"):
            if path.is_file():
                path.unlink()
    with pytest.raises(UsageError, match="is not laid out as the set's own archive") as caught:
        load_pinned(pin, TEST, LoadRequest(data=above))
    assert "\n" not in str(caught.value)
    assert pin.card.url in str(caught.value)


@pytest.mark.parametrize("value", [np.zeros(3), "text"])
def test_a_mat_file_of_something_else_is_one_line(value: Any, tmp_path: Path) -> None:
    from scipy.io import savemat

    savemat(tmp_path / "cars_annos.mat", {"annotations": value})
    with pytest.raises(MarginBenchError):
        load_pinned(pin_of("cars"), TEST, LoadRequest(data=tmp_path))


def test_without_data_it_is_said_where_to_get_them(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"read from your own copy of https.*Add --data DIR"):
        load_pinned(pin_of("cub"), TEST, LoadRequest())
    lines(tmp_path / "file", "")
    with pytest.raises(UsageError, match="is not a folder"):
        load_pinned(pin_of("cub"), TEST, LoadRequest(data=tmp_path / "file"))


def omniglot(folder: Path, *, zipped: bool) -> None:
    names = {SEEN: ("Greek", "Latin"), OTHER: ("Greek", "Tifinagh", "Angelic")}
    for part, alphabets in names.items():
        for alphabet in alphabets:
            for number in (1, 2):
                path = folder / part / alphabet / f"character0{number}"
                path.mkdir(parents=True)
                for drawing in range(2):
                    Image.new("1", (8, 8), drawing).save(path / f"00{number}_{drawing}.png")
        if zipped:
            with zipfile.ZipFile(folder / f"{part}.zip", "w") as file:
                for path in sorted((folder / part).rglob("*.png")):
                    file.write(path, path.relative_to(folder))
            (folder / part).rename(folder / f"{part}-elsewhere")


@pytest.mark.parametrize("zipped", [True, False])
def test_omniglot_holds_characters_of_unseen_alphabets_only(tmp_path: Path, zipped: bool) -> None:
    omniglot(tmp_path, zipped=zipped)
    pin = replace(pin_of("omniglot"), test=(8, 4), learn=(8, 4), split_sha256=None)
    test = load_pinned(pin, TEST, LoadRequest(data=tmp_path))
    assert {name.split("/")[0] for name in test.classes} == {"Tifinagh", "Angelic"}
    assert test.ids[0] == "Angelic/character01/001_0.png"
    assert [image.load().size for image in test.contents] == [(8, 8)] * 8
    learn = load_pinned(pin, LEARN, LoadRequest(data=tmp_path))
    assert {name.split("/")[0] for name in learn.classes} == {"Greek", "Latin"}
    with pytest.raises(
        InvalidError, match=r"the split \(pictures, classes, parts\) is not the one"
    ):
        load_pinned(replace(pin, split_sha256="0" * 64), TEST, LoadRequest(data=tmp_path))


def test_an_archive_that_is_none_or_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"neither .*small1\.zip nor .*small1 in"):
        load_pinned(pin_of("omniglot"), TEST, LoadRequest(data=tmp_path))
    (tmp_path / f"{SEEN}.zip").write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(UsageError, match="is no whole archive"):
        load_pinned(pin_of("omniglot"), TEST, LoadRequest(data=tmp_path))


@pytest.mark.shared_data
def test_omniglot_as_pinned(shared_data: Path) -> None:
    folder = shared_data / "consistency" / "omniglot"
    pin = pin_of("omniglot")
    data = load_pinned(pin, TEST, LoadRequest(data=folder))
    parts = {}
    for part in (SEEN, OTHER):
        with zipfile.ZipFile(folder / f"{part}.zip") as file:
            names = [name for name in file.namelist() if name.endswith(".png")]
        parts[part] = sorted(name.removeprefix(f"{part}/") for name in names)
    seen = {name.split("/")[0] for name in parts[SEEN]}
    kept = [name for name in parts[OTHER] if name.split("/")[0] not in seen]
    assert (list(data.ids), len(kept)) == (kept, 2120)
    rows = [[name, name.rpartition("/")[0], "test", ""] for name in kept]
    text = "".join(json.dumps(row, separators=(",", ":")) + "\n" for row in sorted(rows))
    assert pin.split_sha256 == sha256(text.encode()).hexdigest() == data.facts["split_sha256"]
    assert len(load_pinned(pin, LEARN, LoadRequest(data=folder)).ids) == 2720


def test_tasks_are_listed_without_anything_heavy() -> None:
    code = (
        "import sys\n"
        "from suites.consistency import suite\n"
        "assert suite().find('consistency/folder/mine')\n"
        "assert suite().find('consistency/nope') is None\n"
        "print(sorted(set(sys.modules) & {'numpy', 'scipy', 'PIL', 'pyarrow', 'torch', 'numba'}))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_pin_is_a_task_that_can_learn_its_own_part(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str]] = []

    def load(pin: Pin, part: str, request: LoadRequest) -> ItemData:
        asked.append((pin.id, part))
        return ItemData((), [], (), ())

    monkeypatch.setattr(catalogue, "load_pinned", load)
    for pin in sets.pins():
        task = catalogue._pinned(pin)
        assert task.id == pin.id
        assert task.learn is not None
        task.load(LoadRequest())
        task.learn(LoadRequest())
    assert asked == [(pin.id, part) for pin in sets.pins() for part in (TEST, LEARN)]
