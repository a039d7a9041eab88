"""What a cluster cannot do is said in one line; what a model says comes through as it is."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.engine.cluster.asked import Cluster
from harness.engine.cluster.start import ray_crew
from harness.engine.named import PreparedModel, prepare_model
from harness.engine.run import run_task
from harness.runs.folder import RunFolder
from tests.cli.sharding import ROOT, words, write_collection
from tests.engine.cluster.running import Running, copy_of, parts, start, within
from tests.engine.test_engine import LISTS, lists, task_data

RAY = ("--engine", "ray")


@pytest.fixture
def small(tmp_path: Path) -> Path:
    return write_collection(tmp_path / "data" / "tiny", queries=9)  # one part


def source(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "model.py"
    path.write_text(text)
    return path


def refused(call: list[str], code: int = 2) -> str:
    """The only line of a call that is refused."""
    err = start(call).ended(code)
    lines = [line for line in err.splitlines() if line.startswith("error: ")]
    assert len(lines) == 1, err
    return lines[0]


def test_what_a_model_says_comes_through(running: Running, small: Path, tmp_path: Path) -> None:
    model = source(tmp_path, "def score_pairs(pairs):\n    return [float('nan')] * len(pairs)\n")
    here = refused(words(model, small, tmp_path / "here"), 1)
    assert refused(running.words(model, small, tmp_path / "there"), 1) == here
    assert "scores are NaN or infinite" in here


def test_a_model_that_cannot_be_loaded(running: Running, small: Path, tmp_path: Path) -> None:
    model = source(
        tmp_path, "raise OSError('no weights')\ndef score_pairs(pairs):\n    return []\n"
    )
    here = refused(words(model, small, tmp_path / "here"), 1)
    assert refused(running.words(model, small, tmp_path / "there"), 1) == here
    assert "no weights" in here


def test_other_versions_are_refused_with_both_named(
    running: Running, small: Path, model: Path, tmp_path: Path
) -> None:
    info = tmp_path / "others" / "numpy-0.0.1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: numpy\nVersion: 0.0.1\n")
    path = f"{info.parent}:{ROOT}"
    node = running.cluster.add_node(num_cpus=2, num_gpus=0, env_vars={"PYTHONPATH": path})
    try:
        said = refused(running.words(model, small, tmp_path / "runs", workers=4))
        from numpy import __version__

        assert f"has numpy 0.0.1; this process has numpy {__version__}" in said
        assert "Install the same versions on every node" in said
        assert not parts(tmp_path / "runs")
    finally:
        running.remove(node)
    assert running.nobody()


def test_more_than_there_is(running: Running, small: Path, model: Path, tmp_path: Path) -> None:
    call = running.words(model, small, tmp_path / "runs", workers=3)
    assert "room for 2 workers of 1 CPU, and 3 are asked for" in refused(call)
    call = running.words(model, small, tmp_path / "runs", "--gpus-per-worker", 1)
    said = refused([word if word != "cpu" else "auto" for word in call])
    assert "room for 0 workers of 1 CPU and 1 GPU" in said


@pytest.fixture
def mute() -> Iterator[int]:
    """A port where somebody listens who is no Ray."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(100)
                connection.sendall(b"SSH-2.0-none\r\n")

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        thread.join(10)


def test_nobody_at_the_address(
    running: Running, small: Path, model: Path, tmp_path: Path, mute: int
) -> None:
    for address, said in (
        ("127.0.0.1:1", "no Ray at 127.0.0.1:1 (Connection refused)"),
        ("nonsense", "Ray's address 'nonsense' is neither HOST:PORT nor auto"),
        ("ray://127.0.0.1:10001", "Ray Client"),
        (f"127.0.0.1:{mute}", f"what answers at 127.0.0.1:{mute} is no Ray"),
    ):
        call = [*words(model, small, tmp_path / "runs"), *RAY, "--ray-address", address]
        assert said in refused(call)
    assert not (tmp_path / "runs").exists()


def prepared(model: Path) -> PreparedModel:
    return prepare_model(f"python:{model}", (), dtype="auto", tasks=[LISTS])


