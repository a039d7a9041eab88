"""Classifiers of transformers' image models: logits by hand, names that are declared or given."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.adapters.vision.adapter import CLASSIFIER
from harness.capabilities import capabilities_of
from harness.errors import InvalidError, UsageError
from harness.predictions.answers.classes import ClassAnswer
from tests.adapters.vision.conftest import image_processor, rewrite

Load = Callable[..., Any]
Save = Callable[..., Path]
NAMES = ("cat", "dog", "owl")
HEADS = {
    "ViT": "ForImageClassification", "DeiT": "ForImageClassificationWithTeacher",
    "Dinov2": "ForImageClassification", "CLIP": "ForImageClassification",
    "Siglip": "ForImageClassification", "ConvNext": "ForImageClassification",
    "Swin": "ForImageClassification", "ResNet": "ForImageClassification",
}  # fmt: skip


@pytest.mark.parametrize("name", HEADS)
def test_logits_by_hand(name: str, save: Save, load_with: Load, pictures: list[Any]) -> None:
    import torch
    import transformers

    folder = save(name, HEADS[name], labels=NAMES)
    model = load_with(CLASSIFIER, str(folder))
    assert capabilities_of(model) == {"classify_images"}
    assert model.labels == NAMES
    own = getattr(transformers, name + HEADS[name]).from_pretrained(folder).eval()
    pixels = [
        image_processor(name)(images=i, return_tensors="pt")["pixel_values"] for i in pictures
    ]
    with torch.inference_mode():
        expected = own(torch.cat(pixels)).logits.numpy()
    found = model.classify_images(pictures)
    np.testing.assert_allclose(found, expected, atol=1e-5 * max(1, np.abs(expected).max()))
    alone = np.concatenate([model.classify_images([image]) for image in pictures])
    np.testing.assert_allclose(found, alone, atol=1e-5 * max(1, np.abs(expected).max()))
    assert model.classify_images([]).shape == (0, 3)
    rows = ClassAnswer(("owl", "dog", "cat")).rows(model, "classify_images", pictures)
    np.testing.assert_array_equal(rows[:, 0], 2 - expected.argmax(axis=1))


def test_names_are_never_guessed(save: Save, load_with: Load, tmp_path: Path) -> None:
    folder = save("ViT", "ForImageClassification", num_labels=3)
    with pytest.raises(UsageError, match=r"does not name its 3 classes.*--option labels=FILE"):
        load_with(CLASSIFIER, str(folder))
    file = tmp_path / "names.txt"
    file.write_text("a\nb b\nc\n")
    assert load_with(CLASSIFIER, str(folder), labels=str(file)).labels == ("a", "b b", "c")
    one = CLASSIFIER.identify(str(folder), {"labels": str(file)})
    assert one.digest != CLASSIFIER.identify(str(folder), {}).digest
    file.write_text("a\nb\n")
    with pytest.raises(UsageError, match=r"names 2 classes, and the model has 3 outputs"):
        load_with(CLASSIFIER, str(folder), labels=str(file))
    rewrite(folder / "config.json", id2label={"0": "x", "1": "x", "2": "y"})
    with pytest.raises(InvalidError, match="gives one name to several classes"):
        load_with(CLASSIFIER, str(folder))
    rewrite(folder / "config.json", id2label={"0": "x", "2": "y", "3": "z"})
    with pytest.raises(UsageError, match="does not name its 3 classes"):
        load_with(CLASSIFIER, str(folder))


def test_an_encoder_has_no_classes(save: Save, load_with: Load) -> None:
    with pytest.raises(UsageError, match=r"a Dinov2Model, which has no classifier.*image-embedder"):
        load_with(CLASSIFIER, str(save("Dinov2")))
