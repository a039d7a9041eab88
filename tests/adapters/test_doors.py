"""Code in checkpoints, tried for real with the libraries that are installed: it must not run.

The same payloads are tried with the lowest versions that pyproject.toml admits by
``.github/workflows/doors.yml``. Each module writes a file when it is imported, each pickle when it
is read; nothing else can make that file.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from harness.adapters import bi_encoder, cross_encoder, late_interaction, sparse
from harness.adapters.causal import adapter as causal_adapter
from harness.adapters.e2rank import adapter as e2rank
from harness.adapters.language.adapters import YES_NO
from harness.adapters.monot5 import adapter as monot5
from harness.adapters.reward_model import adapter as reward_model
from harness.adapters.text_classifier import adapter as text_classifier
from harness.errors import InvalidError, UsageError
from tests.hostile.checkpoint_files import CODE, ELSEWHERE, Harmful, write

torch = pytest.importorskip("torch", reason="torch adapters need marginbench[torch]")
pytest.importorskip("transformers", reason="needs marginbench[torch]")
pytest.importorskip("sentence_transformers", reason="needs marginbench[torch]")

Load = Callable[..., Any]
Build = Callable[..., Path]

MODULE = """
from pathlib import Path
Path({mark!r}).write_text("ran")
class Evil:
    def __init__(self, *_, **__): Path({mark!r}).write_text("ran")
    load = from_pretrained = classmethod(lambda cls, *_, **__: cls())
"""


@pytest.fixture
def mark(tmp_path: Path) -> Path:
    """The file that tells that code ran."""
    return tmp_path / "mark"


@pytest.fixture
def embedder(tmp_path: Path, tiny_bert: Build, mark: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A whole embedder with modules, beside a module that would tell of its import.

    The folder is the current one and on the path of imports, which makes every door wider.
    """
    folder = tiny_bert(tmp_path / "checkpoint")
    modules = [
        {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{name}"}
        for i, (name, path) in enumerate(
            [("Transformer", ""), ("Pooling", "1_Pooling"), ("Dense", "2_Dense")]
        )
    ]
    dense = {
        "in_features": 16,
        "out_features": 8,
        "bias": True,
        "activation_function": "torch.nn.modules.activation.Tanh",
    }
    write(
        folder,
        {
            "modules.json": modules,
            "1_Pooling/config.json": {
                "word_embedding_dimension": 16,
                "pooling_mode_mean_tokens": True,
            },
            "2_Dense/config.json": dense,
            "evilmod.py": MODULE.format(mark=str(mark)).encode(),
            "custom_generate/generate.py": b"",
        },
    )
    (folder / "custom_generate/generate.py").unlink()
    from safetensors.torch import save_file

    weights = {"linear.weight": torch.eye(8, 16), "linear.bias": torch.zeros(8)}
    save_file(weights, folder / "2_Dense" / "model.safetensors")
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delitem(sys.modules, "evilmod", raising=False)
    return folder


def over(folder: Path, files: Mapping[str, Any]) -> None:
    """The files of a door, merged with what the checkpoint has there."""
    for name, content in files.items():
        path = folder / name
        before = json.loads(path.read_text()) if path.is_file() else None
        if isinstance(content, dict) and isinstance(before, dict):
            content = before | content
        if name == "modules.json" and isinstance(content, list):
            content = [*before, *content]
        write(folder, {name: content})


def test_the_checkpoint_is_whole_without_a_door(embedder: Path, load_with: Load) -> None:
    found = load_with(bi_encoder.ADAPTER, str(embedder)).embed_texts(["the cat"], kind="query")
    assert found.shape == (1, 8)


@pytest.mark.parametrize("door", CODE)
def test_no_module_is_imported(door: str, embedder: Path, load_with: Load, mark: Path) -> None:
    over(embedder, CODE[door])
    for call in (
        lambda: bi_encoder.ADAPTER.identify(str(embedder), {}),
        lambda: load_with(bi_encoder.ADAPTER, str(embedder)),
    ):
        with pytest.raises(UsageError, match="trust_remote_code=true"):
            call()
    assert not mark.exists()


def test_trusted_code_runs(embedder: Path, load_with: Load, mark: Path) -> None:
    """The payload is a true one: where it is let in, it leaves its mark."""
    over(embedder, CODE["module"])
    with pytest.raises((UsageError, AttributeError, TypeError, KeyError)):
        load_with(bi_encoder.ADAPTER, str(embedder), trust_remote_code=True).embed_texts(
            ["the cat"], kind="query"
        )
    assert mark.exists()


@pytest.mark.parametrize("door", ELSEWHERE)
def test_nothing_elsewhere_is_read(door: str, embedder: Path, load_with: Load) -> None:
    over(embedder, ELSEWHERE[door])
    with pytest.raises(UsageError):
        load_with(bi_encoder.ADAPTER, str(embedder))


@pytest.mark.parametrize("place", ["", "2_Dense"])
def test_a_pickle_is_not_read_and_never_run(
    place: str, embedder: Path, load_with: Load, mark: Path
) -> None:
    (embedder / place / "model.safetensors").unlink()
    torch.save({"x": Harmful(mark)}, embedder / place / "pytorch_model.bin")
    with pytest.raises(UsageError, match="allow_pickle=true"):
        load_with(bi_encoder.ADAPTER, str(embedder))
    with pytest.raises((UsageError, InvalidError)) as caught:
        load_with(bi_encoder.ADAPTER, str(embedder), allow_pickle=True)
    assert "\n" not in str(caught.value)
    assert not mark.exists()


@pytest.mark.parametrize("place", ["", "2_Dense"])
@pytest.mark.parametrize("allowed", [False, True])
def test_safetensors_are_taken_before_a_pickle(
    place: str, allowed: bool, embedder: Path, load_with: Load, mark: Path
) -> None:
    expected = load_with(bi_encoder.ADAPTER, str(embedder)).embed_texts(["a dog"], kind="query")
    torch.save({"x": Harmful(mark)}, embedder / place / "pytorch_model.bin")
    model = load_with(bi_encoder.ADAPTER, str(embedder), allow_pickle=allowed)
    assert (model.embed_texts(["a dog"], kind="query") == expected).all()
    assert not mark.exists()


def test_an_honest_pickle_gives_the_same_when_it_is_allowed(
    embedder: Path, load_with: Load
) -> None:
    from safetensors.torch import load_file

    expected = load_with(bi_encoder.ADAPTER, str(embedder)).embed_texts(["a dog"], kind="query")
    for place in ("", "2_Dense"):
        weights = embedder / place / "model.safetensors"
        torch.save(load_file(weights), weights.with_name("pytorch_model.bin"))
        weights.unlink()
    model = load_with(bi_encoder.ADAPTER, str(embedder), allow_pickle=True)
    assert (model.embed_texts(["a dog"], kind="query") == expected).all()


ADAPTERS = {
    "BertForSequenceClassification": (cross_encoder.ADAPTER, text_classifier.ADAPTER),
    "BertForMaskedLM": (sparse.ADAPTER,),
    "BertModel": (bi_encoder.ADAPTER, e2rank.ADAPTER),
    "LlamaForSequenceClassification": (reward_model.ADAPTER,),
    "LlamaForCausalLM": (YES_NO, causal_adapter.ADAPTER),
    "T5ForConditionalGeneration": (monot5.ADAPTER,),
}
OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "sparse": {"pooling": "max"},
    "monot5": {"words": "t5"},
    "bi-encoder": {"pooling": "mean"},
}
"""What each needs to come as far as its weights."""


