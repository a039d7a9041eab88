"""Sizes of a small file that would make gigabytes of every picture, and colours over zero."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from harness.adapters.support.image_bounds import (
    MOST_SIDE,
    check_deviations,
    check_processor,
    check_share,
    check_sides,
)
from harness.adapters.support.image_preparation import read_preparation
from harness.errors import InvalidError

HONEST: Mapping[str, Any] = {
    "do_normalize": True,
    "image_mean": [0.5, 0.5, 0.5],
    "image_std": [0.5, 0.5, 0.5],
    "size": {"height": 224, "width": 224},
    "crop_size": {"height": 224, "width": 224},
    "resample": 3,
    "rescale_factor": 1 / 255,
}

FINE: dict[str, dict[str, Any]] = {
    "as it is": {},
    "Donut": {"size": {"height": 2560, "width": 1920}},
    "DETR": {"size": {"shortest_edge": 800, "longest_edge": 1333}, "pad_size": None},
    "no longest side": {"size": {"shortest_edge": 800, "longest_edge": 10**9}},
    "Idefics3": {"size": {"longest_edge": 1456}, "max_image_size": {"longest_edge": 364}},
    "LLaVA-NeXT": {"image_grid_pinpoints": [[336, 672], [672, 336], [1008, 336]]},
    "SigLIP 2": {"max_num_patches": 256, "patch_size": 16},
    "ConvNeXt": {"size": {"shortest_edge": 224}, "crop_pct": 0.875},
    "one number": {"size": 384, "do_normalize": False, "image_std": None},
}

AREAS: dict[str, dict[str, Any]] = {
    "Qwen2-VL": {"min_pixels": 3136, "max_pixels": 12845056, "merge_size": 2},
    "Qwen3-VL": {"size": {"shortest_edge": 65536, "longest_edge": 16777216}, "merge_size": 2},
}

LARGE: dict[str, dict[str, Any]] = {
    "size": {"size": {"height": 20_000, "width": 20_000}},
    "one side": {"size": {"height": 20_000, "width": 1}},
    "one number": {"size": 20_000},
    "a list": {"size": [20_000, 20_000]},
    "crop_size": {"crop_size": {"height": 40_000, "width": 40_000}},
    "pad_size": {"pad_size": {"height": 40_000, "width": 40_000}},
    "shortest_edge": {"size": {"shortest_edge": 40_000}},
    "longest_edge": {"size": {"longest_edge": 40_000}},
    "max_pixels": {"max_pixels": 10**9},
    "size_divisor": {"size_divisor": 10**6},
    "crop_pct": {"crop_pct": 1e-6},
    "patches": {"max_num_patches": 10**7},
    "tiles": {"max_image_tiles": 10**6},
    "a tile": {"max_image_size": {"longest_edge": 10**6}},
    "no number": {"size": {"height": float("nan"), "width": 1}},
    "merged": {"size": {"shortest_edge": 10**8}, "merge_size": 2},
}


class Edges:
    """A processor whose edges are edges."""


class Areas:
    """One whose edges are areas."""

    merge_size = 2


@pytest.mark.parametrize("kind", FINE)
def test_what_models_ask_for_is_made(kind: str) -> None:
    check_processor("folder", Edges(), {**HONEST, **FINE[kind]})


@pytest.mark.parametrize("kind", AREAS)
def test_areas_are_no_sides(kind: str) -> None:
    check_processor("folder", Areas(), {**HONEST, **AREAS[kind]})
    with pytest.raises(InvalidError):  # not by a number of the file alone
        check_processor("folder", Edges(), {**HONEST, **AREAS[kind]})


EDGES = ("shortest_edge", "longest_edge", "a tile")
"""Kinds that are areas elsewhere, and no large ones."""


@pytest.mark.parametrize(
    ("kind", "processor"),
    [(kind, Edges()) for kind in LARGE] + [(kind, Areas()) for kind in LARGE if kind not in EDGES],
)
def test_what_would_fill_the_memory_is_refused(kind: str, processor: Any) -> None:
    most = r"folder asks for .* 64,000,000 numbers at most"
    with pytest.raises(InvalidError, match=most) as said:
        check_processor("folder", processor, {**HONEST, **LARGE[kind]})
    assert "preprocessor_config.json" in said.value.fix


@pytest.mark.parametrize(
    "value", [0, 0.0, -0.0, 1e-300, float("nan"), float("inf"), "x", None, True]
)
def test_colours_are_divided_by_numbers(value: Any) -> None:
    with pytest.raises(InvalidError, match=r"folder divides the colours of an image by"):
        check_processor("folder", Edges(), {**HONEST, "image_std": [0.5, value, 0.5]})
    with pytest.raises(InvalidError, match="divides the colours"):
        check_deviations("folder", value)


def test_sides_and_shares_of_other_libraries() -> None:
    check_sides("a", MOST_SIDE, 224, 224.0 / 0.875)
    check_share("a", 0.9)
    for side in (MOST_SIDE + 1, float("nan"), float("inf"), "224", None, True):
        with pytest.raises(InvalidError, match="a side of"):
            check_sides("a", 224, side)
    for share in (0, 0.01, -1, float("nan"), None, "1", True):
        with pytest.raises(InvalidError, match="a crop leaves a share"):
            check_share("a", share)


def test_a_graph_of_images_is_prepared_no_larger_but_by_an_option(tmp_path: Path) -> None:
    options: dict[str, Any] = {"size": 0, "mean": "", "std": "", "resample": ""}
    path = tmp_path / "preprocessor_config.json"
    for changed, said in (
        ({"size": {"height": 8000, "width": 8000}}, "64,000,000 pixels"),
        ({"image_std": [0, 0, 0]}, "divided by zero"),
    ):
        path.write_text(json.dumps({**HONEST, **changed}))
        with pytest.raises(InvalidError, match=said):
            read_preparation(tmp_path, options)
    read_preparation(tmp_path, {**options, "size": 8000, "std": "1,1,1"})


@pytest.mark.parametrize("step", ["do_flip_channel_order", "do_grayscale", "rescale_offset"])
def test_a_step_that_is_not_taken_is_said(step: str, tmp_path: Path) -> None:
    """Left out without a word, it would show the graph another picture."""
    made = {"size": {"height": 8, "width": 8}, "image_mean": [0.5] * 3, "image_std": [0.5] * 3}
    path = tmp_path / "preprocessor_config.json"
    path.write_text(json.dumps({**made, step: False}))
    assert read_preparation(tmp_path, {}).height == 8
    path.write_text(json.dumps({**made, step: True}))
    with pytest.raises(InvalidError, match=f"it asks for {step}, which this adapter does not do"):
        read_preparation(tmp_path, {})
