"""Sorting by a question that names the best of a few: heap sort and bubble sort for the top k.

A comparison is a generator itself: it asks, and returns the place of the best in what it was given.
Zhuang et al. 2024 (setwise), Qin et al. 2024 (pairwise ranking prompting).
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence

from harness.adapters.asking.asks import Ask, Reply

Best = Callable[[Sequence[int]], Generator[Sequence[Ask], Sequence[Reply], int]]
"""Asks which of these documents is the best one, and returns its place among them."""

Sorting = Generator[Sequence[Ask], Sequence[Reply], list[int]]


def heap_sort(count: int, best: Best, *, top: int, children: int) -> Sorting:
    """The best ``top`` in order, then the others in the order that they had.

    A heap whose nodes have so many children: a comparison shows a node with all of its own. A node
    that is the best one stays where it is.
    """
    heap = list(range(count))

    def sift(at: int, size: int) -> Generator[Sequence[Ask], Sequence[Reply], None]:
        while children * at + 1 < size:
            below = range(children * at + 1, min(children * (at + 1) + 1, size))
            places = [at, *below]
            found = yield from best([heap[place] for place in places])
            if found == 0:
                return
            heap[at], heap[places[found]] = heap[places[found]], heap[at]
            at = places[found]

    for at in range((count - 2) // children, -1, -1):
        yield from sift(at, count)
    ranked: list[int] = []
    for size in range(count, max(0, count - top), -1):
        ranked.append(heap[0])
        heap[0] = heap[size - 1]
        if len(ranked) < top:
            yield from sift(0, size - 1)
    return ranked + _others(count, ranked)


def bubble_sort(count: int, best: Best, *, top: int, children: int) -> Sorting:
    """The best ``top`` in order, then the others as the passes left them.

    A pass moves a window of ``children + 1`` from the bottom up to what is already in order; the
    best of each changes places with the first. Windows that are the same as before are not asked
    about again: the answer would be the same.
    """
    order = list(range(count))
    known: dict[tuple[int, ...], int] = {}
    for settled in range(min(top, count - 1)):
        start = max(settled, count - (children + 1))
        while True:
            shown = tuple(order[start : start + children + 1])
            if shown not in known:
                known[shown] = yield from best(shown)
            found = start + known[shown]
            order[start], order[found] = order[found], order[start]
            if start == settled:
                break
            start = max(settled, start - children)
    return order


def _others(count: int, ranked: Sequence[int]) -> list[int]:
    taken = set(ranked)
    return [place for place in range(count) if place not in taken]
