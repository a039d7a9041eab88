from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.adapters.support.label_file import read_label_file
from harness.adapters.vision.adapter import CLASSIFIER
from harness.capabilities import capabilities_of
from harness.errors import InvalidError, UsageError
from harness.predictions.answers.classes import ClassAnswer

Load = Callable[..., Any]
NAMES = ["cat", "dog", "owl"]
SIDE = 32


@pytest.fixture
def save(tmp_path: Path) -> Callable[..., Path]:
    """Save a tiny seeded timm model that takes 32 x 32 pixels without a crop."""
    torch = pytest.importorskip("torch", reason="needs marginbench[vision]")
    timm = pytest.importorskip("timm", reason="needs marginbench[vision]")

    def to_folder(name: str = "m", seed: int = 1, **config: Any) -> Path:
        torch.manual_seed(seed)
        model = timm.create_model("test_resnet", num_classes=3).eval()
        for module in model.modules():  # far from zero, so that a wrong input shows
            if isinstance(module, torch.nn.BatchNorm2d):
                module.running_mean.normal_()
                module.running_var.uniform_(0.5, 2)
        preparation = {"input_size": (3, SIDE, SIDE), "crop_pct": 1.0, "mean": (0.1, 0.5, 0.9)}
        timm.models.save_for_hf(
            model,
            str(tmp_path / name),
            model_config=config,
            safe_serialization=True,
            data_config=preparation,
        )
        return tmp_path / name

    return to_folder


def pictures(count: int = 3) -> list[Any]:
    from PIL import Image

    values = np.random.default_rng(4).integers(0, 256, (count, SIDE, SIDE, 3), dtype=np.uint8)
    return [Image.fromarray(one) for one in values]


def by_hand(folder: Path, images: list[Any]) -> Any:
    """Logits from pixels that are made ready without timm's transforms."""
    import timm
    import torch

    model = timm.create_model(f"local-dir:{folder}", pretrained=True).eval()
    pixels = np.stack([np.asarray(image) for image in images]).astype(np.float32) / 255
    ready = (pixels - np.float32([0.1, 0.5, 0.9])) / np.float32(0.5)
    with torch.inference_mode():
        return model(torch.from_numpy(ready.transpose(0, 3, 1, 2))).numpy()


def test_logits_by_hand(save: Any, load_with: Load) -> None:
    folder = save(label_names=NAMES)
    model = load_with(CLASSIFIER, str(folder))
    assert capabilities_of(model) == CLASSIFIER.capabilities("x") == {"classify_images"}
    assert model.labels == tuple(NAMES)
    images = pictures()
    logits = model.classify_images(images)
    np.testing.assert_allclose(logits, by_hand(folder, images), atol=1e-4)
    assert logits.dtype == np.float32
    assert model.classify_images([]).shape == (0, 3)
    assert model.resolved["image_crop"] == f"centre of {SIDE} x {SIDE} (height x width)"
    rows = ClassAnswer(("owl", "dog", "cat")).rows(model, "classify_images", images)
    np.testing.assert_array_equal(rows[:, 0], 2 - logits.argmax(axis=1))


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_half_precision_is_near(save: Any, load_with: Load, dtype: str) -> None:
    folder = save(label_names=NAMES)
    full = load_with(CLASSIFIER, str(folder)).classify_images(pictures())
    half = load_with(CLASSIFIER, str(folder), dtype=dtype).classify_images(pictures())
    assert half.dtype == np.float32
    np.testing.assert_allclose(half, full, atol=0.1 * np.abs(full).max())
    assert not np.array_equal(half, full)


def test_a_single_file_beside_its_configuration(save: Any, load_with: Load) -> None:
    folder = save(label_names=NAMES)
    other = save("other", seed=2)
    (other / "model.safetensors").rename(folder / "later.safetensors")
    first = load_with(CLASSIFIER, str(folder)).classify_images(pictures())
    later = load_with(CLASSIFIER, str(folder / "later.safetensors"))
    assert not np.allclose(first, later.classify_images(pictures()))
    same = load_with(CLASSIFIER, str(folder / "model.safetensors"))
    np.testing.assert_array_equal(first, same.classify_images(pictures()))
    identify = CLASSIFIER.identify
    one = identify(str(folder / "model.safetensors"), {})
    assert one.digest != identify(str(folder / "later.safetensors"), {}).digest
    (folder / "config.json").write_text((folder / "config.json").read_text() + "\n")
    assert one.digest != identify(str(folder / "model.safetensors"), {}).digest


