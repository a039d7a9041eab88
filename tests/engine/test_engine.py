from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.data import FirstStage, Group, RankingData
from harness.engine.crew import Crew
from harness.engine.named import ModelSpec
from harness.engine.ranking import EmbedWork, PairWork
from harness.engine.run import run_task
from harness.engine.work import choose_capability, make_work
from harness.errors import IncompleteError, InvalidError, UsageError
from harness.nouns import Task, TaskCard
from harness.runs.batches import BatchSettings
from harness.runs.folder import RunFolder
from harness.runs.journal import Journal
from harness.tasks.load import LoadedTask

BATCH = BatchSettings(tokens=200, items=16)

SCORER = """
    from pathlib import Path

    LOG = Path(__file__).with_suffix(".log")

    def score_pairs(pairs):
        with LOG.open("a") as file:
            file.write(f"{len(pairs)}\\n")
        return [float(len(set(q.split()) & set(d.split()))) + len(d) / 1000 for q, d in pairs]
"""


def task_data(queries: int = 60, candidates: int = 50) -> RankingData:
    documents = {f"d{i}": " ".join(f"w{(i * j) % 17}" for j in range(i % 9 + 1)) for i in range(97)}
    groups = tuple(
        Group(
            f"q{q}",
            f"w{q % 17} w{q % 5}",
            tuple(f"d{(q * 31 + c) % 97}" for c in range(candidates)),
            tuple(float(candidates - c) for c in range(candidates)),
            f"q{q}",
        )
        for q in range(queries)
    )
    return RankingData(groups, documents, {}, FirstStage("test", candidates, {}))


def unused(*_: Any) -> Any:
    raise AssertionError("the engine neither loads nor scores")


def task_of(given: str, asks: str) -> Task:
    card = TaskCard("t", "d", "s", "r", "l", "c")
    return Task("s/t", "1", "s", given, ("m",), card, unused, unused, asks=asks)


LISTS = task_of("query-documents", "score")


def lists(data: RankingData) -> LoadedTask:
    return LoadedTask(LISTS, data, "f", None)


def spec(tmp_path: Path, source: str) -> ModelSpec:
    path = tmp_path / "model.py"
    path.write_text(textwrap.dedent(source))
    return ModelSpec("python", str(path), {}, "float32")


def scored(crew: Crew, folder: Path, data: RankingData, capability: str) -> np.ndarray:
    folder.mkdir(exist_ok=True)
    return run_task(crew, RunFolder(folder), lists(data), capability=capability, title="t").rows


def parts(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in folder.rglob("*.npy")}


def test_pair_scores_arrive_in_canonical_order(tmp_path: Path) -> None:
    data = task_data()
    with Crew(spec(tmp_path, SCORER), ["cpu"], BATCH) as crew:
        scores = scored(crew, tmp_path / "run", data, "score_pairs")
    expected = [
        len(set(g.query.split()) & set(data.documents[d].split())) + len(data.documents[d]) / 1000
        for g in data.groups
        for d in g.candidates
    ]
    assert scores == pytest.approx(np.array(expected, dtype=np.float32))


def test_only_missing_parts_are_done_again_and_the_bytes_are_the_same(tmp_path: Path) -> None:
    data, model = task_data(), spec(tmp_path, SCORER)
    with Crew(model, ["cpu"], BATCH) as crew:
        whole = scored(crew, tmp_path / "run", data, "score_pairs")
    before = parts(tmp_path / "run")
    assert len(before) >= 3
    log = tmp_path / "model.log"
    log.unlink()
    victim = sorted(before)[1]
    next((tmp_path / "run").rglob(victim)).unlink()
    with Crew(model, ["cpu"], BATCH) as crew:
        again = scored(crew, tmp_path / "run", data, "score_pairs")
    assert parts(tmp_path / "run") == before
    assert again.tobytes() == whole.tobytes()
    pairs_done = sum(map(int, log.read_text().split()))
    size = PairWork(data).sizes[int(Path(victim).stem)]
    probes = 50 * 17  # the latency probe: a warm-up and 16 queries of 50 candidates
    probes += 3 * 60  # the invariance probe: three lists of 20, three times
    assert pairs_done <= size + probes
    assert Journal.read(RunFolder(tmp_path / "run")).attempts == 2


