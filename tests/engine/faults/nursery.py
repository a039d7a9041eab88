"""Command lines as processes of their own that start at once: forked from one that has imported.

Run as a script it reads orders, one JSON object a line, and answers each with the process id, and
later with how the process ended. In an order ``kill_at`` is the file operation below ``--out``, by
number, before which the process is killed as by ``kill -9``; ``most_bytes`` is the size that none
of its files may exceed, as on a full disk. What the ``first`` one imports, others find imported.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

OPERATIONS = {"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir"}


class Nursery:
    """The side of the tests; a context manager."""

    def __init__(self, folder: Path) -> None:
        self.said = folder / "said.txt"
        root = str(Path(__file__).resolve().parents[3])
        self.process = subprocess.Popen(
            [sys.executable, __file__], text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            cwd=root, env={**os.environ, "PYTHONPATH": root},
        )  # fmt: skip

    def __enter__(self) -> Nursery:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.communicate()

    def start(self, *arguments: object, **order: Any) -> int:
        """Start a command line; its process id, which is also that of its session."""
        assert self.process.stdin is not None
        order |= {"arguments": [str(each) for each in arguments], "said": str(self.said)}
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        return int(self._answer()["process"])

    def end(self) -> tuple[int, int, str]:
        """Wait for it: exit code, file operations below ``--out``, and what it said."""
        ended = self._answer()
        return ended["code"], ended["operations"], self.said.read_text()

    def run(self, *arguments: object, **order: Any) -> tuple[int, int, str]:
        """Start, and wait for the end."""
        self.start(*arguments, **order)
        return self.end()

    def _answer(self) -> Any:
        assert self.process.stdout is not None
        return json.loads(self.process.stdout.readline())


def members(session: int) -> list[str]:
    """Command lines of the processes of a session, zombies included."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            if int(fields[3]) == session:
                found.append((folder / "cmdline").read_text().replace("\0", " ") or fields[0])
        except OSError:
            continue
    return found


def _child(order: dict[str, Any], counted: int) -> None:
    os.setsid()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    said = os.open(order["said"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for stream in (1, 2):
        os.dup2(said, stream)
    arguments, at = order["arguments"], order.get("kill_at")
    out, seen = arguments[arguments.index("--out") + 1], 0

    def watch(event: str, details: tuple[Any, ...]) -> None:
        nonlocal seen
        if event in OPERATIONS and str(details[0]).startswith(out):
            seen += 1
            os.pwrite(counted, seen.to_bytes(4, "big"), 0)
            if seen == at:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)
    if most := order.get("most_bytes"):
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    before = set(sys.modules)
    from harness.cli import run

    code = run(arguments)
    if order.get("first"):  # what it needed, the others need not import any more
        ours = [name for name in sys.modules if name not in before and "." not in name]
        ours += [name for name in sys.modules if name.startswith(("harness.", "suites."))]
        os.pwrite(counted, " ".join(ours).encode(), 4)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _serve() -> None:
    answers = os.fdopen(os.dup(1), "w")
    for line in sys.stdin:
        counted = os.memfd_create("operations")
        child = os.fork()
        if child == 0:
            os.close(0)
            _child(json.loads(line), counted)
        print(json.dumps({"process": child}), file=answers, flush=True)
        _, status = os.waitpid(child, 0)
        code = os.waitstatus_to_exitcode(status)
        operations = int.from_bytes(os.pread(counted, 4, 0), "big")
        for module in os.pread(counted, 10**6, 4).decode().split():
            with suppress(Exception):  # some make their modules as they go
                import_module(module)
        print(json.dumps({"code": code, "operations": operations}), file=answers, flush=True)
        os.close(counted)


if __name__ == "__main__":
    _serve()
