"""Which files are pictures: what Pillow reads, what is counted as left out, and empty classes."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image, features

from harness.data.asked import LoadRequest
from harness.errors import InvalidError
from harness.tasks.picture_files import Pictures, picture_endings
from suites.consistency.folder import read_own as read_classes
from suites.flips.folder import read_own as read_labelled

READERS = {"consistency": read_classes, "flips": read_labelled}
ENDINGS = ("png", "gif", "jfif", "jp2", "jpe", "tga", "bmp", "webp", "tiff", "ppm", "GIF", "Jp2")


def picture(path: Path, level: int = 7) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (8, 8), (level,) * 3).save(path)


def test_what_pillow_reads_is_a_picture() -> None:
    """Every ending that Pillow can save and read again, saved and read again."""
    for ending in ENDINGS:
        assert f".{ending}".lower() in picture_endings()
    assert (".avif" in picture_endings()) == bool(features.check("avif"))
    for other in (".txt", ".json", ".pdf", ".mp4", ".h5", ".npz", ""):
        assert other not in picture_endings()


@pytest.mark.parametrize("suite", READERS)
@pytest.mark.parametrize("ending", ENDINGS)
def test_a_class_of_any_kind_of_picture(tmp_path: Path, suite: str, ending: str) -> None:
    for name in ("a/1.png", "a/2.png", f"b/1.{ending}", f"b/2.{ending}"):
        picture(tmp_path / name)
    data = READERS[suite](tmp_path, LoadRequest(data=tmp_path))
    assert data.classes == ("a", "b")
    assert [source.load().size for source in data.contents] == [(8, 8)] * 4


@pytest.mark.parametrize("suite", READERS)
def test_what_is_left_out_is_counted(tmp_path: Path, suite: str) -> None:
    for name in ("a/1.png", "a/2.png", "b/1.png", "b/2.png", ".ipynb_checkpoints/1-cp.png",
                 "a/.ipynb_checkpoints/1-cp.png", "__MACOSX/a/._1.png", "beside.png"):  # fmt: skip
        picture(tmp_path / name)
    for name in ("a/._1.png", "a/notes.txt", "b/x.heic", "b/y.HEIC", "b/README", "a/Thumbs.db"):
        (tmp_path / name).write_bytes(b"no picture")
    data = READERS[suite](tmp_path, LoadRequest(data=tmp_path))
    assert data.ids == ("a/1.png", "a/2.png", "b/1.png", "b/2.png")
    assert data.origin["left_out"] == {
        ".heic": 2, ".txt": 1, "beside the folders": 1, "hidden": 5, "no ending": 1
    }  # fmt: skip


@pytest.mark.parametrize("suite", READERS)
@pytest.mark.parametrize("inside", [[], ["1.heic", "2.heic"], [".hidden.png"], ["deep/er/x.txt"]])
def test_a_class_without_a_picture_is_refused(
    tmp_path: Path, suite: str, inside: list[str]
) -> None:
    for name in ("a/1.png", "a/2.png", "b/1.png", "b/2.png"):
        picture(tmp_path / name)
    (tmp_path / "c").mkdir()
    for name in inside:
        (tmp_path / "c" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "c" / name).write_bytes(b"x")
    with pytest.raises(InvalidError, match="c: a class without a picture") as caught:
        READERS[suite](tmp_path, LoadRequest(data=tmp_path))
    assert ("2 .heic" in str(caught.value)) == (len(inside) == 2)


def test_splits_are_no_classes(tmp_path: Path) -> None:
    for name in ("train/a/1.png", "train/b/1.png", "val/a/2.png", "val/b/2.png"):
        picture(tmp_path / name)
    with pytest.raises(InvalidError, match="'train', 'val' is a split with a folder per class"):
        read_labelled(tmp_path, LoadRequest(data=tmp_path))
    assert read_labelled(tmp_path / "val", LoadRequest(data=tmp_path / "val")).classes == ("a", "b")


def test_folders_that_look_like_pictures_are_none(tmp_path: Path) -> None:
    picture(tmp_path / "x.png" / "1.png")
    assert [path.name for path in Pictures().below(tmp_path)] == ["1.png"]
