"""Two generators under several reward models: who is preferred, and whether the models agree."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from harness.exhibits import (
    Axis,
    Cell,
    Dot,
    Dots,
    DotSeries,
    Exhibit,
    Figure,
    Matrix,
    Of,
    Remark,
    Table,
)
from harness.metrics.intervals import mean, mean_of
from suites.preference.cards_beside import TIED, WIN, WIN_STRICT
from suites.preference.generators import UNKNOWN
from suites.preference.protocol import PICKED, SUBSET
from suites.preference.record import PreferencePart
from suites.showing import Told

Runs = Sequence[Told[PreferencePart]]
Words = NDArray[np.str_]

MOST_MODELS = 8
LENGTH = ("longer", "shorter")


def two_generators(known: Runs) -> tuple[Exhibit, ...]:
    """Win rates of A under each model beside those of length, and agreement of the models."""
    part = known[0].part
    rows: list[tuple[Cell, ...]] = [
        (run.name, *(_figure(run, name) for name in (WIN, WIN_STRICT, TIED)),
         Of(run.part.unanswered, 2 * run.part.pairs))
        for run in known
    ]  # fmt: skip
    blind: list[tuple[Cell, ...]] = [
        (f"{row.name} (blind)", *(Figure(row.values.get(name)) for name in (WIN, WIN_STRICT, TIED)),
         None)
        for row in part.blind
        if row.name in LENGTH
    ]  # fmt: skip
    columns = ("Reward model", "Win rate of A", "A preferred", "Equal scores", "Without a score")
    note = (
        "Above one half A is preferred, below it B. Nobody judged these answers: the rate is the "
        "taste of the model, and that of a row that goes by length is beside it."
    )
    return (
        *_split(known),
        Table("Generator A against B", columns, (*rows, *blind), note=note),
        *_agreement(known),
        *_subsets(known),
    )


def _figure(run: Told[PreferencePart], name: str) -> Figure:
    found = run.side.record.metric(name)
    return Figure(None) if found is None else Figure(found.value, found.interval)


def _split(known: Runs) -> list[Remark]:
    """That some models surely prefer A and others B."""
    ends = [(run.name, found.interval) for run in known
            if (found := run.side.record.metric(WIN)) is not None and found.interval]  # fmt: skip
    above = [name for name, (low, _) in ends if low > 0.5]
    below = [name for name, (_, high) in ends if high < 0.5]
    if not above or not below:
        return []
    said = f"Reward models disagree: {', '.join(above)} for A, {', '.join(below)} for B."
    return [Remark(said, warning=True)]


def _agreement(known: Runs) -> list[Matrix]:
    """How often two models prefer the same answer, and that beyond chance."""
    told: list[tuple[str, Words, NDArray[np.int64] | None]] = []
    for run in known:
        column = run.side.column(PICKED)
        if column is not None:
            told.append((run.name, np.asarray(column).astype(np.str_), run.side.cluster_codes))
    told = [one for one in told if len(one[1]) == len(told[0][1])][:MOST_MODELS]
    if len(told) < 2:
        return []
    names = tuple(name for name, *_ in told)
    shares = tuple((name, tuple(_share(ours, other, codes) for _, other, _ in told))
                   for name, ours, codes in told)  # fmt: skip
    kappas = tuple((name, tuple(Figure(kappa(ours, other)) for _, other, _ in told))
                   for name, ours, _ in told)  # fmt: skip
    shades = ("", "", "")
    return [
        Matrix("Do reward models agree? Share of prompts with one preference", "Reward model",
               names, shares, shades, "A, B or neither, of prompts that both have scores for."),
        Matrix("Agreement beyond chance: Cohen's kappa", "Reward model", names, kappas, shades,
               "1 is full agreement, 0 that of two models that prefer as often, at random."),
    ]  # fmt: skip


def _share(ours: Words, other: Words, codes: NDArray[np.int64] | None) -> Figure:
    both = (ours != UNKNOWN) & (other != UNKNOWN)
    same = np.where(both, ours == other, np.nan)
    return Figure(mean_of(same), mean(same, codes).interval)


def _subsets(known: Runs) -> list[Dots]:
    """Win rates by subset, where there are some."""
    series = []
    for run in known:
        names, wins = run.side.column(SUBSET), run.side.numbers(WIN)
        if names is None or wins is None:
            continue
        codes = run.side.cluster_codes
        dots = []
        for name in dict.fromkeys(str(one) for one in names if one):
            at = np.asarray(names).astype(np.str_) == name
            sure = mean(wins[at], None if codes is None else codes[at])
            dots.append(Dot("subset", name, Figure(mean_of(wins[at]), sure.interval)))
        series.append(DotSeries(run.name, tuple(dots)))
    return [Dots(f"{WIN} by subset", tuple(series), Axis(WIN, 0, 1))] if series else []


def kappa(ours: Words, other: Words) -> float | None:
    """Cohen's kappa (1960) of two models' preferences; ``None`` where chance alone is full."""
    both = (ours != UNKNOWN) & (other != UNKNOWN)
    a, b = ours[both], other[both]
    if not len(a):
        return None
    words = np.unique(np.concatenate([a, b]))
    expected = sum(float((a == word).mean() * (b == word).mean()) for word in words)
    if expected >= 1:
        return None
    return (float((a == b).mean()) - expected) / (1 - expected)
