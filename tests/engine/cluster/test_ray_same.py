"""Workers of Ray give the bytes of one process."""

from __future__ import annotations

from pathlib import Path

from tests.cli.sharding import whole_run
from tests.engine.cluster.running import Running, copy_of, same, start


def test_two_workers_give_the_bytes_of_one_process(
    running: Running, data: Path, model: Path, whole: Path, tmp_path: Path
) -> None:
    own = copy_of(model, tmp_path / "m", 0.0)
    start(running.words(own, data, tmp_path / "runs")).ended()
    same(whole_run(tmp_path / "runs"), whole)
    workers = {line.split()[0] for line in own.with_suffix(".log").read_text().splitlines()}
    assert len(workers) == 2
    assert running.nobody()


def test_two_models_share_a_cluster(
    running: Running, data: Path, model: Path, whole: Path, tmp_path: Path
) -> None:
    calls = []
    for name in ("a", "b"):
        own = copy_of(model, tmp_path / name, 0.0)
        calls.append(start(running.words(own, data, tmp_path / f"runs{name}", workers=1)))
    for call in calls:
        call.ended()
    for name in ("a", "b"):
        same(whole_run(tmp_path / f"runs{name}"), whole)
