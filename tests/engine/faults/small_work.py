"""Twenty parts of short texts for a small model that keeps a list of what it was asked."""

from __future__ import annotations

import hashlib
import os
import signal
import textwrap
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from harness.data import ItemData
from harness.engine.crew import Crew
from harness.engine.named import ModelSpec
from harness.engine.run import run_task
from harness.engine.together import Finished
from harness.engine.watch import Watch
from harness.nouns import Task, TaskCard
from harness.runs.batches import BatchSettings
from harness.runs.folder import RunFolder
from harness.tasks.load import LoadedTask

PART = 256
PARTS = 20
COUNT = PART * PARTS
BATCH = BatchSettings(tokens=100_000, items=PART)

MODEL = """
    import os, signal, time
    from pathlib import Path

    HERE = Path(__file__).parent

    def asked(texts):
        with open(HERE / "asked.log", "a") as file:
            file.write(f"{os.getpid()} {texts[0]} {len(texts)}\\n")

    def score_texts(texts):
        asked(texts)
        ACT
        return [int(text[1:]) * 0.25 for text in texts]
"""


def unused(*_: Any) -> Any:
    raise AssertionError("the engine neither loads nor scores")


CARD = TaskCard("t", "d", "s", "r", "l", "c")
TASK = Task("s/t", "1", "s", "texts", ("m",), CARD, unused, unused)


def loaded(count: int = COUNT) -> LoadedTask:
    """Texts ``t00000`` and so on: each part has its own, and every text tells its part."""
    texts = tuple(f"t{i:05d}" for i in range(count))
    names = tuple(f"i{i:05d}" for i in range(count))
    return LoadedTask(TASK, ItemData(names, texts, (0,) * count, names), "f", None)


def model(folder: Path, act: str = "pass") -> ModelSpec:
    """A model that does something for every batch; its name is the same whatever that is."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "model.py"
    path.write_text(textwrap.dedent(MODEL).replace("ACT", act.replace("\n", "\n    ")))
    return ModelSpec("python", str(path), {}, "float32")


def run(
    spec: ModelSpec,
    folder: Path,
    workers: int = 1,
    *,
    limit: float | None = None,
    during: Callable[[Crew], object] = lambda _: None,
    count: int = COUNT,
    watch: Watch | None = None,
) -> Finished:
    """The whole task; ``during`` is called with the crew before its first part."""
    place = RunFolder(folder)
    with place.locked(), Crew(spec, ["cpu"] * workers, BATCH, part_timeout=limit) as crew:
        during(crew)
        return run_task(
            crew, place, loaded(count), capability="score_texts", title="t", watch=watch
        )


def parts(folder: Path) -> dict[str, str]:
    """Digests of the parts in a run folder."""
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.rglob("*.npy")}


def states(folder: Path) -> dict[str, tuple[int, int]]:
    """What tells whether a part was written again."""
    return {p.name: (p.stat().st_ino, p.stat().st_mtime_ns) for p in folder.rglob("*.npy")}


def times_asked(spec: ModelSpec) -> Counter[int]:
    """How often the model was asked for each whole part; its probes are shorter."""
    lines = Path(spec.checkpoint).with_name("asked.log").read_text().splitlines()
    found = [line.split() for line in lines]
    return Counter(int(first[1:]) // PART for _, first, count in found if int(count) == PART)


def processes_of(spec: ModelSpec) -> set[int]:
    """Every process that was ever asked."""
    lines = Path(spec.checkpoint).with_name("asked.log").read_text().splitlines()
    return {int(line.split()[0]) for line in lines}


def gone(process: int, within: float = 5.0) -> bool:
    """Whether a process has ended, or does so in time. A zombie has not."""
    until = time.monotonic() + within
    while time.monotonic() < until:
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.02)
    return False


def kill(process: int) -> None:
    """End a process as the kernel does when memory is short."""
    os.kill(process, signal.SIGKILL)
