"""Whole lists scored at a time: order, counts, errors by name, and what they cost."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from harness.adapters.support.lists import ScoredList
from harness.adapters.support.spent import COLUMNS, Ledger, Spent
from harness.cli import run
from harness.data import Group, RankingData
from harness.engine.effort import spent_by, totals, write_effort
from harness.engine.jobs import Bench
from harness.engine.lists import ScoredListsJob, ScoredListsWork
from harness.errors import InvalidError
from harness.runs.batches import BatchSettings
from harness.runs.folder import RunFolder
from harness.tasks.images import Decoder


@pytest.fixture
def bench() -> Iterator[Bench]:
    decoder = Decoder(threads=True)
    yield Bench(BatchSettings(100, 10), lambda _: None, decoder)
    decoder.close()


class Model:
    """Answers as it was told to, list by list."""

    def __init__(self, answer: Callable[[str, Any], Any]) -> None:
        self.answer, self.closed, self.asked = answer, False, 0

    def score_lists(self, lists: Any) -> Iterator[Any]:
        try:
            for query, documents in lists:
                self.asked += 1
                yield self.answer(query, documents)
        finally:
            self.closed = True


def job(on_error: str = "error") -> ScoredListsJob:
    lists = (("q0", ("a", "bb")), ("q1", ()), ("q2", ("ccc",)))
    ids = (("id0", ("d0", "d1")), ("id1", ()), ("id2", ("d2",)))
    return ScoredListsJob(lists, ids, on_error)


def lengths(query: str, documents: Any) -> list[float]:
    return [len(text) + 0.1 for text in documents]


def test_scores_keep_their_places_and_precision(bench: Bench) -> None:
    rows, _ = job().run(Model(lengths), bench)
    assert rows.dtype == np.float64
    assert rows.tolist() == [1.1, 2.1, 3.1]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda q, d: [1.0], "query 'id1'|query 'id0'"),
        (lambda q, d: "ab"[: len(d)], "id0"),
        (lambda q, d: None, "id0"),
        (lambda q, d: ScoredList(error=InvalidError("no answer")), "query 'id0': no answer"),
        (lambda q, d: ScoredList([1.0] * len(d), {0: "long"}), r"1 of its 2 documents \('d0'\)"),
        (lambda q, d: [math.nan] * len(d), "'id0 / d0'"),
    ],
)  # fmt: skip
def test_what_is_no_list_of_scores_is_named(answer: Any, said: str, bench: Bench) -> None:
    model = Model(answer)
    with pytest.raises(InvalidError, match=said):
        job().run(model, bench)
    assert model.closed


def test_after_an_error_nothing_more_is_asked(bench: Bench) -> None:
    model = Model(lambda q, d: ScoredList(error=InvalidError("no")))
    with pytest.raises(InvalidError):
        job().run(model, bench)
    assert (model.asked, model.closed) == (1, True)


def test_the_lost_count_as_the_worst_when_asked_so(bench: Bench) -> None:
    def answer(query: str, documents: Any) -> ScoredList:
        if query == "q2":
            return ScoredList(error=InvalidError("no answer"))
        refused = {1: "too long"} if len(documents) > 1 else {}
        return ScoredList([5.0, math.nan][: len(documents)], refused)

    rows, _ = job("worst-rank").run(Model(answer), bench)
    assert rows[0] == 5.0
    assert np.isnan(rows[1:]).all()
    with pytest.raises(InvalidError, match="query 'id0': all of them"):
        job("worst-rank").run(
            Model(lambda q, d: ScoredList(error=InvalidError("all of them"))), bench
        )


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (lambda lists: [[1.0, 2.0], []], "returned 2 of 3 lists"),
        (lambda lists: [[1.0, 2.0], [], [1.0], [1.0]], "more than 3 lists"),
        (lambda lists: 7, "returned no lists"),
        (lambda lists: None, "returned no lists"),
        (lambda lists: {"a": 1}, "id0"),
    ],
)
def test_other_counts_of_lists_are_refused(given: Any, said: str, bench: Bench) -> None:
    model = type("Few", (), {"score_lists": lambda self, lists: given(lists)})()
    with pytest.raises(InvalidError, match=said):
        job().run(model, bench)


def data() -> RankingData:
    groups = tuple(
        Group(f"g{n}", f"q{n}", tuple(f"d{i}" for i in range(600)), (), f"g{n}") for n in range(4)
    )
    return RankingData(groups=groups, documents={f"d{i}": "x" for i in range(600)}, gold={})


def test_what_each_query_cost_is_put_in_its_row(tmp_path: Path) -> None:
    work = ScoredListsWork(data())
    assert len(work.sizes) == 4
    model = type("Asked", (), {"ledger": Ledger()})()
    for spent in (Spent(0, 0.5, 2, 10), Spent(0, 0.25, 1, 7), Spent(-1, 9.0, 1, 1)):
        model.ledger.add(spent)
    first = spent_by(model)
    assert first is not None
    assert first.shape == (3, len(COLUMNS))
    empty = spent_by(model)
    assert empty is not None
    assert empty.shape == (0, len(COLUMNS))
    model.ledger.add(Spent(0, 1.0, 1, None, None, 3))
    before = first[:, : COLUMNS.index("shortened")]  # of a run that was begun without the last two
    spent = [before, empty, spent_by(model), empty]
    effort = work.effort([], spent)
    assert effort is not None
    assert effort["calls"].tolist() == [2, 0, 1, 0]
    assert effort["retries"].tolist() == [1, 0, 0, 0]
    assert effort["seconds"].tolist() == [0.75, 0, 1.0, 0]
    assert effort["prompt_tokens"][0] == 17
    assert np.isnan(effort["prompt_tokens"][2])
    write_effort(RunFolder(tmp_path), work.data, effort)
    table = pq.read_table(tmp_path / "effort.parquet").to_pydict()
    assert table["prompt_tokens"] == [17.0, 0.0, None, 0.0]
    told = totals(effort, spent)
    assert told is not None
    assert (told["calls"], told["prompt_tokens"], told["requests"]["retries"]) == (4, None, 1)
    assert told["requests"]["median_seconds"] == pytest.approx(0.75)
    assert work.effort([], [None] * 4) is None
    assert totals(None, [None] * 4) is None


def test_squashed_scores_are_noticed() -> None:
    work = ScoredListsWork(data())
    assert work.noticed(np.array([0.5, -0.1, 1.0])) == {}
    assert "scores_saturated" not in work.noticed(np.array([0.5, 0.1, 0.2]))
    half = work.noticed(np.array([1.0, 0.1, 0.0, np.nan]))
    assert half["scores_saturated"] == {"exactly_0": 1, "exactly_1": 1, "of": 3}
    assert work.noticed(np.array([np.nan])) == {}


@pytest.mark.parametrize(
    "body",
    [
        "return [[len(d) for d in docs] for _, docs in lists]",
        "for _, docs in lists:\n        yield [len(d) for d in docs]",
    ],
)
def test_a_python_file_may_score_lists(body: str, tmp_path: Path) -> None:
    pytest.importorskip("networkx", reason="its texts are those of the embedded task")
    (tmp_path / "m.py").write_text(f"def score_lists(lists):\n    {body}\n")
    assert run(["evaluate", "--model", f"python:{tmp_path / 'm.py'}", "--task",
                "reranking/code-search/networkx", "--limit", "3", "--out",
                str(tmp_path / "runs")]) == 0  # fmt: skip


def test_an_error_of_a_python_file_names_its_line(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("networkx", reason="its texts are those of the embedded task")
    (tmp_path / "m.py").write_text(
        "def score_lists(lists):\n    for one in lists:\n        yield [1 / 0]\n"
    )
    assert run(["evaluate", "--model", f"python:{tmp_path / 'm.py'}", "--task",
                "reranking/code-search/networkx", "--limit", "3", "--out",
                str(tmp_path / "runs")]) == 1  # fmt: skip
    assert "m.py:3: ZeroDivisionError" in capfd.readouterr().err
