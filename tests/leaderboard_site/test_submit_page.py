"""The page on submitting names every rule and only commands that there are."""

from __future__ import annotations

import re

import click
import pytest

from harness.cli import application as main
from harness.submission.rules.book import RULES
from leaderboard_site.pages.submit import NOT_FOUND, PAGE, submit_files
from tests.leaderboard_site.submission_samples import Page, render


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return submit_files(render)


def test_every_rule_is_listed_once_in_order(files: dict[str, bytes]) -> None:
    page = Page(files[PAGE])
    shown = [row for row in page.rows if len(row) == 2][1:]
    assert [tuple(row) for row in shown] == [(rule.id, rule.asks) for rule in RULES]
    assert [a["id"] for a in page.named("th") if a.get("id")] == [f"rule-{r.id}" for r in RULES]


def test_every_command_and_option_exists(files: dict[str, bytes]) -> None:
    text = files[PAGE].decode()
    lines = re.findall(r"marginbench (\w+)([^<\n]*)", text)
    assert {name for name, _ in lines} >= {"evaluate", "submit", "validate"}
    context = click.Context(main)
    for name, rest in lines:
        command = main.get_command(context, name)
        assert command is not None, name
        known = {option for parameter in command.params for option in parameter.opts}
        assert set(re.findall(r"--[a-z-]+", rest)) <= known
    submit = main.get_command(context, "submit")
    assert submit is not None
    known = {option for parameter in submit.params for option in parameter.opts}
    assert {"--predecessor", "--trained-on", "--larger"} <= known


def test_limits_are_those_of_the_rules(files: dict[str, bytes]) -> None:
    text = Page(files[PAGE]).text
    asks = " ".join(rule.asks for rule in RULES)
    for size in re.findall(r"(\d+ MiB)", text):
        assert size in asks
    assert "8 MiB" in text


def test_what_leads_nowhere_says_so_from_the_root(files: dict[str, bytes]) -> None:
    page = Page(files[NOT_FOUND])
    assert "No such page" in page.text
    assert {"index.html", "history/index.html"} <= set(page.links)
    assert not any(link.startswith("../") for link in page.links)
