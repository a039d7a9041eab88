"""Rankers that are asked: all queries of a part in step, what it cost, and the same rows again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from harness.adapters.asking.asks import Ask, Asking, Reply
from harness.adapters.asking.listwise import by_permutation
from harness.data import Group, RankingData
from harness.engine.asking import EFFORT, AskJob, AskWork
from harness.engine.effort import SERVED_ONLY, write_effort
from harness.engine.jobs import Bench
from harness.errors import InvalidError
from harness.runs.batches import BatchSettings
from harness.runs.folder import RunFolder
from harness.tasks.images import Decoder
from tests.adapters.asking.scripted import Perfect, permutation, right_order, show

WORTH = {f"d{n:03d}": str((n * 37) % 211) for n in range(211)}


def data(*counts: int) -> RankingData:
    groups = tuple(
        Group(f"q{place}", f"query {place}", shown, (), f"q{place}")
        for place, count in enumerate(counts)
        for shown in [tuple(list(WORTH)[place : place + count])]
    )
    gold = {group.id: {"d001": 1} for group in groups}
    return RankingData(groups=groups, documents=WORTH, gold=gold, first_stage=None)


class Model(Perfect):
    """Asks a perfect model for permutations, at most so many questions at once."""

    def __init__(self, fits: int = 1_000_000) -> None:
        super().__init__(permutation)
        self.fits = fits

    def asking(self, query: str, documents: Sequence[str]) -> Asking:
        return by_permutation(query, documents, show, len)

    def answer(self, asks: Sequence[Ask]) -> list[Reply]:
        if len(asks) > self.fits:
            raise MemoryError("out of memory")
        return self(asks)


def bench(ticks: list[int], **batch: int) -> Bench:
    settings = BatchSettings(**{"tokens": 100_000, "items": 64, **batch})
    return Bench(settings, ticks.append, Decoder(threads=True))


def run(model: Model, work: AskWork, **batch: int) -> tuple[list[np.ndarray], int]:
    ticks: list[int] = []
    made = [work.job(index).run(model, bench(ticks, **batch)) for index in range(len(work.sizes))]
    assert sum(ticks) == sum(work.sizes)
    assert all(work.accepts(index, rows) for index, (rows, _) in enumerate(made))
    return [rows for rows, _ in made], sum(halvings for _, halvings in made)


def test_scores_are_ranks_and_every_query_knows_what_it_cost(tmp_path: Path) -> None:
    given = data(100, 0, 20, 1, 25)
    work = AskWork(given)
    parts, halvings = run(Model(), work)
    scores = work.assemble(parts)
    assert (scores.dtype, scores.shape, halvings) == (np.float32, (146,), 0)
    start = 0
    for group in given.groups:
        own = scores[start : start + len(group.candidates)]
        start += len(group.candidates)
        order = right_order([WORTH[d] for d in group.candidates])
        assert tuple(np.argsort(-own)[:10]) == order[:10]
        assert sorted(own) == list(range(1, len(own) + 1))
    effort = work.effort(parts)
    assert effort is not None
    assert effort["calls"].tolist() == [9, 0, 1, 0, 2]
    assert effort["prompt_tokens"].tolist() == [90, 0, 10, 0, 20]
    write_effort(RunFolder(tmp_path), given, effort)
    table = pq.read_table(tmp_path / "effort.parquet").to_pydict()
    assert list(table) == ["group", *(name for name in EFFORT if name not in SERVED_ONLY)]
    assert table["calls"] == [9, 0, 1, 0, 2]


@pytest.mark.parametrize("batch", [{"items": 1}, {"items": 3}, {"tokens": 10}])
def test_neither_batches_nor_parts_nor_halving_move_a_score(batch: dict[str, int]) -> None:
    work = AskWork(data(*[60] * 20))
    assert len(work.sizes) > 1
    parts, _ = run(Model(), work)
    for model in (Model(), Model(fits=2)):
        others, halvings = run(model, work, **batch)
        assert [rows.tolist() for rows in others] == [rows.tolist() for rows in parts]
        assert (halvings > 0) == (model.fits < batch.get("items", 1))


def test_replies_that_are_too_few_are_refused() -> None:
    class Short(Model):
        def answer(self, asks: Sequence[Ask]) -> list[Reply]:
            return self(asks)[:-1]

    with pytest.raises(InvalidError, match="0 replies to 1 questions"):
        AskJob((("q", "query", ("1", "2")),)).run(Short(), bench([]))


class Foreseen(Model):
    """The same, telling how many questions a list takes, rightly or not."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def questions(self, count: int) -> int:
        return int(self.factor * max(0, -(-(count - 20) // 10) + 1 if count > 1 else 0))


@pytest.mark.parametrize("factor", [0, 0.3, 1, 4])
def test_progress_moves_with_the_questions_and_ends_where_the_part_ends(factor: float) -> None:
    work = AskWork(data(100, 0, 100, 60, 1))
    (size,) = work.sizes
    ticks: list[int] = []
    rows, _ = work.job(0).run(Foreseen(factor), bench(ticks, items=1))
    assert rows.tolist() == run(Model(), work)[0][0].tolist(), "nothing else may change"
    assert sum(ticks) == size
    assert min(ticks) > 0
    if factor == 0:
        assert ticks == [size], "nobody knows, so all at the end"
    elif factor == 1:
        assert len(ticks) == 9 + 9 + 5 + 1, "one question at a time, each seen, and the end"
        assert max(ticks) <= size // 23 + 1
    elif factor == 4:
        assert sum(ticks[:-1]) <= size / 4, "it asked fewer, and the rest comes at the end"
    else:
        assert sum(ticks[:-1]) == size - 1, "it asked more, and the last item waits for the end"
