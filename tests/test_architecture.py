"""The layout's promises: who may import whom, what stays light, and who knows a suite by name."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from harness.registry import ANSWERS, BROUGHT

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("harness", "suites", "leaderboard_site", "marginbench")
PACKAGES = tuple(name for name in FOLDERS if (ROOT / name).is_dir())
HEAVY = {
    *("torch", "transformers", "sentence_transformers", "datasets", "sklearn", "ir_datasets"),
    *("ir_measures", "pytrec_eval", "onnxruntime", "tokenizers", "bm25s", "pandas", "scipy"),
    *("jinja2", "pyarrow", "huggingface_hub", "timm", "httpx2", "tenacity"),
}

HARNESS = (
    *("errors", "strict_json", "memory", "files", "fingerprint", "environment", "data"),
    *("nouns", "registry", "capabilities", "exhibits"),  # the ground
    *("metrics", "tasks", "baselines", "adapters", "predictions", "runs", "records", "scored"),
    *("compare", "exchange", "submission", "engine", "face", "cli", "__main__"),
)
"""Rooms of the harness from the ground up: each may import from those before it."""

SITE = (
    *("text", "addresses", "plots", "making", "reading", "exhibits", "board", "tables"),
    *("drawing", "auditing", "comparing", "downloads", "pages", "incoming", "taking", "revisions"),
    *("build", "preview", "fonts"),
)
"""Rooms of the site from the ground up."""


def modules() -> dict[str, Path]:
    found = {}
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = modules()


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def imports(path: Path, *, top_level_only: bool) -> frozenset[str]:
    tree = tree_of(path)
    nodes = tree.body if top_level_only else list(ast.walk(tree))
    names: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            targets = {f"{node.module}.{alias.name}" for alias in node.names}
            # ``from package import module`` leans on the module, not on the package's face.
            names |= targets if targets <= set(MODULES) else {node.module, *targets}
    return frozenset(names)


@cache
def graph() -> dict[str, set[str]]:
    """Which modules each imports; not made before a test asks, as every process collects all."""
    return {
        name: {i for i in imports(path, top_level_only=False) if i in MODULES and i != name}
        for name, path in MODULES.items()
    }


def room(module: str) -> str:
    """The folder or file right below the package."""
    return module.split(".")[1] if "." in module else ""


@pytest.mark.parametrize("name", [m for m in MODULES if m.startswith("harness")])
def test_the_harness_imports_neither_suites_nor_site(name: str) -> None:
    found = imports(MODULES[name], top_level_only=False)
    assert not {i for i in found if i.split(".")[0] in ("suites", "leaderboard_site")}


def test_suites_and_site_do_not_import_each_other() -> None:
    for name, path in MODULES.items():
        package = name.split(".")[0]
        others = {"suites": "leaderboard_site", "leaderboard_site": "suites"}
        if package in others:
            roots = {i.split(".")[0] for i in imports(path, top_level_only=False)}
            assert others[package] not in roots, name


@pytest.mark.parametrize("name", list(MODULES))
def test_heavy_packages_are_imported_where_they_are_used(name: str) -> None:
    roots = {i.split(".")[0] for i in imports(MODULES[name], top_level_only=True)}
    assert not roots & HEAVY


def test_no_import_circle_of_files() -> None:
    TopologicalSorter(graph()).prepare()


@pytest.mark.parametrize(("package", "order"), [("harness", HARNESS), ("leaderboard_site", SITE)])
def test_rooms_import_from_lower_ones_alone(package: str, order: tuple[str, ...]) -> None:
    """So no circle of rooms either, also where the import stands in a function."""
    height = {name: place for place, name in enumerate(order)}
    assert len(height) == len(order)
    own = {name for name in MODULES if name.startswith(f"{package}.")}
    assert {room(name) for name in own} <= height.keys(), "a room has no place in the order"
    upwards = [
        f"{name} imports {other}"
        for name in sorted(own)
        for other in sorted(graph()[name])
        if other in own and height[room(other)] > height[room(name)]
    ]
    assert not upwards


def test_the_order_names_no_room_that_is_gone() -> None:
    for package, order in (("harness", HARNESS), ("leaderboard_site", SITE)):
        rooms = {room(name) for name in MODULES if name.startswith(f"{package}.")}
        assert set(order) == rooms


def test_the_engine_is_imported_by_the_command_line_and_the_face_alone() -> None:
    allowed = ("harness.engine", "harness.cli", "harness.face")
    found = [name for name in MODULES if not name.startswith(allowed) and engine(graph()[name])]
    assert not found


def test_the_harness_has_few_rooms_on_few_floors() -> None:
    """At most 26 rooms at its root and ten floors of folders, one standing on another."""
    own = {name for name in MODULES if name.startswith("harness.")}
    arrows = {(room(name), room(other)) for name in own for other in graph()[name] if other in own}
    assert len({room(name) for name in own}) <= 26
    rooms = {name for name in HARNESS if (ROOT / "harness" / name).is_dir()}
    floor: dict[str, int] = {}
    for name in HARNESS:
        below = [floor[b] for a, b in arrows if a == name and b != name and b in floor]
        floor[name] = max(below, default=0) + (name in rooms)
    assert max(floor.values()) <= 10


def test_only_the_engine_and_adapters_touch_weights() -> None:
    """Right of the predictions nothing reaches the engine or an adapter's module."""
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
            waiting.extend(graph()[name])
    assert not {m for m in seen if m.startswith(("harness.adapters", "harness.engine.run"))}


