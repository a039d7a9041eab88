"""What the checking machine fails at is told, changes no evidence, and is never a finding."""

from __future__ import annotations

import errno
import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.errors import IncompleteError, UsageError
from harness.submission.confined.limits import MIB, Limits
from harness.submission.confined.machine import machine_fault
from harness.submission.confined.pool import Ended, confined
from harness.submission.folders.tree import scan
from harness.submission.recompute import recomputer
from harness.submission.recompute.kept import MADE_FROM
from harness.submission.report import unfinished
from harness.submission.untrusted.plain_files import read_plain
from harness.submission.validate import validate
from tests.hostile.costs.submissions import KINDS
from tests.submission.conftest import Make
from tests.submission.hostile_seed import SEED, SEEDS

ROOT = Path(__file__).resolve().parents[2]
NETWORKX = SEEDS / "marginbench__paraphrase-minilm-l3-v2" / "float32"
SMALL = Limits(seconds=1, memory=300 * MIB)


def command(
    *words: object, path: Path | None = None, limits: dict[int, int] | None = None
) -> subprocess.CompletedProcess[str]:
    """``marginbench validate`` as a process, under limits that it cannot lift."""

    def lower() -> None:
        for kind, value in (limits or {}).items():
            resource.setrlimit(kind, (value, value))

    places = [*([str(path)] if path else []), str(ROOT)]
    return subprocess.run(
        [sys.executable, "-m", "harness", "validate", *map(str, words)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(places)},
        preexec_fn=lower,
        timeout=120,
    )


def incomplete(done: subprocess.CompletedProcess[str], word: str) -> None:
    """Exit status 3, the word on its only line of errors, and nothing found."""
    assert done.returncode == 3, done.stdout + done.stderr
    assert "no findings" in done.stdout
    assert "breaks a rule" not in done.stdout
    assert word in done.stderr
    assert "Traceback" not in done.stderr
    assert "--out" not in done.stderr


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 16 KiB; skipped where none can be mounted."""
    yield from _mounted(tmp_path / "disk", "size=16k")


@pytest.fixture
def read_only(tmp_path: Path) -> Iterator[Path]:
    """A folder that cannot be written into, also by root where one can be mounted."""
    place = tmp_path / "fixed"
    if os.geteuid() != 0:
        place.mkdir(mode=0o555)
        yield place
        return
    yield from _mounted(place, "size=16k,ro")


def _mounted(place: Path, options: str) -> Iterator[Path]:
    place.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)], capture_output=True
    )
    if done.returncode:
        pytest.skip("no disk can be mounted here, which takes root")
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


def test_a_full_disk(small_disk: Path) -> None:
    incomplete(command(SEED, "--recomputed", small_disk / "runs"), "no space left")
    assert not list(small_disk.rglob("*.tmp"))


def test_a_limit_on_files(tmp_path: Path) -> None:
    done = command(SEED, "--recomputed", tmp_path, limits={resource.RLIMIT_FSIZE: 2000})
    incomplete(done, "no space left")
    assert "another folder with --recomputed" in done.stderr


def test_a_folder_that_cannot_be_written(read_only: Path) -> None:
    incomplete(command(SEED, "--recomputed", read_only / "runs"), "cannot be kept")


def test_evidence_is_left_as_it_was(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    assert command(SEED, "--recomputed", kept).returncode == 0
    (made,) = kept.rglob(MADE_FROM)
    made.write_text(json.dumps({"made_from": "an earlier version"}))
    before = {path: path.read_bytes() for path in kept.rglob("*") if path.is_file()}
    done = command(SEED, "--recomputed", kept, limits={resource.RLIMIT_FSIZE: 2000})
    incomplete(done, "no space left")
    assert {path: path.read_bytes() for path in kept.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    ("package", "seed"), [("pyarrow", SEED), ("ir_measures", NETWORKX), ("packaging", SEED)]
)
def test_a_package_that_is_missing(tmp_path: Path, package: str, seed: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(f"import sys\nsys.modules[{package!r}] = None\n")
    incomplete(command(seed, path=tmp_path), package)


def test_less_memory_than_a_submission_may_take(tmp_path: Path) -> None:
    """What would be a finding elsewhere is none where the machine has not as much to give."""
    root = tmp_path / "submissions"
    root.mkdir()
    KINDS["parquet"]["pq-ratio-gzip"](root)
    done = command(root, limits={resource.RLIMIT_DATA: 260 * MIB})
    assert "tree-cost" not in done.stdout
    incomplete(done, "memory")


def test_somebody_kills_the_one_that_scores(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the system does when it runs out of memory."""
    folder = make(tasks=["tiny/one"], mean=False)

    def killed(*_: object) -> object:
        os.kill(os.getpid(), signal.SIGKILL)
        return None

    monkeypatch.setattr(recomputer, "rescore", killed)
    report = validate([folder])
    assert report.findings == ()
    (said,) = unfinished(report)
    assert "SIGKILL" in said


