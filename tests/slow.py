"""Which tests are slow: all of a folder, or of a file. ``pytest -m "not slow"`` runs the others.

What is left checks definitions, formulas, files and forms, on one process's own time. What is slow
starts processes, servers or browsers, fits models, or reads real data. Times are of the processor,
which a busy machine does not change; renew them with ``--durations=0``.
"""

from __future__ import annotations

from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent
SLOW = (
    *("adapters", "browser", "cli", "engine", "exchange", "face", "hostile"),
    "leaderboard_site",
    *("stranger", "submission"),
    *(f"compare/test_{name}.py" for name in ("action", "evidence", "false_alarms", "margins")),
    *(f"compare/test_{name}.py" for name in ("mutations", "new_user", "planted")),
    *(f"docs/test_{name}.py" for name in ("code", "notebook", "site", "tutorial")),
    *("metrics/test_opis.py", "metrics/test_pair_lattice.py"),
    *("suites/test_detection_embedded.py", "suites/test_irds.py", "suites/test_opinions.py"),
    "suites/test_real_reranking_data.py",
)
"""Folders and files, below ``tests``."""


def is_slow(path: Path) -> bool:
    """Whether a file's tests are slow."""
    return any(path.is_relative_to(TESTS / name) for name in SLOW)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Where slow tests are not wanted, importing their files would be a third of the time."""
    wanted: str = config.option.markexpr
    return True if wanted == "not slow" and is_slow(collection_path) else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark them."""
    for item in items:
        if is_slow(item.path):
            item.add_marker(pytest.mark.slow)
