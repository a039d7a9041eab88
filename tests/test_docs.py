"""The documentation says what there is: commands, options, names, links, files."""

from __future__ import annotations

import ast
import re
import shlex
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path

import click
import pytest

from harness.cli import COMMANDS, application
from harness.cli.reference import commands, render

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted(
    path.relative_to(ROOT).as_posix()
    for path in (*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *ROOT.glob("benchmarks/*.md"))
)
PACKAGES = ("harness", "suites", "leaderboard_site")
OTHERS = {
    "--no-deps": "pip", "--force-reinstall": "pip", "--editable": "pip", "--cov": "pytest",
    "--set-upstream": "git", "--rounds": "the benchmarks", "--help": "every command",
    "--version": "marginbench itself", "--check": "ruff", "--upgrade": "pip",
    "--ignore-missing": "sha256sum", "--model-id": "servers", "--chat-template": "vllm serve",
    "--array": "sbatch", "--gres": "sbatch", "--cpus-per-task": "sbatch", "--requeue": "sbatch",
    "--job-name": "sbatch", "--parsable": "sbatch", "--dependency": "sbatch", "--wrap": "sbatch",
    "--hf": "vllm serve", "--reranking": "llama-server", "--embeddings": "llama-server",
    "--max-logprobs": "vllm serve",
    **dict.fromkeys(("--nodes", "--ntasks-per-node", "--gpus-per-task"), "sbatch"),
    **dict.fromkeys(("--address", "--min-nodes", "--num-cpus"), "ray symmetric-run"),
    "--head": "ray start", "--object-store-memory": "ray start",
    "--checkpoint": "benchmarks/ray_overhead.py",
    "--local": "benchmarks/scaling.py",
    "--sweep": "a benchmark",
    "--keep-going": "sphinx-build",
    **dict.fromkeys(("--output", "--log", "--tasks"), "lm-eval"), "--bm": "pyserini",
    "--name-only": "git", "--no-renames": "git", "--jq": "gh",
    **dict.fromkeys(("--short", "--repetitions", "--processes", "--render", "--missing",
                                  "--only"),
                    "benchmarks/coverage.py"),
}  # fmt: skip
"""Options of other programs, and of every command, that pages may name."""


READERS_OWN = (".github/workflows/model.yml", "benchmarks/.environments/mteb", "submissions/")
"""Files that a page tells its reader to make."""


@cache
def text_of(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


OPTIONS = {
    name: {word for one in command.params if isinstance(one, click.Option)
           for word in (*one.opts, *one.secondary_opts)}
    for name, command in commands()
}  # fmt: skip
EVERY_OPTION = set().union(*OPTIONS.values())


def code_of(page: str) -> Iterator[str]:
    """Every line of code on a page: of its blocks, continued lines as one, and inside lines."""
    blocks = re.split(r"^```.*$", text_of(page), flags=re.MULTILINE)
    for place, part in enumerate(blocks):
        if place % 2:
            yield from re.sub(r"\\\n\s*", " ", part).splitlines()
        else:
            yield from (" ".join(code.split()) for code in re.findall(r"`([^`]+)`", part))


def words_of(line: str) -> list[str]:
    try:
        return shlex.split(line, comments=True)
    except ValueError:  # prose in a code block
        return line.split()


def calls_of(page: str) -> Iterator[tuple[str, list[str]]]:
    """Every call of ``marginbench`` on a page: its command and the words behind it."""
    for line in code_of(page):
        words = words_of(line)
        for place, word in enumerate(words[:-1]):
            before = words[place - 1 : place]
            if word.rpartition("/")[2] == "marginbench" and before not in (["install"], ["import"]):
                end = next((i for i in range(place, len(words)) if words[i] in ("&&", "|", "||")),
                           len(words))  # fmt: skip
                yield words[place + 1], words[place + 2 : end]


def test_the_page_of_commands_is_up_to_date() -> None:
    """Print it with ``python -m harness.cli.reference > docs/commands.md``."""
    assert text_of("docs/commands.md") == render()


def test_every_page_is_linked_from_another() -> None:
    """A page that nothing leads to is found by nobody."""
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]
    linked = {
        target.rpartition("/")[2]
        for page in pages
        for target in re.findall(r"\]\(([^)#\s]+\.md)", page.read_text(encoding="utf-8"))
        if target.rpartition("/")[2] != page.name
    }
    assert not {path.name for path in (ROOT / "docs").glob("*.md")} - linked


def test_the_readme_says_what_every_extra_is_for() -> None:
    declared = tomllib.loads(text_of("pyproject.toml"))["project"]["optional-dependencies"]
    rows = [row for row in text_of("README.md").splitlines() if row.startswith("| ")]
    told = {
        name for row in rows for group in re.findall(r"\[([a-z,]+)\]", row)
        for name in group.split(",")
    }  # fmt: skip
    assert not declared.keys() - {"test", "dev"} - told


def test_every_command_is_listed_with_the_first_line_of_its_help() -> None:
    context = click.Context(application)
    for name, line in COMMANDS.items():
        command = application.get_command(context, name)
        assert command is not None
        assert (command.help or "").splitlines()[0] == line
    files = {path.stem for path in (ROOT / "harness" / "cli" / "commands").glob("*.py")}
    assert files - {"__init__", "pin"} == {name.replace("-", "_") for name in COMMANDS}


def test_every_option_says_what_it_does() -> None:
    for name, command in commands():
        for one in command.params:
            if isinstance(one, click.Option):
                assert one.help, (name, one.opts)