def test_arrow_is_not_asked_to_convert_by_itself() -> None:
    """Its own way to NumPy imports pandas; :func:`harness.tasks.arrow.as_numpy` does not."""
    for name, path in MODULES.items():
        calls = [n.attr for n in ast.walk(tree_of(path)) if isinstance(n, ast.Attribute)]
        assert "to_numpy" not in calls, name


# What a process has loaded in the end.

RUN = """
import contextlib, io, sys
bare = set(sys.modules)
with contextlib.redirect_stdout(io.StringIO()):
    from harness.cli import run
    code = run(sys.argv[1:]) if sys.argv[1:] else 0
    {more}
print(code)
print(*sorted(set(sys.modules) - bare))
"""

SUBMISSION = "submissions/marginbench__laplacian-variance"
NEVER = ("torch", "datasets", "sklearn", "ir_datasets", "pandas")


def loaded(*arguments: str, more: str = "") -> set[str]:
    """Modules that a command of its own process loads beyond a bare interpreter's."""
    done = subprocess.run(
        [sys.executable, "-c", RUN.format(more=more), *arguments],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    code, _, names = done.stdout.partition("\n")
    assert code == "0", done.stderr
    return set(names.split())


def heavy(names: set[str]) -> set[str]:
    return {name for name in names if name.split(".")[0] in NEVER}


def engine(names: set[str]) -> set[str]:
    return {name for name in names if name.startswith("harness.engine")}


@pytest.mark.parametrize(
    "arguments",
    [
        ("--help",),
        ("doctor", "--help"),
        ("check-adapter", "--help"),
        ("new-adapter", "--help"),
        ("list",),
        ("list", "tasks"),
        ("list", "metrics"),
        ("show", ".github/baseline"),
        ("compare", ".github/baseline", ".github/baseline"),
        ("validate", SUBMISSION),
    ],
    ids=" ".join,
)
def test_commands_load_no_engine_and_no_heavy_package(arguments: tuple[str, ...]) -> None:
    if arguments[0] == "validate":
        pytest.importorskip("skimage", reason="the data of its task")
    names = loaded(*arguments)
    assert not engine(names)
    assert not heavy(names)


def test_a_site_is_built_without_the_engine(tmp_path: Path) -> None:
    pytest.importorskip("jinja2")
    pytest.importorskip("vl_convert")
    names = loaded("site", "--submissions", "submissions", "--out", str(tmp_path / "site"))
    assert not engine(names)
    assert not heavy(names)


@pytest.mark.parametrize(
    "module",
    [
        *("harness.submission.validate", "harness.submission.pack", "harness.records.rescore"),
        *("harness.compare.comparison", "harness.records", "leaderboard_site.build"),
    ],
)
def test_importing_what_lies_right_of_the_predictions_loads_no_engine(module: str) -> None:
    if module == "leaderboard_site.build":
        pytest.importorskip("jinja2")
    names = loaded(more=f"import {module}")
    assert not engine(names)
    assert not heavy(names)


def test_the_first_words_of_the_program_cost_little_more_than_click() -> None:
    """Counted in modules, which no machine's mood moves: help adds a handful of our own."""
    code = "import sys; b = set(sys.modules); import click; print(*sorted(set(sys.modules) - b))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    alone = set(done.stdout.split())
    assert len(loaded("--help") - alone) <= 30
    assert len(loaded("list") - alone) <= 250


# Who knows a suite by its name.

SUITES = ("reranking", "detection", "consistency", "image-quality", "image_quality")
COMMON = ("flips", "preference")
"""Negative flips are the project's own noun, and anything may have a preference: only as a task id
or alone in quotes is it a suite."""

MAY: dict[str, str] = {
    "harness/registry.py": "names the built-in suites",
    "harness/records/migrations.py": "what records of earlier schemas called their parts",
    "harness/compare/reports/json.py: flips": "negative flips, a field of the report",
    "harness/compare/reports/slices.py: flips": "the same, of a slice",
    "leaderboard_site/scripts/50-compare.js: flips": "the column of negative flips",
    "leaderboard_site/templates/_pairs.html.j2: flips": "the column of negative flips",
    "harness/compare/boards/annotations.py: preference": "the key of AlpacaEval's files",
    "leaderboard_site/comparing/paired.py: flips": "a field of what is kept of two revisions",
}
"""File, or ``file: name`` -> why a suite's name may stand there."""


def words_in(identifier: str) -> str:
    """An identifier as ``_words_in_small_letters_``."""
    parts = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", identifier)
    return "_" + "_".join(part.lower() for part in parts) + "_"


def in_identifier(identifier: str) -> set[str]:
    told = words_in(identifier)
    return {name for name in SUITES if f"_{name.replace('-', '_')}_" in told}


def in_text(text: str) -> set[str]:
    found = {name for name in SUITES if re.search(rf"(?<![\w-]){name}(?![\w-])", text)}
    for name in COMMON:
        if text == name or re.search(rf"(?<![\w-]){name}/\w", text):
            found.add(name)
    return found


def docstrings(tree: ast.Module) -> set[int]:
    """Strings that stand alone: they are not run."""
    return {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }


def identifiers(node: ast.AST) -> list[str]:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name):
            return [name]
        case ast.keyword(arg=str(name)):
            return [name]
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            return [name]
        case ast.ImportFrom(module=str(module), names=names):
            return [*module.split("."), *(alias.name for alias in names)]
    return []


