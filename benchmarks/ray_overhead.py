"""Bare Ray Data / our crew of actors: 50,000 pairs over two workers of a Ray on this machine.

Theirs is ``ray.data`` with ``map_batches`` and a class of actors, over the same pairs and the same
scorer, results gathered in memory. Ours is the crew behind ``--engine ray``: the same parts as on
one machine, each kept in the run folder. The scorer takes a fifth of a millisecond of a processor
for a pair, which is the speed of a small cross-encoder on a large GPU: slower models leave less of
a difference. Both give the same scores, to the bit. The target is bare / ours >= 0.95.

With ``--checkpoint`` a third side runs: Ray Data that keeps what it has, by ``CheckpointConfig``.
Needs the extras ``ray`` and ``frames``.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from common import SIDES, Side, arguments, finish, note, number, require, take_turns

TARGET = 0.95
SCORER = """
import hashlib


def score_pairs(pairs):
    keys = [hashlib.pbkdf2_hmac("sha256", t.encode(), q.encode(), 400) for q, t in pairs]
    return [int.from_bytes(key[:4], "big") / 2**32 for key in keys]
"""


def side(name: str, kind: str, pairs: int, workers: int, source: Path) -> Side:
    """One side of it as a process."""
    program = [sys.executable, str(SIDES / "ray_pairs.py"), kind, str(pairs), str(workers)]
    return Side(name, [*program, str(source), "{fresh}"])


def main() -> None:
    """Run the sides and print the ratio."""
    parser = arguments(__doc__)
    parser.add_argument("--pairs", type=number(100), default=50_000)
    parser.add_argument(
        "--checkpoint", action="store_true", help="Ray Data that keeps its rows too"
    )
    asked = parser.parse_args()
    require("ray", "pandas")
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "scorer.py")
        source.write_text(SCORER)
        ours = side("our actors", "ray", asked.pairs, 2, source)
        bare = side("bare map_batches", "bare", asked.pairs, 2, source)
        sides = [ours, bare]
        if asked.checkpoint:
            sides.append(side("map_batches, kept", "checkpoint", asked.pairs, 2, source))
        take_turns(sides, asked.rounds, warm_up=False)
    answers = {done.answer["scores"] for each in sides for done in each.rounds}
    if len(answers) > 1:
        sys.exit(f"the sides do not give the same scores: {answers}")
    for each in sides:
        note(f"{each.name}: {each.median('seconds'):.2f} s, {each.peak_memory / 1e6:.0f} MB")
    ratio = bare.median("seconds") / ours.median("seconds")
    finish("ray_overhead", ratio=ratio, target=f">= {TARGET:.2f}", holds=ratio >= TARGET)


if __name__ == "__main__":
    main()
