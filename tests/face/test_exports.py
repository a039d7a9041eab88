"""What ``import marginbench`` gives: every name is there, documented, imported when asked for."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

import marginbench

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("torch", "datasets", "sklearn", "ir_datasets", "pandas", "scipy", "numpy", "pyarrow")


def promised() -> dict[str, str]:
    """Name -> module, as the type checker reads them."""
    tree = ast.parse((ROOT / "marginbench" / "__init__.py").read_text())
    (guarded,) = [node for node in tree.body if isinstance(node, ast.If)]
    return {
        alias.name: str(node.module)
        for node in guarded.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def test_the_type_checker_and_the_program_see_the_same_names() -> None:
    given = {name: place for place, names in marginbench._PLACES.items() for name in names}
    assert promised() == given
    assert marginbench.__all__ == sorted(given)
    assert dir(marginbench) == marginbench.__all__


@pytest.mark.parametrize("name", sorted(promised()))
def test_every_name_is_there_and_says_what_it_is(name: str) -> None:
    found = getattr(marginbench, name)
    assert not isinstance(found, ModuleType)
    if name == "__version__":
        assert isinstance(found, str)
        return
    assert found.__name__ == name
    assert (found.__doc__ or "").strip()


def test_the_classes_of_results_document_all_that_they_have() -> None:
    kinds = (marginbench.Results, marginbench.Run, marginbench.Comparison, marginbench.Comparisons)
    for kind in kinds:
        for name, member in vars(kind).items():
            if not name.startswith("_") and (callable(member) or isinstance(member, property)):
                assert member.__doc__, f"{kind.__name__}.{name}"


def test_an_unknown_name_is_none() -> None:
    with pytest.raises(AttributeError, match="no attribute 'evalute'"):
        _ = marginbench.evalute  # type: ignore[attr-defined]
    assert not hasattr(marginbench, "numpy")


def test_importing_it_loads_nothing_heavy() -> None:
    code = "import json, sys, marginbench; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = set(json.loads(done.stdout))
    assert not loaded & set(HEAVY)
    ours = {name for name in loaded if name.partition(".")[0] in ("harness", "suites")}
    assert ours == {"harness", "suites"}


def test_listing_tasks_and_reading_the_help_load_nothing_heavy() -> None:
    code = (
        "import sys, marginbench as mb; from harness.cli import run;"
        "assert len(mb.list_tasks()) > 50; run(['--help']);"
        "print([name for name in sys.argv[1:] if name in sys.modules])"
    )
    heavy = ("torch", "datasets", "sklearn", "ir_datasets", "pandas")
    done = subprocess.run(
        [sys.executable, "-c", code, *heavy], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.endswith("[]\n")


def test_the_package_is_installed_and_the_command_goes_through_it() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert project["project"]["scripts"] == {"marginbench": "marginbench.__main__:main"}
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert set(wheel["packages"]) == {"marginbench", *marginbench._ROOMS}
    assert "pandas" in project["project"]["optional-dependencies"]["frames"][0]
