from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.adapters.timm.checkpoint import find
from harness.adapters.vision.adapter import EMBEDDER
from harness.capabilities import capabilities_of
from harness.errors import UsageError

Load = Callable[..., Any]


def pictures(count: int = 3, side: int = 40) -> list[Any]:
    from PIL import Image

    values = np.random.default_rng(4).integers(0, 256, (count, side, side, 3), dtype=np.uint8)
    return [Image.fromarray(one) for one in values]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch = pytest.importorskip("torch", reason="needs marginbench[vision]")
    timm = pytest.importorskip("timm", reason="needs marginbench[vision]")
    torch.manual_seed(1)
    path = tmp_path_factory.mktemp("timm") / "tiny"
    model = timm.create_model("test_resnet", num_classes=3)
    size = {"input_size": (3, 32, 32), "crop_pct": 0.8}
    timm.models.save_for_hf(model, str(path), safe_serialization=True, data_config=size)
    return path


def test_the_features_that_the_head_would_see(folder: Path, load_with: Load) -> None:
    import timm
    import torch

    model = load_with(EMBEDDER, str(folder))
    assert capabilities_of(model) == EMBEDDER.capabilities("x") == {"embed_images"}
    images = pictures()
    rows = model.embed_images(images)
    assert rows.shape == (3, 96)
    assert rows.dtype == np.float32
    whole = timm.create_model(f"local-dir:{folder}", pretrained=True).eval()
    with torch.inference_mode():
        # 40 pixels are what 32 of a crop of 0.8 ask for: nothing is resized, the centre remains
        pixels = np.stack([np.asarray(i)[4:36, 4:36] for i in images]).astype(np.float32) / 255
        ready = torch.from_numpy(((pixels - 0.5) / 0.5).transpose(0, 3, 1, 2))
        logits = whole(ready).numpy()
        head = whole.get_classifier()
        seen = head(torch.from_numpy(rows)).numpy()
    np.testing.assert_allclose(seen, logits, atol=1e-4)
    assert model.resolved["image_size"] == "shorter side 40"
    assert model.resolved["image_crop"] == "centre of 32 x 32 (height x width)"
    assert json.loads(model.resolved["image_processor_settings"])["crop_pct"] == 0.8


def test_neighbours_in_a_batch_do_not_matter(folder: Path, load_with: Load) -> None:
    model = load_with(EMBEDDER, str(folder))
    images = [*pictures(), pictures(1, 77)[0].convert("L").resize((90, 41))]
    together = model.embed_images(images)
    alone = np.concatenate([model.embed_images([image]) for image in images])
    np.testing.assert_allclose(together, alone, atol=1e-4)
    assert model.embed_images([]).shape[0] == 0


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_half_precision_is_near(folder: Path, load_with: Load, dtype: str) -> None:
    full = load_with(EMBEDDER, str(folder)).embed_images(pictures())
    half = load_with(EMBEDDER, str(folder), dtype=dtype).embed_images(pictures())
    np.testing.assert_allclose(half, full, atol=0.05 * np.abs(full).max())


def test_random_weights_are_seeded(load_with: Load) -> None:
    torch = pytest.importorskip("torch", reason="needs marginbench[vision]")
    pytest.importorskip("timm", reason="needs marginbench[vision]")
    one = load_with(EMBEDDER, "test_resnet", pretrained=False).embed_images(pictures())
    torch.manual_seed(77)
    state = torch.get_rng_state()
    two = load_with(EMBEDDER, "test_resnet", pretrained=False).embed_images(pictures())
    np.testing.assert_array_equal(one, two)
    assert torch.equal(state, torch.get_rng_state())
    identity = EMBEDDER.identify("test_resnet", {"pretrained": False})
    assert identity.name == "test_resnet (random)"
    assert identity.digest != EMBEDDER.identify("test_vit", {"pretrained": False}).digest
    with pytest.raises(UsageError, match=r"no_such_model .*cannot be loaded: RuntimeError"):
        load_with(EMBEDDER, "no_such_model", pretrained=False)


