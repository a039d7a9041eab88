"""The set-up for CI that the page shows, followed to the letter in a repository of one's own."""

from __future__ import annotations

import json
import random
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.compare.test_action import Job
from tests.compare.test_compare_page import blocks

MODEL = """
def score_pairs(pairs):
    return [
        len(set(query.split()) & set(document.split()[:{words}])) for query, document in pairs
    ]
"""


def collection(folder: Path, queries: int = 120) -> None:
    """Documents of thirty words, and queries that hold five words of the document they want."""
    draw = random.Random(1)
    words = [f"w{number}" for number in range(300)]
    documents = [draw.choices(words, k=30) for _ in range(300)]
    asked = [[*draw.sample(d, 5), *draw.choices(words, k=3)] for d in documents[:queries]]
    (folder / "qrels").mkdir(parents=True)
    for name, texts, letter in (("corpus", documents, "d"), ("queries", asked, "q")):
        rows = (
            json.dumps({"_id": f"{letter}{n}", "text": " ".join(t)}) for n, t in enumerate(texts)
        )
        (folder / f"{name}.jsonl").write_text("\n".join(rows) + "\n")
    judged = (f"q{number}\td{number}\t1" for number in range(queries))
    (folder / "qrels" / "test.tsv").write_text(
        "query-id\tcorpus-id\tscore\n" + "\n".join(judged) + "\n"
    )


@pytest.fixture
def repository(tmp_path: Path) -> Job:
    """A repository with a model, its data, the page's policy, and a baseline that is committed."""
    if shutil.which("bash") is None or shutil.which("git") is None:
        pytest.skip("needs bash and git")
    yaml = pytest.importorskip("yaml", reason="reading the example needs PyYAML")
    (example,) = blocks("yaml")
    (job,) = yaml.safe_load(example)["jobs"].values()
    (used,) = (step for step in job["steps"] if "regression-check" in step["uses"])
    made = Job(tmp_path, {name: str(value) for name, value in used["with"].items()})
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").symlink_to(sys.executable)
    made.command("marginbench", f'exec "{sys.executable}" -m harness "$@"\n')
    collection(tmp_path / made.inputs["data"])
    (tmp_path / made.inputs["policy"]).write_text(blocks("toml")[-1])
    model(made, words=30)
    run(made, "evaluate", "--model", made.inputs["model"], "--task", made.inputs["task"],
        "--data", made.inputs["data"], "--out", "runs/old")  # fmt: skip
    update, *_ = (
        line for block in blocks("bash") for line in block.splitlines() if "baseline update" in line
    )
    run(made, *shlex.split(update)[1:])
    for line in (["init", "-q"], ["add", "baseline"]):
        subprocess.run(["git", *line], cwd=tmp_path, check=True)
    shutil.rmtree(tmp_path / "runs")
    return made


def model(job: Job, words: int) -> None:
    """The candidate: a reranker that reads so many words of a document."""
    path = job.folder / job.inputs["model"].partition(":")[2]
    path.write_text(MODEL.format(words=words))


def run(job: Job, *arguments: str) -> None:
    environment = {"PYTHONPATH": str(Path(__file__).resolve().parents[2]), "PATH": "/usr/bin:/bin"}
    subprocess.run(
        [job.folder / "bin" / "marginbench", *arguments],
        cwd=job.folder, env=environment, check=True, capture_output=True,
    )  # fmt: skip


def test_what_is_the_same_passes_and_what_breaks_fails(repository: Job) -> None:
    assert repository.run() == 0, repository.log
    assert "## MarginBench: fine" in repository.summary
    model(repository, words=12)
    assert repository.run() == 1, repository.log
    assert "## MarginBench: WORSE" in repository.summary
    assert "NFR" in repository.summary


def test_a_baseline_whose_tables_were_not_committed_never_passes(repository: Job) -> None:
    for table in (repository.folder / "baseline").rglob("*.parquet"):
        table.unlink()
    assert repository.run() == 3, repository.log
    assert "INCOMPLETE" in repository.summary
