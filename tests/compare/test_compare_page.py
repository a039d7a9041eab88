"""The page on comparing holds what the command and the action take, no more and no less."""

from __future__ import annotations

import dataclasses
import re
import shlex
import tomllib
from pathlib import Path

import click
import pytest

from harness.cli import COMMANDS, application
from harness.compare.policy import Budget, read_policy
from harness.compare.verdicts import Verdict
from tests.compare.test_action import ACTION, ROOT

PAGE = (ROOT / "docs" / "compare.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def lines() -> list[str]:
    found = [line for block in blocks("bash") for line in block.splitlines()]
    return [line for line in found if line.startswith("marginbench ")]


def test_the_policy_shown_is_read_and_has_every_key(tmp_path: Path) -> None:
    text, _ = blocks("toml")
    path = tmp_path / "policy.toml"
    path.write_text(text, encoding="utf-8")
    policy = read_policy(path)
    assert policy.budget("flips/digits").max_nfr == 0.01
    assert policy.budget("detection/raid").max_nfr == pytest.approx(0.03)
    keys = [field.name for field in dataclasses.fields(Budget)]
    assert list(tomllib.loads(text)["default"]) == keys
    table = re.findall(r"^\| `(\w+)` \| `(--[a-z-]+)", PAGE, re.MULTILINE)
    # A table of metrics is no flag, and --by does not decide.
    assert table == [
        (key, "--" + key.replace("_", "-")) for key in keys if key not in ("metrics", "by")
    ]
    assert policy.default.own_drop("RMSE*") == 0.5


def test_what_green_means_stands_at_the_top_in_five_lines() -> None:
    head = PAGE.partition("```")[0].splitlines()
    assert [line[:2] for line in head if line[:1].isdigit()] == ["1.", "2.", "3.", "4.", "5."]
    for code in (0, 1, 2, 3, 70):
        assert f"\n| {code} | " in PAGE
    for verdict in Verdict:
        if verdict is not Verdict.INCOMPLETE:
            assert f"\n| {verdict.value} | " in PAGE


@pytest.mark.parametrize("line", lines())
def test_every_command_is_one(line: str) -> None:
    _, name, *arguments = shlex.split(line)
    context = click.Context(application)
    command = application.get_command(context, name)
    assert name in COMMANDS
    if isinstance(command, click.Group):
        command = command.get_command(context, arguments.pop(0))
    assert command is not None
    known = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in arguments if word.startswith("--")} <= known


def test_inputs_of_the_action_are_all_named() -> None:
    text = ACTION.read_text(encoding="utf-8")
    inputs = re.findall(r"^  ([a-z-]+):$", text.partition("\noutputs:")[0], re.MULTILINE)
    section = PAGE.partition("| input | meaning |")[2].partition("\n\n")[0]
    named = re.findall(
        r"`([a-z-]+)`", " ".join(row.split("|")[1] for row in section.splitlines()[2:])
    )
    assert sorted(named) == sorted(inputs)
    (example,) = blocks("yaml")
    used = re.findall(r"^          ([a-z-]+): ", example, re.MULTILINE)
    assert set(used) - {"persist-credentials", "python-version"} <= set(inputs)


def test_pins_of_the_example_are_those_in_use() -> None:
    workflow = (ROOT / ".github" / "workflows" / "regression.yml").read_text(encoding="utf-8")
    pins = re.findall(r"uses: (actions/\S+ # v\S+)", blocks("yaml")[0])
    assert len(pins) == 2
    assert all(pin in workflow for pin in pins)
