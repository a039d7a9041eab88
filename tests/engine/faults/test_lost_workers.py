"""Workers that are killed, die, hang or fail at a part: the rest is done, and to the last bit."""

from __future__ import annotations

import random
import threading
import time
from multiprocessing import active_children
from pathlib import Path
from typing import Any

import pytest

from harness.engine.crew import Crew
from harness.engine.refused import IN_A_ROW, PartsError
from harness.engine.team import STILLBORN, TRIES
from harness.engine.watch import Watch
from harness.errors import IncompleteError, InvalidError
from harness.runs.folder import RunFolder
from harness.runs.journal import Journal
from tests.engine.faults.small_work import (
    COUNT,
    PARTS,
    gone,
    kill,
    model,
    parts,
    processes_of,
    run,
    states,
    times_asked,
)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The parts that one process makes without a fault."""
    folder = tmp_path_factory.mktemp("whole")
    assert len(run(model(folder), folder / "run").rows) == COUNT
    return parts(folder)


class Killer:
    """Kills workers, one after another, at moments that a seed chooses."""

    def __init__(self, seed: int, kills: int) -> None:
        self.chance = random.Random(seed)
        self.killed: list[int] = []
        self.left = kills
        self.stop = threading.Event()

    def __call__(self, _: Crew) -> None:
        threading.Thread(target=self.work, daemon=True).start()

    def work(self) -> None:
        while self.left and not self.stop.wait(self.chance.uniform(0.02, 0.3)):
            there = sorted(c.pid for c in active_children() if c.pid and c.is_alive())
            if there:
                chosen = self.chance.choice(there)
                kill(chosen)
                self.killed.append(chosen)
                self.left -= 1


@pytest.mark.parametrize("seed", range(4))
def test_killed_at_twenty_moments_the_bytes_are_those_of_one_process(
    tmp_path: Path, whole: dict[str, str], seed: int
) -> None:
    """Five kills each. A run that gives a part up is run again, as its message says."""
    spec, folder = model(tmp_path, "time.sleep(0.05)"), tmp_path / "run"
    left, killed, before, told = 5, 0, states(tmp_path), []
    for attempt in range(10):
        killer = Killer(seed * 100 + attempt, left)
        try:
            done = run(spec, folder, 2, during=killer)
        except IncompleteError as error:
            told.append(str(error))
        else:
            break
        finally:
            killer.stop.set()
            left, killed = killer.left, killed + len(killer.killed)
            after = states(tmp_path)
            assert {name: after[name] for name in before} == before, "done twice"
            before = after
    assert all("run the same command again" in error for error in told)
    assert done.rows.tolist() == [i * 0.25 for i in range(COUNT)]
    assert parts(folder) == whole
    assert killed == 5, "the run was too short to be killed five times"
    asked = times_asked(spec)
    assert sorted(asked) == list(range(PARTS))
    assert sum(asked.values()) <= PARTS + killed, "more was done again than what was lost"
    assert all(gone(process) for process in processes_of(spec))


def test_a_part_that_kills_its_worker_twice_is_named_and_the_others_finish(
    tmp_path: Path, whole: dict[str, str], capfd: pytest.CaptureFixture[str]
) -> None:
    spec, folder = model(tmp_path, 'if "t00700" in texts: os._exit(9)'), tmp_path / "run"
    said = (
        r"1 of 20 parts could not be done: part 2 \(256 items, 'i00512' to 'i00767'\): "
        r"a worker process died \(exit code 9\)\. Finished parts are kept"
    )
    told: list[tuple[str, Any, Any]] = []
    watch = Watch(lambda event, f: told.append((event, f.get("part"), f.get("again"))))
    with pytest.raises(PartsError, match=said):
        run(spec, folder, 2, watch=watch)
    assert [each for each in told if each[0] == "part_failed"] == [
        ("part_failed", 2, True),
        ("part_failed", 2, False),
    ]
    assert sorted(part for event, part, _ in told if event == "part") == [0, 1, *range(3, PARTS)]
    assert "part 2 (256 items" in capfd.readouterr().err
    there = parts(folder)
    assert there == {name: there[name] for name in whole if name != "00002.npy"}
    assert there.items() <= whole.items()
    assert times_asked(spec)[2] == TRIES
    assert not (folder / "predictions.parquet").exists()
    before = states(folder)
    assert run(model(tmp_path), folder, 2).rows[700] == 175
    assert parts(folder) == whole
    assert {name: states(folder)[name] for name in before} == before


@pytest.mark.parametrize(
    ("act", "workers"),
    [
        ("os.kill(os.getpid(), signal.SIGSTOP)", 1),
        ("import re; re.match('(a+)+$', 'a' * 60 + 'b')", 2),  # lets no thread run
    ],
    ids=("stopped", "holds the interpreter"),
)
def test_a_worker_that_hangs_is_ended_and_its_part_named(
    tmp_path: Path, whole: dict[str, str], act: str, workers: int
) -> None:
    spec, folder = model(tmp_path, f'if "t01000" in texts: {act}'), tmp_path / "run"
    start = time.monotonic()
    with pytest.raises(PartsError, match=r"part 3 \(.*\): .*did not answer within 0.6 s"):
        run(spec, folder, workers, limit=0.6)
    assert time.monotonic() - start < 15
    assert times_asked(spec)[3] == TRIES
    assert parts(folder).keys() == whole.keys() - {"00003.npy"}
    assert all(gone(process) for process in processes_of(spec))
    run(model(tmp_path), folder)
    assert parts(folder) == whole


def test_one_that_hangs_once_is_forgiven(tmp_path: Path, whole: dict[str, str]) -> None:
    act = """first = HERE / "first"
