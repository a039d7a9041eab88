"""One run in every form that tools write, held against an independent reading of the same file."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ir_measures
import pandas as pd
import pyarrow as pa
import pytest

from harness.errors import InvalidError, MarginBenchError, UsageError
from harness.tasks.trec import read_run

LISTS = {"q1": [("d1", 2.5), ("d2", 1.5), ("0x10", 1.5)], "q2": [("d9", 7.0), ("d1", -3e-2)]}
LINES = [
    (query, document, rank, score)
    for query, found in LISTS.items()
    for rank, (document, score) in enumerate(found, 1)
]
FRAME = pd.DataFrame(LINES, columns=["query", "document", "rank", "score"])


def lists_of(path: Path) -> dict[str, list[tuple[str, float]]]:
    return {
        query: list(zip(found.documents, found.scores.tolist(), strict=True))
        for query, found in read_run(path).groups().items()
    }


TREC = "".join(f"{q} Q0 {d} {r} {s} tag\n" for q, d, r, s in LINES)
SPACINGS: dict[str, Callable[[str], str]] = {
    "one blank": str,
    "one tab": lambda text: text.replace(" ", "\t"),
    "several": lambda text: text.replace(" ", "   "),
    "aligned": lambda text: text.replace(" Q0 ", "\tQ0   "),
    "tab and blank": lambda text: text.replace(" ", "\t "),
    "around": lambda text: "".join(f"  {line}\t \n" for line in text.splitlines()),
    "blank lines": lambda text: text.replace("\n", "\n\n \n"),
    "Windows": lambda text: text.replace("\n", "\r\n"),
    "no last end": str.rstrip,
    "blanks behind ids": lambda text: text.replace(" ", "\t").replace("\t1\t", " \t1\t"),
    "blanks before ids, further down": lambda text: text.replace(" ", "\t").replace(
        "Q0\td9", "Q0\t d9"
    ),
    "one odd line": lambda text: text.replace("Q0 d9", "Q0\td9"),
    "ranks all 0": lambda text: "".join(
        " ".join([*line.split()[:3], "0", *line.split()[4:]]) + "\n" for line in text.splitlines()
    ),
}


@pytest.mark.parametrize("spacing", list(SPACINGS))
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_spacing(tmp_path: Path, spacing: str, encoding: str) -> None:
    path = tmp_path / "run.trec"
    text = SPACINGS[spacing](TREC)
    path.write_bytes(text.encode(encoding))
    assert lists_of(path) == LISTS
    if encoding == "utf-8":
        lines = "".join(f"{line}\n" for line in text.splitlines() if line.strip())
        theirs = [(r.query_id, r.doc_id, r.score) for r in ir_measures.read_trec_run(lines)]
        ours = [(q, d, s) for q, found in lists_of(path).items() for d, s in found]
        assert ours == theirs


def test_ids_with_blanks_between_tabs_wherever_they_stand(tmp_path: Path) -> None:
    """The first line alone used to decide, so that the same rows in another order were refused."""
    rows = ["q 1\tQ0\ta b\t1\t3\tt", "q2\tQ0\tc\t1\t2\tt", "q2\tQ0\td  e\t2\t1\tmy tag"]
    expected = {"q 1": [("a b", 3.0)], "q2": [("c", 2.0), ("d  e", 1.0)]}
    for order in (rows, rows[1:] + rows[:1]):
        (tmp_path / "r").write_text("\n".join(order))
        assert lists_of(tmp_path / "r") == expected


@pytest.mark.parametrize(
    ("text", "lists"),
    [
        ("1\t7\t1\n1\t9\t2\n2\t7\t1\n", {"1": [("7", -1), ("9", -2)], "2": [("7", -1)]}),
        ("1 7 0\n1 9 1\n", {"1": [("7", 0), ("9", -1)]}),
        ("1\t7\t0.5\n1\t9\t2\n", {"1": [("9", 2), ("7", 0.5)]}),
        ("1\t7\t1\t8.5\n1\t9\t2\t8\n", {"1": [("7", 8.5), ("9", 8)]}),
        ("1 Q0 7 1 8.5\n1 Q0 9 2 8\n", {"1": [("7", 8.5), ("9", 8)]}),
        ("1 Q0 7 1.0 +8.5 t\n1 Q0 9 2e0 8. t\n", {"1": [("7", 8.5), ("9", 8)]}),
    ],
)
def test_lines_of_fewer_fields(
    tmp_path: Path, text: str, lists: dict[str, list[tuple[str, float]]]
) -> None:
    """MS MARCO's query, document, rank; ColBERT's with a score behind; TREC's without a tag."""
    (tmp_path / "r.tsv").write_text(text)
    assert lists_of(tmp_path / "r.tsv") == lists


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1\t7\t3\n1\t9\t2\n", "neither counts up from 1 in each query, as ranks do"),
        ("1\t7\t5\n1\t9\t6\n", "neither counts up from 1"),
        ("1 0 7 1\n", "r:1: these are judgements"),
        ("1 Q0 7 0x10 1 t\n", "r:1: rank '0x10' is not an integer"),
        ("1 Q0 7 1 1_0 t\n", "r:1: score '1_0' is not a number"),
        ("1 Q0 7 1_0 1 t\n", "r:1: rank '1_0' is not an integer"),
        ("1 Q0 7 1 ٣ t\n", "r:1: score '٣' is not a number"),
        ("1 Q0 7 １ 1 t\n", "r:1: rank '１' is not an integer"),
        ("1 Q0 7 1.5 1 t\n", "r:1: rank '1.5' is not an integer"),
        ("1 Q0 7 1 0x1 t\n", "r:1: score '0x1' is not a number"),
        ("1 Q0 7 1 " + "9" * 5000 + " t\n", "r:1: score .* is not finite"),
        ("1 7\n", "r:1: expected 6 fields .* found 2"),
        ("id,score\na,1\n", "r:1: no column for the document in 'id,score', or none for its"),
    ],
)
def test_lines_that_are_refused(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "r").write_text(text)
    with pytest.raises(InvalidError, match=said) as caught:
        read_run(tmp_path / "r")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("blank", ["\u00a0", "\f", "\v", "\u2003", "\x1c"])
