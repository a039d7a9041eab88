"""The process that leads a run is killed, stopped, or finds no room: what it finished is kept."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.engine.faults.nursery import Nursery, members

QUERIES, DEPTH = 160, 50
PARTS = 8

MODEL = """
import os, time
from pathlib import Path

HERE = Path(__file__).parent

def score_pairs(pairs):
    with open(HERE / "asked.log", "a") as file:
        file.write(f"{os.getpid()} {len(pairs)} {pairs[0]}\\n")
    while (HERE / "slow").exists() and len(list(HERE.rglob("*.npy"))) > 2:
        time.sleep(0.05)
    return [len(set(q.split()) & set(d.split())) + len(d) / 1000 for q, d in pairs]
"""


def lines(path: Path, rows: list[dict[str, str]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


class Place:
    """A folder with data, a model and its runs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.out = folder / "runs"
        self.log = folder / "asked.log"
        self.model = folder / "model.py"
        self.model.write_text(MODEL)
        self.data = folder / "tiny"
        (self.data / "qrels").mkdir(parents=True)
        texts = [f"river stone w{i % 7} w{i % 11} doc{i}" for i in range(DEPTH)]
        corpus = [{"_id": f"d{i}", "title": "", "text": text} for i, text in enumerate(texts)]
        queries = [{"_id": f"q{i}", "text": f"river w{i % 7} w{i % 11}"} for i in range(QUERIES)]
        lines(self.data / "corpus.jsonl", corpus)
        lines(self.data / "queries.jsonl", queries)
        rows = [f"q{i}\td{i % DEPTH}\t1" for i in range(QUERIES)]
        rows = ["query-id\tcorpus-id\tscore", *rows]
        (self.data / "qrels" / "test.tsv").write_text("\n".join(rows) + "\n")

    def line(self, device: str = "cpu") -> tuple[object, ...]:
        """The command line."""
        return (
            *("evaluate", "--model", f"python:{self.model}", "--task", "reranking/folder"),
            *("--data", self.data, "--device", device, "--batch-items", "100000"),
            *("--batch-tokens", "1000000", "--out", self.out),
        )

    def made(self) -> dict[str, Any]:
        """What a finished run leaves, without how it was made."""
        record = json.loads(next(self.out.rglob("record.json")).read_text())
        for field in ("run", "created"):
            del record[field]
        tables = ("predictions.parquet", "groups.parquet")
        found = {name: next(self.out.rglob(name)).read_bytes() for name in tables}
        return {**found, "record": record}

    def parts(self) -> dict[str, tuple[int, int]]:
        """What tells whether a part was written again."""
        found = self.out.rglob("*.npy")
        return {p.name: (p.stat().st_ino, p.stat().st_mtime_ns) for p in found}

    def litter(self) -> list[Path]:
        """Files that were being written."""
        return list(self.folder.rglob("*.tmp"))

    def forget(self) -> None:
        """Begin anew."""
        shutil.rmtree(self.out, ignore_errors=True)
        self.log.unlink(missing_ok=True)

    def asked(self) -> int:
        """How many whole parts the model was asked for: its probes are shorter."""
        counts = [int(line.split()[1]) for line in self.log.read_text().splitlines()]
        return sum(count >= 900 for count in counts)


@pytest.fixture(scope="module")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    with Nursery(tmp_path_factory.mktemp("nursery")) as there:
        yield there


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return Place(tmp_path_factory.mktemp("place"))


@pytest.fixture(scope="module")
def whole(nursery: Nursery, place: Place) -> tuple[dict[str, Any], int]:
    """What a run without a fault leaves, and its number of file operations."""
    code, operations, said = nursery.run(*place.line(), first=True)
    assert code == 0, said
    assert len(place.parts()) == PARTS
    assert place.asked() == PARTS
    return place.made(), operations


