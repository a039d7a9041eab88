"""Servers that others wrote, as processes: started, killed, started again on the same port.

Each has an environment of its own, whose executable a variable names; without it, their tests are
skipped and say so.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from harness.cli import run

LONGEST_START = 240
"""Seconds that a server may take until it answers."""

QUIET = {
    "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", "DO_NOT_TRACK": "1",
    "INFINITY_ANONYMOUS_USAGE_STATS": "0",
}  # fmt: skip


def executable(variable: str, server: str) -> str:
    """The path that the environment variable names, or the test is skipped with a reason."""
    path = os.environ.get(variable, "")
    if not path:
        pytest.skip(f"no {server} here: {variable} names no executable")
    assert os.access(path, os.X_OK), f"{variable}={path} is no executable file"
    return path


def free_port() -> int:
    """A port of this machine that nobody has at the moment."""
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        return int(made.getsockname()[1])


@dataclass
class Peer:
    """A server at ``127.0.0.1``, up or not; ``health`` is a page that it shows once it is up."""

    words: Sequence[str]
    health: str
    log: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it, on the port that it had before, and wait until it answers."""
        named = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "COVERAGE"))}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*self.words, "--host", "127.0.0.1", "--port", str(self.port)],
                env={**named, **QUIET}, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                cwd=self.log.parent, start_new_session=True,
            )  # fmt: skip
        deadline = time.monotonic() + LONGEST_START
        while not self._answers():
            said = self.log.read_text(errors="replace")[-3000:]
            assert self.process.poll() is None, f"it did not start: {said}"
            assert time.monotonic() < deadline, f"it did not answer: {said}"
            time.sleep(0.1)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(self.url + self.health, timeout=5):
                return True
        except (urllib.error.URLError, OSError):
            return False

    def kill(self) -> None:
        """Kill it without a word, and whatever it started."""
        if self.process is not None:
            with suppress(ProcessLookupError):  # it has ended by itself
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(10)
            self.process = None


@contextmanager
def up(words: Sequence[str], health: str, folder: Path) -> Iterator[Peer]:
    """A server until the end of the block; what it says is kept in ``folder``."""
    peer = Peer(words, health, folder / "said.log")
    try:
        peer.start()
        yield peer
    finally:
        peer.kill()


def parts_in(out: Path) -> list[Path]:
    return [path for path in out.rglob("*.npy") if "spent" not in path.name]


def stopped_in_mid_run(peer: Peer, typed: Sequence[str], out: Path) -> int:
    """The exit code of a run whose server is killed as soon as a part is there."""
    done = threading.Event()

    def kill() -> None:
        while not parts_in(out) and not done.is_set():
            time.sleep(0.002)
        peer.kill()

    thread = threading.Thread(target=kill)
    thread.start()
    try:
        return run(list(typed))
    finally:
        done.set()
        thread.join()
