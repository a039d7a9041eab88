"""An answer of a kind that there is not yet: a text. One class and its name bring it in.

It goes from a model through parts, batches and files to a record, and comes in from elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray

from harness.data import ItemData
from harness.data.asked import LoadRequest
from harness.engine.batching import BatchSettings
from harness.engine.crew import Crew
from harness.engine.run import run_task
from harness.engine.work import choose_capability
from harness.errors import InvalidError, UsageError
from harness.metrics.base import MetricResult
from harness.nouns import MetricCard, Suite, Task, TaskCard
from harness.predictions.answers import answer_of
from harness.predictions.answers.base import TEXT, Answer, Column, Rows
from harness.predictions.table import write_predictions
from harness.records.record import IntervalMethod, Record
from harness.records.rescore import score_file
from harness.records.scored import Scored, Scoring
from harness.registry import ANSWERS
from harness.runs.folder import RunFolder
from harness.submission.evidence.tables import columns_of
from harness.tasks.load import load_task

LOUD = MetricCard("loud", "share of texts in capitals", "higher", 0, 1)
WORDS = ("a", "bee", "seahorse", "do", "elephants")


LOUD = MetricCard("loud", "share of loud texts", "higher", 0, 1)


@dataclass(frozen=True, slots=True)
class TextAnswer(Answer):
    """Rows of texts; an empty one is no answer."""

    name: ClassVar[str] = "text"
    words: ClassVar[str] = "a text"
    served: ClassVar[Mapping[str, tuple[str, ...]]] = {"texts": ("write_texts",)}
    columns: ClassVar[tuple[Column, ...]] = (Column("text", TEXT),)

    def rows(self, model: Any, capability: str, batch: Sequence[Any]) -> Rows:
        return np.array(getattr(model, capability)(batch), dtype=np.str_)

    def write(self, rows: Rows) -> Mapping[str, Any]:
        return {"text": pa.array(rows.tolist(), pa.string(), mask=self.failed(rows))}

    def read(self, table: Any) -> Rows:
        return np.array([text or "" for text in table["text"].to_pylist()], dtype=np.str_)

    def read_file(
        self, path: Path, columns: Mapping[str, str] | None = None
    ) -> tuple[list[str], Rows]:
        found = json.loads(path.read_text())
        return list(found), np.array(list(found.values()), dtype=np.str_)

    def refused(self, rows: Rows) -> NDArray[np.bool_]:
        return rows == ""

    def failed(self, rows: Rows) -> NDArray[np.bool_]:
        return rows == ""

    def fits(self, rows: Rows, count: int) -> bool:
        return rows.dtype.kind == "U" and rows.shape == (count,)


class Shouter:
    """A model that writes; its spec too."""

    def load(self, device: str) -> Shouter:
        return self

    def write_texts(self, texts: Sequence[str]) -> list[str]:
        return [text.upper() + "!" * len(text) for text in texts]


@pytest.fixture
def task(monkeypatch: pytest.MonkeyPatch) -> Task:
    monkeypatch.setitem(ANSWERS, "text", f"{__name__}:TextAnswer")
    contents = [WORDS[place % 5] * (1 + place // 5 % 40) for place in range(1000)]
    ids = tuple(f"t{place}" for place in range(1000))

    def load(request: LoadRequest) -> ItemData:
        return ItemData(ids, contents, (), ids)

    card = TaskCard("t", "d", "s", "r", "l", "c")
    return Task("s/t", "1", "s", "texts", ("loud",), card, load, share_of_capitals, asks="text")


def share_of_capitals(task: Task, data: ItemData, rows: Rows, scoring: Scoring) -> Scored:
    share = float(np.mean([text.isupper() for text in rows]))
    metric = MetricResult("loud", share, None, None, len(rows), LOUD, "no interval wanted")
    method = IntervalMethod(method="none", level=0.95, replicates=1, seed=0, clusters=1)
    return Scored(metrics=(metric,), intervals=method)


def test_texts_come_back_in_order_and_whole(task: Task, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    loaded = load_task(task, LoadRequest())
    assert choose_capability(task, frozenset({"write_texts", "rank"})) == "write_texts"
    with pytest.raises(
        UsageError, match="asks for a text of each text: it needs a model with one of: write_texts"
    ):
        choose_capability(task, frozenset({"rank"}))
    batch = BatchSettings(tokens=300, items=7)
    for attempt in ("first", "parts kept"):
        with Crew(Shouter(), ["cpu"], batch) as crew:
            done = run_task(
                crew, RunFolder(tmp_path / "run"), loaded, capability="write_texts", title=attempt
            )
            rows, journal = done.rows, done.journal
    wanted = Shouter().write_texts(loaded.data.contents)
    assert rows.tolist() == wanted
    assert journal.latency is not None
    write_predictions(tmp_path / "p.parquet", loaded.data.keys(), rows, about={},
                      answer=answer_of(task, loaded.data))  # fmt: skip
    assert pq.read_table(tmp_path / "p.parquet")["text"].to_pylist() == wanted
    assert scored(task, tmp_path / "p.parquet", tmp_path).primary.value == 1


def scored(task: Task, predictions: Path, tmp_path: Path) -> Record:
    _, record = score_file(
        task, LoadRequest(), predictions=predictions, model_name="m", comparable=True,
        direction="higher", out=tmp_path / "runs",
    )  # fmt: skip
    return record


def test_texts_made_elsewhere(task: Task, tmp_path: Path) -> None:
    texts = {f"t{place}": "YES" if place % 4 else "no" for place in reversed(range(1000))}
    (tmp_path / "p.json").write_text(json.dumps(texts))
    assert scored(task, tmp_path / "p.json", tmp_path).primary.value == 0.75
    (tmp_path / "p.json").write_text(json.dumps({**texts, "t7": ""}))
    with pytest.raises(InvalidError, match=r"1 scores .*: 't7'"):
        scored(task, tmp_path / "p.json", tmp_path)


def test_a_submission_may_hold_texts(task: Task) -> None:
    suite = Suite("s", "?", (task,), (), (), lambda name: task)
    assert columns_of(task, suite) == {"": {"text": "text", "item": "text?"}}
