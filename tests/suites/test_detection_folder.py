"""``detection/folder``: what it reads and each line it answers with."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import csv, parquet

from harness.cli.options import told_of
from harness.data import ItemData
from harness.data.asked import LoadRequest, Told
from harness.errors import InvalidError, MarginBenchError, UsageError
from suites.detection.folder import read_own
from suites.detection.loading import load_folder
from suites.detection.units import lay_out

ROWS: list[dict[str, Any]] = [
    {"id": "a", "text": 'I wrote, "this"\nmyself', "label": 0, "domain": "news", "pair": "p1"},
    {"id": "b", "text": "1e3", "label": 1, "domain": "news", "model": "gpt", "pair": "p1"},
    {"id": "c", "text": "NA", "label": 0, "domain": "blog", "pair": "p2"},
    {"id": "d", "text": "Größe 🙂", "label": 1, "domain": "blog", "model": "llama", "pair": "p2"},
]


def _jsonl(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def _table(rows: list[dict[str, Any]]) -> pa.Table:
    names = list(dict.fromkeys(name for row in rows for name in row))
    return pa.table({name: [row.get(name) for row in rows] for name in names})


def _same(one: ItemData, two: ItemData) -> bool:
    return list(one.identity()) == list(two.identity())


def _refused(path: Path) -> str:
    with pytest.raises(MarginBenchError) as raised:
        read_own(path)
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_columns_are_read_in_file_order(tmp_path: Path) -> None:
    data = read_own(_jsonl(tmp_path / "texts.jsonl", ROWS))
    assert data.ids == ("a", "b", "c", "d")
    assert data.contents == tuple(row["text"] for row in ROWS)
    assert data.gold == (0.0, 1.0, 0.0, 1.0)
    assert data.clusters == ("p1", "p1", "p2", "p2")
    assert data.columns == {
        "domain": ("news", "news", "blog", "blog"),
        "generator": ("", "gpt", "", "llama"),
    }
    assert data.notes == {}


def test_every_format_gives_the_same(tmp_path: Path) -> None:
    rows = [{**row, "model": row.get("model", "human")} for row in ROWS]
    expected = read_own(_jsonl(tmp_path / "texts.jsonl", rows))
    assert expected.columns["generator"] == ("human", "gpt", "human", "llama")
    parquet.write_table(_table(rows), tmp_path / "texts.parquet")
    csv.write_csv(_table(rows), tmp_path / "texts.csv")
    for name in ("texts.jsonl", "texts.csv"):
        zipped = gzip.compress((tmp_path / name).read_bytes())
        (tmp_path / f"{name}.gz").write_bytes(zipped)
    for name in ("texts.parquet", "texts.csv", "texts.jsonl.gz", "texts.csv.gz"):
        assert _same(read_own(tmp_path / name), expected), name


@pytest.mark.parametrize(
    ("human", "machine"),
    [(0, 1), (0.0, 1.0), (False, True), ("human", "AI"), ("Human", "machine"), ("0", "generated")],
)
def test_labels_are_numbers_booleans_or_words(tmp_path: Path, human: Any, machine: Any) -> None:
    rows = [{"text": "x", "label": human}, {"text": "y", "label": machine}]
    data = read_own(_jsonl(tmp_path / "t.jsonl", rows))
    assert data.gold == (0.0, 1.0)
    assert data.ids == ("1", "2")
    assert data.clusters == ("1", "2")


def test_a_label_that_is_not_binary_is_shown_with_its_values(tmp_path: Path) -> None:
    rows = [{"text": "x", "label": word} for word in ("human", "ai", "mixed", "polished")]
    line = _refused(_jsonl(tmp_path / "t.jsonl", rows))
    said = "t.jsonl, row 3: column 'label' holds words that are known for neither class: "
    assert f"{said}'mixed', 'polished'. Say what each of them means, such as" in line
    assert line.endswith("--label-map mixed=machine (or mixed=human)")
    for value in (0.5, 2):
        rows = [{"text": "x", "label": 0}, {"text": "x", "label": value}]
        assert f"--label-map {value}=machine" in _refused(_jsonl(tmp_path / "t.jsonl", rows))
    for value in (None, float("nan"), "", " "):
        rows = [{"text": "x", "label": 0}, {"text": "x", "label": value}]
        assert "row 2: column 'label' is empty" in _refused(_jsonl(tmp_path / "t.jsonl", rows))


def test_unknown_labels_are_shown_as_they_are_written(tmp_path: Path) -> None:
    rows = [{"text": "x", "label": word} for word in ("human", "GPT-4", "Machine Made", "gpt-4")]
    line = _refused(_jsonl(tmp_path / "t.jsonl", rows))
    assert "known for neither class: 'GPT-4', 'Machine Made'. Say" in line
    assert line.endswith("--label-map GPT-4=machine (or GPT-4=human)")
    told = Told(label_map=(("GPT-4", "machine"), ("machine made", "machine")))
    assert read_own(tmp_path / "t.jsonl", told=told).gold == (0.0, 1.0, 1.0, 1.0)


@pytest.mark.parametrize(
    ("words", "pairs"),
    [
        (("Real", "Fake"), [("real", "human"), ("FAKE", "machine")]),
        (("human", "gpt-4"), [("gpt-4", "1")]),
        (("0", "1"), [("0", "machine"), ("1", "human")]),
        (("machine generated", "no"), [("machine generated", "ai"), ("no", "0")]),
        (("a=b", "c"), [("a=b", "human"), ("c", "machine")]),
    ],
)
def test_words_mean_what_a_person_says(
    tmp_path: Path, words: tuple[str, str], pairs: list[tuple[str, str]]
) -> None:
    path = _jsonl(tmp_path / "t.jsonl", [{"text": w, "label": w} for w in words])
    told = told_of([f"{word}={meaning}" for word, meaning in pairs], None, None)
    expected = {w: float(m in ("machine", "1", "ai")) for w, m in pairs}
    known = {"human": 0.0, "machine": 1.0} | {w.lower(): v for w, v in expected.items()}
    assert read_own(path, told=told).gold == tuple(known[w.lower()] for w in words)


def test_a_meaning_that_is_no_class_is_refused(tmp_path: Path) -> None:
    path = _jsonl(tmp_path / "t.jsonl", [{"text": "x", "label": "real"}])
    with pytest.raises(UsageError, match="real=person: texts are human or machine"):
        read_own(path, told=told_of(["real=person"], None, None))
    for given in ("real", "=human", "real="):
        with pytest.raises(UsageError, match="is not WORD=CLASS"):
            told_of([given], None, None)


def _sourced(sources: list[str], labels: list[int]) -> list[dict[str, Any]]:
    pairs = zip(sources, labels, strict=True)
    return [{"text": f"t{n}", "label": y, "source": s} for n, (s, y) in enumerate(pairs)]


SOURCES = {
    "generator": ([("person", "gpt", "llama")[n % 3 if n % 2 else 0] for n in range(240)], False),
    "domain": ([f"d{n // 2 % 5}" for n in range(240)], False),
    "many domains": ([f"d{n // 2 % 25}" for n in range(2400)], False),
    "one class each": ([f"s{n // 4}{n % 2}" for n in range(240)], False),
    "source of both": ([f"s{n // 4}" for n in range(240)], True),
}


@pytest.mark.parametrize("kind", SOURCES)
def test_source_is_a_cluster_where_it_can_be_nothing_else(tmp_path: Path, kind: str) -> None:
    """DAIGT's is the generator, SemEval's the domain; others mean the text both were made of."""
    sources, taken = SOURCES[kind]
    labels = [n % 2 for n in range(len(sources))]
    path = _jsonl(tmp_path / "t.jsonl", _sourced(sources, labels))
    data = read_own(path)
    assert len(set(data.clusters)) == (len(set(sources)) if taken else len(sources))
    said = str(data.origin["clusters"])
    assert said.startswith("by source" if taken else "by text; source (")
    assert read_own(path, told=Told(cluster="Source")).origin["clusters"] == "by source"
    assert read_own(path, told=Told(cluster="source")).clusters == tuple(sources)
    assert len(set(read_own(path, told=Told(cluster="none")).clusters)) == len(sources)


def test_a_cluster_column_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = _jsonl(tmp_path / "t.jsonl", ROWS)
    with pytest.raises(UsageError, match="no column 'article' for --cluster; columns there: 'id'"):
        read_own(path, told=Told(cluster="article"))


@pytest.mark.parametrize(
    "word",
    [
        *("None", "NONE", "original", "clean", "no", "No attack", "no_attack", "unattacked", 0),
        *("N/A", "n/a", "-", "--", "\u2013", "\u2014", "without", "Without attack", "not attacked"),
    ],
)
def test_a_text_nobody_tampered_with_has_many_names(tmp_path: Path, word: Any) -> None:
    rows = [{"text": str(n), "label": n % 2, "attack": ("paraphrase", word)[n // 2 % 2]}
            for n in range(8)]  # fmt: skip
    data = read_own(_jsonl(tmp_path / "t.jsonl", rows))
    assert data.columns["attack"] == ("paraphrase", "paraphrase", "none", "none") * 2
    assert len(lay_out(data).negatives) == 2


@pytest.mark.parametrize("word", ["baseline", "default", "n", "without spaces", "na\u00efve"])
def test_words_that_may_be_an_attack_are_one(tmp_path: Path, word: str) -> None:
    rows = [{"text": str(n), "label": n % 2, "attack": (word, "none")[n // 2 % 2]}
            for n in range(8)]  # fmt: skip
    data = read_own(_jsonl(tmp_path / "t.jsonl", rows))
    assert data.columns["attack"] == (word, word, "none", "none") * 2


def test_human_texts_that_are_all_attacked_are_said_to_be_so(tmp_path: Path) -> None:
    rows = [{"text": str(n), "label": n % 2, "attack": "typos"} for n in range(8)]
    layout = lay_out(read_own(_jsonl(tmp_path / "t.jsonl", rows)))
    said = "all human texts among the test items are under an attack: typos"
    assert layout.no_humans == said


def test_missing_columns_are_named_beside_those_there(tmp_path: Path) -> None:
    line = _refused(_jsonl(tmp_path / "t.jsonl", [{"texts": "x", "label": 0}]))
    assert "t.jsonl has no column 'text'; columns there: 'texts', 'label'" in line
    assert "Did you mean 'texts'?" in line
    line = _refused(_jsonl(tmp_path / "t.jsonl", [{"text": "x", "class": 0}]))
    assert "no column 'label' but 'class'" in line
    rows = [{"text": "x", "label": 0}, {"text": "y"}]
    assert "row 2: no 'label'" in _refused(_jsonl(tmp_path / "t.jsonl", rows))


def test_without_a_label_column_labels_are_hidden(tmp_path: Path) -> None:
    data = read_own(_jsonl(tmp_path / "t.jsonl", [{"text": "x"}, {"text": "y"}]))
    assert data.gold == ()
    assert data.item_count == 2


@pytest.mark.parametrize(("label", "lacking"), [(0, "machine"), (1, "human")])
def test_one_class_alone_is_refused(tmp_path: Path, label: int, lacking: str) -> None:
    rows = [{"text": "x", "label": label}, {"text": "y", "label": label}]
    line = _refused(_jsonl(tmp_path / "t.jsonl", rows))
    assert f"none of the 2 test texts is {lacking}-written" in line


def test_both_classes_must_be_in_the_test_split(tmp_path: Path) -> None:
    rows = [
        {"text": "x", "label": 0, "split": "dev"},
        {"text": "y", "label": 1, "split": "test"},
    ]
    line = _refused(_jsonl(tmp_path / "t.jsonl", rows))
    assert "none of the 1 test texts is human-written" in line


def test_splits(tmp_path: Path) -> None:
    names = ["calibration", "Valid", "validation", "dev", "test", "TEST"]
    rows = [{"text": str(n), "label": n % 2, "split": name} for n, name in enumerate(names)]
    data = read_own(_jsonl(tmp_path / "t.jsonl", rows))
    assert data.columns["split"] == ("calibration",) * 4 + ("test",) * 2
    line = _refused(_jsonl(tmp_path / "t.jsonl", [{**rows[0], "split": "train"}]))
    assert "row 1: split 'train' is not known" in line


def test_several_files_are_splits_by_their_names(tmp_path: Path) -> None:
    rows = [{"text": "x", "label": 0}, {"text": "y", "label": 1}]
    for name in ("valid", "test"):
        _jsonl(tmp_path / f"{name}.jsonl", [{**r, "text": name + r["text"]} for r in rows])
    data = read_own(tmp_path)
    assert data.ids == ("test/1", "test/2", "valid/1", "valid/2")
    assert data.columns["split"] == ("test", "test", "calibration", "calibration")


def test_texts_without_a_split_beside_others_with_one_are_refused(tmp_path: Path) -> None:
    """They would be in no split, so that half of these texts would count for nothing."""
    rows = [{"id": f"{n}", "text": f"{n}", "label": n % 2, "split": "test"} for n in range(4)]
    some = [row if n < 2 else {k: row[k] for k in ("id", "text", "label")}
            for n, row in enumerate(rows)]  # fmt: skip
    for order in (some, some[::-1]):
        line = _refused(_jsonl(tmp_path / "t.jsonl", order))
        assert "2 of 4 texts name no split: " in line
        assert "Say test or calibration of each text, or of none" in line
    folder = tmp_path / "several"
    folder.mkdir()
    for name in ("test", "more"):
        _jsonl(folder / f"{name}.jsonl", [{"text": f"{name}{n}", "label": n} for n in (0, 1)])
    assert "2 of 4 texts name no split: 'more/1', 'more/2'" in _refused(folder)


def test_ids_given_twice_or_empty_are_named(tmp_path: Path) -> None:
    line = _refused(_jsonl(tmp_path / "t.jsonl", [*ROWS, ROWS[1]]))
    assert "1 ids are there twice: 'b'" in line
    line = _refused(_jsonl(tmp_path / "t.jsonl", [{**ROWS[0], "id": None}]))
    assert "row 1: the id is empty" in line


def test_empty_repeated_and_shared_texts_are_kept_and_counted(tmp_path: Path) -> None:
    texts = [("same", 0), ("same", 1), ("", 0), (None, 1), ("b", 0), ("b", 0)]
    rows = [{"text": text, "label": label} for text, label in texts]
    data = read_own(_jsonl(tmp_path / "t.jsonl", rows))
    assert data.contents == ("same", "same", "", "", "b", "b")
    assert data.notes == {"empty_texts": 2, "repeated_texts": 3, "texts_in_both_classes": 1}
    assert data.clusters == ("1", "1", "3", "4", "5", "5")


def test_nan_is_unknown_but_an_attack_may_be_none(tmp_path: Path) -> None:
    rows = [
        {"text": "x", "label": 0, "attack": "none", "decoding": "nan", "domain": float("nan")},
        {"text": "y", "label": 1, "attack": "nan", "decoding": "greedy", "domain": "None"},
    ]
    data = read_own(_jsonl(tmp_path / "t.jsonl", rows))
    assert data.columns == {"attack": ("none", ""), "decoding": ("", "greedy")}


def test_the_limit_keeps_so_many_texts_of_each_split_its_classes_by_turns(tmp_path: Path) -> None:
    rows = [
        {"id": f"{split}{n}{label}", "text": f"{split}{n}{label}", "label": label, "pair": n}
        | {"split": split}
        for split in ("dev", "test")
        for label in (0, 1)
        for n in range(5)
    ]
    data = read_own(_jsonl(tmp_path / "t.jsonl", rows), limit=3)
    assert data.ids == ("dev00", "dev10", "dev01", "test00", "test10", "test01")
    singles = [{"text": str(n), "label": int(n > 5)} for n in range(12)]
    data = read_own(_jsonl(tmp_path / "t.jsonl", singles), limit=5)
    assert data.ids == ("1", "2", "3", "7", "8")
    for limit, count in ((1, 2), (2, 2), (11, 11), (12, 12), (99, 12)):
        kept = read_own(_jsonl(tmp_path / "t.jsonl", singles), limit=limit)
        assert kept.item_count == count
        assert set(kept.gold) == {0.0, 1.0}
    few = [{"text": str(n), "label": int(n == 0)} for n in range(9)]
    data = read_own(_jsonl(tmp_path / "t.jsonl", few), limit=6)  # what one class lacks
    assert data.ids == ("1", "2", "3", "4", "5", "6")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.jsonl", b'{"text": "a"}\n{bad\n', r"t\.jsonl:2: not valid JSON"),
        ("t.jsonl", b'{"text": "a"}\n[1]\n', r"t\.jsonl:2: not a JSON object"),
        ("t.jsonl", b'{"text": "\xff"}\n', r"t\.jsonl:1: not UTF-8"),
        ("t.jsonl", b"[" * 100_000 + b"\n", r"t\.jsonl:1: not valid JSON"),
        ("t.jsonl", b'{"text": {"a": 1}}\n', "row 1: column 'text' holds .* not a text"),
        ("t.jsonl", b"", "holds no texts"),
        ("t.csv", b"text,label\n\x81\xfe,0\n", r"t\.csv: not UTF-8 and not Windows-1252"),
        ("t.csv", b"\xff\xfet\x00,0\n", r"t\.csv: not UTF-16"),
        ("t.csv", b"text,label\na,b,c\n", r"t\.csv cannot be read"),
        ("t.csv", b"text,text\na,b\n", "column 'text' is there twice"),
        ("t.csv", b"", "holds no texts"),
        ("t.parquet", b"PAR1 not really", r"t\.parquet cannot be read"),
        ("t.jsonl.gz", b"plain", r"t\.jsonl\.gz:1: not valid JSON"),
        (
            "t.csv.gz",
            gzip.compress(b"text,label\n" + b"a,0\n" * 99, mtime=0)[:-9],
            "gzip|cannot be read",
        ),
    ],
)
def test_what_cannot_be_read_is_one_clear_line(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InvalidError, match=message) as raised:
        read_own(tmp_path / name)
    assert "\n" not in str(raised.value)


def test_a_very_long_csv_cell_is_read(tmp_path: Path) -> None:
    text = "word " * 400_000  # beyond the limit of Python's own reader
    (tmp_path / "t.csv").write_text(f'text,label\n"{text}",0\nshort,1\n')
    assert read_own(tmp_path / "t.csv").contents == (text, "short")


def test_no_folder_no_table_no_name(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="reads your own texts"):
        load_folder(None, LoadRequest())
    with pytest.raises(UsageError, match="is not there"):
        load_folder(None, LoadRequest(data=tmp_path / "nowhere"))
    with pytest.raises(UsageError, match="holds no table"):
        load_folder(None, LoadRequest(data=tmp_path))
    (tmp_path / "t.txt").write_text("x")
    with pytest.raises(UsageError, match="not a table"):
        load_folder(None, LoadRequest(data=tmp_path / "t.txt"))


def test_a_name_is_a_file_or_folder_below(tmp_path: Path) -> None:
    path = _jsonl(tmp_path / "My Set.jsonl", ROWS)
    expected = read_own(path)
    for name, data in (("my-set", tmp_path), ("my-set.jsonl", tmp_path), ("my-set.jsonl", path)):
        assert _same(load_folder(name, LoadRequest(data=data)), expected)
    with pytest.raises(UsageError, match=r"0 files or folders in .* are called 'other'"):
        load_folder("other", LoadRequest(data=tmp_path))
