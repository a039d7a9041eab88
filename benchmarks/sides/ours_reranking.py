"""Our side of ``reranking_vs_mteb.py``: the command ``marginbench evaluate``, then its figures.

Arguments: the BEIR folder with ``bm25.trec``, the model's folder, a folder for the run.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from harness.cli import run


def main() -> None:
    """Evaluate and print nDCG@10 and where the time went."""
    data, model, out = (Path(argument) for argument in sys.argv[1:4])
    options = {
        "--model": f"bi-encoder:{model}",
        "--task": "reranking/folder",
        "--data": str(data),
        "--first-stage": str(data / "bm25.trec"),
        "--device": "cpu",
        "--dtype": "float32",
        "--out": str(out),
    }
    code = run(["evaluate", *(word for option in options.items() for word in option)])
    if code:
        sys.exit(code)
    (path,) = out.rglob("record.json")
    record = json.loads(path.read_text(encoding="utf-8"))
    metrics = {metric["name"]: metric["value"] for metric in record["metrics"]}
    spent = record["run"]
    answer = {
        "encoding": spent["wall_seconds"],
        "load": spent["load_seconds"],
        "ndcg": metrics["nDCG@10"],
    }
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
