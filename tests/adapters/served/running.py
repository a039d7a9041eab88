"""The reference server as a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SERVER = Path(__file__).with_name("server.py")


@dataclass
class Running:
    """A server that is up, or was."""

    url: str
    process: subprocess.Popen[str]

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(10)


@contextmanager
def running(*switches: str, env: Mapping[str, str] | None = None) -> Iterator[Running]:
    """``running("--kind", "tei", "--fault", "die:5")``: a server until the end of the block."""
    process = subprocess.Popen(
        [sys.executable, str(SERVER), *switches],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        assert line.startswith("ready "), f"the server did not start: {line!r}"
        yield Running(line.split()[1], process)
    finally:
        process.kill()
        process.wait(10)
        process.stdout.close()
        if process.stdin is not None:
            process.stdin.close()