def test_killed_at_twenty_operations_and_run_again_it_gives_the_same_bytes(
    nursery: Nursery, place: Place, whole: tuple[dict[str, Any], int]
) -> None:
    """In any number of runs one after another, until twenty were killed and the last is whole."""
    made, operations = whole
    chance, kills, last, littered = random.Random(18), 0, 1, 0
    place.forget()
    while kills < 20 or last:
        before = place.parts()
        at = chance.randint(1, operations) if kills < 20 else None
        last, _, said = nursery.run(*place.line(), kill_at=at)
        after = place.parts()
        assert {name: after[name] for name in before} == before, "a finished part was done again"
        if last == 0:
            assert place.made() == made
            assert not place.litter()
            assert place.asked() <= PARTS + kills
            place.forget()
        else:
            assert last == -signal.SIGKILL, said
            kills += 1
            littered += len(place.litter())
    assert littered, "no kill was in the middle of a write"


@pytest.mark.parametrize(
    ("sent", "code"), [(signal.SIGKILL, -9), (signal.SIGTERM, -15), (signal.SIGINT, 130)]
)
def test_workers_end_with_whoever_leads_them(
    nursery: Nursery, place: Place, whole: tuple[dict[str, Any], int], sent: int, code: int
) -> None:
    """Within seconds, also in the middle of a part; and none stays as a zombie."""
    place.forget()
    slow = place.folder / "slow"
    slow.touch()
    try:
        driver = nursery.start(*place.line("cpu,cpu"))
        until = time.monotonic() + 60
        while len(place.parts()) < 3:
            assert time.monotonic() < until, nursery.said.read_text()
            time.sleep(0.01)
        assert len(members(driver)) >= 3
        os.kill(driver, sent)
        ended, _, said = nursery.end()
    finally:
        slow.unlink()
    assert ended == code, said
    assert "Traceback" not in said
    until = time.monotonic() + 5
    while left := members(driver):
        assert time.monotonic() < until, left
        time.sleep(0.02)
    there = place.parts()
    assert nursery.run(*place.line())[0] == 0
    assert {name: place.parts()[name] for name in there} == there
    assert place.made() == whole[0]
    assert not place.litter()


@pytest.mark.parametrize("most", [900, 3_000, 9_000])
def test_a_full_disk_is_one_line_and_nothing_is_torn(
    nursery: Nursery, place: Place, whole: tuple[dict[str, Any], int], most: int
) -> None:
    place.forget()
    code, _, said = nursery.run(*place.line(), most_bytes=most)
    assert code == 3, said
    (error,) = [line for line in said.splitlines() if line.startswith("error: ")]
    assert "no space left while writing" in error
    assert "run the same command again" in error
    assert "Traceback" not in said
    assert not place.litter()
    assert not list(place.out.rglob("record.json"))
    before = place.parts()
    assert nursery.run(*place.line())[0] == 0
    assert {name: place.parts()[name] for name in before} == before
    assert place.made() == whole[0]


DECODES = """
import time
from pathlib import Path
import sys
from PIL import Image
from harness.tasks.images import Decoder, FileImage

if __name__ == "__main__":
    path = Path(sys.argv[1])
    Image.new("RGB", (8, 8)).save(path)
    with Decoder(2) as decoder:
        next(decoder.decode([FileImage("a", path)] * 100))
        print("decoding", flush=True)
        time.sleep(600)
"""


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGINT])
def test_processes_that_decode_end_with_whoever_started_them(tmp_path: Path, sent: int) -> None:
    """Killed alone, or with Ctrl-C, which goes to all of them and is told of by one."""
    script = tmp_path / "decodes.py"
    script.write_text(DECODES)
    process = subprocess.Popen(
        [sys.executable, str(script), str(tmp_path / "a.png")], text=True, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[3])},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "decoding\n"
    assert len(members(process.pid)) >= 3
    if sent == signal.SIGINT:
        os.killpg(process.pid, sent)
    else:
        process.kill()
    _, said = process.communicate()
    assert said.count("Traceback") == (sent == signal.SIGINT)
    until = time.monotonic() + 5
    while left := members(process.pid):
        assert time.monotonic() < until, left
        time.sleep(0.02)
