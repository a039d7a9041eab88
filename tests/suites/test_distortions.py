"""Answers to distorted photographs: the table in any order, and what it must hold."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from harness.data.asked import LoadRequest
from harness.errors import InvalidError, UsageError
from suites.flips import distortions
from suites.flips.distortions import FOLDER, REFERENCE, TABLE, load_distortions

ROWS = [
    ("rotation", "90", "dog", "0001_ro_dog_n02099601_1.png", "cat"),
    ("colour-png", "bw", "dog", "0002_cl_dog_n02099601_1.png", "dog"),
    ("colour-png", "cr", "cat", "0003_cl_cat_n02123045_7.png", "cat"),
]


def written(folder: Path, rows: list[tuple[str, ...]]) -> Path:
    place = folder / FOLDER
    place.mkdir(parents=True)
    lines = [f"exp,condition,category,imagename,{REFERENCE}", *map(",".join, rows)]
    (place / f"{TABLE}.csv").write_text("\n".join(lines) + "\n")
    return folder


def test_any_order_gives_the_same_items(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distortions, "COUNT", 3)
    mixed = random.Random(1).sample(ROWS, 3)
    one, other = (
        load_distortions(LoadRequest(data=written(tmp_path / name, rows)))
        for name, rows in (("a", ROWS), ("b", mixed))
    )
    assert one.ids == other.ids == (ROWS[1][3], ROWS[2][3], ROWS[0][3])
    assert [one.classes[int(code)] for code in one.gold] == ["dog", "cat", "dog"]
    assert one.columns["reference"] == ("dog", "cat", "cat")
    assert one.columns["domain"] == ("colour-png", "colour-png", "rotation")
    assert one.clusters == ("n02099601_1", "n02123045_7", "n02099601_1"), "by photograph"


def test_what_it_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="Add --data DIR"):
        load_distortions(LoadRequest())
    with pytest.raises(UsageError, match="is not in"):
        load_distortions(LoadRequest(data=tmp_path))
    with pytest.raises(InvalidError, match="3 pictures were found, 65,600 are pinned"):
        load_distortions(LoadRequest(data=written(tmp_path / "few", ROWS)))
    monkeypatch.setattr(distortions, "COUNT", 1)
    odd = [("rotation", "90", "dog", "picture.png", "cat")]
    with pytest.raises(InvalidError, match=r"'picture\.png' names no photograph"):
        load_distortions(LoadRequest(data=written(tmp_path / "odd", odd)))


@pytest.mark.shared_data
def test_the_reference_is_right_as_often_as_counted(shared_data: Path) -> None:
    """41.23 % right over all pictures, as golden_nfr.json counts the same checkpoint."""
    data = load_distortions(LoadRequest(data=shared_data / "flips"))
    right = [
        data.classes[int(code)] == said
        for code, said in zip(data.gold, data.columns["reference"], strict=True)
    ]
    assert sum(right) == 25_428 + 1_616
    assert len(set(data.clusters)) == 30_811
