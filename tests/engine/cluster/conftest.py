"""One Ray of two processors on this machine, for all tests of this folder; real processes."""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.cli.sharding import ROOT, whole_run, words, write_collection
from tests.engine.cluster.running import EMBEDDER, Running, start

SOON = {"health_check_period_ms": 500, "health_check_failure_threshold": 3}
"""A node that is killed is known to be in seconds."""


@pytest.fixture(scope="session")
def running() -> Iterator[Running]:
    if find_spec("ray") is None:
        pytest.skip("ray is not installed: pip install -e '.[ray]'")
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ["PYTHONPATH"] = str(ROOT)
    from ray.cluster_utils import Cluster

    logging.getLogger("ray").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory(prefix="mb-ray-", dir="/tmp") as place:
        node: dict[str, Any] = {"num_cpus": 2, "num_gpus": 0, "include_dashboard": False}
        node |= {"temp_dir": place, "object_store_memory": 200_000_000, "_system_config": SOON}
        cluster = Cluster(initialize_head=True, head_node_args=node)
        try:
            yield Running(cluster)
        finally:
            cluster.shutdown()


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Texts that make many parts for an embedder."""
    return write_collection(tmp_path_factory.mktemp("data") / "tiny", documents=PARTS * 128)


PARTS = 40


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "model.py"
    path.write_text(EMBEDDER)
    return path


@pytest.fixture(scope="session")
def whole(data: Path, model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the run of one process without Ray."""
    out = tmp_path_factory.mktemp("whole")
    start(words(model, data, out)).ended()
    return whole_run(out)