def test_identity_of_a_folder(folder: Path) -> None:
    identity = EMBEDDER.identify(str(folder), {})
    assert identity.name == "tiny"
    assert identity.revision is None
    assert find(str(folder), {}).source == f"local-dir:{folder}"


COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(
    ("checkpoint", "revision", "name"),
    [
        (f"resnet18.a1_in1k@{COMMIT}", "", "timm/resnet18.a1_in1k"),
        ("resnet18.a1_in1k", COMMIT, "timm/resnet18.a1_in1k"),
        (f"someone/some-model@{COMMIT}", "", "someone/some-model"),
    ],
)
def test_hub_names_are_pinned(
    checkpoint: str, revision: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("huggingface_hub")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    found = find(checkpoint, {"revision": revision})
    assert (found.name, found.digest, found.revision) == (name, COMMIT, COMMIT)
    assert found.source == f"hf-hub:{name}@{COMMIT}"


def test_a_name_without_a_tag_gets_that_of_timm() -> None:
    timm = pytest.importorskip("timm", reason="needs marginbench[vision]")
    tag = timm.get_pretrained_cfg("resnet18").tag
    assert find(f"resnet18@{COMMIT}", {}).name == f"timm/resnet18.{tag}"
    with pytest.raises(UsageError, match=r"timm has no model 'resnet81'.* Did you mean"):
        find("resnet81", {})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"pretrained": False}, "pretrained=false is for names of timm's own"),
        ({"revision": "main"}, "is a local folder, which has no revision"),
    ],
)
def test_options_that_do_not_fit_a_folder(
    tmp_path: Path, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        EMBEDDER.identify(str(tmp_path), options)


def test_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no checkpoint"):
        EMBEDDER.identify("", {})
    with pytest.raises(UsageError, match=r"holds no config\.json"):
        EMBEDDER.identify(str(tmp_path), {})
    (tmp_path / "w.safetensors").write_bytes(b"x")
    with pytest.raises(UsageError, match=r"holds no config\.json"):
        EMBEDDER.identify(str(tmp_path / "w.safetensors"), {})
    (tmp_path / "w.pth").write_bytes(b"x")
    with pytest.raises(UsageError, match=r"is no \.safetensors file"):
        EMBEDDER.identify(str(tmp_path / "w.pth"), {})


def test_size_and_resample(folder: Path, load_with: Load) -> None:
    """A resize before a crop keeps its proportion: 40 before 32 is 80 before 64."""
    from PIL import Image

    model = load_with(EMBEDDER, str(folder), size=64, resample="box")
    assert model.resolved["image_size"] == "shorter side 80"
    assert model.resolved["image_crop"] == "centre of 64 x 64 (height x width)"
    assert model.resolved["image_resampling"] == "box"
    image = pictures()[0]
    resized = image.resize((80, 80), Image.Resampling.BOX).crop((8, 8, 72, 72))
    expected = ((np.asarray(resized, dtype=np.float32) / 255 - 0.5) / 0.5).transpose(2, 0, 1)
    np.testing.assert_allclose(model._prepare(image).numpy(), expected, atol=1e-6)
    assert model.embed_images([image]).shape == (1, 96)
    with pytest.raises(UsageError, match="unknown resample 'cubic'"):
        load_with(EMBEDDER, str(folder), resample="cubic")
    with pytest.raises(UsageError, match="pooling is for transformers"):
        load_with(EMBEDDER, str(folder), pooling="cls")


def test_a_size_that_a_network_does_not_take(tmp_path: Path, load_with: Load) -> None:
    timm = pytest.importorskip("timm", reason="needs marginbench[vision]")
    model = timm.create_model("test_vit", num_classes=2)
    timm.models.save_for_hf(model, str(tmp_path / "vit"), safe_serialization=True)
    with pytest.raises(UsageError, match=r"takes no images of 50 x 50: "):
        load_with(EMBEDDER, str(tmp_path / "vit"), size=50)
    told = load_with(EMBEDDER, str(tmp_path / "vit"), size=160).resolved
    assert told["image_crop"] == "centre of 160 x 160 (height x width)"
