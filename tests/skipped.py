"""Which files had a test skipped, so that they can be tried again where more is installed."""

from __future__ import annotations

from pathlib import Path

import pytest

OPTION = "--skipped-to"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that names the list."""
    parser.addoption(OPTION, metavar="FILE", help="write the files of skipped tests, one a line")


def pytest_configure(config: pytest.Config) -> None:
    """Listen where a list is wanted, in the process that hears of all tests."""
    wanted = config.getoption(OPTION)
    if wanted and not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Listener(Path(wanted)))


class _Listener:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.found: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._take(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._take(report)

    def pytest_sessionfinish(self) -> None:
        self.path.write_text("".join(f"{name}\n" for name in sorted(self.found)), encoding="utf-8")

    def _take(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        if report.skipped:
            self.found.add(report.nodeid.partition("::")[0])
