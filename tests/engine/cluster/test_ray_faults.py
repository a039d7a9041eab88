"""Workers, drivers, nodes that are killed: the same bytes, and only lost parts are done again."""

from __future__ import annotations

import random
import time
from pathlib import Path

import psutil

from tests.cli.sharding import whole_run
from tests.engine.cluster.running import (
    Running,
    copy_of,
    embedded,
    parts,
    same,
    start,
    within,
)

KILLS = 20
TEXTS = 128
"""Texts of a part."""


def test_workers_killed_at_random_points(
    running: Running, data: Path, model: Path, whole: Path, tmp_path: Path
) -> None:
    chosen = random.Random(1)
    own = copy_of(model, tmp_path / "m", 0.2)
    call = start(running.words(own, data, tmp_path / "runs"))
    assert within(60, lambda: len(parts(tmp_path)) > 0)
    kept: dict[str, int] = {}
    for _ in range(KILLS):
        time.sleep(chosen.uniform(0.0, 0.6))
        assert within(20, running.workers), "Ray starts others"
        victim = chosen.choice(running.workers())
        kept |= parts(tmp_path)
        victim.kill()
    own.with_suffix(".pause").write_text("0")
    call.ended()
    same(whole_run(tmp_path / "runs"), whole)
    assert len(kept) < len(parts(tmp_path)), "they were killed in the middle"
    now = parts(tmp_path)
    assert {name: now[name] for name in kept} == kept, "what was finished is not done again"
    assert embedded(own) <= embedded(model) + KILLS * TEXTS, "at most one part for each"


def more_parts(place: Path, before: int) -> bool:
    return within(60, lambda: len(parts(place)) > before)


def test_drivers_killed_at_random_points(
    running: Running, data: Path, model: Path, whole: Path, tmp_path: Path
) -> None:
    chosen = random.Random(2)
    own = copy_of(model, tmp_path / "m", 0.2)
    words = running.words(own, data, tmp_path / "runs", workers=1)
    kept: dict[str, int] = {}
    before = len(parts(tmp_path))
    for _ in range(KILLS):
        driver = start(words)
        # Every other one while it starts, or while its workers do.
        if chosen.random() < 0.5:
            assert more_parts(tmp_path, before)
            time.sleep(chosen.uniform(0.0, 0.3))
        else:
            time.sleep(chosen.uniform(0.0, 1.5))
        assert driver.at_work(), "it was killed in the middle"
        driver.kill()
        now = parts(tmp_path)
        assert {name: now[name] for name in kept} == kept
        kept, before = now, len(now)
    assert running.nobody(), "its workers end with a driver"
    own.with_suffix(".pause").write_text("0")
    start(words).ended()
    same(whole_run(tmp_path / "runs"), whole)
    now = parts(tmp_path)
    assert 0 < len(kept) < len(now)
    assert {name: now[name] for name in kept} == kept, "what was finished is not done again"


def test_a_node_that_is_killed(
    running: Running, data: Path, model: Path, whole: Path, tmp_path: Path
) -> None:
    """Half of the workers go with it; those that are left do the rest."""
    node = running.cluster.add_node(num_cpus=2, num_gpus=0)
    own = copy_of(model, tmp_path / "m", 0.2)
    call = start(running.words(own, data, tmp_path / "runs", workers=4))
    assert within(60, lambda: len(parts(tmp_path)) > 1 and len(running.workers()) == 4)
    raylet = psutil.Process(node.all_processes["raylet"][0].process.pid)
    lost = raylet.children(recursive=True)
    assert sum(one.pid in {w.pid for w in running.workers()} for one in lost) == 2
    raylet.kill()
    own.with_suffix(".pause").write_text("0.02")
    kept = parts(tmp_path)
    call.ended()
    running.remove(node)
    same(whole_run(tmp_path / "runs"), whole)
    now = parts(tmp_path)
    assert {name: now[name] for name in kept} == kept
    assert len(kept) < len(now)
    assert running.nobody()
