"""Exit codes mean what they say: 1 is worse or invalid, 2 is what was typed, 70 a fault of ours."""

from __future__ import annotations

import os
import subprocess
import sys
from asyncio import CancelledError
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.cli import COMMANDS, run
from harness.errors import InvalidError
from tests.cli.conftest import Answer, Command

ROOT = Path(__file__).resolve().parents[2]
BASE = ROOT / ".github" / "baseline" / "reranking.code-search.networkx"
COMPARE = ("compare", str(BASE), str(BASE))


def process(*words: str, head: str = "", **how: object) -> Answer:
    """The command line in a process of its own, after some lines of Python."""
    code = f"import sys\n{head}\nfrom marginbench.__main__ import main\nmain()\n"
    done = subprocess.run(  # type: ignore[call-overload]
        [sys.executable, "-c", code, *words],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        check=False, text=True,
        **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **how},
    )  # fmt: skip
    return Answer(done.returncode, done.stdout or "", done.stderr or "")


@pytest.mark.parametrize(
    "error",
    [
        ValueError("x"), RecursionError("x"), MemoryError(), OverflowError("x"), KeyError("x"),
        ImportError("x"), AssertionError("x"), OSError(5, "x", "file"), UnicodeError("x"),
        GeneratorExit(), CancelledError("x"), EOFError(), NotImplementedError("x"),
        SystemExit(0), SystemExit(1), SystemExit("x"),
    ],
    ids=lambda error: f"{type(error).__name__}-{error}",
)  # fmt: skip
@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_a_fault_of_ours_is_70_with_a_traceback_in_every_command(
    name: str, error: BaseException, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    import click

    def broken(*_: object, **__: object) -> None:
        raise error

    from harness.cli import application

    found = application.get_command(click.Context(application), name)
    assert found is not None
    monkeypatch.setattr(found, "make_context", broken)
    assert run([name]) == 70
    said = capsys.readouterr().err
    assert "Traceback (most recent call last)" in said
    assert said.splitlines()[-1].startswith("error: this is a fault of MarginBench")
    assert "please report it" in said.splitlines()[-1]


def test_what_click_refuses_is_2(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    import click

    assert command("compare", "--nonsense").code == 2
    assert command("nonsense").code == 2

    def broken(*_: object) -> None:
        raise click.FileError("f", "no")  # for which click itself has 1

    monkeypatch.setattr("harness.cli.LazyGroup.invoke", broken)
    assert run(["list"]) == 2


def test_an_interrupt_is_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("harness.cli.LazyGroup.invoke", broken)
    assert run(["list"]) == 130


@pytest.mark.parametrize("module", ["harness.cli", "harness.errors"])
def test_a_program_that_cannot_be_imported_is_70(module: str) -> None:
    """Python's own code for it is 1, and 1 is a worse model."""
    done = process(*COMPARE, head=f"sys.modules[{module!r}] = None")
    assert done.code == 70
    assert "Traceback" in done.err
    assert done.err.splitlines()[-1].startswith("error: MarginBench cannot start")


def test_output_that_nobody_reads_is_neither_worse_nor_fine() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = process("list", "tasks", stdout=writing)
    os.close(writing)
    assert done.code == 141, done.err
    assert "Traceback" not in done.err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize("words", [COMPARE, ("list", "tasks"), ("--help",)])
def test_output_that_finds_no_room_is_2(words: tuple[str, ...]) -> None:
    with Path("/dev/full").open("w") as full:
        done = process(*words, stdout=full)
    assert done.code == 2, done.err
    assert done.err.splitlines() == ["error: cannot write the output (No space left on device)"]


def test_a_closed_output_is_no_fault() -> None:
    assert process("--version", head="sys.stdout.close(); sys.stdout = None").code == 0


def refuse(*_: object, **__: object) -> None:
    raise InvalidError("a table is damaged")


PLACES = (
    "harness.compare.sides.read_sides", "harness.compare.comparison.compare",
    "harness.cli.commands.compare.print_comparison", "harness.compare.reports.json.to_json",
)  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
def test_what_is_invalid_is_2_to_compare(
    place: str, command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(place, refuse)
    done = command(*COMPARE, "--json", tmp_path / "c.json")
    assert (done.code, done.err) == (2, "error: a table is damaged\n")


Runs = Callable[..., Answer]


@pytest.fixture
def compare(command: Command, monkeypatch: pytest.MonkeyPatch) -> Runs:
    """Compare where it must not come to comparing."""

    def never(*_: object, **__: object) -> None:
        raise AssertionError("it has begun to compare")

    monkeypatch.setattr("harness.compare.comparison.compare", never)
    return lambda *words: command(*COMPARE, *words)


OPTIONS = ("--json", "--junit", "--markdown")


@pytest.mark.parametrize("option", OPTIONS)
def test_a_file_that_cannot_be_written_is_2_before_any_work(
    compare: Runs, option: str, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    (tmp_path / "folder").mkdir()
    places = [tmp_path / "file" / "x", tmp_path / "file" / "a" / "x", tmp_path / "folder",
              "/proc/nowhere/x", "/sys/kernel/x", tmp_path / ("n" * 300), ""]  # fmt: skip
    for place in places:
        done = compare(option, place)
        assert done.code == 2, (place, done.err)
        assert "Traceback" not in done.err
        assert option in done.err
    assert (tmp_path / "file").read_text() == "in the way"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
@pytest.mark.parametrize("option", OPTIONS)
def test_a_file_that_may_not_be_written_is_2(compare: Runs, option: str, tmp_path: Path) -> None:
    shut = tmp_path / "shut"
    shut.mkdir()
    (shut / "x").touch(0o400)
    assert compare(option, shut / "x").code == 2
    shut.chmod(0o500)
    assert compare(option, shut / "y").code == 2


@pytest.mark.parametrize("option", OPTIONS)
def test_evidence_and_what_is_read_are_not_written_over(
    command: Command, compare: Runs, option: str, tmp_path: Path
) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text("[default]\nmin_drop = 0.5\n")
    before = (BASE / "record.json").read_bytes()
    assert "is a file that is read" in compare("--policy", policy, option, policy).err
    for name in ("record.json", "groups.parquet"):
        done = compare(option, BASE / name)
        assert (done.code, "is evidence" in done.err) == (2, True)
    assert (BASE / "record.json").read_bytes() == before
    assert policy.read_text().startswith("[default]")


def test_two_reports_are_not_one_file(compare: Runs, tmp_path: Path) -> None:
    done = compare("--json", tmp_path / "a", "--junit", tmp_path / "b" / ".." / "a")
    assert done.code == 2
    assert "is the file of another option as well" in done.err


def test_folders_are_made_and_nothing_else_is_left(command: Command, tmp_path: Path) -> None:
    files = [tmp_path / "a" / "b" / "c.json", tmp_path / "d" / "c.xml", tmp_path / "e" / "c.md"]
    words = [word for pair in zip(OPTIONS, files, strict=True) for word in pair]
    done = command(*COMPARE, *words)
    assert done.code == 0, done.err
    assert sorted(path for path in tmp_path.rglob("*") if path.is_file()) == sorted(files)
    assert all(path.stat().st_size for path in files)


def test_a_link_stays_and_what_it_points_to_is_written(command: Command, tmp_path: Path) -> None:
    target = tmp_path / "real.json"
    (tmp_path / "link.json").symlink_to(target)
    assert command(*COMPARE, "--json", tmp_path / "link.json").code == 0
    assert (tmp_path / "link.json").is_symlink()
    assert target.read_text().startswith("{")


def test_devices_are_written_to_and_not_replaced() -> None:
    before = Path("/dev/null").stat()
    done = process(*COMPARE, "--json", "/dev/stdout", "--junit", "/dev/null", "--markdown",
                   "/dev/null")  # fmt: skip
    assert done.code == 0, done.err
    assert '"exit_code": 0' in done.out
    assert Path("/dev/null").stat().st_ino == before.st_ino


@pytest.mark.parametrize("option", OPTIONS)
def test_a_disk_that_fills_up_is_2_and_the_report_is_printed(option: str, tmp_path: Path) -> None:
    # A limit on the size of files stands for a full disk: the operating system refuses.
    head = (
        "import resource, signal\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20, 20))\n"
    )
    done = process(*COMPARE, option, str(tmp_path / "x"), head=head)
    assert done.code == 2, done.err
    assert "no space left" in done.err
    assert done.err.count("\n") == 1
    assert "nDCG@10" in done.out


def test_the_reports_are_there_though_nobody_reads_the_terminal(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = process(*COMPARE, "--json", str(tmp_path / "c.json"), stdout=writing)
    os.close(writing)
    assert done.code == 141
    assert '"exit_code": 0' in (tmp_path / "c.json").read_text()


def test_a_name_that_no_file_can_have_is_no_fault(tmp_path: Path) -> None:
    found = process(
        "evaluate", "--model", "first-stage", "--task", "reranking/code-search/networkx-short",
        "--first-stage", "x" * 5000, "--out", str(tmp_path),
    )  # fmt: skip
    assert found.code == 2
    assert found.err.count("\n") == 1
    assert "Traceback" not in found.err


def test_every_command_says_what_its_exit_status_means(command: Command) -> None:
    from harness.cli.exit_status import STATUS
    from harness.cli.reference import commands

    assert STATUS.keys() == {name for name, _ in commands()}
    for name, meant in STATUS.items():
        assert meant.keys() <= {0, 1, 2, 3}
        assert 0 in meant
        said = " ".join(command(*name.split(), "--help").out.split())
        assert f"Exit status: 0 {meant[0]}; " in said
        assert all(f"{code} {words}" in said for code, words in meant.items())
