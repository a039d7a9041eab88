"""The invariance row: what depends on batch or order is found, what does not is 0, and no error of
the probe ends a run."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.adapters.asking.asks import Ask, Reply
from harness.data import RankingData, TaskData
from harness.engine import invariance
from harness.engine.crew import Crew
from harness.engine.invariance import measure_invariance, sample_of
from harness.engine.run import run_task
from harness.engine.work import KEEP, make_work
from harness.records.invariance import Invariance
from harness.runs.batches import BatchSettings
from harness.runs.folder import RunFolder
from harness.runs.journal import Journal
from harness.tasks.images import Decoder
from harness.tasks.load import LoadedTask
from tests.engine.test_asking import Model as Asked
from tests.engine.test_engine import lists, spec, task_data, task_of
from tests.engine.test_items import texts

TEXTS = task_of("texts", "score")
BATCH = BatchSettings(tokens=10_000, items=64)

HONEST = """
    def score_pairs(pairs):
        return [float(len(set(q.split()) & set(d.split()))) + len(d) / 1000 for q, d in pairs]
"""

PADDED = """
    def score_pairs(pairs):
        longest = max(len(d) for _, d in pairs)
        return [abs(len(d) - longest / 2) + len(d) / 1000 for _, d in pairs]
"""

PLACED = """
    def score_pairs(pairs):
        return [len(d) + 100 * (place % 2) * (len(pairs) > 1) for place, (_, d) in enumerate(pairs)]
"""

AS_GIVEN = """
    def rank(query, documents):
        return list(range(len(documents)))
"""

BY_LENGTH = """
    def rank(query, documents):
        return sorted(range(len(documents)), key=lambda i: (len(documents[i]), documents[i]))
"""


def measured(
    tmp_path: Path, source: str, data: TaskData, capability: str, *, task: Any = None, **more: Any
) -> Invariance:
    """The row of a run of a model, checked by the record's schema."""
    found = journal(tmp_path, source, data, capability, task=task, **more)
    assert found.invariance is not None, found.invariance_reason
    assert found.invariance_reason is None
    return Invariance.model_validate_json(json.dumps(found.invariance))


def journal(
    tmp_path: Path,
    source: str,
    data: TaskData,
    capability: str,
    *,
    task: Any = None,
    batch: BatchSettings = BATCH,
    workers: int = 1,
    direction: str = "higher",
) -> Journal:
    folder = tmp_path / "run"
    folder.mkdir(exist_ok=True)
    loaded = lists(data) if isinstance(data, RankingData) else LoadedTask(task, data, "f", None)
    with Crew(spec(tmp_path, source), ["cpu"] * workers, batch) as crew:
        run_task(
            crew, RunFolder(folder), loaded, capability=capability, title=None, direction=direction
        )
    return Journal.read(RunFolder(folder))


def test_an_honest_pair_scorer_does_not_move(tmp_path: Path) -> None:
    found = measured(tmp_path, HONEST, task_data(), "score_pairs")
    assert (found.lists, found.items) == (3, 60)  # a fiftieth of 3,000 pairs, in lists of 20
    assert (found.judged, found.measured, found.turned) == ("top 10", "score", "batch")
    assert found.batch_size == 32
    for pair in (found.batch, found.order):
        assert pair is not None
        assert (pair.n, pair.changed, pair.first_changed, pair.difference) == (3, 0, 0, 0)
        assert pair.tau == 1
    assert found.repeat is None


def test_scores_that_rest_on_the_batch_are_found(tmp_path: Path) -> None:
    found = measured(tmp_path, PADDED, task_data(), "score_pairs")
    assert found.batch is not None
    assert found.order is not None
    assert found.repeat is not None
    assert found.batch.changed == 1
    assert found.batch.difference is not None
    assert found.batch.difference > 1
    assert found.batch.tau is not None
    assert found.batch.tau < 1
    # A batch that holds the same pairs in reverse pads as before, and so does the same again.
    assert (found.order.changed, found.repeat.changed) == (0, 0)


def test_scores_that_rest_on_the_place_in_the_batch_are_found(tmp_path: Path) -> None:
    found = measured(tmp_path, PLACED, task_data(), "score_pairs")
    assert found.order is not None
    assert found.order.changed == 1
    assert found.order.difference == 100
    assert found.repeat is not None
    assert found.repeat.changed == 0