def test_the_quick_way_and_the_careful_one_part_fields_alike(tmp_path: Path, blank: str) -> None:
    for separator in (" ", "  "):
        text = f"q Q0 a{blank}b 1 1 t\n".replace(" ", separator)
        (tmp_path / "r").write_text(text)
        assert lists_of(tmp_path / "r") == {"q": [(f"a{blank}b", 1.0)]}


def _rank_llm(*, lines: bool, new: bool) -> str:
    entries: list[dict[str, Any]] = []
    for query, found in LISTS.items():
        if new:
            hits: list[dict[str, Any]] = [
                {"docid": d, "score": s, "doc": {"contents": f"text of {d}"}} for d, s in found
            ]
            entries.append({"query": {"qid": query, "text": "what"}, "candidates": hits})
        else:
            hits = [
                {"qid": query, "docid": d, "rank": r, "score": s, "content": f"text of {d}"}
                for r, (d, s) in enumerate(found, 1)
            ]
            entries.append({"query": "what", "hits": hits})
    if lines:
        return "".join(json.dumps(entry) + "\n" for entry in entries)
    return json.dumps(entries, indent=2 if new else None)


@pytest.mark.parametrize("lines", [False, True])
@pytest.mark.parametrize("new", [False, True])
@pytest.mark.parametrize("name", ["r.json", "r.jsonl", "r.txt"])
def test_rank_llm(tmp_path: Path, lines: bool, new: bool, name: str) -> None:
    (tmp_path / name).write_text(_rank_llm(lines=lines, new=new))
    assert lists_of(tmp_path / name) == LISTS


