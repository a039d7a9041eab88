"""A key is sent to its server and stands nowhere else: files, output, tracebacks, pages."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from harness.adapters.served import client
from harness.cli import run
from harness.errors import InvalidError
from tests.adapters.served.conftest import Evaluate, options, words_of
from tests.adapters.served.running import running

ROOT = Path(__file__).resolve().parents[3]
KEY = "sk-Zz9Plural/Z+Alpha=="
FORMS = (KEY, "Zz9Plural", "sk-Zz9Plural%2FZ%2BAlpha%3D%3D")
MODELS = ("rerank-api", "embeddings-api")


@pytest.fixture(params=["MARGINBENCH_API_KEY", "SERVER_KEY"])
def variable(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of an environment variable that holds the key."""
    monkeypatch.setenv(request.param, KEY)
    return str(request.param)


def texts_below(folder: Path) -> Iterator[tuple[Path, str]]:
    """All files as text, tables by their values and their metadata, and all names."""
    for path in folder.rglob("*"):
        yield path, str(path)
        if path.is_file():
            yield path, path.read_bytes().decode("latin-1")
            if path.suffix == ".parquet":
                table = pq.read_table(path)
                yield path, f"{table.to_pydict()} {table.schema.metadata}"


def assert_nowhere(folder: Path, *said: str) -> None:
    found = [path for path, text in texts_below(folder) if any(form in text for form in FORMS)]
    assert not found
    assert not [text for text in said if any(form in text for form in FORMS)]


def test_the_search_itself_finds_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "run.json").write_text(f'{{"key": "{KEY}"}}')
    with pytest.raises(AssertionError):
        assert_nowhere(tmp_path)
    with pytest.raises(AssertionError):
        assert_nowhere(tmp_path / "nowhere", "no", f"x {KEY}")


@pytest.mark.parametrize(
    ("adapter", "variable"), list(zip(MODELS, ("SERVER_KEY", "MARGINBENCH_API_KEY"), strict=True)),
    indirect=["variable"],
)  # fmt: skip
def test_a_key_is_in_no_file_of_a_run_and_in_no_output(
    adapter: str, variable: str, collection: Path, tmp_path: Path
) -> None:
    kind = "vllm" if adapter == "rerank-api" else "openai"
    named = options(f"key={variable}") if variable == "SERVER_KEY" else []
    with running("--kind", kind, "--key", variable, "--fault", "busy:9") as at:
        typed = words_of(f"{adapter}:{at.url}", collection, tmp_path / "runs", *named)
        done = subprocess.run(
            [sys.executable, "-m", "harness", *typed], cwd=ROOT, text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    shown = [
        subprocess.run([sys.executable, "-m", "harness", *words, str(tmp_path / "runs")], cwd=ROOT,
                       text=True, capture_output=True, check=True).stdout
        for words in (("show",),)
    ]  # fmt: skip
    assert list(tmp_path.rglob("record.json"))
    assert_nowhere(tmp_path, done.stdout, done.stderr, *shown)


@pytest.mark.parametrize("adapter", MODELS)
def test_a_server_that_repeats_the_key_is_not_quoted(
    adapter: str, variable: str, evaluate: Evaluate, tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    named = options(f"key={variable}") if variable == "SERVER_KEY" else []
    named += options("dialect=jina") if adapter == "rerank-api" else []
    with running("--kind", "jina", "--fault", "echo") as at:
        assert evaluate(f"{adapter}:{at.url}", *options("model=m"), *named) == 1
    said = capfd.readouterr()
    assert "answered 401" in said.err
    assert "(key)" in said.err
    assert_nowhere(tmp_path, said.out, said.err)


def test_a_fault_of_ours_shows_a_traceback_without_the_key(
    variable: str, evaluate: Evaluate, tmp_path: Path, capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    def broken(data: bytes) -> object:
        raise RuntimeError("a bug")

    with running("--kind", "cohere", "--key", variable) as at:
        monkeypatch.setattr(client, "load_strict", broken)
        words = options("dialect=cohere", "model=example/overlap", f"key={variable}")
        assert evaluate(f"rerank-api:{at.url}", *words) == 70
    said = capfd.readouterr()
    assert "Traceback" in said.err
    assert_nowhere(tmp_path, said.out, said.err)


def test_a_traceback_with_all_variables_has_no_key(
    variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What ``rich`` and others print: every local variable of every frame."""
    settings = client.Settings(key=variable, retries=0, timeout=1)
    with running("--kind", "jina", "--fault", "echo") as at, pytest.raises(InvalidError) as error:
        client.Server(at.url, settings).post("/v1/rerank", {})
    told = traceback.TracebackException.from_exception(error.value, capture_locals=True)
    frames = [frame for frame in told.stack if "tests" not in frame.filename]
    assert len(frames) >= 1
    locals_shown = " ".join(str(frame.locals) for frame in frames)
    assert not any(form in locals_shown for form in FORMS)


@pytest.mark.parametrize(
    "words",
    [
        ("rerank-api:http://me:{key}@127.0.0.1:9",), ("rerank-api:http://{key}@127.0.0.1:9/v1",),
        ("rerank-api:http://127.0.0.1:9/?token={key}",), ("rerank-api:http://127.0.0.1:9#{key}",),
        ("rerank-api:http://127.0.0.1:9", "--option", "key={key}"),
        ("embeddings-api:http://127.0.0.1:9", "--option", "key={key}"),
        ("embeddings-api:https://u:{key}@example.org/v1/embeddings", "--option", "model=m"),
        ("rerank-api:https://example.org:{key}/v1",), ("rerank-api:{key}",),
    ],
)  # fmt: skip
def test_a_key_that_is_typed_is_refused_and_not_repeated(
    words: tuple[str, ...], evaluate: Evaluate, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    model, *further = (word.replace("{key}", "Zz9PluralZAlpha") for word in words)
    assert evaluate(model, *further) == 2
    said = capfd.readouterr()
    assert_nowhere(tmp_path, said.out, said.err)
    assert len(said.err.strip().splitlines()) == 1


@pytest.mark.parametrize("variable", ["SERVER_KEY"], indirect=True)
def test_neither_a_submission_nor_its_pages_hold_the_key(
    variable: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    pytest.importorskip("networkx", reason="its texts are those of the embedded task")
    pytest.importorskip("vl_convert", reason="pages need marginbench[site]")
    monkeypatch.chdir(tmp_path)
    task = "reranking/code-search/networkx"
    with running("--kind", "tei", "--key", variable) as at:
        given = options(f"key={variable}", "price=2", "concurrency=4")
        assert run(["evaluate", "--model", f"rerank-api:{at.url}", "--task", task, *given]) == 0
    about = ["--org", "example", "--name", "Overlap", "--licence", "MIT", "--contact", "a@b.org",
             "--description", "Shared words."]  # fmt: skip
    assert run(["submit", "runs", *about]) == 0
    assert run(["validate"]) == 0
    assert run(["site"]) == 0
    said = capfd.readouterr()
    assert_nowhere(tmp_path, said.out, said.err)
    (manifest,) = tmp_path.rglob("submission.toml")
    (again,) = re.findall("^command = .*", manifest.read_text(), re.MULTILINE)
    assert "--option price=2" in again
    assert "key" not in again  # others type it: it hands no variable of theirs to a server
    (page,) = [path for path in (tmp_path / "site").rglob("*.html")
               if "Requests answered" in path.read_text()]  # fmt: skip
    text = re.sub(r"<[^>]+>", " ", page.read_text())
    assert "Cost, by the stated price" in text
    assert "example/overlap" in text
