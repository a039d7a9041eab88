"""Makes what ``growth.py`` measures: invented data of a kind and size, from a seed.

``growth_make.py KIND SIZE FOLDER`` writes the task's own files and the answers of a model, below
FOLDER. Sizes are texts, items, pictures, or queries of 100 documents.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

SEED = 20261130
DEPTH = 100
CORPUS = 50_000

Columns = dict[str, list[str] | np.ndarray]  # type: ignore[type-arg, unused-ignore]


def detection(random: np.random.Generator, size: int, folder: Path) -> None:
    """Texts of four domains, four generators and three attacks, a third of them human."""
    human = random.random(size) < 1 / 3
    domains = random.choice(["books", "news", "reviews", "wiki"], size)
    generators = random.choice(["alpha", "beta", "gamma", "delta"], size)
    attacks = random.choice(["none", "spelling", "synonyms"], size)
    ids = [f"text-{number:07d}" for number in range(size)]
    columns: Columns = {
        "id": ids,
        "text": [f"invented text number {number}" for number in range(size)],
        "label": np.where(human, "human", "machine"),
        "domain": domains,
        "generator": np.where(human, "", generators),
        "attack": np.where(human, "none", attacks),
    }
    _write(folder / "data.parquet", columns)
    scores = random.normal(size=size) + np.where(human, 0.0, 1.3)
    _write(folder / "answers.parquet", {"item": ids, "score": scores.astype(np.float32)})


def flips(random: np.random.Generator, size: int, folder: Path) -> None:
    """Items of ten classes with an old model's answers and a new one's."""
    names = np.array([f"class-{number}" for number in range(10)])
    gold = random.integers(0, 10, size)
    ids = [f"item-{number:07d}" for number in range(size)]

    def answered(right: float) -> np.ndarray:  # type: ignore[type-arg, unused-ignore]
        other = random.integers(0, 10, size)
        return names[np.where(random.random(size) < right, gold, other)]

    table: Columns = {"id": ids, "label": names[gold], "reference": answered(0.8)}
    _write(folder / "data.parquet", table)
    sure = random.random(size).astype(np.float32)
    answers: Columns = {"item": ids, "prediction": answered(0.83), "confidence": sure}
    _write(folder / "answers.parquet", answers)


def quality(random: np.random.Generator, size: int, folder: Path) -> None:
    """Pictures by name, their opinion scores, and the scores of a model that half agrees."""
    ids = [f"picture-{number:07d}.png" for number in range(size)]
    opinions = np.round(random.uniform(1, 5, size), 3)
    _write(folder / "data.csv", {"image": ids, "mos": opinions})
    scores = opinions + random.normal(size=size)
    _write(folder / "answers.parquet", {"item": ids, "score": scores.astype(np.float32)})


def run(random: np.random.Generator, size: int, folder: Path) -> None:
    """Judgements, a first stage and a run: 100 documents of 50,000 for each query."""
    data = folder / "data"
    data.mkdir()
    words = [f"d{number}" for number in range(CORPUS)]
    (data / "corpus.jsonl").write_text(
        "".join(f'{{"_id": "{word}", "text": "text of {word}"}}\n' for word in words)
    )
    (data / "queries.jsonl").write_text(
        "".join(f'{{"_id": "q{number}", "text": "query {number}"}}\n' for number in range(size))
    )
    (data / "qrels").mkdir()
    with (
        open(data / "qrels" / "test.tsv", "w") as qrels,
        open(folder / "first.trec", "w") as first,
        open(folder / "answers.trec", "w") as answers,
    ):
        qrels.write("query-id\tcorpus-id\tscore\n")
        for number in range(size):
            found = random.choice(CORPUS, DEPTH, replace=False)
            judged = found[random.integers(0, DEPTH, 2)]
            qrels.writelines(f"q{number}\td{document}\t1\n" for document in set(judged.tolist()))
            first.write(_lines(number, found, random))
            answers.write(_lines(number, random.permutation(found), random))


def _lines(query: int, documents: np.ndarray, random: np.random.Generator) -> str:  # type: ignore[type-arg, unused-ignore]
    scores = np.sort(random.normal(size=len(documents)))[::-1]
    return "".join(
        f"q{query} Q0 d{document} {rank} {score:.6f} invented\n"
        for rank, (document, score) in enumerate(zip(documents, scores, strict=True), 1)
    )


def _write(path: Path, columns: Columns) -> None:
    table = pa.table(columns)
    if path.suffix == ".csv":
        from pyarrow import csv

        csv.write_csv(table, path)
    else:
        pq.write_table(table, path)


KINDS: dict[str, Callable[[np.random.Generator, int, Path], None]] = {
    "detection": detection,
    "flips": flips,
    "quality": quality,
    "run": run,
}


if __name__ == "__main__":
    made = Path(sys.argv[3])
    made.mkdir(parents=True, exist_ok=True)
    KINDS[sys.argv[1]](np.random.default_rng(SEED), int(sys.argv[2]), made)
