"""Language models through the command line: what a run tells, and that it survives being killed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from harness.cli import run
from harness.records.record import Record, read_record

pytest.importorskip("torch", reason="language models need marginbench[llm]")
pytest.importorskip("transformers", reason="needs marginbench[llm]")

Build = Callable[..., Path]

ROOT = Path(__file__).resolve().parents[3]
WORDS = ("river", "stone", "cloud", "maple", "engine", "copper", "violin", "harbour", "lantern")
QUERIES, DOCUMENTS = 20, 100


@pytest.fixture(scope="module")
def collection(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """20 queries, each of which finds all of 100 documents."""
    folder = tmp_path_factory.mktemp("data") / "tiny"
    (folder / "qrels").mkdir(parents=True)
    texts = [f"river {WORDS[n % 9]} {WORDS[n * n % 9]} {n}" for n in range(DOCUMENTS)]
    rows = [json.dumps({"_id": f"d{n}", "title": "", "text": t}) for n, t in enumerate(texts)]
    (folder / "corpus.jsonl").write_text("\n".join(rows))
    asked = [json.dumps({"_id": f"q{n}", "text": f"river {WORDS[n % 9]}"}) for n in range(QUERIES)]
    (folder / "queries.jsonl").write_text("\n".join(asked))
    lines = ["query-id\tcorpus-id\tscore", *(f"q{n}\td{n}\t1" for n in range(QUERIES))]
    (folder / "qrels" / "test.tsv").write_text("\n".join(lines) + "\n")
    return folder


def line(adapter: str, model: Path, collection: Path, out: Path, *options: str) -> list[str]:
    given = [word for option in options for word in ("--option", option)]
    return ["evaluate", "--model", f"{adapter}:{model}", "--task", "reranking/folder", "--data",
            str(collection), "--device", "cpu", "--out", str(out), *given]  # fmt: skip


def record_in(out: Path) -> Record:
    (path,) = out.rglob("record.json")
    return read_record(path)


EACH = {
    "yes-no": (),
    "query-likelihood": (),
    "listwise": ("window=5", "step=3", "passage_words=1"),
    "first": ("window=5", "step=3", "passage_words=1"),
    "setwise": ("top=1", "passage_words=1"),
    "pairwise": ("top=1", "passage_words=1", "sort=bubble"),
    "rank-r1": ("top=1", "passage_words=1", "answer_tokens=4"),
}


@pytest.mark.parametrize("adapter", EACH)
def test_every_adapter_makes_a_record(
    adapter: str, tiny_language_model: Build, collection: Path, tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    model = tiny_language_model(max_position_embeddings=2048)
    few = ["--first-stage", str(tmp_path / "few.trec"), "--limit", "3"]
    lines = [f"q{n} Q0 d{(n + 3 * m) % DOCUMENTS} {m + 1} {9 - m} few"
             for n in range(QUERIES) for m in range(8)]  # fmt: skip
    (tmp_path / "few.trec").write_text("\n".join(lines) + "\n")
    assert run([*line(adapter, model, collection, tmp_path / "runs", *EACH[adapter]), *few]) == 0
    assert "Loading weights" not in capfd.readouterr().err
    record = record_in(tmp_path / "runs")
    assert record.task.groups == 3
    assert record.run is not None
    effort = record.run.effort
    asks = adapter not in ("yes-no", "query-likelihood")
    assert (effort is not None) == asks
    assert record.model.scores_compare_across_queries == (adapter == "yes-no")
    assert run(["show", str(tmp_path / "runs")]) == 0
    shown = " ".join(capfd.readouterr().out.split())
    if effort is None:
        assert "asked:" not in shown
        return
    calls = {"listwise": 2, "first": 2, "setwise": None, "pairwise": 14, "rank-r1": 1}[adapter]
    assert effort.calls == (calls * 3 if calls else effort.calls)
    assert f"asked: {effort.calls / 3:,.1f} questions, {effort.prompt_tokens / 3:,.0f} " in shown
    assert f"(in {effort.groups_repaired} of 3 queries)" in shown
    table = pq.read_table(next((tmp_path / "runs").rglob("effort.parquet"))).to_pydict()
    assert table["group"] == ["q0", "q1", "q2"]
    assert sum(table["prompt_tokens"]) == effort.prompt_tokens
    assert (effort.completion_tokens > 0) == (adapter in ("listwise", "rank-r1"))


KEPT = ("predictions.parquet", "groups.parquet", "effort.parquet")


def bytes_of(out: Path) -> dict[str, bytes]:
    return {name: path.read_bytes() for name in KEPT for path in out.rglob(name)}


FORKING = """
import json, os, sys
import harness.adapters.language.listwise, harness.adapters.language.loading
import torch, transformers.models.llama.modeling_llama
from harness.cli import run

log = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        os.dup2(log, 1), os.dup2(log, 2)
        os._exit(run(json.loads(line)))
    print(child, flush=True)
    print(os.waitpid(child, 0)[1], flush=True)
"""
"""Imports what is heavy once; then a process for every line, none of which has begun anything."""


class Killer:
    """Runs commands and kills them without a word."""

    def __init__(self, log: Path) -> None:
        self.log = log
        self.process = subprocess.Popen(
            [sys.executable, "-c", FORKING, str(log)], cwd=ROOT, text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)}, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )  # fmt: skip

    def killed_at(self, typed: list[str], out: Path, parts: int) -> int:
        """Run until so many parts are there, then kill it; how many there are now."""
        process = self.process
        assert process.stdin is not None
        assert process.stdout is not None
        print(json.dumps(typed), file=process.stdin, flush=True)
        child = int(process.stdout.readline())
        deadline = time.monotonic() + 300
        while len(list(out.rglob("*.npy"))) < parts or not list(out.rglob("manifest.json")):
            os.kill(child, 0)  # which is an error once it has ended
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.002)
        os.kill(child, signal.SIGKILL)
        assert int(process.stdout.readline()) == signal.SIGKILL, self.log.read_text()
        return len(list(out.rglob("*.npy")))


@pytest.fixture
def killer(tmp_path: Path) -> Iterator[Killer]:
    made = Killer(tmp_path / "killed.log")
    yield made
    made.process.kill()
    made.process.communicate()


def test_killed_at_five_points_a_listwise_run_gives_the_same_bytes(
    tiny_language_model: Build, collection: Path, tmp_path: Path, killer: Killer
) -> None:
    model = tiny_language_model(max_position_embeddings=2048, num_hidden_layers=1)
    # Many short lists: as many parts as of few long ones, and much less to write.
    queries, listed = 500, 4
    asked = [json.dumps({"_id": f"q{n}", "text": f"river {n}"}) for n in range(queries)]
    many = shutil.copytree(collection, tmp_path / "many")
    (many / "queries.jsonl").write_text("\n".join(asked))
    gold = [f"q{n}\td{n % DOCUMENTS}\t1" for n in range(queries)]
    (many / "qrels" / "test.tsv").write_text("\n".join(["query-id\tcorpus-id\tscore", *gold]))
    few = [f"q{n} Q0 d{(n + 3 * m) % DOCUMENTS} {m + 1} {9 - m} few"
           for n in range(queries) for m in range(listed)]  # fmt: skip
    (tmp_path / "few.trec").write_text("\n".join(few) + "\n")
    options = ("window=3", "step=2", "passage_words=1")

    def typed(out: Path) -> list[str]:
        first = ["--first-stage", str(tmp_path / "few.trec")]
        return [*line("listwise", model, many, out, *options), *first]

    whole, killed = tmp_path / "whole", tmp_path / "killed"
    left = [killer.killed_at(typed(killed), killed, parts) for parts in range(5)]
    assert left == sorted(left)
    assert len(set(left)) == 5, "some kills came too late to test anything"
    assert not list(killed.rglob("record.json"))
    for out in (killed, whole):
        assert run(typed(out)) == 0
    assert bytes_of(killed) == bytes_of(whole)
    assert set(bytes_of(whole)) == set(KEPT)
    ours, theirs = record_in(killed), record_in(whole)
    assert ours.run is not None
    assert theirs.run is not None
    assert ours.run.attempts in (5, 6)  # the first may have died before it was written down
    assert ours.run.effort == theirs.run.effort
    assert ours.run.effort is not None
    assert ours.run.effort.calls == 2 * queries


@pytest.mark.parametrize(
    "typed", [["list", "adapters", "--json"], ["--help"], ["evaluate", "--help"]]
)
def test_nothing_heavy_is_imported_to_tell_what_there_is(typed: list[str]) -> None:
    code = (
        "import sys; from harness.cli import run\n"
        f"run({typed!r})\n"
        "heavy = {'torch', 'transformers', 'gguf', 'accelerate', 'scipy', 'jinja2'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stderr.strip().splitlines()[-1] == "[]"
    assert "--json" not in typed or "query-likelihood" in done.stdout
