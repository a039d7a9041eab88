"""Each suite's definition of right, on hand-made tables against a plain loop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from harness.compare.outcomes import Outcomes, PairOutcomes, Unknown, count_flips
from harness.metrics.pairs.counts import unit
from suites.consistency import right as consistency
from suites.consistency.record import ConsistencyPart
from suites.detection import right as detection
from suites.flips import right as flips
from suites.image_quality import right as image_quality
from suites.image_quality.record import OpinionPart
from suites.reranking import right as reranking
from tests.compare.made_sides import metric


@dataclass
class Point:
    target: float
    threshold: float


@dataclass
class Model:
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Record:
    part: Any = None
    model: Model = field(default_factory=Model)
    metrics: Sequence[Any] = ()


@dataclass
class Table:
    """A side as a definition sees it: columns by name."""

    columns: Mapping[str, Sequence[Any]]
    record: Any = field(default_factory=Record)
    embeddings: Any = None

    def column(self, name: str) -> NDArray[Any] | None:
        return np.array(self.columns[name]) if name in self.columns else None

    def reals(self, name: str) -> NDArray[np.float64] | None:
        return np.array(self.columns[name], np.float64) if name in self.columns else None

    @property
    def ids(self) -> NDArray[Any] | None:
        return self.column("id")

    @property
    def clusters(self) -> NDArray[Any] | None:
        return self.column("cluster")

    def predictions(self) -> Any:
        import pyarrow as pa

        if self.embeddings is None:
            return None
        flat = pa.array(self.embeddings.reshape(-1), pa.float32())
        width = self.embeddings.shape[1]
        return pa.table({"embedding": pa.FixedSizeListArray.from_arrays(flat, width)})


def items(found: Any) -> Outcomes:
    assert isinstance(found, Outcomes)
    return found


def ranked(**columns: Sequence[float]) -> Table:
    """Queries a, b, ... with metrics by name."""
    ids = [chr(97 + n) for n in range(len(next(iter(columns.values()))))]
    named = [metric(name, None) for name in columns]
    return Table({"id": ids, "cluster": ids, **columns}, record=Record(metrics=named))


@pytest.mark.parametrize(
    ("names", "name", "definition"),
    [
        (
            ["RR(rel=2)@10"],
            "hit(rel=2)@10",
            "a document of grade 2 or above is among the first ten",
        ),
        (["RR(rel=3)@10", "RR(rel=2)@10"], "hit(rel=2)@10", "a document of grade 2 or above"),
        (["RR(rel=2)@10", "RR@10"], "hit@10", "a relevant document is among the first ten"),
        (["RR@100", "RR@10"], "hit@10", "a relevant document is among the first ten"),
        (["RR@5"], "hit@5", "a relevant document is among the first 5"),
    ],
)
def test_a_hit_goes_by_the_tasks_own_relevance(
    names: list[str], name: str, definition: str
) -> None:
    used = next(one for one in names if one == "RR" + name.removeprefix("hit"))
    other = {one: [0.0, 0.0, 0.0] for one in names}
    old, new = ranked(**other | {used: [1.0, 0.5, 0.0]}), ranked(**other | {used: [0.0, 0.2, 1.0]})
    hits = items(reranking.pairs(old, new)[0])  # type: ignore[arg-type]
    assert (hits.name, hits.lost.tolist()) == (name, [True, False, False])
    assert hits.won.tolist() == [False, False, True]
    assert hits.definition.startswith(definition)
    without = reranking.pairs(ranked(AP=[0.1]), ranked(AP=[0.1]))[0]  # type: ignore[arg-type]
    assert isinstance(without, Unknown)


def test_a_reranker_is_right_when_a_relevant_document_is_in_the_first_ten() -> None:
    ids = ["a", "b", "c", "d"]
    assert ids == ranked(x=[0.0] * 4).columns["id"]
    old = ranked(**{"RR@10": [1.0, 0.5, 0.0, np.nan], "nDCG@10": [0.90, 0.50, 0.10, np.nan]})
    new = ranked(**{"RR@10": [0.0, 0.2, 1.0, np.nan], "nDCG@10": [0.10, 0.46, 0.30, np.nan]})
    hits, drops = (items(found) for found in reranking.pairs(old, new))  # type: ignore[arg-type]
    assert hits.lost.tolist() == [True, False, False]
    assert hits.won.tolist() == [False, False, True]
    assert drops.lost.tolist() == [True, False, False]  # .04 is no drop of more than .05
    assert drops.won.tolist() == [False, False, True]
    flipped = count_flips(hits)
    assert (flipped.n, flipped.lost, flipped.items[0]["id"]) == (3, 1, "a")


def threshold(scores: NDArray[np.float64], k: int) -> float:
    return float(np.sort(scores)[::-1][k])


def test_a_detector_is_judged_at_its_own_and_at_the_old_threshold() -> None:
    random = np.random.default_rng(3)
    n = 200
    label = np.array([0] * 100 + [1] * 100)
    domain = np.array(["x", "y"] * 100)
    before = random.normal(size=n) + label
    after = random.normal(size=n) + label + 1.5  # the same model but for an offset, and noise
    ids = [f"t{i}" for i in range(n)]
    columns = {"id": ids, "cluster": ids, "label": label, "domain": domain}
    old, new = (Table({**columns, "score": scores}) for scores in (before, after))
    own, carried = (items(found) for found in detection.pairs(old, new))  # type: ignore[arg-type]
    for row in range(n):
        same = (domain == domain[row]) & (label == 0)
        cuts = [threshold(scores[same], 2) for scores in (before, after)]  # 5% of 50 is 2
        was = (before[row] > cuts[0]) == (label[row] == 1)
        now = (after[row] > cuts[1]) == (label[row] == 1)
        then = (after[row] > cuts[0]) == (label[row] == 1)
        assert own.lost[row] == (was and not now)
        assert own.won[row] == (now and not was)
        assert carried.lost[row] == (was and not then)
    counted = count_flips(carried).directions
    assert counted["human newly flagged"] > 10  # the offset carries humans over the threshold
    assert sum(counted.values()) == int(carried.lost.sum())


def test_calibration_texts_and_attacked_humans_set_no_threshold() -> None:
    label, n = [0, 0, 0, 0, 1, 1], 6
    columns = {
        "id": list("abcdef"),
        "cluster": list("abcdef"),
        "label": label,
        "split": ["calibration", "test", "test", "test", "test", "test"],
        "attack": ["", "paraphrase", "", "", "", ""],
    }
    side = Table({**columns, "score": [9.0, 8.0, 1.0, 2.0, 3.0, 0.0]})
    own = items(detection.pairs(side, side)[0])  # type: ignore[arg-type]
    assert len(own.lost) == n - 1
    assert own.right is not None
    assert own.right[0].tolist() == [False, True, True, True, False]  # cut at 2.0, strictly above


def test_pairs_of_images_clearly_apart_are_ordered() -> None:
    random = np.random.default_rng(5)
    opinion = random.uniform(0, 10, 60)
    before, after = (np.round(opinion + random.normal(0, 3, 60)) for _ in range(2))
    ids = [f"i{k}" for k in range(60)]
    record = Record(OpinionPart.model_construct(opinion="higher", scale=[0.0, 10.0]))
    old, new = (Table({"id": ids, "opinion": opinion, "score": s}, record) for s in (before, after))
    (found,) = image_quality.pairs(old, new)  # type: ignore[arg-type]
    assert isinstance(found, PairOutcomes)
    lost = won = n = 0
    for i in range(60):
        for j in range(60):
            if opinion[i] - opinion[j] > 1.0:
                n += 1
                was, now = before[i] > before[j], after[i] > after[j]
                lost += was and not now
                won += now and not was
    assert (found.n, found.lost, found.won) == (n, lost, won)
    flipped = count_flips(found)
    assert flipped.interval is not None
    assert flipped.nfr is not None
    assert flipped.interval[0] < flipped.nfr < flipped.interval[1]
    assert flipped.rough is None


Pair = tuple[str, str, bool]
"""Two sources, and whether the pair is lost."""


def by_source(found: PairOutcomes, kept: Sequence[Pair], names: Sequence[str]) -> None:
    """The counts of each source, and the interval of leaving each out, from a list of pairs."""
    rates = []
    for row, name in zip(found.touching, names, strict=True):
        touched = [lost for a, b, lost in kept if name in (a, b)]
        assert row.tolist() == [sum(touched), len(touched)]
        rest = [lost for a, b, lost in kept if name not in (a, b)]
        rates.append(np.mean(rest))
    k = len(rates)
    odds = np.log(np.array(rates) / (1 - np.array(rates)))
    error = np.sqrt((k - 1) / k * ((odds - odds.mean()) ** 2).sum())
    rate = np.mean([lost for _, _, lost in kept])
    middle, half = np.log(rate / (1 - rate)), stats.t.ppf(0.975, k - 1) * error
    flipped = count_flips(found)
    assert flipped.interval == pytest.approx(
        [1 / (1 + np.exp(-(middle + side * half))) for side in (-1, 1)], rel=1e-6
    )
    assert (flipped.units, flipped.independent) == (k, k // 2)
    assert str(k) in (flipped.rough or "")


def test_pairs_of_images_are_left_out_with_their_reference() -> None:
    random = np.random.default_rng(11)
    opinion = np.round(random.uniform(0, 10, 42), 1)
    before = opinion + random.normal(0, 2, 42)
    source = [f"r{k % 7}" for k in range(42)]
    moved = np.array([3.0 if name in ("r1", "r4") else 0.0 for name in source])
    record = Record(OpinionPart.model_construct(opinion="lower", scale=[0.0, 10.0]))
    columns = {"id": [f"i{k}" for k in range(42)], "cluster": source, "opinion": 10 - opinion}
    sides = (Table({**columns, "score": s}, record) for s in (before, before + moved))
    (found,) = image_quality.pairs(*sides)  # type: ignore[arg-type]
    assert isinstance(found, PairOutcomes)
    kept = [
        (source[i], source[j], bool(before[i] > before[j]
         and not before[i] + moved[i] > before[j] + moved[j]))
        for i in range(42) for j in range(42) if (10 - opinion[j]) - (10 - opinion[i]) > 1.0
    ]  # fmt: skip
    by_source(found, kept, sorted(set(source)))
    assert found.clustered_by == "references"


def test_pairs_of_embeddings_at_one_threshold() -> None:
    random = np.random.default_rng(7)
    label = np.repeat(["a", "b", "c"], 8)
    centre = {name: random.normal(size=4) for name in "abc"}
    spots = np.stack([centre[name] for name in label])
    before, after = ((spots + random.normal(0, 0.6, (24, 4))).astype(np.float32) for _ in range(2))
    record = Record(
        ConsistencyPart.model_construct(protocol="all pairs", points=[Point(0.01, 0.8)])
    )
    hit = [bool(k % 2) for k in range(24)]
    columns = {"id": [f"x{k}" for k in range(24)], "label": label, "split": ["test"] * 24}
    old = Table({**columns, "nearest_hit": hit}, record, before)
    new = Table({**columns, "nearest_hit": [not h for h in hit]}, record, after)
    hits, pairs = consistency.pairs(old, new)  # type: ignore[arg-type]
    assert items(hits).lost.tolist() == hit
    assert isinstance(pairs, PairOutcomes)
    a, b = (unit(side).astype(np.float64) for side in (before, after))
    lost = won = 0
    for i in range(24):
        for j in range(i):
            same = label[i] == label[j]
            was = (np.linalg.norm(a[i] - a[j]) < 0.8) == same
            now = (np.linalg.norm(b[i] - b[j]) < 0.8) == same
            lost += was and not now
            won += now and not was
    assert (pairs.n, pairs.lost, pairs.won) == (276, lost, won)
    assert sum(pairs.directions.values()) == lost
    kept = [
        (label[i], label[j], bool(
            ((np.linalg.norm(a[i] - a[j]) < 0.8) == (label[i] == label[j]))
            and ((np.linalg.norm(b[i] - b[j]) < 0.8) != (label[i] == label[j]))))
        for i in range(24) for j in range(i)
    ]  # fmt: skip
    by_source(pairs, kept, "abc")


def test_only_classes_that_the_old_model_knows_count() -> None:
    ids = list("abcd")
    columns = {"id": ids, "cluster": ids, "label": ["cat", "dog", "fox", "fox"]}
    old = Table(
        {**columns, "prediction": ["cat", "dog", "cat", "cat"]},
        Record(model=Model({"labels": ["cat", "dog"]})),
    )
    new = Table({**columns, "prediction": ["dog", "dog", "fox", "cat"], "confidence": [0.9] * 4})
    (found,) = flips.pairs(old, new)  # type: ignore[arg-type]
    assert items(found).name == "answer (old classes)"
    flipped = count_flips(items(found))
    assert (flipped.n, flipped.lost, flipped.won) == (2, 1, 0)
    assert flipped.nfr == 0.5


@pytest.mark.parametrize(
    "pairs", [consistency.pairs, detection.pairs, flips.pairs, image_quality.pairs, reranking.pairs]
)
def test_what_is_not_there_is_unknown_with_a_reason(pairs: Any) -> None:
    found = pairs(Table({}), Table({}))
    assert all(isinstance(one, Unknown) and one.reason for one in found)
    assert all(count_flips(one).nfr is None for one in found)