def test_an_order_that_rests_on_the_order_given_is_found(tmp_path: Path) -> None:
    found = measured(tmp_path, AS_GIVEN, task_data(), "rank")
    assert (found.measured, found.turned, found.lists) == ("place", "candidates", 3)
    assert (found.batch, found.batch_reason) == (None, invariance.NO_BATCH)
    assert found.batch_size is None
    assert found.order is not None
    assert (found.order.changed, found.order.first_changed, found.order.tau) == (1, 1, -1)
    assert found.order.difference == 19
    assert found.repeat is not None
    assert found.repeat.changed == 0


def test_a_list_ranker_that_looks_at_documents_alone_does_not_move(tmp_path: Path) -> None:
    found = measured(tmp_path, BY_LENGTH, distinct(task_data()), "rank")
    assert found.order is not None
    assert (found.order.changed, found.order.first_changed, found.order.tau) == (0, 0, 1)


def distinct(data: RankingData) -> RankingData:
    """The same with no two equal documents, whose order would be the order given."""
    return replace(data, documents={id: f"{text} {id}" for id, text in data.documents.items()})


def test_chance_is_told_from_batch_and_order(tmp_path: Path) -> None:
    source = """
        import random

        def score_pairs(pairs):
            return [random.random() for _ in pairs]
    """
    found = measured(tmp_path, source, task_data(), "score_pairs")
    assert found.repeat is not None
    assert found.repeat.changed == 1


def test_the_better_end_is_the_models_own(tmp_path: Path) -> None:
    """Of two orders that differ at one end alone, that end decides whether the first changes."""
    source = """
        def score_pairs(pairs):
            if len(pairs) == 1:
                return [min(float(pairs[0][1].split()[-1][1:]), 95.0)]
            return [float(d.split()[-1][1:]) for _, d in pairs]
    """
    data = distinct(task_data())  # the last word is the document's id, d0 to d96
    low = measured(tmp_path, source, data, "score_pairs", direction="lower")
    assert low.batch is not None
    assert low.batch.first_changed == 0


EMBEDDER = """
    import numpy as np

    def embed_texts(texts, *, kind):
        rows = [[len(t) + 1.0, t.count("w1") + 0.5, t.count("w2") - 0.5] for t in texts]
        return np.array(rows) + (SHIFT if len(texts) > 1 else 0)
"""


def test_an_embedder_of_lists(tmp_path: Path) -> None:
    same = measured(tmp_path, EMBEDDER.replace("SHIFT", "0"), task_data(), "embed_texts")
    assert same.batch is not None
    assert (same.batch.changed, same.judged, same.turned) == (0, "top 10", "batch")
    assert same.batch.difference is not None
    assert same.batch.difference < 1e-6
    for file in (tmp_path / "run").iterdir():
        assert file.name == "run.json" or file.is_dir()
    other = tmp_path / "other"
    other.mkdir()
    odd = measured(other, EMBEDDER.replace("SHIFT", "[0, 9, -9]"), task_data(), "embed_texts")
    assert odd.batch is not None
    assert odd.batch.changed == 1


class Biased(Asked):
    """Asked for permutations, it leaves everything as it was given."""

    def answer(self, asks: Sequence[Ask]) -> list[Reply]:
        whole = super().answer(asks)
        return [replace(reply, text="") for reply in whole]


@pytest.mark.parametrize(("model", "moved"), [(Asked(), 0), (Biased(), 1)])
def test_a_model_that_is_asked(model: Asked, moved: int) -> None:
    from tests.engine.test_asking import data

    loaded = lists(data(*[100] * 30))
    work = make_work(loaded, "asking")
    sample = sample_of(loaded, work, "asking", BATCH, direction="higher")
    (row, why), lines = measure_invariance(model, sample, Decoder(threads=True))
    assert (why, lines) == (None, [])
    found = Invariance.model_validate(row)
    assert (found.lists, found.items, found.turned) == (3, 60, "candidates")
    assert found.batch_size == 3  # a question of every list, together
    assert found.batch is not None
    assert found.order is not None
    assert found.batch.changed == 0
    assert found.order.first_changed == moved