def made(kind: str, folder: Path, request: pytest.FixtureRequest) -> Path:
    if kind.startswith("T5"):
        found: Path = request.getfixturevalue("tiny_t5")()
        return found
    build = request.getfixturevalue("tiny_llama" if kind.startswith("Llama") else "tiny_bert")
    built: Path = build(folder, kind)
    return built


@pytest.mark.parametrize("kind", ADAPTERS)
def test_no_adapter_has_its_doors_open(
    kind: str, request: pytest.FixtureRequest, load_with: Load, tmp_path: Path, mark: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    folder = made(kind, tmp_path / kind, request)
    write(folder, {"evilmod.py": MODULE.format(mark=str(mark)).encode()})
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(str(folder))
    config = (folder / "config.json").read_bytes()
    for adapter in ADAPTERS[kind]:
        given = OPTIONS.get(adapter.name, {})
        over(folder, {"config.json": {"auto_map": dict.fromkeys(AUTO, "evilmod.Evil")}})
        with pytest.raises(UsageError, match="trust_remote_code=true"):
            load_with(adapter, str(folder), **given)
        (folder / "config.json").write_bytes(config)
        kept = (folder / "model.safetensors").read_bytes()
        (folder / "model.safetensors").unlink()
        torch.save({"x": Harmful(mark)}, folder / "pytorch_model.bin")
        with pytest.raises(UsageError, match="allow_pickle=true"):
            load_with(adapter, str(folder), **given)
        with pytest.raises((UsageError, InvalidError)):
            load_with(adapter, str(folder), allow_pickle=True, **given)
        (folder / "model.safetensors").write_bytes(kept)
        (folder / "pytorch_model.bin").unlink()
    assert not mark.exists()


AUTO = ("AutoConfig", "AutoModel", "AutoModelForSequenceClassification", "AutoModelForMaskedLM",
        "AutoModelForCausalLM", "AutoModelForSeq2SeqLM", "AutoTokenizer")  # fmt: skip


def test_every_module_of_the_library_is_known() -> None:
    """The list in our own code is whole: an honest checkpoint of any kind is let in."""
    import sentence_transformers as library
    from sentence_transformers import models as listed

    from harness.adapters.support.doors.names import MODULES

    assert Path(library.__file__ or "").is_file()
    base = listed.Transformer.__mro__[-2]  # torch.nn.Module or the library's own
    found = {
        name
        for name in dir(listed)
        if isinstance(getattr(listed, name), type) and issubclass(getattr(listed, name), base)
    }
    assert found - MODULES - {"Module", "InputModule"} == set()
    assert len(found) > 10


def test_late_interaction_refuses_as_the_others_do(
    embedder: Path, load_with: Load, mark: Path
) -> None:
    over(embedder, {"config_sentence_transformers.json": {"model_type": "MultiVectorEncoder"}})
    over(embedder, CODE["module"])
    with pytest.raises(UsageError, match="trust_remote_code=true"):
        load_with(late_interaction.ADAPTER, str(embedder))
    assert not mark.exists()
