"""Good files of every kind that is read, and the reader of each: what the fuzzing starts from."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from PIL import Image
from scipy.io import savemat

from harness.adapters.recorded.embeddings import read_npz, read_parquet
from harness.adapters.recorded.labels import read_labels
from harness.data.asked import LoadRequest
from harness.predictions.item_scores import read_item_classes, read_item_scores
from harness.tasks.tables import read_table
from harness.tasks.trec import read_qrels, read_run
from suites.consistency.folder import read_own as read_classes
from suites.consistency.pair_list import read_pairs
from suites.detection.folder import read_own as read_texts
from suites.flips.folder import read_own as read_flips
from suites.image_quality.opinions import read_opinions
from suites.reranking.folder import read_folder
from suites.reranking.trec_dl import read_trec_dl


@dataclass(frozen=True)
class Seed:
    """A reader, the file it is given, and what lies beside that file."""

    name: str
    content: bytes
    read: Callable[[Path], Any]
    beside: tuple[tuple[str, bytes], ...] = ()


def _rows(path: Path) -> Any:
    return [row.values for row in read_table(path)]


def _numbers(path: Path) -> Any:
    return [row.number_in("score") for row in read_table(path)]


def _groups(path: Path) -> Any:
    return {query: found.documents for query, found in read_run(path).groups().items()}


def _opinions(path: Path) -> Any:
    return read_opinions(path, {"image": "image", "opinion": "mos"})


def _request(path: Path) -> LoadRequest:
    return LoadRequest(data=path)


FRAME = pd.DataFrame(
    {"id": ["a", "b, c", "d;e", "Zürich"], "score": [0.5, -1.25, 3e-8, 7.0], "text": list("wxyz")}
)
LABELS = pd.DataFrame(
    {"id": list("abcd"), "label": ["x", "y", "x", "y"], "prediction": ["x", "x", "y", "y"],
     "confidence": [0.5, 1, 0.25, 0], "text": ["one", "two", "three", "four"]}
)  # fmt: skip
TEXTS = pd.DataFrame(
    {"id": list("abcd"), "text": ["one", "two", "three", "four"], "label": [0, 1] * 2}
)
OPINIONS = pd.DataFrame({"image": ["a.png", "b.png", "c.png"], "mos": [1.5, 2.5, 3.5]})
RUN = "".join(f"q{q} Q0 d{d} {d} {9.5 - d} tag\n" for q in (1, 2) for d in (1, 2, 3))
QRELS = "q1 0 d1 1\nq1 0 d2 0\nq2 0 d1 3\n"
BEIR = "query-id\tcorpus-id\tscore\nq1\td1\t1\nq2\td2\t0\n"
HITS = [
    {"query": f"what {q}", "hits": [
        {"qid": q, "docid": f"d{d}", "rank": d, "score": 9.5 - d, "content": "text"} for d in (1, 2)
    ]}
    for q in (1, 2)
]  # fmt: skip
NEW = [
    {"query": {"qid": f"q{q}", "text": "what"},
     "candidates": [{"docid": "d1", "score": 2.5, "doc": {"text": "x"}}]}
    for q in (1, 2)
]  # fmt: skip


def csv(frame: pd.DataFrame, **how: Any) -> bytes:
    return str(frame.to_csv(None, index=False, **how)).encode()


def lines(rows: list[Any]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def parquet(frame: pd.DataFrame) -> bytes:
    file = io.BytesIO()
    frame.to_parquet(file)
    return file.getvalue()


def excel(frame: pd.DataFrame) -> bytes:
    file = io.BytesIO()
    frame.to_excel(file, index=False)
    return file.getvalue()


def npz(*, packed: bool, **arrays: Any) -> bytes:
    file = io.BytesIO()
    (np.savez_compressed if packed else np.savez)(file, **arrays)
    return file.getvalue()


def zipped(data: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("t.csv", data)
    return file.getvalue()


def mat() -> bytes:
    file = io.BytesIO()
    savemat(file, {"image": ["a.png", "b.png"], "mos": np.array([1.5, 2.5])})
    return file.getvalue()


def picture() -> bytes:
    file = io.BytesIO()
    Image.new("L", (2, 2)).save(file, "PNG")
    return file.getvalue()


def _tables() -> list[Seed]:
    plain, records = csv(FRAME), FRAME.to_dict("records")
    packed = {
        "gzip": gzip.compress(plain), "bzip2": bz2.compress(plain), "xz": lzma.compress(plain),
        "zstd": pa.compress(plain, codec="zstd", asbytes=True), "zip": zipped(plain),
    }  # fmt: skip
    return [
        Seed("t.csv", plain, _rows),
        Seed("t.csv", csv(FRAME, sep=";", decimal=","), _numbers),
        Seed("t.tsv", csv(FRAME, sep="\t"), _numbers),
        Seed("t.csv", plain.decode().encode("utf-16"), _rows),
        Seed("t.csv", plain.decode().encode("cp1252"), _rows),
        Seed("t.csv", b"id, score, text\na, 1, x\nb, 2, y\n", _rows),
        Seed("t.txt", b"id  score\na   1\nb   2\n", _rows),
        *(Seed("t.csv", content, _rows) for content in packed.values()),
        Seed("t.jsonl", lines(records), _rows),
        Seed("t.json", json.dumps(records).encode(), _rows),
        Seed("t.json", json.dumps(FRAME.to_dict("list")).encode(), _rows),
        Seed("t.json", FRAME.to_json().encode(), _rows),
        Seed("t.json", FRAME.to_json(orient="split").encode(), _rows),
        Seed("t.parquet", parquet(FRAME), _rows),
        Seed("t.xlsx", excel(FRAME), _rows),
    ]


def _answers() -> list[Seed]:
    vectors = {"embeddings": np.ones((3, 2), np.float32), "ids": np.array(["a", "b", "c"], "S")}
    frame = pd.DataFrame({"item": ["a", "b"], "embedding": [[1.0, 2.0], [3.0, 4.0]]})
    by_ids: Callable[[Path], Any] = lambda path: read_npz(path, order="ids")  # noqa: E731
    return [
        Seed("s.csv", csv(FRAME), read_item_scores),
        Seed("s.csv", csv(FRAME[["id", "score"]], header=False), read_item_scores),
        Seed("s.json", json.dumps(FRAME.to_dict("records")).encode(), read_item_scores),
        Seed("s.json", b'{"a": 1.5, "b": 2.5}', read_item_scores),
        Seed("s.jsonl", lines(LABELS.to_dict("records")), read_item_classes),
        Seed("s.csv", csv(LABELS), read_labels),
        Seed("s.parquet", parquet(LABELS), read_labels),
        Seed("e.npz", npz(packed=False, **vectors), by_ids),
        Seed("e.npz", npz(packed=True, **vectors), by_ids),
        Seed("e.parquet", parquet(frame), read_parquet),
    ]


def _own_data() -> list[Seed]:
    labels = {"labels": np.array(list("aabb")), "ids": np.arange(4), "other": np.ones(3)}
    pictures = tuple((f"{name}.png", picture()) for name in "ab")
    return [
        Seed("d.csv", csv(TEXTS), read_texts),
        Seed("d.jsonl", lines(TEXTS.to_dict("records")), read_texts),
        Seed("f.csv", csv(LABELS), lambda path: read_flips(path, _request(path))),
        Seed("c.csv", csv(LABELS), lambda path: read_classes(path, _request(path))),
        Seed("c.npz", npz(packed=True, **labels), lambda path: read_classes(path, _request(path))),
        Seed("c.npz", npz(packed=False, **labels), lambda path: read_classes(path, _request(path))),
        Seed("o.csv", csv(OPINIONS), _opinions),
        Seed("o.csv", csv(OPINIONS, sep=";", decimal=","), _opinions),
        Seed("o.xlsx", excel(OPINIONS), _opinions),
        Seed("o.mat", mat(), _opinions),
        Seed(
            "pairs.txt", b"a.png b.png 1\nb.png b.png 0\n",
            lambda path: read_pairs(path.parent, _request(path)), pictures,
        ),
        Seed(
            "pairs.csv", b"a,b,same\na.png,b.png,1\nb.png,b.png,0\n",
            lambda path: read_pairs(path.parent, _request(path)), pictures,
        ),
    ]  # fmt: skip


def _ranked() -> list[Seed]:
    scores = {f"q{q}": {f"d{d}": 9.5 - d for d in (1, 2)} for q in (1, 2)}
    named = pd.DataFrame({"q_id": ["q1", "q2"], "doc_id": ["d1", "d2"], "score": [1.5, 2.5]})
    judged = [{"query-id": "q1", "corpus-id": "d1", "score": 1.0}]
    return [
        Seed("r.trec", RUN.encode(), _groups),
        Seed("r.trec", RUN.replace(" ", "\t").encode(), _groups),
        Seed("r.trec", RUN.replace(" ", "  ").encode(), _groups),
        Seed("r.trec.gz", gzip.compress(RUN.encode()), _groups),
        Seed("r.tsv", b"1\t7\t1\n1\t8\t2\n2\t7\t1\n", _groups),
        Seed("r.json", json.dumps(HITS).encode(), _groups),
        Seed("r.jsonl", lines(NEW), _groups),
        Seed("r.json", json.dumps(scores).encode(), _groups),
        Seed("r.parquet", parquet(named), _groups),
        Seed("r.csv", csv(named), _groups),
        Seed("q.txt", QRELS.encode(), read_qrels),
        Seed("q.tsv", BEIR.encode(), read_qrels),
        Seed("q.jsonl", lines(judged), read_qrels),
        Seed("q.json", json.dumps({"q1": {"d1": 1}}).encode(), read_qrels),
        Seed("q.parquet", parquet(pd.DataFrame(judged)), read_qrels),
    ]


def _collections() -> list[Seed]:
    files = {
        "corpus.jsonl": lines([{"_id": f"d{d}", "title": "", "text": "x"} for d in (1, 2)]),
        "queries.jsonl": lines([{"_id": f"q{q}", "text": "what"} for q in (1, 2)]),
        "qrels.tsv": BEIR.encode(),
    }
    trec = {
        "topics.tsv": b"q1\twhat\nq2\twhere\n",
        "qrels.txt": QRELS.encode(),
        "candidates/BM25.json": json.dumps(HITS).encode(),
    }

    def folder(path: Path) -> Any:
        found = read_folder(path.parent)
        return list(found.corpus.texts()), found.queries

    return [
        *(
            Seed(name, files[name], folder, tuple((n, c) for n, c in files.items() if n != name))
            for name in files
        ),
        *(
            Seed(
                name, trec[name],
                lambda path: read_trec_dl(path.parent if "/" not in path.parent.name else path),
                tuple((n, c) for n, c in trec.items() if n != name),
            )
            for name in ("topics.tsv", "qrels.txt")
        ),
    ]  # fmt: skip


SEEDS: tuple[Seed, ...] = (*_tables(), *_answers(), *_own_data(), *_ranked(), *_collections())
