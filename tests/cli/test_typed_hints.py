"""Every command that a message tells to type can be typed: it exists, and so do its options.

The messages are collected from the source: every text of every package that is no docstring. What
an f-string fills in is unknown there and read as ``X``.
"""

from __future__ import annotations

import ast
import re
import shlex
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import click
import pytest

from harness.adapters import adapters
from harness.cli import COMMANDS
from harness.exchange.formats import FORMATS

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("harness", "suites", "leaderboard_site")
COMMAND = re.compile(r"(?P<colon>: )?['`]?marginbench (?P<words>[a-z][^\n;`']*)")
ENDS = re.compile(r"(?:,|\.(?= |$)|\)| and | or | which | with | writes | wrote | says ).*")
OURS = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
OF_OTHERS = {
    "--no-deps", "--force-reinstall", "--upgrade", "--array", "--head", "--object-store-memory",
}  # fmt: skip
"""Options of pip and of sbatch."""

PATHS = {"X", "RUN", "RUN_DIR", "MODEL_DIR", "BASELINE", "CANDIDATE", "PATH", "DIR", "FILE",
         "FOLDER_OF_RUNS"}  # fmt: skip
"""Words that stand for a file or folder of the reader's."""


FILLED = {"ID": "flips/digits"}


class Text(NamedTuple):
    """A text of the source and where it is."""

    where: str
    said: str


def spoken(node: ast.AST) -> str:
    """What a constant, an f-string or a sum of them says."""
    if isinstance(node, ast.Constant):
        return node.value.replace("{}", "X") if isinstance(node.value, str) else ""
    if isinstance(node, ast.JoinedStr):
        return "".join(
            spoken(part) if isinstance(part, ast.Constant) else "X" for part in node.values
        )
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return spoken(node.left) + spoken(node.right)
    return "X"


@cache
def texts_of(path: Path) -> tuple[Text, ...]:
    """The texts of one module without docstrings, each whole."""
    return tuple(_texts_of(path))


def _texts_of(path: Path) -> Iterator[Text]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    skipped: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            skipped.add(id(node.value))  # a docstring, or a text that documents a constant
        if id(node) in skipped or not isinstance(node, (ast.Constant, ast.JoinedStr, ast.BinOp)):
            continue
        skipped |= {id(part) for part in ast.walk(node)}
        yield Text(f"{path.relative_to(ROOT)}:{node.lineno}", spoken(node))


def paths() -> Iterator[Path]:
    return (path for name in PACKAGES for path in sorted((ROOT / name).rglob("*.py")))


@cache
def texts() -> tuple[Text, ...]:
    """Those of all packages."""
    return tuple(text for path in paths() for text in texts_of(path))


def texts_with(word: str) -> Iterator[Text]:
    """Those of the modules that hold a word: every process that collects tests asks for them."""
    holding = (path for path in paths() if word in path.read_text(encoding="utf-8"))
    return (text for path in holding for text in texts_of(path))


@cache
def command_of(words: tuple[str, ...]) -> tuple[click.Command, tuple[str, ...]]:
    """The command that the words begin with, and the words behind it."""
    found = import_module(f"harness.cli.commands.{words[0].replace('-', '_')}").command
    rest = words[1:]
    while isinstance(found, click.Group) and rest:
        found, rest = found.commands[rest[0]], rest[1:]
    return found, rest


def options_of(command: click.Command) -> set[str]:
    named = (name for one in command.params for name in (*one.opts, *one.secondary_opts))
    return {*named, "--help"}


@cache
def every_option() -> frozenset[str]:
    """Options of all commands and of their subcommands."""
    found = {"--version"}
    for name in COMMANDS:
        command, _ = command_of((name,))
        below = command.commands.values() if isinstance(command, click.Group) else ()
        found |= {option for one in (command, *below) for option in options_of(one)}
    return frozenset(found)


class Hint(NamedTuple):
    """A command in a message. ``whole``: it stands behind a colon, to be typed as it is."""

    where: str
    words: tuple[str, ...]
    whole: bool


@cache
def hints() -> tuple[Hint, ...]:
    found = []
    for text in texts_with("marginbench"):
        for match in COMMAND.finditer(text.said):
            words = tuple(ENDS.sub("", match["words"]).split())
            if words[0] in COMMANDS:
                found.append(Hint(text.where, words, match["colon"] is not None))
    return tuple(found)


def test_many_are_found() -> None:
    assert len(hints()) >= 30
    assert sum(hint.whole for hint in hints()) >= 15
    assert {hint.words[0] for hint in hints()} >= {"score", "compare", "baseline", "validate"}


