"""Ctrl-C, and being terminated: nothing of ours is left, and a Ray that was there is."""

from __future__ import annotations

import os
import signal
import time
from importlib.util import find_spec
from pathlib import Path

import psutil
import pytest

from tests.cli.sharding import whole_run, words
from tests.engine.cluster.running import Running, copy_of, parts, same, start, within

pytestmark = pytest.mark.skipif(
    find_spec("ray") is None, reason="ray is not installed: pip install -e '.[ray]'"
)

STOPPED = 130


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, STOPPED), (signal.SIGTERM, -15)])
def test_on_a_ray_that_was_there(
    running: Running, data: Path, model: Path, tmp_path: Path, sent: int, code: int
) -> None:
    own = copy_of(model, tmp_path / "m", 0.3)
    call = start(running.words(own, data, tmp_path / "runs"))
    assert within(60, lambda: parts(tmp_path))
    os.killpg(call.pid, sent)
    began = time.monotonic()
    said = call.ended(code)
    assert ("finished parts are kept" in said) == (sent == signal.SIGINT)
    assert "***" not in said
    assert running.nobody(5)
    assert time.monotonic() - began < 15
    assert running.cluster.head_node.all_processes["raylet"][0].process.poll() is None


def members(session: int) -> list[psutil.Process]:
    """Who belongs to a session of processes and is at work."""
    found = []
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) == session and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except (psutil.Error, ProcessLookupError):
            continue
    return found


def test_on_a_ray_of_our_own(data: Path, model: Path, whole: Path, tmp_path: Path) -> None:
    own = copy_of(model, tmp_path / "m", 0.3)
    line = [*words(own, data, tmp_path / "runs"), "--engine", "ray", "--workers", "2"]
    before = {path.name for path in Path("/dev/shm").iterdir()}
    kept = {path.name for path in Path("/tmp").glob("mb-ray-*")}
    call = start(line, TMPDIR="/tmp", RAY_ADDRESS="")
    assert within(90, lambda: parts(tmp_path))
    there = {process.pid: process for process in psutil.Process(call.pid).children(recursive=True)}
    assert any("raylet" in " ".join(process.cmdline()[:1]) for process in there.values())
    os.killpg(call.pid, signal.SIGINT)
    began = time.monotonic()
    assert "finished parts are kept" in call.ended(STOPPED)
    assert within(10, lambda: not any(process.is_running() for process in there.values()))
    assert not members(call.pid)
    assert time.monotonic() - began < 20
    assert {path.name for path in Path("/dev/shm").iterdir()} <= before
    assert {path.name for path in Path("/tmp").glob("mb-ray-*")} <= kept
    own.with_suffix(".pause").write_text("0")
    start(words(own, data, tmp_path / "runs")).ended()  # by whichever engine
    same(whole_run(tmp_path / "runs"), whole)