def suites_in_python(path: Path) -> Iterator[tuple[int, str]]:
    tree = tree_of(path)
    idle = docstrings(tree)
    for node in ast.walk(tree):
        line = getattr(node, "lineno", 0)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in idle:
            yield from ((line, name) for name in in_text(node.value))
        for identifier in identifiers(node):
            yield from ((line, name) for name in in_identifier(identifier))


def suites_in_text(path: Path) -> Iterator[tuple[int, str]]:
    """Templates, scripts, styles: every word counts, also as a class or an id."""
    text = re.sub(r"{#.*?#}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    for line, content in enumerate(text.splitlines(), 1):
        for word in re.findall(r"[\w-]+", content):
            yield from ((line, name) for name in in_identifier(word.replace("-", "_")))
        for quoted in re.findall(r"[\"'`>]([^\"'`<>]*)[\"'`<]", content):
            yield from ((line, name) for name in in_text(quoted) & set(COMMON))


def test_no_suite_is_known_by_name_outside_its_folder() -> None:
    """A suite hands over plain data; whatever shows it draws kinds, not suites."""
    found = set()
    for package in set(PACKAGES) - {"suites"}:
        for path in sorted((ROOT / package).rglob("*")):
            if path.suffix not in (".py", ".j2", ".js", ".css"):
                continue
            where = path.relative_to(ROOT).as_posix()
            reader = suites_in_python if path.suffix == ".py" else suites_in_text
            for line, name in reader(path):
                if where not in MAY and f"{where}: {name}" not in MAY:
                    found.add(f"{where}:{line}: {name}")
    assert not found, "\n".join(["", *sorted(found)])


def test_what_a_kind_of_answer_brings_is_named_by_models_alone() -> None:
    """Its capabilities and its column are in the registry, and nothing in the harness asks for it
    by name; a suite of somebody else brings its own kind as these are brought."""
    kinds = {kind for kind in ANSWERS if ANSWERS[kind].startswith("suites.")}
    assert kinds == {"verdict", "likelihood", "match"}
    own = [path for name, path in MODULES.items() if not name.startswith("suites.preference")]
    for path in own:
        where = path.relative_to(ROOT).as_posix()
        strings = {
            node.value
            for node in ast.walk(tree_of(path))
            if isinstance(node, ast.Constant) and id(node) not in docstrings(tree_of(path))
        }
        if where != "harness/registry.py" and not where.startswith("harness/adapters/"):
            assert not strings & BROUGHT.keys(), where
        if where.startswith(("harness/engine", "harness/predictions/answers", "harness/records")):
            assert not strings & kinds, where


def test_every_exception_is_used() -> None:
    for place in MAY:
        where, _, name = place.partition(": ")
        reader = suites_in_python if where.endswith(".py") else suites_in_text
        names = {found for _, found in reader(ROOT / where)}
        assert name in names if name else names, place
