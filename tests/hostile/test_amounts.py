"""Numbers of a configuration against the weights beside it: what is counted, and how large."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from harness.adapters.support.checkpoints import Checkpoint
from harness.adapters.support.doors.amounts import Held, held
from harness.adapters.support.doors.check import check_doors
from harness.errors import UsageError
from tests.hostile.checkpoint_files import HONEST, write

BERT = {
    "embeddings.weight": (30522, 768),
    "positions": (512, 768),
    **{f"layer.{n}.weight": (3072, 768) for n in range(12)},
}


def tensors(shapes: Mapping[str, tuple[int, ...]], *, width: int = 4) -> bytes:
    """A file of safetensors with numbers of ``width`` bytes, all zero."""
    listed, at = {}, 0
    for name, shape in shapes.items():
        size = width
        for side in shape:
            size *= side
        listed[name] = {"dtype": "F32", "shape": shape, "data_offsets": [at, at + size]}
        at += size
    head = json.dumps(listed).encode()
    return len(head).to_bytes(8, "little") + head + bytes(at)


SMALL = tensors({"words.weight": (47, 16), "layer.weight": (32, 16)})


def check(folder: Path) -> None:
    check_doors(Checkpoint(folder, folder.name, None), {})


COUNTED = (
    *("depths", "num_hidden_groups", "inner_group_num", "num_feedforward_networks", "block_sizes"),
    *("block_repeats", "num_hash_functions", "num_encoder_blocks", "num_stages", "num_blocks"),
    *("num_hidden_layers", "n_layer", "n_layers", "encoder_layers", "decoder_layers", "depth"),
    *("num_layers", "layers", "hidden_layers", "vision_layers", "num_conv_layers", "stage_repeats"),
    *("attention_types", "num_resnet_blocks", "prelude_layers"),
)
SIZED = (
    *("vocab_size", "type_vocab_size", "hidden_size", "hidden_sizes", "intermediate_size"),
    *("in_features", "out_features", "embedding_size", "embed_dim", "embed_dims", "dim"),
    *("hidden_dim", "in_word_embedding_dimension", "out_channels", "num_channels", "d_model"),
    *("d_ff", "n_embd", "num_attention_heads", "num_experts", "num_hash_buckets", "width"),
    *("decoder_ffn_dim", "word_embedding_dimension", "projection_dim", "kernel_sizes"),
)


def made(folder: Path, key: str, value: Any, place: str = "") -> Path:
    told = {"a": {key: value}}
    return write(folder, {f"{place}config.json": told, f"{place}model.safetensors": SMALL})


@pytest.mark.parametrize("key", COUNTED)
def test_no_more_is_counted_than_there_are_tensors(key: str, tmp_path: Path) -> None:
    for value in (1000, [1, 1, 1000], [[["a", "b"], 1000]], 1e9):
        with pytest.raises(UsageError, match=rf"more than .* \({key} = "):
            check(made(tmp_path, key, value))
    check(made(tmp_path, key, 24))


@pytest.mark.parametrize("key", SIZED)
def test_nothing_is_larger_than_its_weights(key: str, tmp_path: Path) -> None:
    for value in (400_000, [8, 400_000]):
        with pytest.raises(UsageError, match=rf"more than .* \({key} = "):
            check(made(tmp_path, key, value))
    check(made(tmp_path, key, 30_000))


@pytest.mark.parametrize("place", ["2_Dense/", "0_LSTM/"])
def test_a_part_is_held_against_its_own_weights(place: str, tmp_path: Path) -> None:
    config = {"config.json": {"vocab_size": 1_000_000}}
    honest = write(tmp_path, config, {"model.safetensors": tensors({"a": (10**6, 1)}, width=1)})
    check(made(honest, "out_features", 30_000, place))
    with pytest.raises(UsageError, match=r"than its weights hold \(out_features = 400000, 32,768"):
        check(made(honest, "out_features", 400_000, place))
    (honest / place / "model.safetensors").unlink()
    check(honest)  # then it may be of the weights above it


@pytest.mark.parametrize("key", ["max_position_embeddings", "n_positions", "n_ctx"])
def test_places_are_bounded_too(key: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=rf"more than memory holds \({key} = "):
        check(made(tmp_path, key, 10**9))


def test_a_matrix_is_no_larger_than_its_weights(tmp_path: Path) -> None:
    """Each side for itself would be a usual one."""
    dense = {"in_features": 30_000, "out_features": 30_000, "bias": True}
    said = r"than its weights hold \(in_features x out_features = 900,000,000\)"
    for place in ("2_Dense/", ""):
        weights = {f"{place}model.safetensors": SMALL}
        folder = write(tmp_path / f"a{len(place)}", weights, {"2_Dense/config.json": dense})
        with pytest.raises(UsageError, match=said):
            check(folder)
    small = {"in_features": 8192, "out_features": 8192, "vocab_size": float("1e3")}
    check(write(tmp_path / "a0", {"2_Dense/config.json": small}))


def test_metadata_is_no_amount(tmp_path: Path) -> None:
    told = {
        "seed": 10**9, "max_position_embeddings": 10**7, "rope_theta": 10**7, "bos_token_id": 10**6,
        "pad_token_id": 151_643, "sliding_window": 10**6, "max_window_layers": 10**6,
        "global_step": 10**9, "total_flos": 10**18, "max_length": 10**6, "chunk_size": 10**6,
        "original_max_position_embeddings": 10**7, "vocab_size": 256_000,
        "layer_norm_eps": 1e-12, "num_hidden_layers": 128, "skip_layers": [1, 2],
        "layers_to_transform": None, "layer_types": ["full_attention"] * 80,
    }  # fmt: skip
    check(write(tmp_path, HONEST, {"config.json": told, "model.safetensors": SMALL}))
    trained = {"depths": 10**9, "num_classes": 10**9}
    check(write(tmp_path, {"eval_results.json": trained}))  # no network is made from that


def test_weights_say_how_much_there_is(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(tensors({"a": (3, 5), "b": (7,), "c": ()}))
    assert held([path]) == Held(3, 7, 23)
    assert held([path, path]) == Held(6, 7, 46)
    large = Held(14, 30522, 10**8)
    assert large.most("sizes", "hidden_size") == 4 * 30522
    assert large.most("sizes", "vocab_size") == 300_000
    assert large.most("counts", "depths") == 128
    assert Held(2000, 8, 9).most("counts", "depths") == 2000
    assert Held().most("sizes", "dim") == 10**8


@pytest.mark.parametrize(
    "head",
    [
        {"a": {"dtype": "F32", "shape": [10**9], "data_offsets": [0, 4 * 10**9]}},
        {"a": {"dtype": "F32", "shape": [10**9], "data_offsets": [0, 4]}},
        {"a": {"dtype": "F32", "shape": [10**9], "data_offsets": [0]}},
        {"a": {"dtype": "F32", "shape": [-1, -(10**9)], "data_offsets": [0, 4]}},
        {"a": {"dtype": "F32", "shape": [1e9], "data_offsets": [0, 4]}},
        {"a": {"dtype": "F32", "shape": "x"}},
        {"a": 1},
        [1],
    ],
)
def test_a_list_of_tensors_that_are_not_there_holds_nothing(head: Any, tmp_path: Path) -> None:
    """Else a second file of no bytes would let a configuration ask for anything."""
    written = json.dumps(head).encode()
    path = tmp_path / "decoy.safetensors"
    path.write_bytes(len(written).to_bytes(8, "little") + written + bytes(4))
    assert held([path]) == Held()
    config = {"config.json": {"vocab_size": 5 * 10**7}, "model.safetensors": SMALL}
    with pytest.raises(UsageError, match="than its weights hold"):
        check(write(tmp_path, HONEST, config))


def test_a_whole_model_may_be_as_large_as_it_is(tmp_path: Path) -> None:
    narrow = {name: tuple(side // 8 + 1 for side in shape) for name, shape in BERT.items()}
    config = {"vocab_size": 3816, "hidden_size": 97, "num_hidden_layers": 12, "num_labels": 1}
    folder = write(
        tmp_path, HONEST, {"config.json": config, "model.safetensors": tensors(narrow, width=1)}
    )
    check(folder)


def test_a_prompt_has_an_end(tmp_path: Path) -> None:
    """It is cut into tokens again with every text."""
    name = "config_sentence_transformers.json"
    for size in (100_000, 100_001):
        made = {name: {"prompts": {"query": "a" * size}}}
        folder = write(tmp_path / str(size), HONEST, made)
        if size == 100_000:
            check(folder)
            continue
        with pytest.raises(UsageError, match=r"puts 100,001 characters before every text \(query"):
            check(folder)
