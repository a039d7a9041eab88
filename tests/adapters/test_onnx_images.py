from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.adapters.onnx.adapter import ADAPTER
from harness.adapters.options import parse_options
from harness.adapters.support.image_preparation import read_preparation
from harness.capabilities import capabilities_of
from harness.errors import InvalidError, UsageError

onnx = pytest.importorskip("onnx", reason="building graphs needs marginbench[test]")
pytest.importorskip("onnxruntime", reason="needs marginbench[quickstart]")
Image = pytest.importorskip("PIL.Image", reason="needs marginbench[images]")
Load = Callable[..., Any]
CENTRE = {"size": 4, "mean": "0.5,0.4,0.3", "std": "0.1,0.2,0.4"}


def graph(
    path: Path,
    *,
    shape: tuple[Any, ...] = ("n", 3, "h", "w"),
    kind: str = "FLOAT",
    output: str = "pooled",
) -> Path:
    """A graph whose embedding is the mean of each channel, or that gives all pixels."""
    helper, number = onnx.helper, onnx.TensorProto
    mean = helper.make_node("ReduceMean", ["pixels"], ["pooled"], axes=[2, 3], keepdims=0)
    last = {
        "pooled": (helper.make_node("Identity", ["pooled"], ["out"]), ["n", 3]),
        "map": (helper.make_node("Identity", ["pixels"], ["out"]), ["n", 3, "h", "w"]),
        "patches": (
            helper.make_node("Reshape", ["pixels", "three"], ["out"]),
            ["n", 3, "p"],
        ),
    }[output]
    made = helper.make_graph(
        [mean, last[0]],
        "colours",
        [helper.make_tensor_value_info("pixels", getattr(number, kind), list(shape))],
        [helper.make_tensor_value_info("out", getattr(number, kind), last[1])],
        [onnx.numpy_helper.from_array(np.array([0, 3, -1]), "three")],
    )
    path.mkdir(exist_ok=True)
    opset = [helper.make_opsetid("", 13)]
    onnx.save(helper.make_model(made, opset_imports=opset, ir_version=8), str(path / "model.onnx"))
    return path


def colour(*rgb: int, size: tuple[int, int] = (9, 5)) -> Any:
    return Image.new("RGB", size, rgb)


@pytest.mark.parametrize("first", ["n", 1])
def test_an_embedding_by_hand(tmp_path: Path, load_with: Load, first: Any) -> None:
    folder = str(graph(tmp_path / "m", shape=(first, 3, "h", "w")))
    assert ADAPTER.capabilities(folder) == {"embed_images"}
    model = load_with(ADAPTER, folder, normalize=False, **CENTRE)
    assert capabilities_of(model) == {"embed_images"}
    rows = model.embed_images([colour(255, 102, 0), colour(0, 0, 255)])
    expected = [[0.5 / 0.1, 0, -0.3 / 0.4], [-0.5 / 0.1, -0.4 / 0.2, 0.7 / 0.4]]
    np.testing.assert_allclose(rows, expected, atol=1e-5)
    assert rows.dtype == np.float32
    unit = load_with(ADAPTER, folder, **CENTRE).embed_images([colour(255, 102, 0)])
    np.testing.assert_allclose(np.linalg.norm(unit, axis=1), 1, atol=1e-6)
    assert model.embed_images([]).shape[0] == 0


def test_another_filter(tmp_path: Path, load_with: Load) -> None:
    folder = graph(tmp_path / "m")
    options = parse_options(ADAPTER, [])
    assert "resample" not in options  # as before there was one
    prepared = read_preparation(folder, {**options, **CENTRE, "resample": "nearest"})
    values = np.random.default_rng(1).integers(0, 256, (9, 5, 3), dtype=np.uint8)
    nearest = Image.fromarray(values).resize((4, 4), Image.Resampling.NEAREST)
    expected = (np.asarray(nearest) / 255 - [0.5, 0.4, 0.3]) / [0.1, 0.2, 0.4]
    found = prepared.apply(Image.fromarray(values))
    np.testing.assert_allclose(found, expected.transpose(2, 0, 1), atol=1e-5)
    model = load_with(ADAPTER, str(folder), resample="nearest", **CENTRE)
    assert model.resolved["image_resampling"] == "nearest"
    assert model.resolved["image_colour"] == (
        "RGB, times 0.00392156862745098, less 0.5 0.4 0.3, over 0.1 0.2 0.4"
    )
    assert load_with(ADAPTER, str(folder), **CENTRE).resolved["image_resampling"] == "bilinear"
    with pytest.raises(UsageError, match="unknown resample 'cubic'"):
        load_with(ADAPTER, str(folder), resample="cubic", **CENTRE)


