"""The bare side of ``overhead.py``: tokenise, pad, run and pool given batches, and nothing else."""

from __future__ import annotations

import json
import sys

import numpy as np
import onnxruntime
from tokenizers import Tokenizer


def main() -> None:
    """Embed the batches of the JSON file named as the only argument."""
    with open(sys.argv[1], encoding="utf-8") as file:
        given = json.load(file)
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = given["threads"]
    session = onnxruntime.InferenceSession(
        given["model"], settings, providers=["CPUExecutionProvider"]
    )
    names = {entry.name for entry in session.get_inputs()}
    tokenizer = Tokenizer.from_file(given["tokenizer"])
    tokenizer.enable_truncation(given["max_length"])
    tokenizer.enable_padding()
    done = tokens = 0
    for texts in given["batches"]:
        rows = tokenizer.encode_batch(texts)
        ids = np.array([row.ids for row in rows], dtype=np.int64)
        mask = np.array([row.attention_mask for row in rows], dtype=np.int64)
        feeds = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        feeds = {name: value for name, value in feeds.items() if name in names}
        hidden = session.run([given["output"]], feeds)[0]
        weights = mask.astype(np.float32)
        vectors = (weights[:, None, :] @ hidden)[:, 0] / weights.sum(axis=1, keepdims=True)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        done += len(vectors)
        tokens += ids.size
    print(json.dumps({"texts": done, "tokens": tokens}))


if __name__ == "__main__":
    main()