def test_a_finished_run_loads_no_weights(tmp_path: Path) -> None:
    data, model = task_data(), spec(tmp_path, SCORER)
    with Crew(model, ["cpu"], BATCH) as crew:
        scored(crew, tmp_path / "run", data, "score_pairs")
    (tmp_path / "model.py").write_text("raise SystemError('loaded')")
    with Crew(model, ["cpu"], BATCH) as crew:
        scored(crew, tmp_path / "run", data, "score_pairs")


def test_two_workers_give_the_same_bytes_as_one(tmp_path: Path) -> None:
    data, model = task_data(), spec(tmp_path, SCORER)
    with Crew(model, ["cpu"], BATCH) as crew:
        one = scored(crew, tmp_path / "one", data, "score_pairs")
    with Crew(model, ["cpu", "cpu"], BATCH) as crew:
        two = scored(crew, tmp_path / "two", data, "score_pairs")
    assert one.tobytes() == two.tobytes()
    assert parts(tmp_path / "one") == parts(tmp_path / "two")


def test_a_worker_that_dies_is_incomplete_and_keeps_parts(tmp_path: Path) -> None:
    source = """
        import os
        from pathlib import Path

        def score_pairs(pairs):
            if Path(__file__).with_suffix(".die").exists():
                os._exit(9)
            return [1.0 + len(d) for q, d in pairs]
    """
    data, model = task_data(), spec(tmp_path, source)
    (tmp_path / "model.die").touch()
    with (
        Crew(model, ["cpu", "cpu"], BATCH) as crew,
        pytest.raises(IncompleteError, match="worker process died"),
    ):
        scored(crew, tmp_path / "run", data, "score_pairs")
    (tmp_path / "model.die").unlink()
    with Crew(model, ["cpu", "cpu"], BATCH) as crew:
        assert len(scored(crew, tmp_path / "run", data, "score_pairs")) == data.item_count


def test_an_error_in_a_worker_reaches_the_parent_as_it_is(tmp_path: Path) -> None:
    model = spec(tmp_path, "def score_pairs(pairs):\n    return [float('nan')] * len(pairs)\n")
    with (
        Crew(model, ["cpu", "cpu"], BATCH) as crew,
        pytest.raises(InvalidError, match=r"scores are NaN or infinite: 'q\d+ / d\d+'"),
    ):
        scored(crew, tmp_path / "run", task_data(), "score_pairs")


def test_an_embedder_encodes_each_distinct_text_once(tmp_path: Path) -> None:
    source = """
        from pathlib import Path

        def embed_texts(texts, *, kind):
            with Path(__file__).with_suffix(".log").open("a") as file:
                for text in texts:
                    file.write(f"{kind}|{text}\\n")
            return [[len(t) + 1.0, t.count("w1") + 0.5, t.count("w2") - 0.5] for t in texts]
    """
    data, model = task_data(), spec(tmp_path, source)
    with Crew(model, ["cpu"], BATCH) as crew:
        scores = scored(crew, tmp_path / "run", data, "embed_texts")
    lines = (tmp_path / "model.log").read_text().splitlines()
    documents = [line for line in lines if line.startswith("document|")]
    distinct = {data.documents[d] for g in data.groups for d in g.candidates}
    run, probes = documents[: len(distinct)], documents[len(distinct) :]
    assert sorted(run) == sorted(f"document|{text}" for text in distinct)
    # The latency probe encodes queries again, never documents; that of invariance a few, thrice.
    again = set(probes)
    assert sorted(probes) == sorted([*again] * 3)
    assert 0 < len(again) <= 20

    def vector(t: str) -> np.ndarray:
        return np.array([len(t) + 1.0, t.count("w1") + 0.5, t.count("w2") - 0.5])

    group = data.groups[7]
    q = vector(group.query)
    expected = [
        float(v @ q / np.linalg.norm(v) / np.linalg.norm(q))
        for v in (vector(data.documents[d]) for d in group.candidates)
    ]
    assert scores[7 * 50 : 8 * 50] == pytest.approx(np.array(expected), abs=1e-6)


