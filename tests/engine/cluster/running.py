"""A cluster under test: who works on it, and calls of the command line by processes of their own."""

from __future__ import annotations

import contextlib
import json
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from tests.cli.sharding import comparable, start, words

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


def finished(model: Path, data: Path, out: Path, *more: object) -> None:
    """Evaluate to the end."""
    ended(start(words(model, data, out, *more)))


def ended(process: subprocess.Popen[str], code: int = 0, seconds: float = 120) -> str:
    """Standard error of a process that ends with ``code``; it is one line for an error."""
    _, err = process.communicate(timeout=seconds)
    assert process.returncode == code, err
    assert "Traceback" not in err
    return err


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
    """The same model with a log of its own; it is slow at every call. Its fingerprint is the same."""
    place.mkdir(parents=True, exist_ok=True)
    path = place / model.name
    path.write_bytes(model.read_bytes())
    path.with_suffix(".pause").write_text(str(pause))
    path.with_suffix(".log").touch()
    return path