if "t01000" in texts and not first.exists():
    first.touch()
    time.sleep(600)"""
    run(model(tmp_path, act), tmp_path / "run", 2, limit=0.8)
    assert parts(tmp_path / "run") == whole
    assert Journal.read(RunFolder(tmp_path / "run")).attempts == 1


@pytest.mark.parametrize("workers", [1, 2])
def test_a_model_that_fails_at_one_part_does_the_others(
    tmp_path: Path, whole: dict[str, str], workers: int, capfd: pytest.CaptureFixture[str]
) -> None:
    act, folder = 'if "t00300" in texts: raise ValueError("too odd")', tmp_path / "run"
    spec = model(tmp_path, act)
    with pytest.raises(PartsError, match=r"part 1 \(.*text i00300: .*ValueError: too odd") as told:
        run(spec, folder, workers)
    assert told.value.exit_code == 3
    assert parts(folder).items() == whole.items() - {("00001.npy", whole["00001.npy"])}
    assert "4,864 of 5,120 items" in capfd.readouterr().err
    assert run(model(tmp_path), folder, workers).rows[300] == 75
    assert parts(folder) == whole


def test_an_item_that_does_not_fit_into_memory_is_a_matter_of_its_part(tmp_path: Path) -> None:
    spec = model(tmp_path, 'if "t00300" in texts: raise MemoryError("too long")')
    with pytest.raises(
        PartsError,
        match=r"part 1 \(.*: text \S+: out of memory on a single item \(MemoryError: too long\)",
    ) as told:
        run(spec, tmp_path / "run")
    assert "shorter max_length" in str(told.value)
    assert len(parts(tmp_path / "run")) == PARTS - 1


def test_what_fails_at_every_part_stops_soon_and_stands_as_it_is(tmp_path: Path) -> None:
    spec = model(tmp_path, 'raise ValueError("never")')
    with pytest.raises(InvalidError, match=r"model\.py:\d+: ValueError: never") as told:
        run(spec, tmp_path / "run")
    assert not isinstance(told.value, PartsError)
    assert len(times_asked(spec)) == IN_A_ROW


def test_what_fails_from_some_part_on_stops_soon_and_keeps_the_first(tmp_path: Path) -> None:
    spec = model(tmp_path, 'if texts[0] > "t02000": raise ValueError("no more")')
    with pytest.raises(PartsError, match="failed one after another, so the rest was not tried"):
        run(spec, tmp_path / "run")
    assert len(parts(tmp_path / "run")) == 8


def test_workers_that_die_while_they_load_are_not_started_for_ever(tmp_path: Path) -> None:
    spec = model(tmp_path)
    path = Path(spec.checkpoint)
    path.write_text(
        "import os\nfrom pathlib import Path\n"
        "with open(Path(__file__).with_name('loads'), 'a') as file:\n    file.write('x')\n"
        "os._exit(3)\n"
    )
    with pytest.raises(IncompleteError, match=r"exit code 3\) while it loaded the model, 3 times"):
        run(spec, tmp_path / "run", 2)
    assert STILLBORN <= len((tmp_path / "loads").read_text()) <= STILLBORN + 1


def test_an_error_while_loading_is_told_as_it_is(tmp_path: Path) -> None:
    spec = model(tmp_path)
    Path(spec.checkpoint).write_text("raise ValueError('no weights')\n")
    with pytest.raises(InvalidError, match="no weights"):
        run(spec, tmp_path / "run", 2)


def test_a_worker_that_dies_while_it_is_timed_is_replaced(
    tmp_path: Path, whole: dict[str, str]
) -> None:
    act = """first = HERE / "first"
if len(texts) < 256 and not first.exists():
    first.touch()
    os._exit(1)"""
    run(model(tmp_path, act), tmp_path / "run", 2)
    assert (tmp_path / "first").exists()
    assert parts(tmp_path / "run") == whole
    assert Journal.read(RunFolder(tmp_path / "run")).finished


def test_the_workers_own_files_may_be_full(tmp_path: Path, whole: dict[str, str]) -> None:
    """A model that writes is refused room at one part: that one is named, in one line."""
    act = """if "t00300" in texts:
    import resource
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))
    try:
        (HERE / "scratch").write_bytes(bytes(5000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)"""
    spec = model(tmp_path, act)
    with pytest.raises(PartsError, match=r"part 1 \(.*File too large") as told:
        run(spec, tmp_path / "run", 2)
    assert "\n" not in str(told.value)
    run(model(tmp_path), tmp_path / "run", 2)
    assert parts(tmp_path / "run") == whole
