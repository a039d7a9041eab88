"""The notebook runs from top to bottom, and is kept without outputs."""

from __future__ import annotations

import ast
import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs" / "notebook.ipynb"


@pytest.fixture(scope="module")
def cells() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(PAGE.read_text(encoding="utf-8"))["cells"]
    return found


def test_it_is_a_notebook_without_outputs(cells: list[dict[str, Any]]) -> None:
    whole = json.loads(PAGE.read_text(encoding="utf-8"))
    assert (whole["nbformat"], whole["nbformat_minor"]) == (4, 5)
    assert len({cell["id"] for cell in cells}) == len(cells)
    for cell in cells:
        if cell["cell_type"] == "code":
            assert cell["outputs"] == []
            assert cell["execution_count"] is None
    if find_spec("nbformat") is not None:
        import nbformat

        nbformat.validate(nbformat.read(PAGE, as_version=4))


def test_its_cells_run_in_order_and_each_shows_something(
    cells: list[dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    for package in ("cwe2", "networkx", "pandas", "zippy"):
        pytest.importorskip(package)
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"__name__": "__main__"}
    shown = []
    for cell in cells:
        if cell["cell_type"] != "code":
            continue
        tree = ast.parse("".join(cell["source"]))
        last = tree.body.pop()
        assert isinstance(last, ast.Expr), "a cell ends with what it shows"
        exec(compile(tree, cell["id"], "exec"), names)
        value = eval(compile(ast.Expression(last.value), cell["id"], "eval"), names)
        html = getattr(value, "_repr_html_", None)
        shown.append(html() if html else repr(value))
    assert all(shown)
    assert "TPR@FPR=5%" in shown[2]
    assert "repetition" in shown[-1]
    assert "zippy" in shown[-1]
    assert capsys.readouterr().out