def test_names_from_a_file_come_first(save: Any, load_with: Load, tmp_path: Path) -> None:
    folder, file = save(label_names=NAMES), tmp_path / "names.txt"
    file.write_text("a\nb b\nc\n")
    assert load_with(CLASSIFIER, str(folder), labels=str(file)).labels == ("a", "b b", "c")
    one = CLASSIFIER.identify(str(folder), {"labels": str(file)})
    assert one.digest != CLASSIFIER.identify(str(folder), {"labels": ""}).digest
    file.write_text("a\nc\nb b\n")
    assert one.digest != CLASSIFIER.identify(str(folder), {"labels": str(file)}).digest
    file.write_text("a\nb\n")
    with pytest.raises(UsageError, match=r"names\.txt names 2 classes, and the model has 3") as e:
        load_with(CLASSIFIER, str(folder), labels=str(file))
    assert "\n" not in str(e.value)


def test_names_are_never_guessed(save: Any, load_with: Load) -> None:
    with pytest.raises(UsageError, match=r"does not name its 3 classes.*--option labels=FILE"):
        load_with(CLASSIFIER, str(save()))
    named = save("by-number", label_names={"0": "x", "1": "y", "2": "z"})
    assert load_with(CLASSIFIER, str(named)).labels == ("x", "y", "z")
    with pytest.raises(UsageError, match="does not name its 3 classes"):
        load_with(CLASSIFIER, str(save("gap", label_names={"0": "x", "2": "z"})))
    with pytest.raises(UsageError, match="names 2 classes, and the model has 3 outputs"):
        load_with(CLASSIFIER, str(save("few", label_names=["x", "y"])))
    with pytest.raises(InvalidError, match="gives one name to several"):
        load_with(CLASSIFIER, str(save("twice", label_names=["x", "y", "x"])))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "holds no class name"),
        (b"\n", r"names\.txt:1: an empty line"),
        (b"a\n\nb\n", r"names\.txt:2: an empty line"),
        (b"a\nb\na\n", "class names stand twice: 'a'"),
        (b"\xff\xfe\n", "cannot be read as UTF-8"),
    ],
)
def test_bad_label_files_are_one_line(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "names.txt").write_bytes(content)
    with pytest.raises(InvalidError, match=message) as caught:
        read_label_file(str(tmp_path / "names.txt"))
    assert "\n" not in str(caught.value)


def test_label_files(tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_bytes("\ufeffcat\r\n dög ".encode())
    assert read_label_file(str(tmp_path / "names.txt")) == ("cat", "dög")
    with pytest.raises(UsageError, match=r"no file of class names 'absent\.txt'"):
        read_label_file("absent.txt")


def test_broken_checkpoints_are_one_line(save: Any, load_with: Load) -> None:
    folder = save(label_names=NAMES)
    config = (folder / "config.json").read_text()
    (folder / "config.json").write_text(config.replace("test_resnet", "no_such_model"))
    with pytest.raises(UsageError, match="m cannot be loaded: RuntimeError: Unknown model") as one:
        load_with(CLASSIFIER, str(folder))
    (folder / "config.json").write_text(config.replace("test_resnet", "test_vit"))
    with pytest.raises(UsageError, match="m cannot be loaded") as two:
        load_with(CLASSIFIER, str(folder))
    (folder / "config.json").write_text("{")
    with pytest.raises(UsageError, match=r"config\.json cannot be read") as three:
        load_with(CLASSIFIER, str(folder))
    assert not any("\n" in str(error.value) for error in (one, two, three))


def test_an_embedder_has_no_classes(load_with: Load, tmp_path: Path) -> None:
    timm = pytest.importorskip("timm", reason="needs marginbench[vision]")
    bare = timm.create_model("test_resnet", num_classes=0)
    timm.models.save_for_hf(bare, str(tmp_path / "bare"), safe_serialization=True)
    with pytest.raises(UsageError, match="has no classifier"):
        load_with(CLASSIFIER, str(tmp_path / "bare"))
