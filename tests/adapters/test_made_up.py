"""Weights that are missing are no figures: libraries draw them by chance and say so in a log."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.adapters import adapters
from harness.errors import InvalidError

pytest.importorskip("torch", reason="torch adapters need marginbench[torch]")
pytest.importorskip("sentence_transformers", reason="needs marginbench[torch]")

Build = Callable[..., Path]
Load = Callable[..., Any]


def without(folder: Path, part: str) -> Path:
    """The same checkpoint, the weights of a part taken out of its file."""
    from safetensors.torch import load_file, save_file

    path = folder / "model.safetensors"
    left = {name: value for name, value in load_file(path).items() if part not in name}
    save_file(left, path, metadata={"format": "pt"})
    return folder


def bare(folder: Path, tiny_bert: Build) -> Path:
    return tiny_bert(folder)


def saved(folder: Path, tiny_bert: Build) -> Path:
    from sentence_transformers import SentenceTransformer

    SentenceTransformer(str(tiny_bert(folder / "plain")), device="cpu").save(str(folder / "saved"))
    return folder / "saved"


@pytest.mark.parametrize("made", [bare, saved])
def test_an_embedder_that_lacks_weights(
    made: Callable[[Path, Build], Path], tmp_path: Path, tiny_bert: Build, load_with: Load
) -> None:
    folder = without(made(tmp_path, tiny_bert), "layer.1.output.dense")
    with pytest.raises(InvalidError, match=r"lacks the weights '.*layer\.1\.output\.dense"):
        load_with(adapters().get("bi-encoder"), str(folder), pooling="mean")


def test_one_whose_pooler_was_not_saved(tmp_path: Path, tiny_bert: Build, load_with: Load) -> None:
    """It is read by nothing here, and left out by everybody who trains without it."""
    folder = without(tiny_bert(tmp_path), "pooler")
    model = load_with(adapters().get("bi-encoder"), str(folder), pooling="mean")
    assert model.embed_texts(["the cat"], kind="query").shape == (1, 16)


def test_late_interaction_that_lacks_weights(
    tmp_path: Path, tiny_bert: Build, load_with: Load
) -> None:
    made = pytest.importorskip("sentence_transformers")
    if not hasattr(made, "MultiVectorEncoder"):
        pytest.skip("late interaction is of sentence-transformers 6")
    folder = tmp_path / "saved"
    made.MultiVectorEncoder(str(tiny_bert(tmp_path / "plain")), device="cpu").save(str(folder))
    adapter = adapters().get("late-interaction")
    assert load_with(adapter, str(folder)) is not None
    with pytest.raises(InvalidError, match="lacks the weights"):
        load_with(adapter, str(without(folder, "layer.0.attention.self.key")))


def test_a_sparse_encoder_that_lacks_weights_of_its_body(
    tmp_path: Path, tiny_bert: Build, load_with: Load
) -> None:
    folder = without(tiny_bert(tmp_path, "BertForMaskedLM"), "layer.1.intermediate")
    with pytest.raises(InvalidError, match=r"lacks the weights '.*layer\.1\.intermediate"):
        load_with(adapters().get("sparse"), str(folder), pooling="max")
