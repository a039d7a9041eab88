"""The expected level of a vision-language model, against its own logits step by step."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.adapters.support.hf_images import processor_arguments, processor_settings
from harness.adapters.vlm_score.adapter import ADAPTER
from harness.adapters.vlm_score.prompts import read_prompt
from harness.capabilities import capabilities_of
from harness.errors import UsageError
from tests.adapters.image_models import (
    TEMPLATE,
    VOCABULARY,
    image_processor,
    pictures,
    save_clip,
    save_idefics3,
    save_llava,
)

pytest.importorskip("torch", reason="needs marginbench[vlm]")
pytest.importorskip("transformers", reason="needs marginbench[vlm]")
pytest.importorskip("jinja2", reason="needs marginbench[vlm]")
Load = Callable[..., Any]
SIZES = ((40, 40), (64, 33), (28, 28), (90, 51))
LEVELS = ("excellent", "good", "fair", "poor", "bad")
ASKED = (
    "USER : How would you rate the quality of this image ? <image> ASSISTANT : "
    "The quality of the image is"
)
PROMPT = """
start = "The quality of the image is"
levels = ["excellent", "poor"]

[[message]]
role = "user"
text = "Rate the image {image}"
"""


@pytest.fixture(scope="module")
def llava(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_llava(tmp_path_factory.mktemp("llava"))


@pytest.fixture(scope="module")
def idefics(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_idefics3(tmp_path_factory.mktemp("idefics"))


def by_hand(folder: Path, image: Any, text: str, worth: dict[str, float]) -> float:
    """One image through the model as saved; every logit of the last place is made."""
    import torch
    import transformers

    processor = transformers.AutoProcessor.from_pretrained(folder, **processor_arguments())
    model = transformers.AutoModelForImageTextToText.from_pretrained(folder).eval()
    with torch.no_grad():
        ready = processor(images=[image], text=[text], return_tensors="pt")
        logits = model(**ready).logits[0, -1].double()
    chosen = torch.stack([logits[VOCABULARY[word]] for word in worth])
    chances = torch.softmax(chosen, dim=0)
    return float((chances * torch.tensor(list(worth.values()), dtype=torch.float64)).sum())


FIVE = dict(zip(LEVELS, (5.0, 4.0, 3.0, 2.0, 1.0), strict=True))


def test_equals_the_models_own_logits(llava: Path, load_with: Load) -> None:
    model = load_with(ADAPTER, str(llava))
    assert capabilities_of(model) == ADAPTER.capabilities("x") == {"score_images"}
    images = pictures(*SIZES)
    wanted = [by_hand(llava, image, ASKED, FIVE) for image in images]
    assert model.score_images(images) == pytest.approx(wanted, abs=1e-5)
    assert max(wanted) - min(wanted) > 0.01
    assert all(1 <= score <= 5 for score in wanted)


def test_what_is_asked_is_told(llava: Path, load_with: Load) -> None:
    told = load_with(ADAPTER, str(llava)).resolved
    assert told["asked"].replace(" ?", "?").split() == ASKED.replace(" ?", "?").split()
    assert told["level_tokens"] == [VOCABULARY[word] for word in LEVELS]
    assert told["level_values"] == [5.0, 4.0, 3.0, 2.0, 1.0]
    assert told["image_size"] == "shorter side 28"
    assert told["image_crop"] == "centre of 28 x 28 (height x width)"
    json.dumps(told, allow_nan=False)


def test_good_against_poor(llava: Path, load_with: Load) -> None:
    model = load_with(ADAPTER, str(llava), prompt="q-bench")
    images = pictures(*SIZES)
    text = "USER : <image> Rate the quality of the image. ASSISTANT : The quality of the image is"
    wanted = [by_hand(llava, image, text, {"good": 1.0, "poor": 0.0}) for image in images]
    assert model.score_images(images) == pytest.approx(wanted, abs=1e-5)


@pytest.mark.parametrize("kind", ["llava", "idefics"])
def test_alone_as_in_a_batch(kind: str, request: pytest.FixtureRequest, load_with: Load) -> None:
    model = load_with(ADAPTER, str(request.getfixturevalue(kind)))
    images = pictures(*SIZES, *SIZES, seed=9)
    together = model.score_images(images)
    alone = [model.score_images([image])[0] for image in images]
    assert together == pytest.approx(alone, abs=1e-5)
    assert model.score_images(images[::-1])[::-1] == pytest.approx(together, abs=1e-5)
    assert model.score_images([]).shape == (0,)


def test_an_image_in_tiles(idefics: Path, load_with: Load) -> None:
    """Its inputs differ in shape by image, so that images of two shapes are no batch."""
    model = load_with(ADAPTER, str(idefics))
    images = pictures((56, 56), (56, 20), (56, 56))
    shapes = {tuple(model._prepared(image)["pixel_values"].shape) for image in images}
    assert len(shapes) == 2
    wanted = [by_hand(idefics, image, ASKED, FIVE) for image in images]
    assert model.score_images(images) == pytest.approx(wanted, abs=1e-5)
    assert "cut into tiles" in model.resolved["image_size"]


@pytest.mark.parametrize(
    ("kind", "settings", "size", "crop"),
    [
        ("Qwen2VL", {"min_pixels": 784, "max_pixels": 12544},
         "784 to 12544 pixels, sides multiples of 28", "none"),
        ("Siglip", {"size": {"height": 40, "width": 30}}, "40 x 30 (height x width)", "none"),
        ("CLIP", {"do_resize": False, "crop_size": 24},
         "as it is", "centre of 24 x 24 (height x width)"),
        ("CLIP", {"size": {"shortest_edge": 30}, "do_center_crop": False},
         "shorter side 30", "none"),
    ],
)  # fmt: skip
def test_what_other_image_processors_do(
    kind: str, settings: dict[str, Any], size: str, crop: str
) -> None:
    told = processor_settings(image_processor(kind, **settings))
    assert (told["image_size"], told["image_crop"]) == (size, crop)
    assert told["image_resampling"] == ("none" if size == "as it is" else "bicubic")


def test_a_first_token_that_the_template_writes_stands_once(
    tmp_path: Path, load_with: Load
) -> None:
    model = load_with(ADAPTER, str(save_llava(tmp_path, template="<s>" + TEMPLATE)))
    (image,) = pictures((28, 28))
    ids = model._prepared(image)["input_ids"][0].tolist()
    assert ids.count(VOCABULARY["<s>"]) == 1
    assert ids[0] == VOCABULARY["<s>"]


def test_half_precision_is_near(llava: Path, load_with: Load) -> None:
    images = pictures(*SIZES)
    whole = load_with(ADAPTER, str(llava)).score_images(images)
    half = load_with(ADAPTER, str(llava), dtype="bfloat16").score_images(images)
    assert half == pytest.approx(whole, abs=0.2)


def defaults(**given: Any) -> dict[str, Any]:
    return {name: option.default for name, option in ADAPTER.options.items()} | given


def test_identity_knows_the_prompt(llava: Path, tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text(PROMPT)
    named = [ADAPTER.identify(str(llava), defaults(prompt=p)) for p in ("q-align", str(file))]
    assert named[0].digest != named[1].digest
    assert named[0].direction == "higher"
    file.write_text(PROMPT.replace("poor", "bad"))
    assert ADAPTER.identify(str(llava), defaults(prompt=str(file))).digest != named[1].digest


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("{image}", "", "shows the image 0 times"),
        ("{image}", "{image} {image}", "shows the image 2 times"),
        ("{image}", "{image} {text}", r"\{text\} is no field"),
        ('"poor"', '"excellent"', "different words"),
        ('"poor"', '""', "different words"),
        ('["excellent", "poor"]', '["good"]', "is not a prompt: levels"),
        ("start", "worth = [1, 2, 3]\nstart", "2 levels are worth 3 numbers"),
        ("start", "worth = ['a', 'b']\nstart", "is not a prompt: worth"),
        ("start", "wurth = [1, 2]\nstart", "is not a prompt: wurth"),
        ('role = "user"', 'role = "system"\nimage = 3', "is not a prompt"),
    ],
)
def test_prompts_that_are_none(tmp_path: Path, old: str, new: str, said: str) -> None:
    file = tmp_path / "own.toml"
    file.write_text(PROMPT.replace(old, new))
    with pytest.raises(UsageError, match=said):
        read_prompt({"prompt": str(file)})
    with pytest.raises(UsageError, match="no prompt 'absent'"):
        read_prompt({"prompt": "absent"})


@pytest.mark.parametrize(
    ("level", "said"),
    [("very good", "is not one token"), ("splendid", "are the same token"), ("", "different")],
)
def test_levels_are_checked_before_weights_load(
    llava: Path, tmp_path: Path, load_with: Load, level: str, said: str
) -> None:
    """The second unknown word of the tokenizer is its first one again."""
    from shutil import copytree, ignore_patterns

    folder = copytree(llava, tmp_path / "bare", ignore=ignore_patterns("*.safetensors"))
    file = tmp_path / "own.toml"
    file.write_text(PROMPT.replace('"poor"', f'"{level}"').replace("excellent", "nameless"))
    with pytest.raises(UsageError, match=said):
        load_with(ADAPTER, str(folder), prompt=str(file))
    file.write_text(PROMPT)
    with pytest.raises(UsageError, match="cannot be loaded"):  # now the weights are missed
        load_with(ADAPTER, str(folder), prompt=str(file))


def test_without_a_chat_template(tmp_path: Path, load_with: Load) -> None:
    with pytest.raises(UsageError, match="no chat template"):
        load_with(ADAPTER, str(save_llava(tmp_path, template="")))


def test_a_template_that_leaves_the_image_out(tmp_path: Path, load_with: Load) -> None:
    folder = save_llava(tmp_path, template=TEMPLATE.replace("<image> ", ""))
    with pytest.raises(UsageError, match="leaves the image out"):
        load_with(ADAPTER, str(folder))


def test_a_template_that_refuses(tmp_path: Path, load_with: Load) -> None:
    refuses = "{% if messages[0]['role'] == 'user' %}{{ raise_exception('no images') }}{% endif %}"
    folder = save_llava(tmp_path, template=refuses + TEMPLATE)
    with pytest.raises(UsageError, match="does not take this prompt: no images"):
        load_with(ADAPTER, str(folder))


def test_other_families_are_sent_where_they_belong(
    tmp_path: Path, tiny_bert: Callable[..., Path]
) -> None:
    bert = tiny_bert(tmp_path / "bert")
    with pytest.raises(UsageError, match=r"BertModel, which is no model that writes.*bi-encoder"):
        ADAPTER.identify(str(bert), defaults())
    clip = save_clip(tmp_path / "clip")
    with pytest.raises(UsageError, match=r"CLIPModel, which is no model that writes.*clip-iqa"):
        ADAPTER.identify(str(clip), defaults())


def test_code_of_its_own_is_refused(llava: Path, tmp_path: Path, load_with: Load) -> None:
    """As Q-Align's checkpoints need it; their code is not run unless it is trusted."""
    config = {
        "architectures": ["MPLUGOwl2LlamaForCausalLM"],
        "model_type": "mplug_owl2",
        "auto_map": {"AutoModelForCausalLM": "own.MPLUGOwl2LlamaForCausalLM"},
    }
    (tmp_path / "config.json").write_text(json.dumps(config))
    (tmp_path / "own.py").write_text("raise SystemExit('it was run')\n")
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(UsageError, match=r"code of its own.*trust_remote_code=true"):
        load_with(ADAPTER, str(tmp_path))


def test_numbers_are_those_of_any_precision_of_the_sum(llava: Path, load_with: Load) -> None:
    """Large logits do not overflow: the head's weights times 1,000 leave one level."""
    import torch

    model = load_with(ADAPTER, str(llava))
    with torch.no_grad():
        model._model.get_output_embeddings().weight.mul_(1000)
    scores = model.score_images(pictures(*SIZES))
    assert np.isfinite(scores).all()
    assert scores == pytest.approx(np.round(scores), abs=1e-3)
