"""``doctor`` and ``check-adapter`` at a server's door, well behaved and not."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.cli import run
from tests.adapters.served.running import running

pytest.importorskip("httpx2", reason="needs marginbench[served]")

EMBEDS = """
from tests.adapters.served.scorers import Overlap

def embed_texts(texts, *, kind):
    return [[{scale} * value for value in row] for row in Overlap().embed(texts, kind)]
"""

Doctor = Callable[..., tuple[int, dict[str, Any], str]]


@pytest.fixture
def doctor(collection: Path, capsys: pytest.CaptureFixture[str]) -> Doctor:
    """Exit code, what ``--json`` prints, and standard error."""

    def call(*words: str) -> tuple[int, dict[str, Any], str]:
        code = run(["doctor", *words, "--task", "reranking/folder", "--data", str(collection),
                    "--json"])  # fmt: skip
        said = capsys.readouterr()
        return code, json.loads(said.out or "{}"), said.err

    return call


@pytest.mark.parametrize("kind", ["tei", "infinity", "vllm"])
def test_the_same_scorer_behind_a_server(doctor: Doctor, local: str, kind: str) -> None:
    with running("--kind", kind) as server:
        code, found, _ = doctor(local, "--against", f"rerank-api:{server.url}")
    assert (code, found["verdict"]["kind"]) == (0, "same")
    assert found["rows"][0]["difference"] <= 1e-4


def test_a_server_that_squashes_until_the_best_are_tied(doctor: Doctor, local: str) -> None:
    with running("--kind", "tei", "--fault", "squash") as server:
        code, found, _ = doctor(local, "--against", f"rerank-api:{server.url}")
    assert (code, found["verdict"]["kind"]) == (1, "saturated"), found["verdict"]
    assert "tied" in found["verdict"]["words"]


def test_a_server_is_asked_one_by_one_by_its_own_option(doctor: Doctor) -> None:
    with running("--kind", "tei") as server:
        code, found, _ = doctor(f"rerank-api:{server.url}")
    assert (code, found["verdict"]["kind"]) == (0, "steady")
    assert [row["what"] for row in found["rows"]] == [
        "requests of many | 1",
        "order as given | reversed",
    ]


@pytest.mark.parametrize("scale", [1, 7])
def test_embeddings_behind_a_server(doctor: Doctor, tmp_path: Path, scale: int) -> None:
    path = tmp_path / "embeds.py"
    path.write_text(EMBEDS.format(scale=scale))
    with running("--kind", "openai") as server:
        code, found, err = doctor(f"python:{path}", "--against", f"embeddings-api:{server.url}")
    assert code == 0, err
    assert found["verdict"]["kind"] == "same"  # relevance is a cosine, so lengths do not count


@pytest.mark.parametrize("fault", ["few:3", "repeated:3", "html:3", "nan:3", "die:4"])
def test_a_server_that_cannot_be_asked_is_not_checked(
    doctor: Doctor, local: str, fault: str
) -> None:
    with running("--kind", "tei", "--fault", fault) as server:
        code, found, err = doctor(local, "--against", f"rerank-api:{server.url}")
    assert (code, found) == (3, {}), err
    (line,) = [one for one in err.splitlines() if one.startswith("error: ")]
    assert server.url in line
    assert "Traceback" not in err


def test_check_adapter_at_a_server(capsys: pytest.CaptureFixture[str]) -> None:
    with running("--kind", "vllm") as server:
        code = run(["check-adapter", f"rerank-api:{server.url}"])
    out = capsys.readouterr().out
    assert code == 0, out
    assert "score_lists one by one: the same answers" in out
