"""How many questions a protocol will ask: it is gone through with made-up answers."""

from __future__ import annotations

from random import Random

from harness.adapters.asking.asks import Ask, Asking, Choose, Reply

_LABELS = 4


def questions(asking: Asking) -> int:
    """The questions of a protocol whose answers are made up, each naming a passage drawn by a seed.

    Exact where the number does not depend on the answers (windows, all pairs), a guess for sorts.
    """
    count, draw = 0, Random(929)
    try:
        asks = next(asking)
        while True:
            count += len(asks)
            asks = asking.send([_made_up(ask, draw) for ask in asks])
    except StopIteration:
        return count


def _made_up(ask: Ask, draw: Random) -> Reply:
    if isinstance(ask, Choose):
        best = draw.randrange(len(ask.labels))
        return Reply(likelihoods=tuple(-float(place != best) for place in range(len(ask.labels))))
    best = draw.randrange(_LABELS)
    return Reply(text=f"{'ABCD'[best]} <answer>{best + 1}</answer>")
