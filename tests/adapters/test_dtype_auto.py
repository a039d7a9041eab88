"""What ``--dtype auto`` is: asked of a driver's tool that stands in for the card there is not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from harness.adapters import adapters
from harness.engine.devices import has_bfloat16
from harness.engine.named import prepare_model
from harness.errors import UsageError


@pytest.fixture
def cards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a ``nvidia-smi`` first that answers with the lines of a file."""
    told = tmp_path / "told"
    tool = tmp_path / "nvidia-smi"
    tool.write_text(
        f'#!/bin/sh\ncase "$1" in\n*compute_cap*) cat "{told}" ;;\n'
        f'-L) sed "s/.*/GPU 0: made up (UUID: GPU-0)/" "{told}" ;;\n*) exit 1 ;;\nesac\n'
    )
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    return told


@pytest.mark.parametrize(
    ("lines", "devices", "expected"),
    [
        ("9.0\n", ["cuda:0"], True),
        ("8.0\n8.6\n", ["cuda:0", "cuda:1"], True),
        ("7.5\n", ["cuda:0"], False),
        ("9.0\n", ["cpu"], False),
        ("9.0\n", [], False),
        ("9.0\n", ["cuda:0", "cpu"], False),
    ],
)
def test_cards_since_ampere_calculate_in_bfloat16(
    cards: Path, lines: str, devices: list[str], expected: bool
) -> None:
    cards.write_text(lines)
    assert has_bfloat16(devices) is expected


@pytest.mark.parametrize("lines", ["7.5\n9.0\n", "[N/A]\n"])
def test_where_the_tool_does_not_tell_torch_is_asked_which_sees_no_card_here(
    cards: Path, lines: str
) -> None:
    cards.write_text(lines)
    assert has_bfloat16(["cuda:0"]) is False


def test_auto_depends_on_the_device_and_so_does_who_the_model_is(
    cards: Path, tmp_path: Path
) -> None:
    pytest.importorskip("torch", reason="asks for an adapter that torch runs")
    folder = tmp_path / "ckpt"
    folder.mkdir()
    (folder / "config.json").write_text('{"architectures": ["BertForSequenceClassification"]}')
    (folder / "tokenizer.json").write_text("{}")
    (folder / "model.safetensors").write_text("weights")
    cards.write_text("9.0\n")
    name = f"cross-encoder:{folder}"
    made = {
        (dtype, device): prepare_model(name, [], dtype=dtype, tasks=(), device=device)
        for dtype in ("auto", "float32", "bfloat16")
        for device in ("auto", "cuda:0", "cpu")
    }
    dtypes = {key: model.spec.dtype for key, model in made.items() if key[0] == "auto"}
    assert set(dtypes.values()) == {"bfloat16", "float32"}
    assert dtypes["auto", "cpu"] == "float32"
    assert dtypes["auto", "auto"] == dtypes["auto", "cuda:0"] == "bfloat16"
    assert made["auto", "cpu"].fingerprint == made["float32", "cuda:0"].fingerprint
    assert made["auto", "auto"].fingerprint == made["bfloat16", "cpu"].fingerprint
    cards.write_text("7.0\n")
    old = prepare_model(name, [], dtype="auto", tasks=(), device="auto")
    assert old.spec.dtype == "float32"
    with pytest.raises(UsageError, match="numbered from 0"):
        prepare_model(name, [], dtype="auto", tasks=(), device="cuda:3")


def test_an_adapter_that_may_not_take_it_stays_in_float32(cards: Path, tmp_path: Path) -> None:
    cards.write_text("9.0\n")
    own = tmp_path / "model.py"
    own.write_text("def score_pairs(pairs):\n    return [0.0 for _ in pairs]\n")
    model = prepare_model(f"python:{own}", [], dtype="auto", tasks=(), device="auto")
    assert model.spec.dtype == "float32"
    known = [adapters().get(name) for name in adapters().names()]
    assert {one.name for one in known if one.half} >= {"cross-encoder", "bi-encoder", "yes-no"}
    for one in known:
        assert not one.half or {"bfloat16", "float32"} <= set(one.dtypes)
        assert not one.half or one.name != "python"
