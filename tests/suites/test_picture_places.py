"""From a name in a table of opinions to its picture: by path or its end, never another's."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from harness.data.asked import LoadRequest
from harness.errors import InvalidError
from suites.image_quality.folder import read_own
from suites.image_quality.loading import load_pinned
from suites.image_quality.pins import pins
from tests.suites.test_opinions import _wheel_is_here as wheel_is_here


def folder(place: Path, files: list[str], names: list[str]) -> Path:
    for file in files:
        (place / file).parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (4, 4), len(file)).save(place / file)
    rows = [f"{name},{number + 0.5}" for number, name in enumerate(names)]
    (place / "opinions.csv").write_text("\n".join(["image,mos", *rows, ""]))
    return place


def found(place: Path, **more: str) -> dict[str, str]:
    data = read_own(place, LoadRequest(data=place, **more))  # type: ignore[arg-type]
    base = place.resolve()
    pairs = zip(data.ids, data.contents, strict=True)
    return {name: source.path.resolve().relative_to(base).as_posix() for name, source in pairs}


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("a.png", "images/a.png"),
        ("a.png", "deep/er/a.png"),
        ("a.png", "a.png"),
        ("blur/a.png", "blur/a.png"),
        ("blur/a.png", "images/blur/a.png"),
        ("blur/a.png", "images/set/blur/a.png"),
        ("SET/blur/a.png", "blur/a.png"),
        ("SET/blur/a.png", "images/blur/a.png"),
        ("images/blur/a.png", "images/blur/a.png"),
        ("./images/a.png", "images/a.png"),
        ("images\\blur\\a.png", "images/blur/a.png"),
        ("a.gif", "images/a.gif"),
    ],
)
def test_a_name_is_a_path_or_its_end(tmp_path: Path, name: str, file: str) -> None:
    place = folder(tmp_path, [file, "images/other.png"], [name, "other.png"])
    assert found(place)[name] == file


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("blur/a.png", "jpeg/a.png"),
        ("blur/a.png", "images/jpeg/a.png"),
        ("images/blur/a.png", "images/jpeg/a.png"),
        ("images/blur/a.png", "images/a.png"),
        ("x/blur/a.png", "y/blur/a.png"),
        ("a.png", "images/b.png"),
    ],
)
def test_another_folder_s_picture_of_that_name_is_missing(
    tmp_path: Path, name: str, file: str
) -> None:
    place = folder(tmp_path, [file, "images/other.png"], [name, "other.png"])
    with pytest.raises(InvalidError, match="1 of 2 images with an opinion score are not under"):
        found(place)


def test_an_absolute_path_into_the_folder_is_inside(tmp_path: Path) -> None:
    files = ["images/a.png", "images/b.png"]
    place = folder(tmp_path / "set", files, [str(tmp_path / "set" / f) for f in files])
    assert list(found(place).values()) == files
    with pytest.raises(InvalidError, match="leaves the folder"):
        found(folder(tmp_path / "set", files, ["/etc/hostname", "b.png"]))


def test_no_file_serves_two_rows(tmp_path: Path) -> None:
    place = folder(tmp_path, ["images/a.png"], ["a.png", "images/a.png"])
    with pytest.raises(InvalidError, match="two rows with opinion scores, and one file"):
        found(place)


def test_a_bare_name_of_two_files_is_asked_for(tmp_path: Path) -> None:
    place = folder(tmp_path, ["images/x/a.png", "images/y/a.png"], ["a.png", "b.png"])
    with pytest.raises(InvalidError, match=r"'a\.png' fits 2 files.*by its path below the folder"):
        found(place)
    place = folder(tmp_path, [], ["x/a.png", "y/a.png"])
    assert found(place) == {"x/a.png": "images/x/a.png", "y/a.png": "images/y/a.png"}


def test_live_with_one_of_its_five_folders_lacks_the_others(tmp_path: Path) -> None:
    """742 of the set's 779 names stand in several folders; only ``jpeg`` is on disk."""
    wheel_is_here()
    (pin,) = (pin for pin in pins() if pin.id == "image-quality/live")
    for number in range(1, 234):
        path = tmp_path / "live" / "jpeg" / f"img{number}.bmp"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    with pytest.raises(InvalidError, match="604 of 779 images with an opinion score are not"):
        load_pinned(pin, LoadRequest(data=tmp_path))
