"""The same doors of image checkpoints: timm's, whose own choice of files takes a pickle first."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.adapters.vision.adapter import CLASSIFIER, EMBEDDER
from harness.errors import InvalidError, UsageError
from tests.adapters.test_image_embedder import pictures
from tests.hostile.checkpoint_files import Harmful

torch = pytest.importorskip("torch", reason="needs marginbench[vision]")
timm = pytest.importorskip("timm", reason="needs marginbench[vision]")

Load = Callable[..., Any]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A tiny network as timm writes it, with safetensors."""
    torch.manual_seed(3)
    model = timm.create_model("test_resnet", num_classes=3)
    timm.models.save_for_hf(model, str(tmp_path / "net"), safe_serialization=True)
    for pickle in (tmp_path / "net").glob("*.bin"):
        pickle.unlink()
    return tmp_path / "net"


@pytest.mark.parametrize("name", ["pytorch_model.bin", "a.pth", "z.bin", "model.pth"])
@pytest.mark.parametrize("allowed", [False, True])
def test_safetensors_are_taken_before_a_pickle(
    name: str, allowed: bool, folder: Path, load_with: Load, tmp_path: Path
) -> None:
    expected = load_with(EMBEDDER, str(folder)).embed_images(pictures())
    torch.save({"x": Harmful(tmp_path / "mark")}, folder / name)
    found = load_with(EMBEDDER, str(folder), allow_pickle=allowed).embed_images(pictures())
    assert (found == expected).all()
    assert not (tmp_path / "mark").exists()


def test_a_pickle_alone_is_refused_and_never_run(
    folder: Path, load_with: Load, tmp_path: Path
) -> None:
    (folder / "model.safetensors").unlink()
    torch.save({"x": Harmful(tmp_path / "mark")}, folder / "pytorch_model.bin")
    for adapter in (EMBEDDER, CLASSIFIER):
        with pytest.raises(UsageError, match="allow_pickle=true"):
            adapter.identify(str(folder), {})
        with pytest.raises(UsageError, match="allow_pickle=true"):
            load_with(adapter, str(folder))
        with pytest.raises((UsageError, InvalidError)) as caught:
            load_with(adapter, str(folder), allow_pickle=True)
        assert "\n" not in str(caught.value)
    assert not (tmp_path / "mark").exists()


def test_an_honest_pickle_gives_the_same_when_it_is_allowed(folder: Path, load_with: Load) -> None:
    from safetensors.torch import load_file

    expected = load_with(EMBEDDER, str(folder)).embed_images(pictures())
    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    found = load_with(EMBEDDER, str(folder), allow_pickle=True).embed_images(pictures())
    assert (found == expected).all()


@pytest.mark.parametrize(
    ("key", "value"),
    [("file", "{evil}"), ("state_dict", {"x": 1}), ("hf_hub_filename", "evil.bin")],
)
def test_weights_that_the_configuration_names_are_not_read(
    key: str, value: Any, folder: Path, load_with: Load, tmp_path: Path
) -> None:
    torch.save({"x": Harmful(tmp_path / "mark")}, tmp_path / "evil.pth")
    config = json.loads((folder / "config.json").read_text())
    given = str(tmp_path / "evil.pth") if value == "{evil}" else value
    config["pretrained_cfg"][key] = given
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(UsageError, match="weights"):
        load_with(EMBEDDER, str(folder))
    with pytest.raises(UsageError, match="weights"):
        load_with(EMBEDDER, str(folder / "model.safetensors"))
    assert not (tmp_path / "mark").exists()
