"""Served models through the command line: the same figures as without a server, whatever it does.

The reference server is a process of its own; its scorer is at hand as a Python file, too.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from harness.cli import run
from harness.records.record import Record, read_record
from tests.adapters.served.conftest import DOCUMENTS, QUERIES, Evaluate, options, words_of
from tests.adapters.served.running import Running, running

ROOT = Path(__file__).resolve().parents[3]
SCORES = ("predictions.parquet", "groups.parquet")


def record_in(out: Path) -> Record:
    (path,) = out.rglob("record.json")
    return read_record(path)


def scores_in(out: Path) -> list[Any]:
    (path,) = out.rglob("predictions.parquet")
    found: list[Any] = pq.read_table(path).column("score").to_pylist()
    return found


@pytest.mark.parametrize(
    ("kind", "further"),
    [
        ("tei", ()), ("infinity", ()), ("vllm", ()), ("vllm", ("dialect=vllm-score",)),
    ],
)  # fmt: skip
def test_a_served_model_has_the_scores_of_the_local_one(
    kind: str, further: tuple[str, ...], evaluate: Evaluate, local: str, tmp_path: Path
) -> None:
    with running("--kind", kind) as at:
        assert evaluate(f"rerank-api:{at.url}", *options(*further)) == 0
    assert evaluate(local, out="local") == 0
    assert scores_in(tmp_path / "runs") == scores_in(tmp_path / "local")
    ours, theirs = record_in(tmp_path / "runs"), record_in(tmp_path / "local")
    assert [m.value for m in ours.metrics] == [m.value for m in theirs.metrics]
    assert ours.model.name == "overlap"
    assert "score_range" not in ours.model.details


@pytest.mark.parametrize(
    "fault",
    ["busy:3", "throttle:20", "throttle-date:20", "cut:4", "slow:0.05", "limit:7"],
)
def test_a_server_in_trouble_gives_the_same_bytes(
    fault: str, evaluate: Evaluate, tmp_path: Path
) -> None:
    whole, trouble = tmp_path / "whole", tmp_path / "trouble"
    with running("--kind", "vllm") as at:
        port = str(at.port)
        assert evaluate(f"rerank-api:{at.url}", out="whole") == 0
    with running("--kind", "vllm", "--fault", fault, "--port", port) as at:
        assert evaluate(f"rerank-api:{at.url}", *options("batch=20"), out="trouble") == 0
    assert scores_in(whole) == scores_in(trouble)
    told = record_in(trouble).run
    assert told is not None
    assert told.effort is not None
    assert told.effort.requests is not None
    asked_again = told.effort.requests.retries
    assert (asked_again > 0) == fault.startswith(("busy", "throttle", "cut"))
    assert told.effort.requests.answered >= 2 * QUERIES


@pytest.mark.parametrize(
    ("fault", "code", "said"),
    [
        ("html:1", 1, "is not JSON"),
        ("nan:1", 1, "NaN is not JSON"),
        ("few:1", 1, "has 39 of 40 documents"),
        ("repeated:1", 1, "stands twice"),
        ("range:1", 1, "40 in answer to 40 documents"),
        ("strings:1", 1, "relevance_score of a row is a text"),
        ("hang:1", 3, "gave no whole answer within 0.5 seconds"),
        ("die:2", 3, "could not be reached or broke off"),
    ],
)
def test_what_is_no_answer_stops_the_run_with_one_line(
    fault: str, code: int, said: str, evaluate: Evaluate, tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    with running("--kind", "infinity", "--fault", fault) as at:
        words = options("timeout=0.5", "retries=1", "concurrency=2")
        assert evaluate(f"rerank-api:{at.url}", *words) == code
    told = capfd.readouterr().err.strip().splitlines()
    assert said in told[-1]
    assert "Traceback" not in "".join(told)
    assert not list(tmp_path.rglob("record.json"))


def test_a_server_that_is_not_there_is_told_before_the_data_are_read(
    evaluate: Evaluate, capfd: pytest.CaptureFixture[str]
) -> None:
    assert evaluate("rerank-api:http://127.0.0.1:9") == 3
    (line,) = capfd.readouterr().err.strip().splitlines()
    assert "http://127.0.0.1:9/info was asked 3 times and could not be reached" in line


def line(url: str, collection: Path, out: Path, *further: str) -> list[str]:
    return words_of(f"rerank-api:{url}", collection, out, *further)


def killed(typed: list[str], out: Path, parts: int) -> int:
    """Run until so many parts are there, kill it without a word; how many there are."""
    process = subprocess.Popen(
        [sys.executable, "-m", "harness", *typed], cwd=ROOT, start_new_session=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    deadline = time.monotonic() + 120
    while len(parts_in(out)) < parts:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.002)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    return len(parts_in(out))


def parts_in(out: Path) -> list[Path]:
    return [path for path in out.rglob("*.npy") if "spent" not in path.name]


def test_killed_and_run_again_it_asks_only_for_what_is_missing(many: Path, tmp_path: Path) -> None:
    out, whole = tmp_path / "killed", tmp_path / "whole"
    with running("--kind", "tei", "--fault", "slow:0.02") as at:
        there = killed(line(at.url, many, out), out, 2)
        assert 2 <= there < 4
        assert run(line(at.url, many, out)) == 0
        assert run(line(at.url, many, whole)) == 0
    ours, theirs = record_in(out).run, record_in(whole).run
    assert ours is not None
    assert theirs is not None
    assert ours.effort is not None
    assert theirs.effort is not None
    assert ours.attempts == 2
    assert ours.effort.calls == theirs.effort.calls == 200  # two each, for a limit of 32
    assert ours.effort.prompt_tokens == theirs.effort.prompt_tokens
    for name in SCORES:
        (left,), (right,) = out.rglob(name), whole.rglob(name)
        assert left.read_bytes() == right.read_bytes()
    (left,), (right,) = out.rglob("effort.parquet"), whole.rglob("effort.parquet")
    counted = ["group", "calls", "prompt_tokens", "retries"]
    assert pq.read_table(left, columns=counted) == pq.read_table(right, columns=counted)


def test_a_server_that_dies_is_gone_on_with_when_it_is_back(many: Path, tmp_path: Path) -> None:
    out, whole = tmp_path / "died", tmp_path / "whole"
    quick = options("retries=1")
    with running("--kind", "tei", "--fault", "die:120") as at:
        assert run(line(at.url, many, out, *quick)) == 3
        port = str(at.port)
    there = len(parts_in(out))
    assert 0 < there < 4
    with running("--kind", "tei", "--port", port) as at:
        assert run(line(at.url, many, out, *quick)) == 0
        assert run(line(at.url, many, whole, *quick)) == 0
    for name in SCORES:
        (left,), (right,) = out.rglob(name), whole.rglob(name)
        assert left.read_bytes() == right.read_bytes()


def test_parts_of_another_model_are_not_gone_on_with(
    many: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    out, quick = tmp_path / "runs", options("retries=1")
    with running("--kind", "tei", "--fault", "die:120") as at:
        assert run(line(at.url, many, out, *quick)) == 3
        port = str(at.port)
    with running("--kind", "tei", "--port", port, "--fault", "other:0") as at:
        assert run(line(at.url, many, out, *quick)) == 0
    done = record_in(out).run
    assert done is not None
    assert done.attempts == 1
    assert done.effort is not None
    assert done.effort.calls == 200
    with running("--kind", "tei", "--fault", "other:150") as at:
        assert run(line(at.url, many, tmp_path / "changed")) == 1
    assert "serves something else than when this run began" in capfd.readouterr().err
    assert not list((tmp_path / "changed").rglob("record.json"))


def test_what_says_how_it_is_asked_is_not_who_it_is(
    evaluate: Evaluate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOME_KEY", "abc")
    with running("--kind", "vllm") as at:
        assert evaluate(f"rerank-api:{at.url}") == 0
        how = ("timeout=9", "concurrency=2", "retries=3", "price=2", "key=SOME_KEY",
               "dialect=vllm", "model=example/overlap", "plain_http=true")  # fmt: skip
        assert evaluate(f"rerank-api:{at.url}/v1", *options(*how)) == 0
        first = record_in(tmp_path / "runs")  # one folder: what was there is used again
        assert evaluate(f"rerank-api:{at.url}", *options("truncate=false")) == 0
    assert first.model.options["concurrency"] == 2
    assert first.run is not None
    assert first.run.effort is not None
    assert first.run.effort.requests is not None
    tokens = first.run.effort.prompt_tokens
    assert tokens is not None
    assert first.run.effort.requests.cost == pytest.approx(tokens * 2 / 1e6)
    assert len(list((tmp_path / "runs").rglob("record.json"))) == 2


def test_scores_that_saturate_are_told(evaluate: Evaluate, tmp_path: Path) -> None:
    with running("--kind", "cohere", "--fault", "squash") as at:
        words = ("dialect=cohere", "model=example/overlap", "price_units=2")
        assert evaluate(f"rerank-api:{at.url}", *options(*words)) == 0
    record = record_in(tmp_path / "runs")
    told = record.model.details
    assert told["scores"] == "0 to 1, as the server gives no raw ones"
    assert told["score_range"].startswith("0 to 1")
    scores = scores_in(tmp_path / "runs")
    assert told["scores_saturated"] == {
        "exactly_0": scores.count(0.0), "exactly_1": scores.count(1.0), "of": QUERIES * DOCUMENTS,
    }  # fmt: skip
    assert scores.count(1.0) > 20
    assert record.run is not None
    assert record.run.effort is not None
    assert record.run.effort.prompt_tokens is None
    assert record.run.effort.requests is not None
    assert record.run.effort.requests.billed_units == QUERIES
    assert record.run.effort.requests.cost == pytest.approx(QUERIES * 2 / 1000)


def test_a_document_that_is_refused_is_named_or_counted_as_the_worst(
    collection: Path, evaluate: Evaluate, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    longest = max(len(json.loads(row)["text"]) for row in
                  (collection / "corpus.jsonl").read_text().splitlines()) - 1  # fmt: skip
    with running("--kind", "tei", "--fault", f"longest:{longest}") as at:
        assert evaluate(f"rerank-api:{at.url}") == 1
        said = capfd.readouterr().err.strip().splitlines()[-1]
        assert "query 'q0', 2 of its 40 documents ('d13', 'd34'): " in said
        assert "answered 422" in said
        assert "--on-error worst-rank" in said
        assert evaluate(f"rerank-api:{at.url}", "--on-error", "worst-rank") == 0
    lost = [score for score in scores_in(tmp_path / "runs") if score is None or score != score]
    assert len(lost) == 2 * QUERIES


def test_an_encoder_behind_a_server_reranks(evaluate: Evaluate, tmp_path: Path) -> None:
    (tmp_path / "encoder.py").write_text(
        "from tests.adapters.served.scorers import Overlap\n\n"
        "def embed_texts(texts, *, kind):\n    return Overlap().embed(texts, kind)\n"
    )
    with running("--kind", "openai", "--fault", "throttle:11") as at:
        assert evaluate(f"embeddings-api:{at.url}", *options("price=0.02", "batch=5")) == 0
    assert evaluate(f"python:{tmp_path / 'encoder.py'}", out="local") == 0
    assert scores_in(tmp_path / "runs") == pytest.approx(scores_in(tmp_path / "local"), abs=1e-6)
    record = record_in(tmp_path / "runs")
    assert record.run is not None
    assert record.run.effort is not None
    assert record.run.effort.requests is not None
    assert record.run.effort.requests.answered == 11
    assert record.run.effort.requests.cost is not None
    assert record.run.effort.requests.cost > 0
    assert run(["show", str(tmp_path / "runs")]) == 0


def test_the_server_itself_is_gone_after_its_block() -> None:
    with running() as at:
        assert isinstance(at, Running)
        assert at.process.poll() is None
    assert at.process.poll() is not None


def test_ctrl_c_does_not_wait_for_a_server_that_hangs(collection: Path, tmp_path: Path) -> None:
    with running("--kind", "tei", "--fault", "hang:3") as at:
        process = subprocess.Popen(
            [sys.executable, "-m", "harness", *line(at.url, collection, tmp_path / "runs")],
            cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        time.sleep(6)
        assert process.poll() is None
        start = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=40)
    assert time.monotonic() - start < 5
    assert process.returncode == 130
    assert "Traceback" not in err