def dear(kind: str, watch: object) -> object:
    """Work that breaks one limit or another."""
    if kind == "time":
        while True:
            pass
    if kind == "memory":
        return len(bytearray(2**31))
    if kind == "files":
        return [os.open(os.devnull, os.O_RDONLY) for _ in range(10_000)]
    if kind == "crash":
        os.abort()
    if kind == "killed":
        os.kill(os.getpid(), signal.SIGTERM)
    if kind == "talks":
        return "x" * (20 << 20)
    if kind == "typed":
        raise UsageError("it cannot be done", fix="Do something else")
    if kind == "ours":
        raise AssertionError("a fault of ours")
    return kind


@pytest.mark.parametrize(
    ("kind", "field", "said"),
    [
        ("time", "stopped", "more than 1 s of processor time"),
        ("memory", "stopped", "more than 300 MB of memory"),
        ("files", "lost", "too many open files"),
        ("crash", "stopped", "what ends its reader (SIGABRT)"),
        ("killed", "lost", "SIGTERM"),
        ("talks", "stopped", "more than 16 MB of findings"),
    ],
)
def test_one_that_breaks_a_limit_ends_alone(kind: str, field: str, said: str) -> None:
    before, broken, after = confined(dear, ["a", kind, "b"], lambda _: SMALL, chunks=[(0, 1, 2)])
    assert (before, after) == (Ended("a"), Ended("b"))
    assert said in getattr(broken, field)
    assert broken.value is None


def test_what_was_typed_and_what_is_our_fault_come_back_as_such() -> None:
    with pytest.raises(UsageError, match="cannot be done"):
        confined(dear, ["typed"], lambda _: SMALL)
    with pytest.raises(RuntimeError, match=r"in dear[^$]*a fault of ours"):
        confined(dear, ["ours"], lambda _: SMALL)


def test_results_are_in_order_whoever_is_done_first() -> None:
    items = [str(number) for number in range(60)]
    assert confined(dear, items, lambda _: SMALL, workers=3) == [Ended(one) for one in items]


@pytest.mark.parametrize(
    ("error", "word"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "no space left"),
        (OSError(errno.EROFS, "Read-only file system"), "read-only"),
        (FileNotFoundError(errno.ENOENT, "No such file", sys.executable), "interpreter"),
        (ModuleNotFoundError("No module named 'bm25s'"), "a package is missing"),
        (OSError("Unexpected end of stream"), ""),  # Arrow's, of what it read
        (FileNotFoundError(errno.ENOENT, "No such file", "x"), ""),
        (ValueError("of the content"), ""),
    ],
)
def test_faults_of_the_machine_are_known(error: Exception, word: str) -> None:
    found = machine_fault(error)
    assert (word in found) if word else not found
    outer = RuntimeError("while it was scored")
    outer.__cause__ = error
    assert machine_fault(outer) == found


def test_half_made_runs_are_removed(make: Make, tmp_path: Path) -> None:
    folder = make(tasks=["tiny/one"], mean=False)
    kept = tmp_path / "kept"
    validate([folder], recomputed=kept)
    run = kept / "example__letters" / folder.name / "tiny.one"
    orphans = [run / ".record.json.123.tmp", run.with_name(".tiny.one.tmp") / "record.json"]
    for orphan in orphans:
        orphan.parent.mkdir(exist_ok=True)
        orphan.write_text("{")
    validate([folder], recomputed=kept)
    assert not list(kept.rglob("*.tmp"))
    assert (run / "record.json").is_file()


def test_files_that_are_open_here_count_against_nobody() -> None:
    here = [os.open(os.devnull, os.O_RDONLY) for _ in range(400)]
    try:
        assert not validate([SEED]).findings
    finally:
        for one in here:
            os.close(one)


def test_where_no_file_can_be_opened_nobody_is_blamed(make: Make) -> None:
    """Whatever is said of a file then would be said of any other."""
    folder = make()
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, before[1]))
    try:
        with pytest.raises(IncompleteError, match="cannot be read here"):
            read_plain(folder / "submission.toml", most=1000)
        with pytest.raises(OSError, match="Too many open files"):
            scan(folder)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
