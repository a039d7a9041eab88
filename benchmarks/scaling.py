"""Two workers / one, of processes of this machine and of Ray: 30,000 pairs, model in Python.

No peer: the figure is how much faster two workers are than one, and what one worker of Ray takes
over one process. A worker needs a processor of its own, so it says something only on a machine that
does nothing else. Needs the extra ``ray``; ``--local`` does without.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from common import arguments, finish, note, number, require, take_turns
from ray_overhead import SCORER, side

TARGET = 1.8


def main() -> None:
    """Run one and two workers of each kind in turn."""
    parser = arguments(__doc__)
    parser.add_argument("--pairs", type=number(200), default=30_000)
    parser.add_argument("--local", action="store_true", help="without Ray")
    asked = parser.parse_args()
    kinds = ["local"] if asked.local else ["local", "ray"]
    if not asked.local:
        require("ray")
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "scorer.py")
        source.write_text(SCORER)
        sides = {
            (kind, count): side(f"{kind}, {count}", kind, asked.pairs, count, source)
            for kind in kinds
            for count in (1, 2)
        }
        take_turns(list(sides.values()), asked.rounds, warm_up=False)
    seconds = {key: each.median("seconds") for key, each in sides.items()}
    for (kind, count), took in seconds.items():
        note(f"{kind}, {count} workers: {took:.2f} s, {asked.pairs / took:.0f} pairs/s")
    gains = {kind: seconds[kind, 1] / seconds[kind, 2] for kind in kinds}
    note(", ".join(f"{kind} {gain:.2f}" for kind, gain in gains.items()))
    worst = min(gains.values())
    finish("scaling", ratio=worst, target=f">= {TARGET:.2f}", holds=worst >= TARGET)


if __name__ == "__main__":
    main()