def test_readme_or_a_page_shows_every_command_at_work() -> None:
    shown = {
        command for page in PAGES if page != "docs/commands.md" for command, _ in calls_of(page)
    }
    assert set(COMMANDS) <= shown


@pytest.mark.parametrize("page", PAGES)
def test_commands_and_options_on_pages_exist(page: str) -> None:
    names = {name.split()[0] for name in OPTIONS}
    for command, words in calls_of(page):
        if command.startswith("-") or not re.fullmatch(r"[a-z-]+", command):
            continue  # the program alone, or COMMAND
        assert command in names, f"{page}: marginbench {command}"
        inner = f"{command} {words[0]}" if words else ""
        known = OPTIONS.get(command) or OPTIONS.get(inner) or EVERY_OPTION
        for word in words:
            option = word.partition("=")[0]
            if re.fullmatch(r"--[a-z][a-z-]*", option):
                assert option in known | {"--help"}, f"{page}: marginbench {command} {option}"


@pytest.mark.parametrize("page", PAGES)
def test_options_in_the_text_exist(page: str) -> None:
    for line in code_of(page):
        if "marginbench" in line:
            continue
        for option in re.findall(r"(?<![\w-])--[a-z][a-z-]*", line):
            assert option in EVERY_OPTION or option in OTHERS, f"{page}: {line}"


def test_the_index_names_every_page_and_the_readme_the_index() -> None:
    named = set(re.findall(r"\]\(([\w-]+\.md)\)", text_of("docs/README.md")))
    assert named | {"README.md"} == {path.name for path in (ROOT / "docs").glob("*.md")}
    assert "(docs/README.md)" in text_of("README.md")


def anchors(page: Path) -> set[str]:
    """Names of a page's headings, as GitHub makes them."""
    lines = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.S | re.M)
    found = set()
    for title in re.findall(r"^#+ (.+)$", lines, re.M):
        found.add(re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-"))
    return found


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", text_of(page)):
        if re.match(r"https?://|mailto:", target):
            continue
        path, _, fragment = target.partition("#")
        place = (ROOT / page).parent / path if path else ROOT / page
        assert place.exists(), f"{page}: {target}"
        if fragment:
            assert fragment in anchors(place), f"{page}: {target}"


@pytest.mark.parametrize("page", PAGES)
def test_files_that_pages_name_exist(page: str) -> None:
    roots = (*PACKAGES, "docs", "tests", "benchmarks", "submissions", ".github", ".ci")
    known = r"(?:{})/[\w.*/{{}}-]+".format("|".join(map(re.escape, roots)))
    for line in code_of(page):
        for path in re.findall(rf"(?<![\w./-]){known}", line):
            if re.search(r"/[A-Z_]+(?=[/.]|$)|[*{}]|__", path):
                continue  # a pattern, or a place that the reader fills in
            if path.startswith(READERS_OWN) and path != "submissions/status.toml":
                continue
            assert (ROOT / path.rstrip("/.")).exists(), f"{page}: {path}"


def resolves(name: str) -> bool:
    """Whether ``package.module.name`` is a module or something in one."""
    parts = name.split(".")
    for cut in range(len(parts), 0, -1):
        try:
            found = import_module(".".join(parts[:cut]))
        except ModuleNotFoundError:
            continue
        for part in parts[cut:]:
            if part in {
                *getattr(found, "__annotations__", {}),
                *getattr(found, "model_fields", {}),
            }:
                return True
            if not hasattr(found, part):
                return False
            found = getattr(found, part)
        return True
    return False


@pytest.mark.parametrize("page", PAGES)
def test_modules_that_pages_name_exist(page: str) -> None:
    for line in code_of(page):
        for name in re.findall(rf"(?<![\w./])(?:{'|'.join(PACKAGES)})(?:\.[A-Za-z_]\w*)+", line):
            if not name.endswith((".md", ".py")):
                assert resolves(name), f"{page}: {name}"


SOURCES = sorted(
    path.relative_to(ROOT).as_posix()
    for package in PACKAGES
    for path in (*(ROOT / package).rglob("*.py"), *(ROOT / package).rglob("*.j2"))
)


def test_what_docstrings_refer_to_exists() -> None:
    wrong = []
    for source in SOURCES:
        text = text_of(source)
        named = re.findall(r":(?:mod|class|func|data|attr|meth):`~?([\w.]+)`", text)
        named += re.findall(r"python -m ([\w.]+)", text)
        for name in named:
            if name.split(".")[0] in PACKAGES and not resolves(name):
                wrong.append(f"{source}: {name}")
    assert not wrong


def advice_of(source: str) -> Iterator[str]:
    """What a source tells people to type: ``fix=...`` of errors, code of templates."""
    if source.endswith(".j2"):
        yield from re.findall(r"<code>(.*?)</code>", text_of(source), re.DOTALL)
        return
    for node in ast.walk(ast.parse(text_of(source))):
        if isinstance(node, ast.keyword) and node.arg == "fix":
            parts = [n.value for n in ast.walk(node.value) if isinstance(n, ast.Constant)]
            yield "".join(part for part in parts if isinstance(part, str))


def test_what_errors_and_pages_advise_exists() -> None:
    wrong = []
    for source in SOURCES:
        for text in advice_of(source):
            for command in re.findall(r"(?<![\w./-])marginbench ([a-z][a-z-]+)\b", text):
                if command not in COMMANDS:
                    wrong.append(f"{source}: marginbench {command}")
            for option in re.findall(r"(?<![\w-])--[a-z][a-z-]+", text):
                if option not in EVERY_OPTION and option not in OTHERS:
                    wrong.append(f"{source}: {option}")
    assert not wrong
