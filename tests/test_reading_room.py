"""Files of others are opened in one room: nobody else takes a table, an archive or JSON apart."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROOM = "harness/tasks/reading/"
PARSERS = {
    "csv": {"reader", "DictReader", "open_csv", "read_csv", "Sniffer"},
    "json": {"load", "loads", "JSONDecoder"},
    "np": {"load", "loadtxt", "genfromtxt", "fromfile"},
    "pickle": {"load", "loads"},
    "gzip": {"open", "decompress", "GzipFile"},
    "bz2": {"open", "decompress", "BZ2File"},
    "lzma": {"open", "decompress", "LZMAFile"},
    "zipfile": {"ZipFile"},
    "pd": {"read_csv", "read_table", "read_json", "read_parquet", "read_excel", "read_pickle"},
    "pq": {"read_table", "ParquetFile"},
}
BARE = {"loadmat", "whosmat", "load_workbook", "open_csv", "literal_eval"}

OWN = "a file of ours, checked as that"
CHECKPOINT = "a file of a checkpoint, which its adapter knows"
PROCESS = "what a process of ours says"
PINNED = "a file whose digest is pinned"
MAY = {
    "harness/adapters/options.py": "a value that was typed",
    "harness/adapters/pyiqa_metric.py": "a table in the source of a package, which is not run",
    "harness/adapters/support/doors/names.py": CHECKPOINT,
    "harness/adapters/support/own_code.py": "a round trip of a value",
    "harness/adapters/support/scribe.py": PROCESS,
    "harness/baselines/model_folder.py": OWN,
    "harness/engine/member.py": PROCESS,
    "harness/environment.py": "what the packaging tools say of an installed package",
    "harness/metrics/method_tables.py": OWN,
    "harness/records/record.py": OWN,
    "harness/runs/folder.py": OWN,
    "harness/strict_json.py": "the strict reading of files that strangers send",
    "harness/submission/catalogue/fingerprints.py": OWN,
    "harness/submission/confined/pool.py": PROCESS,
    "harness/submission/recompute/differences.py": "a round trip of a value",
    "harness/tasks/parquet.py": "the one place that opens Parquet",
    "leaderboard_site/comparing/paired.py": OWN,
    "leaderboard_site/downloads/json.py": OWN,
    "leaderboard_site/making/cache.py": OWN,
    "suites/flips/wheel_files.py": PINNED,
    "suites/consistency/omniglot.py": "an archive of pictures, of which one is read at a time",
    "suites/consistency/sets.py": "annotations of Stanford Cars, a struct with a layout of its own",
    "suites/detection/embedded/generate.py": OWN,
    "suites/detection/embedded/pairs.py": PINNED,
    "suites/detection/layouts.py": "a cell that holds a written-out list",
    "suites/flips/digits.py": PINNED,
    "suites/pins.py": OWN,
    "suites/reranking/cache.py": OWN,
    "suites/preference/docstrings.py": OWN,
    "suites/reranking/networkx_code.py": OWN,
}
"""Who else takes files apart, and whose they are."""


def parsers_in(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            name = {"numpy": "np", "pandas": "pd", "arrow_csv": "csv"}.get(
                node.value.id, node.value.id
            )
            if node.attr in PARSERS.get(name, ()) or node.attr in BARE:
                yield f"{path.relative_to(ROOT)}:{node.lineno}: {node.value.id}.{node.attr}"
        elif (
            isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in BARE
        ):
            yield f"{path.relative_to(ROOT)}:{node.lineno}: {node.func.id}"


def everywhere() -> dict[str, list[str]]:
    found = {}
    for package in ("harness", "suites", "leaderboard_site", "marginbench"):
        for path in sorted((ROOT / package).rglob("*.py")):
            found[path.relative_to(ROOT).as_posix()] = list(parsers_in(path))
    return found


def test_files_of_others_are_taken_apart_in_one_room() -> None:
    strays = [
        line
        for name, lines in everywhere().items()
        for line in lines
        if not name.startswith(ROOM) and name not in MAY
    ]
    assert not strays, "\n".join(["read it with harness/tasks/reading:", *strays])


def test_every_exception_is_used() -> None:
    found = everywhere()
    assert not [name for name in MAY if not found.get(name)]


def test_the_room_leans_on_nothing_above_it() -> None:
    """So whoever reads tables loads neither a suite nor an adapter."""
    allowed = ("harness.errors", "harness.files", "harness.strict_json", "harness.tasks.")
    for path in sorted((ROOT / ROOM).glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = [n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)]
        ours = [name for name in names if name.startswith(("harness", "suites", "leaderboard"))]
        assert all(name.startswith(allowed) for name in ours), path.name
