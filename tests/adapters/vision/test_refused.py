"""What is no image model, or is declared in parts: one line, before weights are read."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.adapters.vision.adapter import CLASSIFIER, EMBEDDER
from harness.errors import InvalidError, UsageError
from tests.adapters.vision.conftest import rewrite

Load = Callable[..., Any]
Save = Callable[..., Path]


def config(folder: Path, **content: Any) -> str:
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps(content))
    (folder / "model.safetensors").write_bytes(b"never read")
    return str(folder)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"model_type": "bert", "architectures": ["BertModel"], "vocab_size": 9},
         r"holds a BertModel.*no encoder or classifier of images\. Use the adapter bi-encoder"),
        ({"model_type": "bert", "architectures": ["BertForSequenceClassification"]},
         r"Use the adapter text-classifier or cross-encoder"),
        ({"model_type": "llama", "architectures": ["LlamaForCausalLM"]},
         r"causal language model.*Use the adapter yes-no"),
        ({"model_type": "llava", "architectures": ["LlavaForConditionalGeneration"],
          "vision_config": {}}, r"LlavaForConditionalGeneration"),
        ({"model_type": "detr", "architectures": ["DetrForObjectDetection"], "num_channels": 3},
         r"DetrForObjectDetection, which is no encoder or classifier.*such as a ViT"),
        ({"model_type": "vit", "architectures": ["ViTModel"], "image_size": 32},
         r"holds no preprocessor_config\.json.*AutoImageProcessor"),
        ([], r"config\.json .*holds no object"),
    ],
)  # fmt: skip
def test_another_family(content: Any, message: str, tmp_path: Path, load_with: Load) -> None:
    folder = config(tmp_path / "m", **content) if content else str(tmp_path / "m")
    if not content:
        (tmp_path / "m").mkdir()
        (tmp_path / "m" / "config.json").write_text("[]")
    pytest.importorskip("transformers", reason="needs marginbench[vision]")
    for adapter in (EMBEDDER, CLASSIFIER):
        with pytest.raises(UsageError, match=message) as caught:
            adapter.identify(folder, {})
        assert "\n" not in str(caught.value)
    with pytest.raises(UsageError, match=message):
        load_with(EMBEDDER, folder)


def test_an_encoder_that_looks_at_random_patches(save: Save, load_with: Load) -> None:
    import torch
    import transformers

    folder = save("ViT")  # whose image processor stays there
    torch.manual_seed(1)
    config = transformers.ViTMAEConfig(
        hidden_size=16, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2,
        image_size=32, patch_size=8, initializer_range=0.3,
    )  # fmt: skip
    transformers.ViTMAEModel(config).save_pretrained(folder)
    with pytest.raises(UsageError, match="gives another answer each time") as caught:
        load_with(EMBEDDER, str(folder), pooling="mean")
    assert "\n" not in str(caught.value)


def test_folders_of_something_else(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"")
    with pytest.raises(UsageError, match=r"an ONNX graph\. Use the adapter onnx-embedder"):
        EMBEDDER.identify(str(tmp_path), {})
    (tmp_path / "model.onnx").unlink()
    (tmp_path / "adapter_config.json").write_text('{"base_model_name_or_path": "org/vit"}')
    with pytest.raises(UsageError, match=r"a LoRA, made for the model 'org/vit'\. Merge it"):
        EMBEDDER.identify(str(tmp_path), {})


def test_pickles_are_read_when_asked_for(save: Save, load_with: Load, pictures: list[Any]) -> None:
    import numpy as np
    import torch
    from safetensors.torch import load_file

    folder = save("ViT")
    expected = load_with(EMBEDDER, str(folder)).embed_images(pictures)
    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    for call in (
        lambda: EMBEDDER.identify(str(folder), {}),
        lambda: load_with(EMBEDDER, str(folder)),
    ):
        with pytest.raises(UsageError, match=r"as a pickle alone.*--option allow_pickle=true"):
            call()
    found = load_with(EMBEDDER, str(folder), allow_pickle=True).embed_images(pictures)
    np.testing.assert_array_equal(found, expected)


class Harmful:
    """Pickled, it would write a file when it is read."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return (Path.write_text, (Path(self.path), "ran"))


def test_a_pickle_that_carries_code_runs_none(save: Save, load_with: Load, tmp_path: Path) -> None:
    import torch

    folder, trace = save("ViT"), tmp_path / "trace"
    (folder / "model.safetensors").unlink()
    torch.save({"x": Harmful(str(trace))}, folder / "pytorch_model.bin")
    with pytest.raises((UsageError, InvalidError)) as caught:
        load_with(EMBEDDER, str(folder), allow_pickle=True)
    assert "\n" not in str(caught.value)
    assert not trace.exists()


def test_what_is_broken_is_one_line(save: Save, load_with: Load) -> None:
    folder = save("ViT")
    whole = (folder / "preprocessor_config.json").read_text()
    (folder / "preprocessor_config.json").write_text("{")
    with pytest.raises(UsageError, match="cannot be loaded") as one:
        load_with(EMBEDDER, str(folder))
    (folder / "preprocessor_config.json").write_text(whole)
    rewrite(folder / "preprocessor_config.json", size={"height": 48, "width": 48})
    with pytest.raises(UsageError, match=r"cannot be run on an image: .*48") as two:
        load_with(EMBEDDER, str(folder))
    (folder / "preprocessor_config.json").write_text(whole)
    (folder / "model.safetensors").write_bytes(b"\x00" * 64)
    with pytest.raises(UsageError, match="cannot be loaded") as three:
        load_with(EMBEDDER, str(folder))
    (folder / "model.safetensors").unlink()
    with pytest.raises(
        UsageError, match=r"holds no weights \(such as model\.safetensors\)"
    ) as four:
        load_with(EMBEDDER, str(folder))
    assert not any("\n" in str(error.value) for error in (one, two, three, four))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"size": -1}, r"size=-1 is outside"),
        ({"size": 99999}, r"size=99999 is outside"),
        ({"resample": "cubic"}, r"unknown resample 'cubic'. Did you mean 'bicubic'"),
        ({"pretrained": False}, r"pretrained=false is for names of timm's own"),
        ({"revision": "main"}, r"is a local folder, which has no revision"),
    ],
)
def test_options_that_cannot_be(
    options: dict[str, Any], message: str, save: Save, load_with: Load
) -> None:
    folder = str(save("ViT"))
    if "pretrained" in options:
        pytest.importorskip("timm", reason="needs marginbench[vision]")
    with pytest.raises(UsageError, match=message):
        load_with(EMBEDDER, folder, **options)


def test_one_file_of_a_checkpoint(save: Save) -> None:
    folder = save("ViT")
    with pytest.raises(UsageError, match=r"of a checkpoint of transformers\. Give its fold"):
        EMBEDDER.identify(str(folder / "model.safetensors"), {})
