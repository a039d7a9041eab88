"""Functions of the installed, pinned networkx, read as text: data of several embedded tasks.

The package is never imported, and nothing of it is copied here. A function's query is the first
paragraph of its docstring, its document the source without docstring and comments, with its own
name replaced by ``f``.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections import Counter
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import NamedTuple

from harness.environment import install
from harness.errors import UsageError

VERSION = "3.4.2"
QUERY_LENGTHS = range(20, 301)
SHORTEST_DOCUMENT = 120


class Function(NamedTuple):
    """A function of the package: its module file, dotted name, query and document."""

    module: str
    name: str
    query: str
    document: str

    @property
    def query_id(self) -> str:
        """Such as ``networkx.classes.graph.Graph.add_node``."""
        return f"{self.module.removesuffix('.py').replace('/', '.')}.{self.name}"

    @property
    def document_id(self) -> str:
        """Such as ``networkx/classes/graph.py:Graph.add_node``."""
        return f"{self.module}:{self.name}"


def functions(package: Path) -> list[Function]:
    """Every function that could serve, in order of file and line.

    Tests are skipped, and so are functions inside functions, whose source would be part of
    another document. Functions that share a query or a document are all left out.
    """
    found = [
        function
        for path in sorted(package.rglob("*.py"), key=lambda path: path.as_posix())
        if "tests" not in path.relative_to(package).parts
        for function in _functions_of(path, path.relative_to(package.parent).as_posix())
    ]
    queries = Counter(function.query for function in found)
    documents = Counter(function.document for function in found)
    return [f for f in found if queries[f.query] == 1 and documents[f.document] == 1]


def _functions_of(path: Path, module: str) -> Iterator[Function]:
    source = path.read_text(encoding="utf-8")
    lines = source.split("\n")
    for name, node in _definitions(ast.parse(source), ""):
        query = _first_paragraph(node)
        if len(query) in QUERY_LENGTHS:
            document = _document(node, lines)
            if len(document) >= SHORTEST_DOCUMENT:
                yield Function(module, name, query, document)


def _definitions(
    parent: ast.Module | ast.ClassDef, prefix: str
) -> Iterator[tuple[str, ast.FunctionDef]]:
    for node in parent.body:
        if isinstance(node, ast.ClassDef):
            yield from _definitions(node, f"{prefix}{node.name}.")
        elif isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield f"{prefix}{node.name}", node


def _first_paragraph(node: ast.FunctionDef) -> str:
    text = ast.get_docstring(node) or ""
    return " ".join(re.split(r"\n\s*\n", text, maxsplit=1)[0].split())


def _document(node: ast.FunctionDef, lines: list[str]) -> str:
    docstring = node.body[0]
    first, last = docstring.lineno, docstring.end_lineno or docstring.lineno
    if lines[first - 1][: docstring.col_offset].strip():
        return ""  # the docstring shares its line with code
    numbers = range(node.lineno, (node.end_lineno or node.lineno) + 1)
    # The source lines themselves, not ast.unparse(): its text changes with Python's version.
    kept = [lines[n - 1][node.col_offset :].rstrip() for n in numbers if not first <= n <= last]
    text = "\n".join(_without_comments(kept))
    return re.sub(rf"\b{re.escape(node.name)}\b", "f", text).strip()


def _without_comments(lines: list[str]) -> list[str]:
    # Comments echo docstrings. A line that held nothing but a comment goes away.
    if not any("#" in line for line in lines):
        return lines
    cut: dict[int, str] = {}
    for token in tokenize.generate_tokens(io.StringIO("\n".join(lines)).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            cut[row - 1] = lines[row - 1][:column].rstrip()
    return [cut.get(n, line) for n, line in enumerate(lines) if cut.get(n, "code")]


def package_folder() -> Path:
    """Where the installed package lies; :class:`UsageError` when it is missing or another one."""
    try:
        package = distribution("networkx")
    except PackageNotFoundError:
        raise UsageError(
            "this task is made from networkx, which is missing", fix=f"Run: {install('quickstart')}"
        ) from None
    if package.version != VERSION:
        raise UsageError(
            f"this task is made from networkx {VERSION}, but {package.version} is installed",
            fix=f"Run: {install('quickstart')}",
        )
    folder = Path(str(package.locate_file("networkx")))
    if not folder.is_dir():
        raise UsageError(
            f"networkx {VERSION} has no files at {folder}",
            fix=f"Run: {install('quickstart')}",
        )
    return folder