def test_ranx_and_beir(tmp_path: Path) -> None:
    data = json.dumps({query: dict(found) for query, found in LISTS.items()}).encode()
    (tmp_path / "r.json").write_bytes(data)
    assert lists_of(tmp_path / "r.json") == LISTS
    lz4 = pytest.importorskip("lz4.frame", reason="lz4 is not installed")
    (tmp_path / "r.lz4").write_bytes(lz4.compress(data))
    assert lists_of(tmp_path / "r.lz4") == LISTS
    names = {"query": "q_id", "document": "doc_id"}
    FRAME.drop(columns="rank").rename(columns=names).to_parquet(tmp_path / "r.parquet")
    assert lists_of(tmp_path / "r.parquet") == LISTS


def test_tables_with_named_columns(tmp_path: Path) -> None:
    names = {"query": "qid", "document": "docno"}
    frame = FRAME.rename(columns=names)
    frame.insert(1, "docid", range(len(frame)))  # PyTerrier's own number
    for name, how in (
        ("r.csv", {"sep": ","}),
        ("r.tsv", {"sep": "\t"}),
        ("r.csv", {"sep": ";", "decimal": ","}),
        ("r.res", {"sep": " "}),
    ):
        frame.to_csv(tmp_path / name, index=False, **how)  # type: ignore[call-overload]
        assert lists_of(tmp_path / name) == LISTS, (name, how)
    frame.to_json(tmp_path / "r.jsonl", orient="records", lines=True)
    assert lists_of(tmp_path / "r.jsonl") == LISTS
    frame.drop(columns="score").to_parquet(tmp_path / "r.parquet")
    ranked = {q: [(d, -float(r)) for r, (d, _) in enumerate(f, 1)] for q, f in LISTS.items()}
    assert lists_of(tmp_path / "r.parquet") == ranked
    frame.drop(columns="docno").drop(columns="docid").to_csv(tmp_path / "r.csv", index=False)
    with pytest.raises(MarginBenchError, match=r"expected 6 fields|no column for the document"):
        read_run(tmp_path / "r.csv")


def test_lists_in_cells(tmp_path: Path) -> None:
    """``top_ranked`` of the hub, and caches of rerankers."""
    import pyarrow.parquet as pq

    documents = [[d for d, _ in found] for found in LISTS.values()]
    scores = [[s for _, s in found] for found in LISTS.values()]
    table = pa.table({"query-id": list(LISTS), "corpus-ids": documents})
    pq.write_table(table, tmp_path / "top.parquet")
    ranked = {q: [(d, -float(r)) for r, (d, _) in enumerate(f, 1)] for q, f in LISTS.items()}
    assert lists_of(tmp_path / "top.parquet") == ranked
    rows = zip(LISTS, documents, scores, strict=True)
    lines = [json.dumps({"qid": q, "dids": d, "scores": s}) for q, d, s in rows]
    (tmp_path / "r.jsonl").write_text("\n".join(lines))
    assert lists_of(tmp_path / "r.jsonl") == LISTS


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[", "not valid JSON"),
        ("[]", "is empty"),
        ("[1]", "not a candidates file, .* entry 1 is no object"),
        ('[{"query": "x"}]', "not a candidates file, missing 'hits'"),
        ('[{"query": "x", "hits": 3}]', "hits is no list of objects"),
        ('[{"query": "x", "hits": [{"docid": "d", "score": 1}]}]', "0 query ids in one list"),
        ('[{"query": "x", "hits": [{"qid": "q", "score": 1}]}]', "a hit is missing 'docid'"),
        ('[{"query": "x", "hits": [{"qid": "q", "docid": [], "score": 1}]}]', "is not an id"),
        ('[{"query": "x", "hits": [{"qid": 1, "docid": 2, "score": "1_0"}]}]', "not a number"),
        ('{"q": {"d": NaN}}', "is not finite"),
        ('{"q": {"d": 1, "d": 2}}', "key 'd' stands twice"),
        ('{"q": {"d": "high"}}', "'high' is not a number"),
        ('{"q": [{}]}', "is not an id"),
        ('{"q": {"\\ud800": 1}}', "half of a pair, and no character"),
        ('{"q": ' * 5000, "nested too deep"),
    ],
)
def test_json_that_is_no_run(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "r.json").write_text(text)
    with pytest.raises((InvalidError, UsageError), match=said) as caught:
        read_run(tmp_path / "r.json")
    assert "\n" not in str(caught.value)
