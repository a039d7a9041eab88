"""What lies in a folder is read from what it declares, and names the adapters that take it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.adapters import adapters
from harness.adapters.support.families import LANGUAGE, contents, known


def write(folder: Path, **files: Any) -> Path:
    for name, content in files.items():
        path = folder / name.replace("__", ".")
        path.write_text(json.dumps(content))
    return folder


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"architectures": ["Qwen3ForCausalLM"]}, LANGUAGE),
        ({"architectures": ["GPT2LMHeadModel"]}, LANGUAGE),
        ({"architectures": ["Gemma3ForConditionalGeneration"]}, LANGUAGE),
        ({"architectures": ["LlavaForConditionalGeneration"], "vision_config": {}},
         ("vlm-score", *LANGUAGE)),
        ({"architectures": ["SiglipModel"], "vision_config": {}, "text_config": {}},
         ("image-embedder", "clip-iqa", "image-text")),
        ({"architectures": ["LlavaModel"], "vision_config": {}, "text_config": {}},
         ("image-embedder",)),
        ({"architectures": ["T5ForConditionalGeneration"], "is_encoder_decoder": True},
         ("monot5",)),
        ({"architectures": ["BertForMaskedLM"]}, ("sparse", "bi-encoder")),
        ({"architectures": ["HF_ColBERT"]}, ("late-interaction",)),
        ({"architectures": ["XLMRobertaForSequenceClassification"], "id2label": {"0": "x"}},
         ("cross-encoder", "reward-model", "text-classifier")),
        ({"architectures": ["BertForSequenceClassification"]},
         ("text-classifier", "cross-encoder", "reward-model")),
        ({"architectures": ["BertModel"]}, ("bi-encoder",)),
        ({"architecture": "vit_tiny", "pretrained_cfg": {}},
         ("image-embedder", "image-classifier")),
        ({"model_type": "bert"}, ()),
        ({"architectures": "BertModel"}, ()),
        ({"architectures": ["ViTForImageClassification"]}, ("image-classifier", "image-embedder")),
        ({"architectures": ["CLIPModel"], "vision_config": {}},
         ("image-embedder", "clip-iqa", "image-text")),
        ({"architectures": ["Dinov2Model"], "patch_size": 14}, ("image-embedder",)),
    ],
)  # fmt: skip
def test_configurations(config: dict[str, Any], expected: tuple[str, ...], tmp_path: Path) -> None:
    assert contents(write(tmp_path, config__json=config)).adapters == expected


MODULES = [{"type": "sentence_transformers.models.Transformer"}]


@pytest.mark.parametrize(
    ("modules", "about", "expected"),
    [
        (MODULES, {}, "bi-encoder"),
        ([*MODULES, {"type": "pylate.models.Dense.Dense"}], {}, "late-interaction"),
        (MODULES, {"model_type": "ColBERT"}, "late-interaction"),
        ([{"type": "sentence_transformers.sparse_encoder.models.MLMTransformer"}], {}, "sparse"),
        (MODULES, {"model_type": "CrossEncoder"}, "cross-encoder"),
        (["rubbish", {"type": 3}], {}, "bi-encoder"),
    ],
)
def test_modules(modules: Any, about: Any, expected: str, tmp_path: Path) -> None:
    write(tmp_path, modules__json=modules, config_sentence_transformers__json=about)
    assert contents(tmp_path).adapters == (expected,)


def test_what_no_adapter_takes(tmp_path: Path) -> None:
    assert contents(tmp_path).what.startswith("no config.json")
    write(tmp_path, config__json={}, adapter_config__json={"base_model_name_or_path": "org/base"})
    assert contents(tmp_path).what == "a LoRA, made for the model 'org/base'"
    assert contents(tmp_path).adapters == ()


def test_only_adapters_that_are_there_are_named(tmp_path: Path) -> None:
    found = contents(write(tmp_path, config__json={"architectures": ["LlamaForCausalLM"]}))
    assert known(found)[:4] == ["yes-no", "query-likelihood", "listwise", "first"]
    assert set(known(found)) <= set(adapters().names())