def test_a_zero_vector_has_cosine_zero_with_everything() -> None:
    data = task_data(queries=1, candidates=2)
    work = EmbedWork(data)
    rows = np.ones((len(work.texts), 2), dtype=np.float32)
    rows[work.row["document", data.documents[data.groups[0].candidates[1]]]] = 0
    assert work.assemble([rows]).tolist() == pytest.approx([1.0, 0.0])


def test_a_list_ranker_gets_rank_surrogates(tmp_path: Path) -> None:
    source = """
        def rank(query, documents):
            return sorted(range(len(documents)), key=lambda i: (len(documents[i]), -i))
    """
    data = task_data(queries=3, candidates=4)
    with Crew(spec(tmp_path, source), ["cpu"], BATCH) as crew:
        scores = scored(crew, tmp_path / "run", data, "rank").reshape(3, 4)
    for row, group in zip(scores, data.groups, strict=True):
        assert sorted(row.tolist()) == [1, 2, 3, 4]
        best = group.candidates[int(row.argmax())]
        lengths = [len(data.documents[d]) for d in group.candidates]
        assert len(data.documents[best]) == min(lengths)


@pytest.mark.parametrize(
    ("source", "capability", "message"),
    [
        ("def score_pairs(pairs):\n    return [1.0]\n", "score_pairs", r"shape \(1,\) for \d+"),
        ("def rank(query, documents):\n    return [0] * len(documents)\n", "rank", "exactly once"),
        ("def rank(query, documents):\n    return []\n", "rank", "exactly once"),
        (
            "def embed_texts(texts, *, kind):\n    return [1.0] * len(texts)\n",
            "embed_texts",
            r"must be \(items, dimension\)",
        ),
        (
            "def embed_texts(texts, *, kind):\n    return [[float('inf')]] * len(texts)\n",
            "embed_texts",
            "hold NaN or infinity",
        ),
    ],
)
def test_what_a_model_returns_is_checked(
    tmp_path: Path, source: str, capability: str, message: str
) -> None:
    with (
        Crew(spec(tmp_path, source), ["cpu"], BATCH) as crew,
        pytest.raises(InvalidError, match=message),
    ):
        scored(crew, tmp_path / "run", task_data(queries=3, candidates=4), capability)


def test_groups_without_candidates_are_kept_as_nothing(tmp_path: Path) -> None:
    full = task_data(queries=2, candidates=3)
    empty = Group("empty", "w1", (), (), "empty")
    data = RankingData(
        (full.groups[0], empty, full.groups[1]), full.documents, {}, full.first_stage
    )
    with Crew(spec(tmp_path, SCORER), ["cpu"], BATCH) as crew:
        assert len(scored(crew, tmp_path / "run", data, "score_pairs")) == 6


def test_every_capability_has_work_and_the_most_direct_one_is_chosen() -> None:
    data = task_data(queries=2, candidates=2)
    have = frozenset({"embed_texts", "score_pairs", "rank"})
    assert choose_capability(LISTS, have) == "score_pairs"
    for capability in ("score_pairs", "rank", "embed_texts", "keep_first_stage"):
        assert sum(make_work(lists(data), capability).sizes) > 0
    with pytest.raises(UsageError, match="needs a model with one of"):
        choose_capability(LISTS, frozenset())
