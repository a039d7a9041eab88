"""How well a text fits the picture that it comes with: one number, higher for a better fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Protocol

from harness.predictions.answers.score import ScoreAnswer
from suites.preference.shown_pictures import Drawn, Pictured

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

STARTING = Path(__file__).parents[1] / "starting"


class CaptionScorer(Protocol):
    """Says how well a text fits a picture."""

    def score_captions(self, texts: Sequence[str]) -> ArrayLike:
        """Return one finite float for each text, in order, higher for a better fit.

        A text (:class:`~suites.preference.shown_pictures.Pictured`) has its picture as ``image``,
        an RGB image of 8 bits; texts of one picture have an equal ``picture``.
        """
        ...


@dataclass(frozen=True, slots=True)
class MatchAnswer(ScoreAnswer):
    """Rows as those of a score: shape (items,)."""

    name: ClassVar[str] = "match"
    words: ClassVar[str] = "a match with a picture"
    served: ClassVar[Mapping[str, tuple[str, ...]]] = {"texts": ("score_captions",)}
    start: ClassVar[Path | None] = STARTING / "score_captions.py"
    steady: ClassVar[str] = "score"

    @classmethod
    def trial(cls, query: str, text: str, other: str) -> Pictured:
        """See :class:`~harness.predictions.answers.base.Answer`; beside a picture that is drawn."""
        return Pictured(text, Drawn(text))
