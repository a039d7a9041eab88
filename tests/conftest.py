"""Fixtures shared by all tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# Workers of pytest take all cores. Threads of one worker that wait for each other in a loop would
# take them from the rest: a product of matrices cost seven times the processor time of one thread.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

# A machine that runs all tests at once is slow at times; time is measured in benchmarks/ alone.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

pytest_plugins = ["tests.skipped", "tests.slow"]

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data with known answers; skips where it is absent."""
    folder = Path(os.environ.get("MARGINBENCH_SHARED_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder} (set MARGINBENCH_SHARED_DATA)")
    return folder


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep cached candidate lists of tests away from the user's cache."""
    cache = tmp_path_factory.getbasetemp() / "marginbench-cache"
    monkeypatch.setenv("MARGINBENCH_CACHE", str(cache))
