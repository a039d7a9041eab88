"""OPIS on 60,502 x 512 embeddings in 11,316 classes / the bare float32 product of all pairs.

As many as Stanford Online Products has. Both in one process on all cores; the product is thrown
away block by block. Ours counts every pair exactly, with integral, worst tenth and nearest
neighbours, and gives each figure without each class. Target: at most 1.6 times the bare product,
1.5 GB; the same for exact R@1 alone.
"""

from __future__ import annotations

import sys

from common import SIDES, Side, arguments, finish, note, number, require, take_turns

TARGET, MEMORY = 1.6, 1.5e9


def main() -> None:
    """Run the process and print the ratios."""
    parser = arguments(__doc__)
    parser.add_argument("--items", type=number(1), default=60_502)
    options = parser.parse_args()
    require("numba")
    side = Side("ours", [sys.executable, str(SIDES / "opis_sides.py"), str(options.items)])
    take_turns([side], options.rounds, warm_up=False)
    answer = side.rounds[-1].answer
    if not answer["same_recall"]:
        sys.exit("R@1 alone and R@1 beside OPIS differ")
    bare = side.median("bare")
    opis, nearest = side.median("opis_seconds") / bare, side.median("nearest_seconds") / bare
    memory = max(finished.answer["peak_bytes"] for finished in side.rounds)
    note(f"bare {bare:.1f} s; OPIS {answer['opis']:.5f}, R@1 {answer['recall']:.4f}")
    note(f"R@1 alone: {nearest:.2f} of the bare product; peak memory {memory / 1e9:.2f} GB")
    finish(
        "opis",
        ratio=opis,
        target=f"<= {TARGET:g} and <= {MEMORY / 1e9:g} GB, R@1 alone too",
        holds=max(opis, nearest) <= TARGET and memory <= MEMORY,
    )


if __name__ == "__main__":
    main()
