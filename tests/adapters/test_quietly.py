"""While weights are loaded, transformers prints nothing between the lines of our own progress."""

from __future__ import annotations

import subprocess
import sys

import pytest

from harness.adapters.support.torch import quietly


def test_bars_and_warnings_are_off_inside_and_as_they_were_behind() -> None:
    said = pytest.importorskip("transformers.utils.logging")
    before = said.get_verbosity(), said.is_progress_bar_enabled()
    with quietly():
        assert not said.is_progress_bar_enabled()
        assert said.get_verbosity() == said.ERROR
    assert (said.get_verbosity(), said.is_progress_bar_enabled()) == before


def test_it_imports_nothing_where_transformers_is_not_in_use() -> None:
    code = (
        "import sys; from harness.adapters.support.torch import quietly\n"
        "with quietly(): pass\n"
        "print('transformers' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
