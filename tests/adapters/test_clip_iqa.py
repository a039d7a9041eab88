"""CLIP-IQA against the model's own logits, worked out step by step from its saved files."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.adapters.clip_iqa.adapter import ADAPTER
from harness.adapters.clip_iqa.prompts import read_pairs
from harness.adapters.support.hf_images import processor_arguments
from harness.capabilities import capabilities_of
from harness.errors import InvalidError, UsageError
from tests.adapters.image_models import pictures, save_clip, save_siglip

pytest.importorskip("torch", reason="needs marginbench[vlm]")
pytest.importorskip("transformers", reason="needs marginbench[vlm]")
Load = Callable[..., Any]
SIZES = ((40, 40), (64, 33), (32, 32), (90, 51))
ASPECTS = [
    ("Bright photo.", "Dark photo."),
    ("Clean photo.", "Noisy photo."),
    ("Colorful photo.", "Dull photo."),
    ("Sharp photo.", "Blurry photo."),
    ("High contrast photo.", "Low contrast photo."),
]


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_clip(tmp_path_factory.mktemp("clip"))


@pytest.fixture(scope="module")
def siglip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_siglip(tmp_path_factory.mktemp("siglip"))


def by_hand(folder: Path, image: Any, pairs: list[tuple[str, str]], **padding: Any) -> float:
    """One image and one pair at a time through the whole model, which makes its own logits."""
    import torch
    import transformers

    model = transformers.AutoModel.from_pretrained(folder).eval()
    words = transformers.AutoTokenizer.from_pretrained(folder)
    processor = transformers.AutoImageProcessor.from_pretrained(folder, **processor_arguments())
    pixels = processor(images=image, return_tensors="pt")["pixel_values"]
    chances = []
    for pair in pairs:
        ids = words(list(pair), return_tensors="pt", **(padding or {"padding": True}))
        with torch.no_grad():
            logits = model(pixel_values=pixels, **ids).logits_per_image[0]
        good, bad = np.exp(logits.double().numpy() - logits.max().item())
        chances.append(good / (good + bad))
    return float(np.mean(chances))


@pytest.mark.parametrize("pairs", [[("Good photo.", "Bad photo.")], ASPECTS])
def test_equals_the_models_own_logits(clip: Path, load_with: Load, pairs: Any) -> None:
    model = load_with(ADAPTER, str(clip), prompts="quality" if len(pairs) == 1 else "aspects")
    assert capabilities_of(model) == ADAPTER.capabilities("x") == {"score_images"}
    images = pictures(*SIZES)
    wanted = [by_hand(clip, image, pairs) for image in images]
    assert model.score_images(images) == pytest.approx(wanted, abs=1e-5)
    assert max(wanted) - min(wanted) > 0.01
    assert model.resolved["pairs"] == [list(pair) for pair in pairs]
    assert model.resolved["temperature"] == pytest.approx(np.exp(-3.1), rel=1e-6)


def test_siglip_reads_texts_that_are_filled_up(siglip: Path, load_with: Load) -> None:
    """Its bias is the same for both texts; padding is not: the answer is read at the last place."""
    model = load_with(ADAPTER, str(siglip))
    images = pictures(*SIZES)
    pair = [("Good photo.", "Bad photo.")]
    filled = [by_hand(siglip, image, pair, padding="max_length") for image in images]
    assert model.score_images(images) == pytest.approx(filled, abs=1e-5)
    short = [by_hand(siglip, image, pair) for image in images]
    assert np.abs(np.subtract(short, filled)).max() > 1e-3


@pytest.mark.parametrize("kind", ["clip", "siglip"])
@pytest.mark.parametrize("positions", ["keep", "interpolate", "drop"])
def test_alone_as_in_a_batch(
    kind: str, positions: str, request: pytest.FixtureRequest, load_with: Load
) -> None:
    model = load_with(ADAPTER, str(request.getfixturevalue(kind)), positions=positions)
    images = pictures(*SIZES, *SIZES, seed=9)
    together = model.score_images(images)
    alone = [model.score_images([image])[0] for image in images]
    assert together == pytest.approx(alone, abs=1e-6)
    assert model.score_images(images[::-1])[::-1] == pytest.approx(together, abs=1e-6)
    assert model.score_images([]).shape == (0,)


def test_images_that_keep_their_size(clip: Path, load_with: Load) -> None:
    """Patches by hand; without positions, their order means nothing."""
    import torch
    import transformers
    from PIL import Image

    dropped = load_with(ADAPTER, str(clip), positions="drop")
    (image,) = pictures((48, 24))
    pixels = np.asarray(image)
    cut = [pixels[y : y + 8, x : x + 8] for y in range(0, 24, 8) for x in range(0, 48, 8)]
    mixed = np.vstack([np.hstack(cut[n : n + 6]) for n in (12, 0, 6)])
    other = np.vstack([np.hstack(cut[n : n + 3]) for n in range(0, 18, 3)])  # of another shape
    scores = dropped.score_images([image, Image.fromarray(mixed), Image.fromarray(other)])
    assert scores == pytest.approx([scores[0]] * 3, abs=1e-5)
    kept = load_with(ADAPTER, str(clip), positions="interpolate")
    moved = kept.score_images([image, Image.fromarray(mixed)])
    assert abs(moved[0] - moved[1]) > 1e-3
    # The positional table of a whole picture of the model's own size is not interpolated.
    (own,) = pictures((32, 32))
    wanted = load_with(ADAPTER, str(clip)).score_images([own])
    assert kept.score_images([own]) == pytest.approx(wanted, abs=1e-6)
    whole = transformers.CLIPModel.from_pretrained(clip).eval()
    ready = (pixels.astype(np.float32) / 255 - kept._processor.image_mean) / (
        kept._processor.image_std
    )
    with torch.no_grad():
        rows = whole.vision_model(
            torch.from_numpy(ready.transpose(2, 0, 1)[None]).float(), interpolate_pos_encoding=True
        ).pooler_output
        direction = torch.nn.functional.normalize(whole.visual_projection(rows))
        logits = (direction @ kept._texts.T)[0] * whole.logit_scale.exp()
    assert moved[0] == pytest.approx(float(logits.softmax(0)[0]), abs=1e-5)
    with pytest.raises(InvalidError, match="7 x 90 pixels is smaller than one patch of 8 x 8"):
        kept.score_images(pictures((7, 90)))


def test_what_is_done_to_an_image_is_told(clip: Path, load_with: Load) -> None:
    kept = load_with(ADAPTER, str(clip)).resolved
    assert kept["image_size"] == "shorter side 32"
    assert kept["image_crop"] == "centre of 32 x 32 (height x width)"
    assert kept["image_resampling"] == "bicubic"
    assert kept["image_colour"].startswith("RGB, times 0.0039")
    assert "transparency over white" in kept["image_decoding"]
    assert kept["image_processor"].startswith("CLIPImageProcessor")
    assert json.loads(kept["image_processor_settings"])["do_center_crop"] is True
    own = load_with(ADAPTER, str(clip), positions="drop").resolved
    assert (own["image_size"], own["image_crop"]) == ("as it is", "none")
    json.dumps(own, allow_nan=False)


def test_two_texts_of_ones_own(clip: Path, load_with: Load) -> None:
    model = load_with(ADAPTER, str(clip), good="Sharp photo.", bad="Bad photo.")
    images = pictures(*SIZES[:2])
    pair = [("Sharp photo.", "Bad photo.")]
    assert model.score_images(images) == pytest.approx(
        [by_hand(clip, image, pair) for image in images], abs=1e-5
    )
    swapped = load_with(ADAPTER, str(clip), bad="Sharp photo.", good="Bad photo.")
    assert swapped.score_images(images) == pytest.approx(1 - model.score_images(images), abs=1e-6)


def test_half_precision_is_near(clip: Path, load_with: Load) -> None:
    images = pictures(*SIZES)
    whole = load_with(ADAPTER, str(clip)).score_images(images)
    half = load_with(ADAPTER, str(clip), dtype="bfloat16").score_images(images)
    assert half == pytest.approx(whole, abs=0.05)


def defaults(**given: Any) -> dict[str, Any]:
    return {name: option.default for name, option in ADAPTER.options.items()} | given


def test_identity_knows_the_pairs(clip: Path, tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text('[[pair]]\ngood = "Good photo."\nbad = "Dull photo."\n')
    named = [ADAPTER.identify(str(clip), defaults(prompts=p)) for p in ("quality", str(file))]
    assert named[0].digest != named[1].digest
    assert (named[0].direction, named[0].name) == ("higher", clip.name)
    assert len(str(named[0].details["prompts_sha256"])) == 64
    file.write_text('[[pair]]\ngood = "Good photo."\nbad = "Dark photo."\n')
    assert ADAPTER.identify(str(clip), defaults(prompts=str(file))).digest != named[1].digest


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"good": "Good photo."}, "good and bad go together"),
        ({"bad": "Bad photo."}, "good and bad go together"),
        ({"good": "x", "bad": "x"}, "both the good and the bad"),
        ({"prompts": "nothing"}, "no prompt 'nothing'"),
        ({"positions": "dropped"}, "unknown positions 'dropped'"),
    ],
)
def test_options_that_cannot_be(clip: Path, options: dict[str, str], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        ADAPTER.identify(str(clip), defaults(**options))


@pytest.mark.parametrize(
    "text",
    ["", "pair = []", '[[pair]]\ngood = "x"\n', '[[pair]]\ngood = ""\nbad = "y"\n', "{", "\0"],
)
def test_files_that_hold_no_pairs(tmp_path: Path, text: str) -> None:
    file = tmp_path / "own.toml"
    file.write_text(text)
    with pytest.raises(UsageError, match="is not a prompt"):
        read_pairs({"prompts": str(file)})


def test_a_text_that_is_too_long(clip: Path, load_with: Load) -> None:
    with pytest.raises(UsageError, match="longer than the 12 tokens"):
        load_with(ADAPTER, str(clip), good="Good photo. " * 8, bad="Bad photo.")


def test_other_families_are_sent_where_they_belong(
    tmp_path: Path, clip: Path, tiny_bert: Callable[..., Path], load_with: Load
) -> None:
    bert = tiny_bert(tmp_path / "bert")
    with pytest.raises(UsageError, match=r"BertModel, which is no model of images.*bi-encoder"):
        ADAPTER.identify(str(bert), defaults())
    with pytest.raises(UsageError, match=r"BertModel, which is no model of images.*bi-encoder"):
        load_with(ADAPTER, str(bert))
    with pytest.raises(UsageError, match="no folder"):
        ADAPTER.identify(str(tmp_path / "absent"), defaults())


def test_missing_weights_are_no_random_numbers(tmp_path: Path, clip: Path, load_with: Load) -> None:
    from shutil import copytree

    from safetensors.torch import load_file, save_file

    broken = copytree(clip, tmp_path / "broken")
    weights = load_file(broken / "model.safetensors")
    del weights["visual_projection.weight"]
    save_file(weights, broken / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(InvalidError, match=r"lacks the weights 'visual_projection\.weight'"):
        load_with(ADAPTER, str(broken))
