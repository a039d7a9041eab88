"""One checkpoint through every door: transformers, sentence-transformers, and servers' dialects.

A server here is the reference server over sentence-transformers' own class.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.adapters.served.behind import LOCAL, served
from tests.adapters.served.conftest import Doctor

torch = pytest.importorskip("torch", reason="needs marginbench[torch]")
pytest.importorskip("transformers")
pytest.importorskip("httpx2", reason="needs marginbench[served]")
sentence_transformers = pytest.importorskip("sentence_transformers")
if not hasattr(sentence_transformers.CrossEncoder, "preprocess"):
    pytest.skip("templates: sentence-transformers 5.4", allow_module_level=True)


@pytest.fixture
def checkpoint(templated: Path) -> Path:
    return templated


@pytest.fixture
def without_template(checkpoint: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "bare"
    shutil.copytree(checkpoint, folder)
    for name in ("chat_template.jinja", "modules.json", "sentence_bert_config.json"):
        (folder / name).unlink()
    return folder


@pytest.mark.parametrize("kind", ["tei", "infinity", "vllm"])
def test_a_server_of_raw_scores_is_the_local_model(
    checkpoint: Path, doctor: Doctor, kind: str
) -> None:
    with served(checkpoint, kind) as url:
        found = doctor(f"cross-encoder:{checkpoint}", "--against", url)
    assert found["verdict"]["kind"] == "same"
    assert found["rows"][0]["difference"] <= 1e-4
    assert found["rows"][0]["members"] == 0


def test_sentence_transformers_is_the_local_model(
    checkpoint: Path, doctor: Doctor, tmp_path: Path
) -> None:
    path = tmp_path / "own.py"
    path.write_text(LOCAL.format(folder=str(checkpoint)))
    found = doctor(f"cross-encoder:{checkpoint}", "--against", f"python:{path}")
    assert found["verdict"]["kind"] == "same"
    assert found["rows"][0]["difference"] <= 1e-4


@pytest.mark.parametrize("kind", ["cohere", "voyage"])
def test_a_server_of_sigmoids_is_told(checkpoint: Path, doctor: Doctor, kind: str) -> None:
    with served(checkpoint, kind) as url:
        words = ("--against-option", f"dialect={kind}", "--against-option", "model=example/overlap")
        found = doctor(f"cross-encoder:{checkpoint}", "--against", url, *words)
    assert found["verdict"]["kind"] == "same-up-to-a-map"
    assert "B returns sigmoid scores" in found["verdict"]["words"]


@pytest.mark.parametrize("kind", ["tei", "infinity", "vllm"])
def test_a_server_without_the_template_is_told_apart_in_words(
    checkpoint: Path, without_template: Path, doctor: Doctor, kind: str
) -> None:
    with served(without_template, kind) as url:
        found = doctor(f"cross-encoder:{checkpoint}", "--against", url)
    assert found["verdict"]["kind"] == "not-the-same"
    assert "the chat template is missing at B" in found["verdict"]["words"]
    assert found["rows"][-1]["what"] == "A template=none | B"
    assert found["rows"][-1]["difference"] <= 1e-4


def test_a_template_that_the_local_side_was_told_off(checkpoint: Path, doctor: Doctor) -> None:
    with served(checkpoint, "tei") as url:
        local = (f"cross-encoder:{checkpoint}", "--option", "template=none")
        found = doctor(*local, "--against", url)
    assert "B uses the chat template, A was told not to" in found["verdict"]["words"]


def test_lower_precision_is_told(checkpoint: Path, doctor: Doctor) -> None:
    local = f"cross-encoder:{checkpoint}"
    found = doctor(local, "--against", local, "--against-dtype", "bfloat16")
    assert found["verdict"]["kind"] == "same-in-lower-precision", found["verdict"]
    assert "bfloat16" in found["verdict"]["words"]


def test_other_lengths_are_told(without_template: Path, doctor: Doctor) -> None:
    """An encoder reads the whole pair, so what is cut off tells."""
    local = f"cross-encoder:{without_template}"
    found = doctor(local, "--against", local, "--against-option", "max_length=16")
    assert found["verdict"]["kind"] == "not-the-same"
    assert "cut" in found["verdict"]["words"]


def test_one_door_is_steady_in_float32(checkpoint: Path, doctor: Doctor) -> None:
    found = doctor(f"cross-encoder:{checkpoint}")
    assert found["verdict"]["kind"] == "steady"
    titles = [row["what"] for row in found["rows"]]
    assert titles == ["batch of up to 64 | 1", "order as given | reversed", "float32 | bfloat16",
                      "float32 | float16"]  # fmt: skip
    assert found["rows"][0]["difference"] <= 1e-4
    assert found["rows"][2]["difference"] > 1e-4
