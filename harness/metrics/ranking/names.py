"""Metric names: the grammar of ir_measures, plus our own AUC, read into a :class:`Spec`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from harness.errors import UsageError, did_you_mean
from harness.metrics.ranking import measures
from harness.metrics.ranking.measures import Measure
from harness.nouns import MetricCard

_AUC = re.compile(r"AUC(?:\(([^()]*)\))?")
_LETTER = re.compile(r"(?<=[@=])[a-z]")


@dataclass(frozen=True, slots=True)
class Spec:
    """A metric name taken apart; ``cutoff`` is ``None`` for the whole list."""

    name: str
    measure: Measure
    cutoff: int | None = None
    rel: int = 1
    judged_only: bool = False
    pooled: bool = False

    @property
    def family(self) -> str:
        """``nDCG`` of ``nDCG@10``."""
        return self.measure.family

    @property
    def card(self) -> MetricCard:
        """What the metric is."""
        own = self.measure.variant if self.judged_only or self.pooled else None
        return own or self.measure.card


def parse_name(name: str) -> Spec:
    """Read a metric name; :class:`UsageError` with near names when it is none of ours."""
    auc = _AUC.fullmatch(name)
    spec = _read_auc(name, auc.group(1)) if auc else _read_measure(name)
    if spec.rel < 1 or (spec.cutoff is not None and spec.cutoff < 1):
        raise UsageError(f"metric {name!r}: cutoff and rel must be at least 1")
    return spec


def is_ranking_metric(name: str) -> bool:
    """Whether a name is one of ours that tells of ranked lists."""
    try:
        parse_name(name)
    except UsageError:
        return False
    return True


def _read_auc(name: str, inside: str | None) -> Spec:
    rel, pooled = 1, False
    for part in (inside or "").replace(" ", "").split(",") if inside else ():
        if part == "pooled":
            pooled = True
        elif re.fullmatch(r"rel=\d{1,4}", part):
            rel = int(part[4:])
        else:
            raise _unknown(name)
    return Spec(name, _measures()["AUC"], rel=rel, pooled=pooled)


def _read_measure(name: str) -> Spec:
    import ir_measures

    try:
        measure: Any = ir_measures.parse_measure(name)
        asked: dict[str, Any] = dict(measure.params)
    except Exception as error:  # the parser raises SyntaxError, NameError, ValueError and others
        raise _unknown(name) from error
    if asked.pop("dcg", "log2") != "log2":
        raise UsageError(f"metric {name!r}: only the log2 discount with linear gain is computed")
    known = {"cutoff", "rel", "judged_only"}
    ours = _measures().get(measure.NAME)
    if ours is None or not asked.keys() <= known:
        raise _unknown(name)
    if ours.needs_cutoff and "cutoff" not in asked:
        raise UsageError(f"metric {name!r} needs a cutoff", fix=f"Write {name}@10")
    return Spec(name, ours, **asked)


def _measures() -> dict[str, Measure]:
    return {measure.family: measure for measure in measures.MEASURES}


def _unknown(name: str) -> UsageError:
    forms = [form for card in measures.ranking_cards() for form in (card.name, *card.also)]
    examples = [_LETTER.sub(lambda letter: {"k": "10"}.get(letter[0], "2"), form) for form in forms]
    return UsageError(f"unknown metric {name!r}", fix=did_you_mean(name, examples))
