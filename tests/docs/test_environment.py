"""What the pages say of variables, caches, names and pins is what the code has."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from harness.cli.commands.cache import elsewhere
from harness.face import reference
from harness.tasks.cache import ENTRY

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "environment.md").read_text(encoding="utf-8")
SOURCES = [
    path
    for folder in ("harness", "suites", "leaderboard_site", "marginbench", "benchmarks", "tests",
                   ".ci", ".github", "docs/book")
    for path in (ROOT / folder).rglob("*")
    if ".environments" not in path.parts  # of others, made by benchmarks
    and path.is_file()
    and (path.suffix in (".py", ".yml", ".sh") or path.parent.name == ".ci")
]  # fmt: skip
NAME = re.compile(r"\bMARGINBENCH_[A-Z0-9_]*[A-Z0-9]\b")


def test_every_variable_of_the_program_is_on_the_page_and_no_other() -> None:
    used = {name for path in SOURCES for name in NAME.findall(path.read_text(encoding="utf-8"))}
    assert {"MARGINBENCH_CACHE", "MARGINBENCH_API_KEY"} <= used
    assert set(NAME.findall(PAGE)) == used


def test_a_variable_of_the_tests_is_read_by_no_part_of_the_program() -> None:
    program, _, tests = PAGE.partition("## Variables of the tests")
    ours = {
        name
        for path in SOURCES
        if path.relative_to(ROOT).parts[0] in ("harness", "suites", "leaderboard_site")
        for name in NAME.findall(path.read_text(encoding="utf-8"))
    }
    assert ours == set(NAME.findall(program))
    assert not ours & set(NAME.findall(tests))


def test_caches_of_others_are_those_that_the_command_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("IR_DATASETS_HOME", "HF_HOME", "TORCH_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for path in elsewhere().values():
        assert f"`~/{path.relative_to(Path.home()).as_posix()}`" in PAGE


def test_entries_of_the_cache_that_the_page_names_are_entries() -> None:
    for shown in re.findall(r"`([\w-]+-\*\.\w+|files/\*)`", PAGE):
        assert ENTRY.fullmatch(shown.replace("*", "0" * 64)), shown


def test_the_page_of_python_names_is_up_to_date() -> None:
    """Print it with ``python -m harness.face.reference > docs/api.md``."""
    assert (ROOT / "docs" / "api.md").read_text(encoding="utf-8") == reference.render()


def test_every_public_name_has_a_docstring_and_a_section() -> None:
    import marginbench

    page = reference.render()
    for name in marginbench.__all__:
        if name != "__version__":
            assert f"\n### {name}\n" in page
            assert (getattr(marginbench, name).__doc__ or "").strip(), name


def test_the_pin_that_is_shown_is_a_pin() -> None:
    page = (ROOT / "docs" / "add-a-task.md").read_text(encoding="utf-8")
    found = re.search(r"^```json\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    assert found is not None
    shown = json.loads(found[1])
    pins = json.loads((ROOT / "suites/reranking/pins/folders.json").read_text(encoding="utf-8"))
    whole = next(pin for pin in pins if pin["id"] == shown["id"])
    assert shown.items() <= whole.items()


def test_exit_statuses_are_those_of_the_program() -> None:
    from harness.cli import CLOSED, FAULT, INTERRUPTED, USAGE
    from harness.errors import IncompleteError, InvalidError, UsageError

    page = (ROOT / "docs" / "faq.md").read_text(encoding="utf-8")
    rows = [row for row in page.splitlines() if re.match(r"\| \d", row)]
    told = {int(number) for row in rows for number in re.findall(r"\d+", row.split("|")[1])}
    errors = {error.exit_code for error in (IncompleteError, InvalidError, UsageError)}
    assert told == {0, USAGE, FAULT, INTERRUPTED, CLOSED, *errors}
