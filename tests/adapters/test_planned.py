"""Configurations against weights: a network is reckoned before it is made, and honest ones pass."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from harness.adapters.cross_encoder import ADAPTER as CROSS_ENCODER
from harness.adapters.support.checkpoints import Checkpoint
from harness.adapters.support.doors.check import check_folder
from harness.adapters.support.planned import check_planned
from harness.errors import InvalidError, UsageError

torch = pytest.importorskip("torch", reason="torch adapters need marginbench[torch]")
transformers = pytest.importorskip("transformers", reason="needs marginbench[torch]")

KINDS = (
    *("Bert", "Roberta", "Albert", "DistilBert", "DebertaV2", "XLNet", "Electra", "MobileBert"),
    *("Canine", "ModernBert", "T5", "Bart", "GPT2", "GPTNeo", "Llama", "Qwen2", "Qwen3", "Mistral"),
    *("Mixtral", "Gemma2", "Phi3", "OPT", "Mamba", "GPTNeoX", "BigBird", "Longformer", "MPNet"),
    *("ViT", "Swin", "Swinv2", "ConvNext", "ResNet", "Dinov2", "CLIP", "CLIPVision", "Siglip"),
    *("Beit", "MobileViT", "EfficientNet", "Segformer", "RegNet", "FocalNet", "Levit", "Perceiver"),
    *("Idefics3", "LlavaNext", "Blip", "Flava", "ViTMAE"),
)


def as_saved(folder: Path, config: Any) -> Path:
    """A folder with a configuration and a file of the size of its weights, which holds no byte."""
    with torch.device("meta"):
        state = transformers.AutoModel.from_config(config).state_dict()
    listed, at = {}, 0
    for name, tensor in state.items():
        size = 2 * tensor.numel()
        listed[name] = {
            "dtype": "BF16",
            "shape": list(tensor.shape),
            "data_offsets": [at, at + size],
        }
        at += size
    head = json.dumps(listed).encode()
    config.save_pretrained(folder)
    with (folder / "model.safetensors").open("wb") as file:
        file.write(len(head).to_bytes(8, "little") + head)
        file.truncate(8 + len(head) + at)
    return folder


def look_through(folder: Path) -> None:
    names = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    check_folder(folder, names, trusted=False, allow_pickle=False)


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_class_of_transformers_is_by_itself_passes(kind: str, tmp_path: Path) -> None:
    found = getattr(transformers, f"{kind}Config", None)
    if found is None:
        pytest.skip(f"transformers {transformers.__version__} has no {kind}")
    folder = as_saved(tmp_path, found())
    look_through(folder)
    check_planned(Checkpoint(folder, "m", None), {})


TOO_LARGE: dict[str, Mapping[str, Any]] = {
    "type_vocab_size": {"type_vocab_size": 10**8},
    "vocab_size": {"vocab_size": 5 * 10**7},
    "a product of usual sizes": {"hidden_size": 30_000, "intermediate_size": 30_000},
    "a product with layers": {"hidden_size": 1024, "intermediate_size": 8192,
                              "num_hidden_layers": 100},
    "places": {"max_position_embeddings": 10**7},
    "as another kernel": {"hidden_size": 30_000, "intermediate_size": 30_000,
                          "attn_implementation": "flash_attention_2"},
    "of another format": {"hidden_size": 30_000, "intermediate_size": 30_000,
                          "dtype": "float8_e4m3fn"},
}  # fmt: skip


@pytest.mark.parametrize("kind", TOO_LARGE)
def test_a_network_that_its_weights_do_not_make_is_not_made(
    kind: str, tmp_path: Path, tiny_bert: Callable[..., Path], load_with: Callable[..., Any]
) -> None:
    folder = tiny_bert(tmp_path, "BertForSequenceClassification", num_labels=1)
    load_with(CROSS_ENCODER, str(folder))
    told = json.loads((folder / "config.json").read_text()) | dict(TOO_LARGE[kind])
    (folder / "config.json").write_text(json.dumps(told))
    with pytest.raises((UsageError, InvalidError), match="weights h") as caught:
        load_with(CROSS_ENCODER, str(folder))
    assert "config.json" in str(caught.value)


def test_what_is_counted_by_a_name_of_its_own_is_not_made_either(tmp_path: Path) -> None:
    config = transformers.PerceiverConfig(num_latents=4, d_latents=8, d_model=8, num_blocks=1,
                                          num_self_attends_per_block=1)  # fmt: skip
    folder = as_saved(tmp_path, config)
    check_planned(Checkpoint(folder, "m", None), {})
    told = json.loads((folder / "config.json").read_text()) | {"num_self_attends_per_block": 10**9}
    (folder / "config.json").write_text(json.dumps(told))
    with pytest.raises(UsageError, match="num_self_attends_per_block"):
        look_through(folder)
    with pytest.raises(InvalidError, match="a network of more than 10,000 arrays"):
        check_planned(Checkpoint(folder, "m", None), {})
    assert torch.nn.Linear(2, 2).weight.shape == (2, 2)  # nothing is counted any more


def test_weights_of_other_shapes_are_told_without_a_report_that_is_not_there(
    tmp_path: Path, tiny_bert: Callable[..., Path], load_with: Callable[..., Any]
) -> None:
    folder = tiny_bert(tmp_path, "BertForSequenceClassification", num_labels=1)
    told = json.loads((folder / "config.json").read_text()) | {"intermediate_size": 48}
    (folder / "config.json").write_text(json.dumps(told))
    with pytest.raises(UsageError, match="do not fit together") as caught:
        load_with(CROSS_ENCODER, str(folder))
    assert "report" not in str(caught.value)