def test_channels_come_before_rows_and_columns(tmp_path: Path, load_with: Load) -> None:
    folder = str(graph(tmp_path / "m", output="map"))
    model = load_with(ADAPTER, folder, normalize=False, size=2, mean="0,0,0", std="1,1,1")
    pixels = np.zeros((2, 2, 3), dtype=np.uint8)
    pixels[0] = [255, 0, 0]
    rows = model.embed_images([Image.fromarray(pixels)])
    np.testing.assert_allclose(rows, [[0.5, 0, 0]], atol=1e-6)


def test_the_shorter_side_then_the_centre(tmp_path: Path) -> None:
    config = {
        "do_resize": True,
        "size": {"shortest_edge": 4},
        "do_center_crop": True,
        "crop_size": {"height": 2, "width": 2},
        "resample": 0,
        "image_mean": [0, 0, 0],
        "image_std": [1, 1, 1],
    }
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(config))
    prepared = read_preparation(tmp_path, {})
    values = np.arange(8 * 4, dtype=np.uint8).reshape(8, 4)  # 4 wide, 8 high: nothing is resized
    image = Image.fromarray(np.stack([values] * 3, axis=2))
    found = prepared.apply(image)[0] * 255
    np.testing.assert_allclose(found, values[3:5, 1:3], atol=1e-4)
    large = Image.fromarray(np.stack([values.repeat(2, 0).repeat(2, 1)] * 3, axis=2))
    np.testing.assert_allclose(prepared.apply(large)[0] * 255, values[3:5, 1:3], atol=1e-4)


def test_the_same_as_the_image_processor_of_transformers(tmp_path: Path) -> None:
    transformers = pytest.importorskip("transformers", reason="needs marginbench[torch]")
    try:
        from transformers.models.clip import image_processing_pil_clip as module

        processor = module.CLIPImageProcessorPil()
    except ImportError:
        processor = getattr(transformers, "CLIPImageProcessor", lambda: None)()
    if processor is None:
        pytest.skip("this transformers has no image processor")
    processor.save_pretrained(tmp_path)
    prepared = read_preparation(tmp_path, {})
    values = np.random.default_rng(3).integers(0, 256, (300, 401, 3), dtype=np.uint8)
    expected = processor(Image.fromarray(values), return_tensors="np")["pixel_values"][0]
    np.testing.assert_allclose(prepared.apply(Image.fromarray(values)), expected, atol=1e-5)


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"size": 6, "image_mean": [0, 0, 0], "image_std": [1, 1, 1]}, (6, 6, 0)),
        ({"size": {"height": 6, "width": 8}, "do_normalize": False}, (6, 8, 0)),
        (
            {"size": 8, "do_center_crop": True, "crop_size": 6, "do_normalize": False},
            (6, 6, 8),
        ),
    ],
)
def test_forms_of_size(
    tmp_path: Path, config: dict[str, Any], expected: tuple[int, int, int]
) -> None:
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(config))
    found = read_preparation(tmp_path, {})
    assert (found.height, found.width, found.short) == expected
    found = read_preparation(tmp_path, {"size": 3, "mean": "1,2,3"})
    assert (found.height, found.width, found.short, found.mean) == (3, 3, 0, (1.0, 2.0, 3.0))


