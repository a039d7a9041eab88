"""What a table says of first place, in words that its comparisons bear out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from leaderboard_site.board.standing import Barred, Standing
from leaderboard_site.reading.summary import BarRow
from leaderboard_site.text import clip, listing, plural, quantity

NOBODY = "No system with a value so far."
ALONE = "One system so far: there is no other to rank it against."


@dataclass(frozen=True, slots=True)
class Named:
    """Names of the systems of a standing, by place, and what must be said behind each.

    ``fitted`` are the words of marks (``fitted on the task``), ``""`` for a system without one.
    ``unit`` is that of the metric, and ``lower`` tells that lower is better. ``against`` is a
    sentence on what figures are counted against.
    """

    names: Sequence[str]
    fitted: Sequence[str]
    unit: str = ""
    lower: bool = False
    against: str = ""

    def of(self, places: Sequence[int]) -> str:
        """The names of some, each with its mark."""
        marks = [f" ({self.fitted[place]})" if self.fitted[place] else "" for place in places]
        return listing([self.names[p] + mark for p, mark in zip(places, marks, strict=True)])


def headline(found: Standing, named: Named) -> str:
    """Who leads, and whether that is more than the bar to beat.

    No system is said to be ahead that is not told apart from the best of those bars.
    """
    if not named.names:
        return NOBODY
    word = set(named.fitted).pop() if len(set(named.fitted)) == 1 and named.names[1:] else ""
    shown = replace(named, fitted=[""] * len(named.names)) if word else named
    said = [
        _of_bar(found, shown),
        _of_systems(found, shown),
        f"All are marked: {word}." if word else _of_others(found, shown),
        named.against,
    ]
    return " ".join(filter(None, said))


def against_text(bar: BarRow | None, primary: str) -> str:
    """``Counted against the reference R (accuracy 93.4).`` of a bar that is so by definition."""
    if bar is None or primary not in bar.fixed:
        return ""
    known = (m for m in bar.metrics if m.name not in bar.fixed and m.value is not None)
    some = next(known, None)
    said = "" if some is None or some.value is None else (
        f" ({clip(some.name, most=40)} {quantity(some.value, some.unit)})"
    )  # fmt: skip
    return f"Counted against the {bar.kind} {clip(bar.name, most=60)}{said}, which itself has none."


def certainty(found: Standing) -> str:
    """How many ranks are certain, and how many neighbours are told apart; ``""`` for one system."""
    many = len(found.ranks)
    if many < 2:
        return ""
    certain = found.certified or "None"
    said = (
        f"{certain} of {many} systems {'has' if found.certified < 2 else 'have'} a certain rank, "
        f"and {found.separable or 'none'} of {plural(many - 1, 'neighbouring pair')} "
        f"{'is' if found.separable < 2 else 'are'} told apart."
    )
    if not found.unpaired:
        return said
    if found.unpaired < found.pairs:
        which = f"{found.unpaired} of {found.pairs} pairs {_were(found.unpaired)}"
    else:
        which = "The pair was" if found.pairs == 1 else "All pairs were"
    return (
        f"{said} {which} compared by two intervals alone: the values of their items are not at "
        "hand, or they share none."
    )


def _of_bar(found: Standing, named: Named) -> str:
    if found.hardest is None:
        return ""
    beaten = found.beaten[found.hardest]
    if _leads(found) and found.best[0] in beaten:
        return ""  # said in one breath with the lead
    name = bar_name(found.bars[found.hardest], named)
    if not beaten:
        return f"No system here is known to beat {name}."
    who = named.of([place for place in found.order if place in beaten])
    if len(beaten) == len(named.names) > 2:
        who = f"All {len(beaten)} systems"
    return f"{who} {_is(len(beaten))} known to beat {name}."


def _leads(found: Standing) -> bool:
    """Whether one system is proven better than every other."""
    return len(found.best) == 1 and len(found.ranks) > 1 and found.ranks[found.best[0]].worst == 1


def bar_name(bar: Barred, named: Named) -> str:
    """``BM25 (41.9)``."""
    value = -bar.mean.value if named.lower else bar.mean.value
    return f"{clip(bar.name, most=40)} ({quantity(value, named.unit)})"


def _of_systems(found: Standing, named: Named) -> str:
    many = len(named.names)
    if many == 1:
        return ALONE
    if _leads(found):
        others = "the other" if many == 2 else "every other ranked system"
        return _lead(found, named, f"{named.of(found.best)} is proven better than {others}")
    if len(found.best) == 1:
        return f"Nobody is proven better than {named.of(found.best)}, nor is it than every other."
    if len(found.best) == many:
        who = "The two systems" if many == 2 else f"All {many} systems"
        return f"{who} cannot be told apart at the top: none is proven better than another."
    who = named.of(found.best)
    return f"{who} cannot be told apart at the top: nobody is proven better than they."


def _lead(found: Standing, named: Named, said: str) -> str:
    """The sentence on a leader, with the bar where it is proven better than that too."""
    if found.hardest is None:
        return f"{said}."
    beaten = found.beaten[found.hardest]
    if found.best[0] not in beaten:
        return f"Among the systems, {said}."
    more = len(beaten) - 1
    also = f" {more} more {_is(more)} known to beat that." if more else ""
    return f"{said}, and than {bar_name(found.bars[found.hardest], named)}.{also}"


def _of_others(found: Standing, named: Named) -> str:
    """Who leads among systems that were not fitted on the task, where one at the top was."""
    if not any(named.fitted[place] for place in found.best) or not found.best_unfitted:
        return ""
    others = [place for place, fitted in enumerate(named.fitted) if not fitted]
    if len(found.best) == len(named.names) > 1:  # none was named
        marks = [word for word in named.fitted if word]
        return f"{len(marks)} of them {_is(len(marks))} marked: {listing(sorted(set(marks)))}."
    if len(others) == 1:
        return f"{named.of(others)} alone has no such mark."
    who = named.of(found.best_unfitted)
    return f"Of those without such a mark, nobody is proven better than {who}."


def _is(many: int) -> str:
    return "is" if many == 1 else "are"


def _were(many: int) -> str:
    return "was" if many == 1 else "were"
