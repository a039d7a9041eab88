"""Invent a folder task: queries, documents and a run file of 100 documents a query."""

import json
import random
import sys
from pathlib import Path

DEPTH = 100


def main() -> None:
    """``start_make.py QUERIES FOLDER``: a data set of that many queries, and ``run.trec``."""
    queries, folder = int(sys.argv[1]), Path(sys.argv[2])
    documents = max(queries * 2, 2 * DEPTH)
    chance = random.Random(18)
    words = [f"w{number}" for number in range(5000)]
    (folder / "qrels").mkdir(parents=True)
    with (folder / "corpus.jsonl").open("w") as file:
        for number in range(documents):
            text = " ".join(chance.choices(words, k=60))
            file.write(json.dumps({"_id": f"d{number}", "title": "", "text": text}) + "\n")
    with (folder / "queries.jsonl").open("w") as file:
        for number in range(queries):
            text = " ".join(chance.choices(words, k=6))
            file.write(json.dumps({"_id": f"q{number}", "text": text}) + "\n")
    with (folder / "qrels" / "test.tsv").open("w") as file, (folder / "run.trec").open("w") as run:
        file.write("query-id\tcorpus-id\tscore\n")
        for number in range(queries):
            found = chance.sample(range(documents), DEPTH)
            file.write(f"q{number}\td{found[chance.randrange(DEPTH)]}\t1\n")
            for place, document in enumerate(found):
                run.write(f"q{number} Q0 d{document} {place + 1} {DEPTH - place} made\n")


if __name__ == "__main__":
    main()