@pytest.mark.parametrize(
    "config",
    [
        {"size": 6, "image_mean": [0, 0], "image_std": [1, 1, 1]},
        {"size": 6, "image_std": [1, 1, 1]},
        {"size": {"longest_edge": 6}, "do_normalize": False},
        {"size": -1, "do_normalize": False},
        {"size": 6, "do_normalize": False, "crop_pct": 0.9},
        {"size": 4, "do_center_crop": True, "crop_size": 6, "do_normalize": False},
        {"size": 6, "do_resize": False, "do_normalize": False},
        {"size": "6", "do_normalize": False},
    ],
)
def test_configurations_that_cannot_be_followed(tmp_path: Path, config: dict[str, Any]) -> None:
    folder = graph(tmp_path / "m")
    (folder / "preprocessor_config.json").write_text(json.dumps(config))
    with pytest.raises(InvalidError, match=r"preprocessor_config\.json cannot be") as caught:
        ADAPTER.identify(str(folder), {})
    assert "\n" not in str(caught.value)


def test_nothing_is_guessed(tmp_path: Path) -> None:
    folder = str(graph(tmp_path / "m"))
    with pytest.raises(UsageError, match=r"no tokenizer\.json .* no preprocessor_config") as caught:
        ADAPTER.identify(folder, {"size": 4})
    assert "--option mean=... --option std=..." in str(caught.value)
    ADAPTER.identify(folder, CENTRE)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mean": "0.5,0.5"}, "mean=0.5,0.5 is not three numbers"),
        ({"mean": "a,b,c"}, "is not three numbers"),
        ({"std": "1,0,1"}, "std=1,0,1 is not three numbers"),
        ({"max_length": 5}, "max_length is for texts"),
    ],
)
def test_options_that_cannot_be(tmp_path: Path, options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        ADAPTER.identify(str(graph(tmp_path / "m")), CENTRE | options)


def test_options_of_images_are_not_for_texts(
    tmp_path: Path, write_tokenizer: Callable[[Path], Any]
) -> None:
    write_tokenizer(tmp_path)
    graph(tmp_path)
    assert ADAPTER.capabilities(str(tmp_path)) == {"embed_texts"}
    with pytest.raises(UsageError, match="embeds texts, and size is for images"):
        ADAPTER.identify(str(tmp_path), {"size": 4})


@pytest.mark.parametrize(
    "settings",
    [{"shape": ("n", 1, "h", "w")}, {"shape": (8, 3, 4, 4)}, {"kind": "DOUBLE"}],
)
def test_graphs_that_take_something_else(
    tmp_path: Path, load_with: Load, settings: dict[str, Any]
) -> None:
    folder = graph(tmp_path / "m", **settings)
    with pytest.raises(InvalidError, match="not an image encoder this adapter can feed: it takes"):
        load_with(ADAPTER, str(folder), **CENTRE)


def test_a_graph_of_another_size(tmp_path: Path, load_with: Load) -> None:
    folder = str(graph(tmp_path / "m", shape=("n", 3, 8, 8)))
    with pytest.raises(UsageError, match=r"images of 8 x 8, not 4 x 4\. Type --option size=8"):
        load_with(ADAPTER, folder, **CENTRE)


def test_pooling_of_patches_must_be_declared(tmp_path: Path, load_with: Load) -> None:
    folder = str(graph(tmp_path / "m", output="patches"))
    with pytest.raises(UsageError, match="--option pooling=mean"):
        load_with(ADAPTER, folder, **CENTRE)
    with pytest.raises(UsageError, match="unknown pooling 'max'"):
        load_with(ADAPTER, folder, pooling="max", **CENTRE)
    image = colour(255, 102, 0)
    plain = {"size": 2, "mean": "0,0,0", "std": "1,1,1", "normalize": False}
    mean = load_with(ADAPTER, folder, pooling="mean", **plain).embed_images([image])
    np.testing.assert_allclose(mean, [[1.4 / 3] * 4], atol=1e-6)
    first = load_with(ADAPTER, folder, pooling="cls", **plain).embed_images([image])
    np.testing.assert_allclose(first, [[1.0] * 4], atol=1e-6)


def test_the_digest_covers_graph_and_configuration(tmp_path: Path) -> None:
    folder = graph(tmp_path / "m")
    config = {"size": 6, "image_mean": [0, 0, 0], "image_std": [1, 1, 1]}
    found = []
    for size in (6, 6, 7):
        (folder / "preprocessor_config.json").write_text(json.dumps(config | {"size": size}))
        found.append(ADAPTER.identify(str(folder), {}).digest)
    assert found[0] == found[1] != found[2]
    graph(folder, output="map")
    assert ADAPTER.identify(str(folder), {}).digest != found[2]
