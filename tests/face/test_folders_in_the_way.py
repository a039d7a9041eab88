"""A folder of the user's called ``harness`` or ``suites`` breaks neither command nor import."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FACE = "import marginbench as mb; print(mb.evaluate.__module__, len(mb.list_tasks('flips/*')) > 3)"
WORKS = "harness.face.evaluating True\n"


@dataclass(frozen=True)
class Place:
    """A Python that has marginbench, one way or another."""

    python: Path
    command: Path | None
    path: tuple[str, ...]

    def run(self, *words: str | Path, cwd: Path, path: tuple[str, ...] = ()) -> str:
        """Standard output; a failure shows standard error."""
        done = self.call(*words, cwd=cwd, path=path)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def call(
        self, *words: str | Path, cwd: Path, path: tuple[str, ...] = ()
    ) -> subprocess.CompletedProcess[str]:
        places = os.pathsep.join([*path, *self.path])
        environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
        return subprocess.run(
            [str(word) for word in words], cwd=cwd, capture_output=True, text=True,
            env=environment | ({"PYTHONPATH": places} if places else {}), timeout=120,
        )  # fmt: skip


def fresh(folder: Path) -> Path:
    """A new environment that has what marginbench depends on, and not marginbench."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    # A line of a .pth file adds the folder alone, not what its own .pth files name.
    (packages / "needed.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    return folder / "bin" / "python"


def pip(python: Path, *words: str) -> None:
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet"),
            *("--no-deps", "--no-index", "--no-build-isolation", "--no-cache-dir", *words),
        ],
        check=True,
        env={k: v for k, v in os.environ.items() if k != "PYTHONPATH"},
    )


@pytest.fixture(scope="session", params=["clone", "wheel", "editable"])
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Place:
    python = fresh(tmp_path_factory.mktemp(request.param) / "env")
    if request.param == "clone":
        return Place(python, None, (str(ROOT),))
    for builder in ("hatchling", "editables"):
        pytest.importorskip(builder)
    pip(python, *(["--editable"] if request.param == "editable" else []), str(ROOT))
    return Place(python, python.with_name("marginbench"), ())


@pytest.fixture(params=["package", "folder", "file"])
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A project of somebody's with things called as ours are."""
    for name in ("harness", "suites", "leaderboard_site"):
        if request.param == "file":
            (tmp_path / f"{name}.py").write_text("theirs = True\n")
            continue
        (tmp_path / name).mkdir()
        (tmp_path / name / "cli.py").write_text("theirs = True\n")
        if request.param == "package":
            (tmp_path / name / "__init__.py").write_text("theirs = True\n")
    return tmp_path


def test_it_is_there_in_a_plain_folder(place: Place, tmp_path: Path) -> None:
    assert place.run(place.python, "-c", FACE, cwd=tmp_path) == WORKS
    said = place.run(place.python, "-m", "marginbench", "--version", cwd=tmp_path)
    assert said.startswith("marginbench, version ")
    if place.command is not None:
        assert place.run(place.command, "--version", cwd=tmp_path) == said


@pytest.mark.parametrize("path", [(), (".",)], ids=["in the folder", "PYTHONPATH=."])
def test_folders_of_the_same_name_are_passed_by(
    place: Place, project: Path, path: tuple[str, ...]
) -> None:
    assert place.run(place.python, "-c", FACE, cwd=project, path=path) == WORKS
    command: list[str | Path] = [place.python, "-m", "marginbench"]
    for words in [command, *([[place.command]] if place.command else [])]:
        said = place.run(*words, "list", "suites", cwd=project, path=path)
        assert "flips" in said
        helped = place.run(*words, "site", "--help", cwd=project, path=path)
        assert "--records" in helped


def test_processes_started_later_find_ours_too(place: Place, project: Path) -> None:
    """Two workers on the CPU are spawned: they import everything anew."""
    model = project / "model.py"
    model.write_text("def score_texts(texts):\n    return [len(t) % 17 for t in texts]\n")
    rows = [f'{{"text": "{"word " * n}", "label": {n % 2}}}' for n in range(1, 25)]
    (project / "texts.jsonl").write_text("\n".join(rows) + "\n")
    said = place.run(
        *(place.python, "-m", "marginbench", "evaluate", "--model", f"python:{model}"),
        *("--task", "detection/folder", "--data", "texts.jsonl", "--device", "cpu,cpu"),
        cwd=project,
        path=(".",),
    )
    assert "detection/folder/texts" in said


@pytest.mark.parametrize("name", ["harness/__init__.py", "suites.py"])
def test_one_that_is_imported_already_is_named_in_one_line(
    place: Place, tmp_path: Path, name: str
) -> None:
    theirs = tmp_path / name
    theirs.parent.mkdir(exist_ok=True)
    theirs.write_text("theirs = True\n")
    module = name.partition("/")[0].removesuffix(".py")
    code = (
        f"import {module} as other\nassert other.theirs\nimport marginbench\n"
        "try:\n    marginbench.evaluate\nexcept ImportError as error:\n    print(error)\n"
    )
    said = place.run(place.python, "-c", code, cwd=tmp_path, path=(".",))
    assert said.startswith(f"{theirs} is in the way of ")
    assert said.count("\n") == 1
    # Nothing but a hook of the environment can import it before the command does.
    (tmp_path / "sitecustomize.py").write_text(f"import {module}\n")
    done = place.call(
        place.python, "-m", "marginbench", "--help", cwd=tmp_path, path=(str(tmp_path),)
    )
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: {theirs} is in the way of ")
    assert done.stderr.count("\n") == 1