@pytest.mark.parametrize("hint", hints(), ids=lambda hint: f"{hint.where} {hint.words[0]}")
def test_a_command_can_be_typed(hint: Hint, tmp_path: Path) -> None:
    command, rest = command_of(hint.words)
    named = {word.partition("=")[0] for word in rest if OURS.match(word)}
    assert named <= options_of(command), hint
    if hint.whole:
        there = tmp_path / "there"
        there.mkdir()
        typed = [FILLED.get(word, str(there) if word in PATHS else word) for word in rest]
        if "--model" in typed and command.name == "train-baseline":
            typed[typed.index("--model") + 1] = "pca"
        with command.make_context(command.name or "", typed):
            pass


def test_options_that_messages_name_are_there() -> None:
    known = every_option() | OF_OTHERS
    told = {
        (text.where, option)
        for text in texts()
        for option in OURS.findall(text.said)
        if " " in text.said and "git" not in text.said
    }
    assert len(told) > 80
    assert {(where, option) for where, option in told if option not in known} == set()


def test_options_of_adapters_that_messages_name_are_there() -> None:
    known = {name for adapter in adapters().names() for name in adapters().get(adapter).options}
    known |= {name for one in FORMATS.values() for name in one.load().options}  # of export
    said = re.compile(r"--option ([A-Za-z_]+)(?:=|\b)")
    told = {(text.where, name) for text in texts() for name in said.findall(text.said)}
    told = {(where, name) for where, name in told if name not in ("name", "X", "NAME", "that")}
    assert len(told) > 15
    assert {(where, name) for where, name in told if name not in known} == set()


def test_adapters_that_messages_name_are_there() -> None:
    known = {*adapters().names(), *COMMANDS}
    said = re.compile(r"--model ([a-z][a-z0-9-]*)(?![a-z0-9-]*[./])")
    told = {(text.where, name) for text in texts() for name in said.findall(text.said)}
    learned = {"pca", "fisherface", "logistic-regression", "svc", "random-forest", "tfidf"}
    assert len(told) >= 7
    assert {(where, name) for where, name in told if name not in known | learned} == set()


def test_extras_that_messages_install_are_there() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    source = "".join(path.read_text() for name in PACKAGES for path in (ROOT / name).rglob("*.py"))
    told = set(re.findall(r"""\binstall\(["']([a-z]+)["']\)""", source))
    assert told >= {"quickstart", "torch", "site", "datasets", "frames"}
    assert told <= set(project["optional-dependencies"])
    assert "pip install 'marginbench[" not in source  # it may be on no index
    needed = {adapters().get(name).extra for name in adapters().names()} - {""}
    assert needed <= set(project["optional-dependencies"])


def test_what_is_installed_from_a_folder_is_added_to_from_there(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from harness import environment

    class Fake:
        def __init__(self, said: str | None) -> None:
            self.said = said

        def read_text(self, name: str) -> str | None:
            return self.said

    folder = tmp_path / "a clone"
    for said, expected in (
        (None, "pip install 'marginbench[torch]'"),
        ("no json", "pip install 'marginbench[torch]'"),
        ('{"url": "https://x.org/a.whl", "archive_info": {}}', "pip install 'marginbench[torch]'"),
        (f'{{"url": "{folder.as_uri()}", "dir_info": {{"editable": true}}}}',
         f"pip install -e '{folder}[torch]'"),
        (f'{{"url": "{folder.as_uri()}", "dir_info": {{}}}}', f"pip install '{folder}[torch]'"),
        (f'{{"url": "{folder.as_uri()}/a.whl", "archive_info": {{}}}}',
         f"pip install '{folder}/a.whl[torch]'"),
    ):  # fmt: skip
        monkeypatch.setattr(environment, "distribution", lambda name, said=said: Fake(said))
        assert environment.install("torch") == expected
        newer = environment.upgrade()
        assert ("--upgrade marginbench" in newer) == ("'marginbench[" in expected)
        if "-e" in expected:
            assert newer.endswith(f"pip install -e '{folder}'")
        assert shlex.split(expected)[-1].endswith("[torch]")


def test_a_checkout_that_is_not_installed_is_added_to_from_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from importlib.metadata import PackageNotFoundError

    from harness import environment

    def absent(name: str) -> None:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(environment, "distribution", absent)
    assert environment.install("torch") == f"pip install -e {shlex.quote(f'{ROOT}[torch]')}"
