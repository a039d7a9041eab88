"""Checkpoints that load and fail at their first use: one line, whatever a library raises."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from harness.adapters import adapters
from harness.adapters.options import parse_options
from harness.engine.crew import Failed, Worker
from harness.engine.jobs import EmbedJob, Job, PairJob
from harness.engine.named import ModelSpec
from harness.errors import InvalidError, MarginBenchError, UsageError
from harness.runs.batches import DEFAULTS

pytest.importorskip("torch", reason="torch adapters need marginbench[torch]")
pytest.importorskip("sentence_transformers", reason="needs marginbench[torch]")

Build = Callable[..., Path]
PAIRS = PairJob((("a cat", "the dog"), ("a cat", "the bank sat")), ("q1 / d1", "q1 / d2"))
TEXTS = EmbedJob((("query", "a cat"), ("document", "the dog")))


def used(adapter: str, folder: Path, job: Job, **options: str) -> MarginBenchError:
    """What comes of the first part of a model, which has to be one of our errors."""
    known = parse_options(adapters().get(adapter), [f"{k}={v}" for k, v in options.items()])
    spec = ModelSpec(adapter, str(folder), known, "float32")
    try:
        done = Worker(spec, "cpu", guest=True).run(0, job, DEFAULTS["cpu"], lambda _: None)
    except MarginBenchError as error:
        return error
    assert isinstance(done, Failed), "it is not refused"
    return done.error


def edit(path: Path, change: Callable[[Any], Any]) -> None:
    made = json.loads(path.read_text())
    change(made)
    path.write_text(json.dumps(made))


@pytest.mark.parametrize("number", [2**31 + 5, 2**31 - 1])
def test_a_token_of_a_number_that_nothing_holds(
    number: int, tmp_path: Path, tiny_bert: Build
) -> None:
    folder = tiny_bert(tmp_path, "BertForSequenceClassification", num_labels=1)
    edit(folder / "tokenizer.json", lambda made: made["model"]["vocab"].update(cat=number))
    error = used("cross-encoder", folder, PAIRS)
    assert isinstance(error, InvalidError)
    assert "cannot be used: OverflowError" in str(error) or "no embedding for" in str(error)
    assert str(folder) in str(error) or "no embedding for" in str(error)


def test_a_template_that_repeats_a_text(tmp_path: Path, tiny_bert: Build) -> None:
    folder = tiny_bert(tmp_path, "BertForSequenceClassification", num_labels=1)
    first = {"Sequence": {"id": "A", "type_id": 0}}
    second = {"Sequence": {"id": "B", "type_id": 1}}
    template = {"type": "TemplateProcessing", "single": [first] * 500,
                "pair": [first, second] * 500, "special_tokens": {}}  # fmt: skip
    edit(folder / "tokenizer.json", lambda made: made.update(post_processor=template))
    assert "tokens where 32 are the most" in str(used("cross-encoder", folder, PAIRS))


def embedder(folder: Path, tiny_bert: Build, settings: Mapping[str, Any]) -> Path:
    from safetensors.torch import save_file

    tiny_bert(folder)
    kinds = [("Transformer", ""), ("Pooling", "1_Pooling"), ("Dense", "2_Dense")]
    modules = [{"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{n}"}
               for i, (n, path) in enumerate(kinds)]  # fmt: skip
    (folder / "modules.json").write_text(json.dumps(modules))
    for name, content in (
        ("1_Pooling", {"word_embedding_dimension": 16, "pooling_mode_mean_tokens": True}),
        ("2_Dense", {"in_features": 16, "out_features": 8, "bias": False, **settings}),
    ):
        (folder / name).mkdir()
        (folder / name / "config.json").write_text(json.dumps(content))
    import torch

    save_file({"linear.weight": torch.ones(8, 16)}, folder / "2_Dense" / "model.safetensors")
    return folder


def test_an_activation_that_computes_nothing(tmp_path: Path, tiny_bert: Build) -> None:
    told = {"activation_function": "torch.nn.modules.activation.Tanh"}
    folder = embedder(tmp_path, tiny_bert, told)
    assert used_fine(folder)
    for name in ("torch.nn.Module", "torch.nn.Embedding", "torch.nn.modules.linear.Bilinear"):
        dense = folder / "2_Dense" / "config.json"
        edit(dense, lambda made, name=name: made.update(activation_function=name))
        refused = used("bi-encoder", folder, TEXTS)
        assert isinstance(refused, UsageError)
        assert "names code" in str(refused)
        trusted = used("bi-encoder", folder, TEXTS, trust_remote_code="true")
        assert "Error" in str(trusted)
        assert str(folder) in str(trusted)


def used_fine(folder: Path) -> bool:
    known = parse_options(adapters().get("bi-encoder"), [])
    worker = Worker(ModelSpec("bi-encoder", str(folder), known, "float32"), "cpu", guest=True)
    return not isinstance(worker.run(0, TEXTS, DEFAULTS["cpu"], lambda _: None), Failed)


@pytest.mark.parametrize("length", [-5, 0, 2.5, "12"])
def test_a_length_that_is_none(length: Any, tmp_path: Path, tiny_bert: Build) -> None:
    folder = embedder(tmp_path, tiny_bert, {})
    (folder / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": length}))
    assert "says no number of tokens (max_seq_length" in str(used("bi-encoder", folder, TEXTS))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"size": {"height": 20_000, "width": 20_000}}, "asks for 20000 pixels"),
        ({"do_center_crop": True, "crop_size": {"height": 40_000, "width": 1}}, "40000 pixels"),
        ({"do_pad": True, "pad_size": {"height": 40_000, "width": 40_000}}, "40000"),
        ({"image_std": [0, 0, 0]}, "divides the colours of an image by 0"),
        ({"rescale_factor": 1e308}, "no finite numbers"),
    ],
    ids=["size", "crop", "pad", "std", "factor"],
)
def test_a_picture_made_of_no_use(
    changed: Mapping[str, Any], said: str, tmp_path: Path, recwarn: pytest.WarningsRecorder
) -> None:
    transformers = pytest.importorskip("transformers")
    config = transformers.ViTConfig(hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
                                    intermediate_size=32, image_size=32, patch_size=8)  # fmt: skip
    transformers.ViTModel(config).save_pretrained(tmp_path)
    settings = {"image_processor_type": "ViTImageProcessor", "do_normalize": True,
                "do_rescale": True, "do_resize": True, "image_mean": [0.5] * 3, "resample": 2,
                "image_std": [0.5] * 3, "size": {"height": 32, "width": 32}, **changed}  # fmt: skip
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(settings))
    error = used("image-embedder", tmp_path, TEXTS)
    assert said in str(error)
    assert str(tmp_path) in str(error)
    assert not [one for one in recwarn if issubclass(one.category, RuntimeWarning)]
