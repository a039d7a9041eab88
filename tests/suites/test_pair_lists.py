"""Lists of pairs as LFW, VoxCeleb and others write them: all say the same of the same pictures."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from PIL import Image

from harness.data import ItemData
from harness.data.asked import LoadRequest
from harness.errors import InvalidError
from suites.consistency.pair_list import read_pairs

PAIRS = [("a/a_0001", "a/a_0002", 1), ("a/a_0001", "b/b_0001", 0), ("b/b_0001", "a/a_0002", 0)]


def folder_of(tmp_path: Path, ending: str = ".jpg") -> Path:
    for name in sorted({name for a, b, _ in PAIRS for name in (a, b)}):
        path = tmp_path / "set" / f"{name}{ending}"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (4, 4)).save(path)
    return tmp_path / "set"


def read(folder: Path) -> list[tuple[str, str, int]]:
    data: ItemData = read_pairs(folder, LoadRequest(data=folder))
    pairs = [(data.ids[a], data.ids[b], same) for a, b, same in data.facts["pairs"]]
    return sorted((min(a, b), max(a, b), same) for a, b, same in pairs)


def expected(ending: str = ".jpg") -> list[tuple[str, str, int]]:
    named = [(f"{a}{ending}", f"{b}{ending}", same) for a, b, same in PAIRS]
    return sorted((min(a, b), max(a, b), same) for a, b, same in named)


LFW = "1\t300\na\t1\t2\na\t1\tb\t1\nb\t1\ta\t2\n"


@pytest.mark.parametrize("ending", [".jpg", ".png", ".bmp"])
@pytest.mark.parametrize(
    "text", [LFW, LFW.partition("\n")[2], LFW.replace("\t", " "), "3\n" + LFW.partition("\n")[2]]
)
def test_lfw_whatever_the_pictures_were_saved_as(tmp_path: Path, text: str, ending: str) -> None:
    folder = folder_of(tmp_path, ending)
    (folder / "pairs.txt").write_text(text)
    assert read(folder) == expected(ending)


WORDS = [("1", "0"), ("1", "-1"), ("True", "False"), ("yes", "no"), ("same", "different")]


@pytest.mark.parametrize("separator", [" ", "\t", ",", ", ", ";"])
@pytest.mark.parametrize("words", WORDS)
@pytest.mark.parametrize("first", [True, False])
def test_lists_of_paths(
    tmp_path: Path, separator: str, words: tuple[str, str], first: bool
) -> None:
    folder = folder_of(tmp_path)
    rows = []
    for a, b, same in PAIRS:
        cells = [f"{a}.jpg", f"{b}.jpg"]
        word = words[0] if same else words[1]
        rows.append(separator.join([word, *cells] if first else [*cells, word]))
    (folder / "pairs.txt").write_text("\n".join(rows))
    assert read(folder) == expected()


@pytest.mark.parametrize("names", [("a", "b", "same"), ("image1", "image2", "label"), None])
@pytest.mark.parametrize("name", ["pairs.csv", "pairs.tsv", "pairs.jsonl", "pairs.parquet"])
def test_tables_of_pairs(tmp_path: Path, names: tuple[str, str, str] | None, name: str) -> None:
    folder = folder_of(tmp_path)
    rows = [(f"{a}.jpg", f"{b}.jpg", same) for a, b, same in PAIRS]
    frame = pd.DataFrame(rows, columns=list(names or ("a", "b", "same")))
    if name.endswith("jsonl"):
        frame.to_json(folder / name, orient="records", lines=True)
    elif name.endswith("parquet"):
        frame.to_parquet(folder / name)
    else:
        separator = "\t" if "tsv" in name else ","
        frame.to_csv(folder / name, sep=separator, index=False, header=names is not None)
    assert read(folder) == expected()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a/a_0001.jpg a/a_0002.jpg 1\nx\n", "pairs.txt:2: not a line of pairs: 'x'"),
        ("a 1 2\na 1\n", "pairs.txt:2: not a line of pairs"),
        ("a 1 2\na ２ b 1\n", "pairs.txt:2: not a line of pairs"),
        ("a 1 2\na 2 1\na 1 b 1\nb 1 a 1\nb\t1\ta\t1\n", None),
        ("p q 1\nq p 0\n", "'q' and 'p' are said to be the same and different"),
    ],
)
def test_odd_lines_are_never_dropped(tmp_path: Path, text: str, said: str | None) -> None:
    folder = folder_of(tmp_path)
    (folder / "pairs.txt").write_text(text)
    if said is None:
        assert len(read(folder)) == 5
        return
    with pytest.raises(InvalidError, match=said):
        read(folder)
