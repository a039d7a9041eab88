"""Shards of a model that is asked: what every group cost, and all requests, as in one process."""

from __future__ import annotations

from pathlib import Path

from harness.cli import run
from harness.records.record import read_record
from tests.adapters.served.chat_server import ChatServer
from tests.adapters.served.conftest import WORTHY, Evaluate, options
from tests.adapters.served.scripted import scripted

TABLES = ("predictions.parquet", "groups.parquet", "effort.parquet")


def test_merged_shards_tell_what_asking_cost(ask: Evaluate, tmp_path: Path) -> None:
    words = options("protocol=listwise", "price=2")
    with scripted(ChatServer()) as at:
        assert ask(at.url, *words, out="whole") == 0
        for shard in ("1/2", "2/2"):
            assert ask(at.url, *words, "--shard", shard, out="shards") == 0
    parts = [path for path in (tmp_path / "shards").rglob("*.npy") if "spent" not in path.name]
    assert len(parts) == 3
    assert run(["merge", str(tmp_path / "shards")]) == 0
    (ours,), (theirs,) = (
        [path.parent for path in (tmp_path / out).rglob("record.json")]
        for out in ("shards", "whole")
    )
    for name in TABLES:
        assert (ours / name).read_bytes() == (theirs / name).read_bytes()
    first, second = (read_record(folder / "record.json").run for folder in (ours, theirs))
    assert first is not None
    assert second is not None
    assert first.effort is not None
    assert second.effort is not None
    assert first.effort.requests is not None
    assert second.effort.requests is not None
    assert first.effort.calls == second.effort.calls == WORTHY
    assert first.effort.requests.cost == second.effort.requests.cost
    times = {"median_seconds": None, "p95_seconds": None}
    told = [one.requests.model_copy(update=times) for one in (first.effort, second.effort)]  # type: ignore[union-attr]
    assert told[0] == told[1]
    assert first.invariance == second.invariance
