"""Captions against pictures: transformers' own forward pass of one of each is the oracle."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.adapters.image_text.adapter import ADAPTER
from harness.adapters.support.hf_images import processor_arguments
from harness.capabilities import capabilities_of
from harness.cli import run
from harness.errors import InvalidError, UsageError
from harness.records.record import read_record
from suites.preference.shown_pictures import Pictured
from tests.adapters.image_models import pictures, save_clip, save_siglip

pytest.importorskip("torch", reason="needs marginbench[vlm]")
pytest.importorskip("transformers", reason="needs marginbench[vlm]")
Load = Callable[..., Any]

CAPTIONS = ("Good photo .", "Bad", "How would you rate the image ?", "Clean sharp", "Dark photo .")
LONG = "Good photo . Bad photo . Bright photo . Dark photo . Clean photo ."


@dataclass(frozen=True)
class Held:
    """A picture at hand, equal to others of its name."""

    name: str

    def load(self) -> Any:
        sizes = {"a": (40, 40), "b": (64, 33), "c": (90, 51)}
        return pictures(sizes[self.name], seed=ord(self.name))[0]


def items() -> list[Pictured]:
    return [Pictured(text, Held(name)) for text in CAPTIONS for name in "abc"]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return {"clip": save_clip(tmp_path_factory.mktemp("clip")),
            "siglip": save_siglip(tmp_path_factory.mktemp("siglip"))}  # fmt: skip


def by_hand(folder: Path, texts: Sequence[Pictured], most: int = 12, **how: Any) -> list[float]:
    """One text and one picture at a time through the whole model, which makes its own logits."""
    import torch
    import transformers

    model = transformers.AutoModel.from_pretrained(folder).eval()
    words = transformers.AutoTokenizer.from_pretrained(folder)
    processor = transformers.AutoImageProcessor.from_pretrained(folder, **processor_arguments())
    found = []
    for text in texts:
        pixels = processor(images=text.picture.load(), return_tensors="pt")["pixel_values"]
        ids = words([str(text)], return_tensors="pt", truncation=True, max_length=most, **how)
        with torch.no_grad():
            found.append(float(model(pixel_values=pixels, **ids).logits_per_image[0, 0]))
    return found


def test_equals_the_models_own_logits(folders: dict[str, Path], load_with: Load) -> None:
    model = load_with(ADAPTER, str(folders["clip"]))
    assert capabilities_of(model) == ADAPTER.capabilities("x") == {"score_captions"}
    wanted = by_hand(folders["clip"], items())
    assert model.score_captions(items()) == pytest.approx(wanted, abs=1e-5 * np.exp(3.1))
    assert np.ptp(wanted) > 1
    cosine = load_with(ADAPTER, str(folders["clip"]), output="cosine")
    assert cosine.score_captions(items()) == pytest.approx(np.array(wanted) / np.exp(3.1), abs=1e-5)
    assert model.resolved["logit_scale"] == pytest.approx(np.exp(3.1), rel=1e-6)
    assert model.resolved["logit_bias"] == 0
    assert {"image_size", "image_crop", "image_resampling", "image_colour"} <= set(model.resolved)


def test_siglip_has_a_bias_and_reads_texts_that_are_filled_up(
    folders: dict[str, Path], load_with: Load
) -> None:
    model = load_with(ADAPTER, str(folders["siglip"]))
    texts = items()
    wanted = by_hand(folders["siglip"], texts, 9, padding="max_length")
    assert np.abs(np.subtract(by_hand(folders["siglip"], texts, 9), wanted)).max() > 1e-3
    assert model.score_captions(texts) == pytest.approx(wanted, abs=1e-4)
    assert model.resolved["logit_bias"] == -7
    cosine = load_with(ADAPTER, str(folders["siglip"]), output="cosine").score_captions(texts)
    assert cosine == pytest.approx((np.array(wanted) + 7) / np.exp(2.3), abs=1e-5)


@pytest.mark.parametrize("kind", ["clip", "siglip"])
def test_alone_as_in_a_batch(folders: dict[str, Path], load_with: Load, kind: str) -> None:
    model = load_with(ADAPTER, str(folders[kind]), output="cosine")
    together = model.score_captions(items())
    fresh = load_with(ADAPTER, str(folders[kind]), output="cosine")
    alone = [fresh.score_captions([text])[0] for text in reversed(items())][::-1]
    assert together == pytest.approx(alone, abs=1e-5)
    assert model.score_captions([]).shape == (0,)


def test_many_pictures_go_through_in_parts_and_few_are_kept(
    folders: dict[str, Path], load_with: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = load_with(ADAPTER, str(folders["clip"])).score_captions(items())
    monkeypatch.setattr("harness.adapters.image_text.model.AT_ONCE", 2)
    monkeypatch.setattr("harness.adapters.image_text.model.KEPT", 1)
    model = load_with(ADAPTER, str(folders["clip"]))
    for _ in range(2):
        assert model.score_captions(items()) == pytest.approx(wanted, abs=1e-4)
        assert len(model._kept) == 1


def test_a_long_caption_is_refused_or_cut_and_counted(
    folders: dict[str, Path], load_with: Load
) -> None:
    texts = [Pictured(LONG, Held("a")), Pictured("Good", Held("a"))]
    model = load_with(ADAPTER, str(folders["clip"]))
    assert model.count_tokens(texts) == [17, 3]
    with pytest.raises(InvalidError, match=r"'Good photo \. Bad.*has 17 tokens.*reads 12"):
        model.score_captions(texts)
    cut = load_with(ADAPTER, str(folders["clip"]), long="cut")
    wanted = by_hand(folders["clip"], texts)
    assert cut.score_captions(texts) == pytest.approx(wanted, abs=3e-4)
    assert [row[-2] for row in cut.ledger.fetch()] == [1]


@pytest.mark.parametrize("option", [{"output": "logits"}, {"long": "trim"}])
def test_options_that_there_are_not(
    folders: dict[str, Path], load_with: Load, option: dict[str, str]
) -> None:
    with pytest.raises(UsageError, match="unknown"):
        load_with(ADAPTER, str(folders["clip"]), **option)
    defaults = {name: one.default for name, one in ADAPTER.options.items()}
    with pytest.raises(UsageError, match="unknown"):
        ADAPTER.identify(str(folders["clip"]), defaults | option)


def test_a_table_through_the_command_line(
    folders: dict[str, Path], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Figures of the record against the model's own logits, and a caption that is too long."""
    place = tmp_path / "set"
    place.mkdir()
    for name in "abc":
        Held(name).load().save(place / f"{name}.png")
    pairs = [("a", CAPTIONS[0], CAPTIONS[1]), ("b", CAPTIONS[2], CAPTIONS[3]),
             ("c", CAPTIONS[4], CAPTIONS[0])]  # fmt: skip
    rows = [{"filename": f"{name}.png", "caption": one, "negative_caption": two}
            for name, one, two in pairs]  # fmt: skip
    (place / "add_obj.json").write_text(json.dumps({str(n): row for n, row in enumerate(rows)}))
    words = ["evaluate", "--model", f"image-text:{folders['clip']}", "--task",
             "preference/image-text", "--data", str(place), "--device", "cpu"]  # fmt: skip
    assert run([*words, "--out", str(tmp_path / "runs")]) == 0, capfd.readouterr().err
    (path,) = (tmp_path / "runs").rglob("record.json")
    record = read_record(path)
    logits = [by_hand(folders["clip"], [Pictured(text, Held(name)) for text in both])
              for name, *both in pairs]  # fmt: skip
    wanted = np.mean([one > two for one, two in logits])
    assert record.metrics[0].name == "pair accuracy[strict]"
    assert record.metrics[0].value == pytest.approx(wanted)
    rows[0]["caption"] = LONG
    (place / "add_obj.json").write_text(json.dumps({str(n): row for n, row in enumerate(rows)}))
    assert run([*words, "--out", str(tmp_path / "long")]) == 1
    assert "has 17 tokens" in capfd.readouterr().err
    assert run([*words, "--option", "long=cut", "--out", str(tmp_path / "cut")]) == 0
    (path,) = (tmp_path / "cut").rglob("record.json")
    assert read_record(path).model.details["shortened_texts"] == 1


def test_a_model_of_texts_is_refused_before_its_weights(
    tmp_path: Path, tiny_bert: Callable[..., Path]
) -> None:
    folder = tiny_bert(tmp_path / "bert")
    defaults = {name: one.default for name, one in ADAPTER.options.items()}
    with pytest.raises(UsageError, match="BertModel, which is no model of images and texts"):
        ADAPTER.identify(str(folder), defaults)


def test_a_side_of_forty_thousand_pixels_is_refused(tmp_path: Path, load_with: Load) -> None:
    folder = save_clip(tmp_path / "clip")
    path = folder / "preprocessor_config.json"
    told = json.loads(path.read_text())
    path.write_text(json.dumps({**told, "size": {"shortest_edge": 40000}}))
    with pytest.raises(InvalidError, match="asks for 40000 pixels"):
        load_with(ADAPTER, str(folder))
