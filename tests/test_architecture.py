"""The layout's promises: imports go one way, no circles, no heavy import at module level."""

from __future__ import annotations

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("harness", "suites", "leaderboard_site")
HEAVY = {
    *("torch", "transformers", "sentence_transformers", "datasets", "sklearn", "ir_datasets"),
    *("ir_measures", "pytrec_eval", "onnxruntime", "tokenizers", "bm25s", "pandas", "scipy"),
    *("jinja2", "pyarrow", "huggingface_hub", "timm"),
}


def modules() -> dict[str, Path]:
    found = {}
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = modules()


def imports(path: Path, *, top_level_only: bool) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = tree.body if top_level_only else list(ast.walk(tree))
    names: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            targets = {f"{node.module}.{alias.name}" for alias in node.names}
            # ``from package import module`` leans on the module, not on the package's face.
            names |= targets if targets <= set(MODULES) else {node.module, *targets}
    return names


@pytest.mark.parametrize("name", [m for m in MODULES if m.startswith("harness")])
def test_the_harness_imports_neither_suites_nor_site(name: str) -> None:
    found = imports(MODULES[name], top_level_only=False)
    assert not {i for i in found if i.split(".")[0] in ("suites", "leaderboard_site")}


def test_suites_and_site_do_not_import_each_other() -> None:
    for name, path in MODULES.items():
        room = name.split(".")[0]
        others = {"suites": "leaderboard_site", "leaderboard_site": "suites"}
        if room in others:
            roots = {i.split(".")[0] for i in imports(path, top_level_only=False)}
            assert others[room] not in roots, name


@pytest.mark.parametrize("name", list(MODULES))
def test_heavy_packages_are_imported_where_they_are_used(name: str) -> None:
    roots = {i.split(".")[0] for i in imports(MODULES[name], top_level_only=True)}
    assert not roots & HEAVY


def test_no_import_circle() -> None:
    graph = {
        name: {i for i in imports(path, top_level_only=False) if i in MODULES and i != name}
        for name, path in MODULES.items()
    }
    TopologicalSorter(graph).prepare()


def test_only_the_engine_and_adapters_touch_weights() -> None:
    """Right of the predictions nothing reaches the engine or an adapter's module."""
    graph = {
        name: {i for i in imports(path, top_level_only=False) if i in MODULES}
        for name, path in MODULES.items()
    }
    seen: set[str] = set()
    waiting = [
        "harness.records.score",
        "harness.records.record",
        "harness.predictions.table",
        "harness.records.aggregate",
    ]
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting.extend(graph[name])
    assert not {m for m in seen if m.startswith(("harness.adapters", "harness.engine.run"))}