FAILING = """
    timed = 0

    def score_pairs(pairs):
        global timed
        answers = [float(len(d)) for _, d in pairs]
        if timed == 17 and FAILS:
            WHAT
        timed += len(pairs) == 50  # a whole list: the run is over, and latency is measured
        return answers
"""


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("raise ValueError('a secret of this machine')", "asked again, the model gave no answer"),
        ("return answers[1:]", "asked again, the model gave no answer"),
        ("return [float('nan')] * len(pairs)", "asked again, the model gave no answer"),
        ("return 'nonsense'", "asked again, the model gave no answer"),
        ("return None", "asked again, the model gave no answer"),
        ("raise MemoryError()", "asked again, the model ran out of memory"),
        ("raise SystemExit(3)", "asked again, the model gave no answer"),
    ],
)
@pytest.mark.parametrize("fails", ["True", "len(pairs) == 1"])
def test_what_fails_when_asked_again_is_a_reason(
    tmp_path: Path, what: str, said: str, fails: str
) -> None:
    source = FAILING.replace("WHAT", what).replace("FAILS", fails)
    batch = BatchSettings(tokens=10_000, items=16)
    found = journal(tmp_path, source, task_data(), "score_pairs", batch=batch)
    assert found.finished
    assert "secret" not in (tmp_path / "run" / "run.json").read_text()
    if fails == "True":
        assert found.invariance is None
        assert (found.invariance_reason or "").startswith(said)
    else:
        row = Invariance.model_validate(found.invariance)
        assert row.batch is None
        assert (row.batch_reason or "").startswith(said)
        assert row.order is not None
        assert row.order.changed == 0


def test_the_message_of_an_error_is_shown_and_not_kept(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    source = FAILING.replace("WHAT", "raise ValueError('at /home/me')").replace("FAILS", "True")
    folder = tmp_path / "run"
    folder.mkdir()
    with Crew(spec(tmp_path, source), ["cpu"], BatchSettings(10_000, 16)) as crew:
        run_task(crew, RunFolder(folder), lists(task_data()), capability="score_pairs", title="t")
    assert "t: asked again in another way, " in (err := capfd.readouterr().err)
    assert "/home/me" in err
    assert "/home/me" not in (folder / "run.json").read_text()


def test_an_ended_probe_is_made_again_and_says_the_same(tmp_path: Path) -> None:
    source = """
        from pathlib import Path

        STOP = Path(__file__).with_suffix(".stop")

        def score_pairs(pairs):
            if len(pairs) == 1 and STOP.exists():
                raise KeyboardInterrupt
            return [float(len(d) * (1 + len(pairs) % 2)) for _, d in pairs]
    """
    whole = journal(tmp_path, source, task_data(), "score_pairs", batch=BatchSettings(10_000, 16))
    again = tmp_path / "again"
    again.mkdir()
    (again / "model.stop").touch()
    with pytest.raises(KeyboardInterrupt):
        journal(again, source, task_data(), "score_pairs", batch=BatchSettings(10_000, 16))
    assert not Journal.read(RunFolder(again / "run")).finished
    (again / "model.stop").unlink()
    found = journal(again, source, task_data(), "score_pairs", batch=BatchSettings(10_000, 16))
    assert found.invariance == whole.invariance
    assert whole.invariance is not None
    assert whole.invariance["batch"]["difference"] > 0


def test_two_workers_say_what_one_says(tmp_path: Path) -> None:
    found = []
    for workers in (1, 2):
        place = tmp_path / str(workers)
        place.mkdir()
        found.append(measured(place, PADDED, task_data(), "score_pairs", workers=workers))
    assert found[0] == found[1]


def test_a_finished_run_is_not_asked_again(tmp_path: Path) -> None:
    before = journal(tmp_path, HONEST, task_data(), "score_pairs")
    assert journal(tmp_path, "raise SystemError('loaded')", task_data(), "score_pairs") == before


def test_what_has_no_row_says_why(tmp_path: Path) -> None:
    data = task_data(queries=3)
    loaded = lists(data)

    def reason(loaded: LoadedTask, capability: str) -> str:
        work = make_work(loaded, capability)
        found = sample_of(loaded, work, capability, BATCH, direction="higher")
        (row, why), lines = measure_invariance(None, found, Decoder(threads=True))
        assert (row, lines) == (None, [])
        return why or ""

    assert reason(loaded, KEEP) == invariance.LOOKED_UP
    classes = LoadedTask(task_of("texts", "class"), replace(texts(), classes=("a",)), "f", None)
    assert reason(classes, "recorded_labels") == invariance.LOOKED_UP
    assert reason(lists(task_data(candidates=1)), "score_pairs") == invariance.NO_LISTS
    assert reason(lists(replace(data, groups=())), "rank") == invariance.NO_LISTS
    one = LoadedTask(TEXTS, texts(1), "f", None)
    assert reason(one, "score_texts") == invariance.NO_ITEMS


def test_items_too_long_for_a_common_batch_have_none(tmp_path: Path) -> None:
    found = measured(tmp_path, HONEST, task_data(), "score_pairs", batch=BatchSettings(1, 64))
    assert (found.batch, found.batch_reason, found.batch_size) == (None, invariance.ALONE, None)
    assert found.order is not None
