"""A cluster under test, who works on it, and calls of the command line as processes."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import signal
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from harness.cli import run
from tests.cli.sharding import ROOT, comparable, words

EMBEDDER = """
import os, time
from pathlib import Path

LOG = Path(__file__).with_suffix(".log")
PAUSE = Path(__file__).with_suffix(".pause")


def embed_texts(texts, *, kind):
    if PAUSE.exists():
        time.sleep(float(PAUSE.read_text()))
    with LOG.open("a") as file:
        file.write(f"{os.getpid()} {len(texts)}\\n")
    return [[len(t) + 1.0, t.count("w1") + 0.5, t.count("w2") - 0.5] for t in texts]
"""
"""An embedder that tells who embedded how many texts, and takes its time where it is told to."""


@dataclass(frozen=True, slots=True)
class Running:
    """The cluster; ``address`` is what others join it by."""

    cluster: Any

    @property
    def address(self) -> str:
        return str(self.cluster.address)

    def workers(self) -> list[psutil.Process]:
        """The actors that are there."""
        found = []
        for process in psutil.Process().children(recursive=True):
            with contextlib.suppress(psutil.Error):
                if process.cmdline()[:1] and process.cmdline()[0].startswith("ray::Holder"):
                    found.append(process)
        return found

    def words(
        self, model: Path, data: Path, out: Path, *more: object, workers: int = 2
    ) -> list[str]:
        """What is typed for so many workers of it."""
        by_ray = ("--engine", "ray", "--ray-address", self.address, "--workers", workers)
        return words(model, data, out, *by_ray, *more)

    def remove(self, node: Any) -> None:
        """Take a node away, and wait until nobody takes it for alive."""
        self.cluster.remove_node(node, allow_graceful=False)
        self.cluster.wait_for_nodes()

    def nobody(self, seconds: float = 10.0) -> bool:
        """Whether its actors go within so long."""
        return within(seconds, lambda: not self.workers())


def within(seconds: float, true: Any) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if true():
            return True
        time.sleep(0.05)
    return bool(true())


FORKED = multiprocessing.get_context("forkserver")
FORKED.set_forkserver_preload(
    ["harness.cli", "harness.engine.evaluate", "suites.reranking.folder", "bm25s", "scipy.stats",
     "ray", "pydantic", "harness.records.record"]
)  # fmt: skip


@dataclass(slots=True)
class Call:
    """A call of the command line: a process of its own, in a session of its own.

    It is forked from one that has imported everything, as a hundred of them would take minutes to.
    """

    process: Any
    err: Path

    @property
    def pid(self) -> int:
        return int(self.process.pid)

    def at_work(self) -> bool:
        return self.process.exitcode is None

    def kill(self) -> None:
        """As ``kill -9`` does."""
        self.process.kill()
        self.process.join()

    def ended(self, code: int = 0, seconds: float = 120) -> str:
        """Its standard error, once it has ended with ``code``."""
        self.process.join(seconds)
        err = self.err.read_text()
        assert self.process.exitcode == code, err
        assert "Traceback" not in err
        return err


def start(line: list[str], **environment: str) -> Call:
    """The command line at work."""
    place, name = tempfile.mkstemp(suffix=".err")
    os.close(place)
    process = FORKED.Process(target=_called, args=(line, name, environment))
    process.start()
    return Call(process, Path(name))


def _called(line: list[str], err: str, environment: dict[str, str]) -> None:
    os.setsid()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background ignores it
    os.chdir(ROOT)
    os.environ.update(environment)
    os.dup2(os.open(err, os.O_WRONLY), 2)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    code = run(line)
    sys.stderr.flush()
    raise SystemExit(code)


def parts(out: Path) -> dict[str, int]:
    """The finished parts below a folder, and when each was written."""
    return {path.name: path.stat().st_mtime_ns for path in out.rglob("parts-*/*.npy")}


def embedded(model: Path) -> int:
    """Texts that the model has been given."""
    lines = model.with_suffix(".log").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines)


def same(found: Path, expected: Path) -> None:
    """Tables to the byte, and the record but for what tells of the run."""
    told = [comparable(folder) for folder in (found, expected)]
    for _, record in told:
        for name in ("device", "workers"):
            del record["run"][name]
    assert told[0][0] == told[1][0]
    assert json.dumps(told[0][1], sort_keys=True) == json.dumps(told[1][1], sort_keys=True)


def copy_of(model: Path, place: Path, pause: float) -> Path:
    """The same model, to the byte, with a log of its own; it takes its time at every call."""
    place.mkdir(parents=True, exist_ok=True)
    path = place / model.name
    path.write_bytes(model.read_bytes())
    path.with_suffix(".pause").write_text(str(pause))
    path.with_suffix(".log").touch()
    return path
