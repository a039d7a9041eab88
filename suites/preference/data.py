"""A loaded preference task: items with candidates, and what people said of these."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from harness.data import RankingData
from harness.strict_json import Json

CHOSEN, RANKING, VOTES, LABELS, TWO = "chosen", "ranking", "votes", "labels", "two"
NOBODY = "nobody"
"""What people said: which are chosen and which rejected, a ranking with ties, how many voted for
each, pass and fail of each candidate alone, or of two which is better, if any; of two generators'
answers nobody said anything, and A stands for the preferred one."""

SIGNALS = (CHOSEN, RANKING, VOTES, LABELS, TWO, NOBODY)


@dataclass(frozen=True, slots=True)
class PreferenceData(RankingData):
    """Items in the order of their file, each a prompt with its candidates.

    ``gold`` holds a grade for each candidate, higher being preferred: 1 and 0 where some are chosen
    or pass, the place from the bottom in a ranking, the number of votes. Candidates of one grade
    are tied for people; of :data:`TWO` both are 1, or both are 0 where both are said to be bad.
    ``signal`` is one of :data:`SIGNALS`. ``subsets`` runs parallel to the groups, ``""`` standing
    for none, and ``persons`` (how often one person says what people say; NaN where that is not
    known); clusters are prompts. ``ordered`` says that the order of the candidates is that of the
    file and may tell something, as it does not where the file itself parts chosen ones from
    rejected ones.
    """

    signal: str = CHOSEN
    subsets: Sequence[str] = ()
    persons: Sequence[float] = ()
    ordered: bool = False

    def identity(self, asks: str = "score") -> Iterable[Json]:
        """What :class:`~harness.data.RankingData` tells, the signal, and each item's subset."""
        yield ["preference", self.signal]
        yield sorted(
            [group.id, subset]
            for group, subset in zip(self.groups, self.subsets, strict=True)
            if subset
        )
        yield from RankingData.identity(self, asks)

    def subsample(self, most: int) -> RankingData:
        """See :class:`~harness.data.RankingData`: items for timing, without subsets."""
        plain = RankingData(groups=self.groups, documents=self.documents, gold={})
        return replace(RankingData.subsample(plain, most), on_error=self.on_error)
