"""What a Python file declares, read from its syntax tree without running it."""

from __future__ import annotations

import ast
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scan:
    """Names and classes at the top level of a file.

    ``names``: everything bound there. ``declared``: the literal list ``CAPABILITIES``, if any.
    ``classes``: class -> its methods, those inherited within the file included. ``returns``:
    function -> classes of the file that it returns, by its annotation or its return statements.
    ``direction``: the literal string ``DIRECTION``, ``"higher"`` when the file has none.
    ``functions`` are those of the names that are functions, ``waiting`` those written ``async``.
    """

    names: frozenset[str]
    declared: frozenset[str]
    classes: dict[str, frozenset[str]]
    returns: dict[str, frozenset[str]]
    direction: str = "higher"
    functions: frozenset[str] = frozenset()
    waiting: frozenset[str] = frozenset()

    def methods_of(self, factory: str) -> frozenset[str]:
        """Methods of what ``factory`` (a function, or a class itself) gives.

        When it may give one of several classes, only what all of them have.
        """
        if factory in self.classes:
            return self.classes[factory]
        found = [self.classes[name] for name in sorted(self.returns.get(factory, frozenset()))]
        return frozenset.intersection(*found) if found else frozenset()


def scan_source(text: str) -> Scan:
    """Scan Python source; raises :class:`SyntaxError` or :class:`ValueError` if it is not that."""
    tree = ast.parse(text)
    classes = _classes(tree)
    functions = [n for n in tree.body if isinstance(n, ast.FunctionDef)]
    return Scan(
        names=frozenset(name for node in tree.body for name in _bound(node)),
        declared=_declared(tree),
        classes=classes,
        returns={f.name: frozenset(_returned(f)) & set(classes) for f in functions},
        direction=_direction(tree),
        functions=frozenset(function.name for function in functions),
        waiting=frozenset(n.name for n in tree.body if isinstance(n, ast.AsyncFunctionDef)),
    )


def _bound(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.Import | ast.ImportFrom):
        return [alias.asname or alias.name.partition(".")[0] for alias in node.names]
    if isinstance(node, ast.Assign):
        return [target.id for target in node.targets if isinstance(target, ast.Name)]
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
        return [node.target.id]
    return []


def _declared(tree: ast.Module) -> frozenset[str]:
    for node in tree.body:
        if isinstance(node, ast.Assign) and "CAPABILITIES" in _bound(node):
            constants = [n.value for n in ast.walk(node.value) if isinstance(n, ast.Constant)]
            return frozenset(value for value in constants if isinstance(value, str))
    return frozenset()


def _direction(tree: ast.Module) -> str:
    for node in tree.body:
        if isinstance(node, ast.Assign) and "DIRECTION" in _bound(node):
            return str(node.value.value) if isinstance(node.value, ast.Constant) else ""
    return "higher"


def _classes(tree: ast.Module) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for node in tree.body:  # a base class stands before the classes made from it
        if isinstance(node, ast.ClassDef):
            own = {name for statement in node.body for name in _bound(statement)}
            bases = [found.get(b.id, frozenset()) for b in node.bases if isinstance(b, ast.Name)]
            found[node.name] = frozenset(own).union(*bases)
    return found


def _returned(function: ast.FunctionDef) -> list[str]:
    names: list[str] = []
    variables: dict[str, str] = {}
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and (made := _called(node.value)):
            variables.update(dict.fromkeys(_bound(node), made))
    for node in ast.walk(function):
        if isinstance(node, ast.Return) and node.value is not None:
            value = node.value
            name = value.id if isinstance(value, ast.Name) else ""
            names.append(_called(value) or variables.get(name, ""))
    if isinstance(function.returns, ast.Name):
        names.append(function.returns.id)
    return names


def _called(value: ast.expr) -> str:
    """``Name`` of an expression ``Name(...)``, else an empty string."""
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name):
        return value.func.id
    return ""