def test_a_worker_that_hangs_is_replaced(running: Running, tmp_path: Path) -> None:
    text = """
from pathlib import Path
import time
def score_pairs(pairs):
    try:
        Path(__file__).with_suffix(".hang").unlink()
    except FileNotFoundError:
        return [float(len(d)) for _, d in pairs]
    time.sleep(1000)
"""
    model = source(tmp_path, text)
    hang = model.with_suffix(".hang")
    hang.touch()
    data = task_data()
    asked = Cluster(running.address, 2)
    (tmp_path / "runs").mkdir()
    with ray_crew(
        asked, prepared(model), device="cpu", tokens=None, items=None, quiet=True, part_timeout=3.0
    ) as crew:
        folder = RunFolder(tmp_path / "runs")
        done = run_task(crew, folder, lists(data), capability="score_pairs", title=None)
    assert not hang.exists()
    expected = [float(len(data.documents[d])) for group in data.groups for d in group.candidates]
    assert done.rows.tolist() == expected


def test_workers_that_are_lost_between_two_tasks(
    running: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ray starts others unnoticed; they too are asked who they are, and told where they are."""
    text = """
from pathlib import Path
import os
def score_pairs(pairs):
    with open(Path(__file__).with_suffix(".log"), "a") as file:
        file.write(f"{os.getpid()} {os.getcwd()}\\n")
    return [float(len(d)) for _, d in pairs]
"""
    model = source(tmp_path, text)
    monkeypatch.chdir(tmp_path)
    asked, data = Cluster(running.address, 2), task_data()
    answers = []
    with ray_crew(
        asked, prepared(model), device="cpu", tokens=None, items=None, quiet=True
    ) as crew:
        for place in ("a", "b"):
            (tmp_path / place).mkdir()
            folder = RunFolder(tmp_path / place)
            done = run_task(crew, folder, lists(data), capability="score_pairs", title=None)
            answers.append(done.rows.tobytes())
            before = {worker.pid for worker in running.workers()}
            for worker in running.workers():
                worker.kill()
            assert within(30, lambda old=before: others(running, old))
    assert answers[0] == answers[1]
    told = [line.split() for line in model.with_suffix(".log").read_text().splitlines()]
    assert {folder for _, folder in told} == {str(tmp_path)}
    assert len({pid for pid, _ in told}) > 2


def others(running: Running, before: set[int]) -> bool:
    return len({worker.pid for worker in running.workers()} - before) == 2


def test_a_part_that_fails_is_named_and_the_other_is_done(running: Running, tmp_path: Path) -> None:
    data = write_collection(tmp_path / "data" / "tiny", queries=12)  # two parts
    text = """
def score_pairs(pairs):
    if any(q == "river w4 w0" for q, _ in pairs):
        raise ValueError("not this one")
    return [float(len(d)) for _, d in pairs]
"""
    model = source(tmp_path, text)
    here = refused(words(model, data, tmp_path / "here"), 3)
    assert refused(running.words(model, data, tmp_path / "there"), 3) == here
    assert "1 of 2 parts could not be done" in here
    assert parts(tmp_path / "there").keys() == parts(tmp_path / "here").keys() == {"00000.npy"}


def test_a_part_that_kills_every_worker(running: Running, small: Path, tmp_path: Path) -> None:
    model = source(tmp_path, "import os\ndef score_pairs(pairs):\n    os._exit(7)\n")
    said = refused(running.words(model, small, tmp_path / "runs"), 3)
    assert "killed, or out of memory" in said
    assert "run the same command again" in said
    assert running.nobody()


def test_two_drivers_in_one_folder(
    running: Running, data: Path, model: Path, tmp_path: Path
) -> None:
    own = copy_of(model, tmp_path / "m", 0.3)
    call = running.words(own, data, tmp_path / "runs", workers=1)
    first = start(call)
    try:
        assert within(60, lambda: parts(tmp_path))
        assert "another run is at work in" in refused(call, 3)
    finally:
        first.kill()
    assert running.nobody(), "workers end with who asked for them"
