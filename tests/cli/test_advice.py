"""What an error proposes can be typed: an option that the command at hand has."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import click
import pytest

from harness.cli import application
from harness.cli.advice import advised, fitting
from harness.cli.reference import commands
from harness.errors import UsageError

ROOT = Path(__file__).parents[2]
OPTION = r"(?<![\w-])--[a-z][a-z-]*[a-z]"
OF_OTHERS = {
    "--force-reinstall", "--no-deps", "--array", "--upgrade", "--head", "--object-store-memory",
    "--name-only", "--no-renames",
}  # fmt: skip
"""Options of pip, Slurm, Ray, git and a module of ours, which stand behind their program's name."""


def options(command: click.Command) -> set[str]:
    return {name for one in command.params for name in (*one.opts, *one.secondary_opts)}


ALL = set().union(*(options(command) for _, command in commands()))


@cache
def proposed() -> list[tuple[str, str]]:
    """Where, and text, of every ``fix=`` in the code that names an option, constants included."""
    found = []
    for room in ("harness", "suites", "leaderboard_site"):
        for path in sorted((ROOT / room).rglob("*.py")):
            module = ast.parse(path.read_text(encoding="utf-8"))
            named = {
                target.id: node.value
                for node in module.body
                if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
                for target in node.targets
                if isinstance(target, ast.Name)
            }
            for node in ast.walk(module):
                if isinstance(node, ast.keyword) and node.arg == "fix":
                    said = [node.value]
                    for n in ast.walk(node.value):
                        if isinstance(n, ast.Name) and n.id in named:
                            said.append(named[n.id])
                    texts = [
                        n.value
                        for value in said
                        for n in ast.walk(value)
                        if isinstance(n, ast.Constant)
                    ]
                    text = " ".join(text for text in texts if isinstance(text, str))
                    if "--" in text:
                        found.append((f"{path}:{node.value.lineno}", text))
    return found


def test_every_option_that_is_proposed_is_one_of_some_command() -> None:
    found = proposed()
    assert len(found) > 100
    for where, text in found:
        for word in re.findall(OPTION, text):
            assert word in ALL | OF_OTHERS, f"{where} proposes {word}"


@pytest.mark.parametrize("name", [name for name, _ in commands()])
def test_no_command_proposes_what_it_lacks(name: str) -> None:
    known = options(dict(commands())[name])
    for where, text in proposed():
        shown = fitting(text, known)
        before = re.split(
            r"\b(?:marginbench|pip|python|sbatch|hf|onnx|git)\b|'ray |\bRun: ", shown
        )[0]
        lacking = set(re.findall(OPTION, before)) - known
        assert not lacking, f"{where} would propose {lacking} to {name}: {shown}"


@pytest.mark.parametrize(
    ("fix", "known", "shown"),
    [
        ("Choose another folder with --out", {"--out"}, "Choose another folder with --out"),
        ("Choose another folder with --out", {"--to"}, "Choose another folder"),
        ("Use --device cpu", {"--out"}, ""),
        ("Wait, or choose another with --out", set(), "Wait, or choose another"),
        ("Give --data DIR; or leave it out", {"--out"}, "or leave it out"),
        ("Run: pip install --no-deps x", {"--out"}, "Run: pip install --no-deps x"),
        ("Type: marginbench evaluate --limit 3", {"--out"}, "Type: marginbench evaluate --limit 3"),
        ("Say it: --option a=b", {"--option"}, "Say it: --option a=b"),
        ("Type 'ray start --head', or wait", {"--out"}, "Type 'ray start --head', or wait"),
        ("Add --engine ray, or leave it", {"--out"}, "leave it"),
    ],
)  # fmt: skip
def test_only_what_cannot_be_typed_is_cut(fix: str, known: set[str], shown: str) -> None:
    assert fitting(fix, known) == shown


def test_the_command_that_was_called_counts() -> None:
    error = UsageError("cannot write x", fix="Choose another folder with --out")
    for words, said in (
        (["validate", "submissions"], "cannot write x. Choose another folder"),
        (["baseline", "update", "runs", "--to", "x"], "cannot write x. Choose another folder"),
        (["evaluate", "--model", "bm25"], "cannot write x. Choose another folder with --out"),
        (["no-such"], "cannot write x. Choose another folder with --out"),
        ([], "cannot write x. Choose another folder with --out"),
    ):
        assert advised(error, application, words) == said
