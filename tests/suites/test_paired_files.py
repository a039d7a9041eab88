"""Fast-DetectGPT's pairs: from the authors' files and from one table the same texts."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from harness.data.asked import LoadRequest
from harness.errors import InvalidError, UsageError
from suites.detection.loading import load_pinned
from suites.detection.pins import Pin, pins

LONG = "Whoever cuts this text does so after its first sixty characters, "
PAIRS = {
    "pubmed_gpt-4": [("A question? It is.", "A question? Yes.")],
    "xsum_davinci": [(LONG + "here", "Made of it."), ("Another one.", "More.")],
    "xsum_gpt-4": [(LONG + "or there", "Made again.")],
}


def pin_of(**counts: int) -> Pin:
    pin = next(pin for pin in pins() if pin.id == "detection/fast-detectgpt-served")
    pairs = {name: len(texts) for name, texts in PAIRS.items()}
    return replace(pin, layout={**pin.layout, "pairs": {**pairs, **counts}})


def files(folder: Path) -> Path:
    data = folder / "exp_gpt3to4" / "data"
    data.mkdir(parents=True)
    for name, texts in PAIRS.items():
        lists = dict(zip(("original", "sampled"), zip(*texts, strict=True), strict=True))
        (data / f"{name}.raw_data.json").write_text(json.dumps(lists))
    return folder


def table(folder: Path, **more: str) -> Path:
    rows = [
        {"id": f"exp_gpt3to4/{name}/{place}/{side}", "label": side == "ai", "text": text}
        for name, texts in reversed(PAIRS.items())
        for place, pair in enumerate(texts)
        for side, text in zip(("human", "ai"), pair, strict=True)
    ]
    rows += [{"id": id, "label": True, "text": text} for id, text in more.items()]
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "texts_exp_gpt3to4.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


def test_both_forms_give_the_same_texts(tmp_path: Path) -> None:
    one = load_pinned(pin_of(), LoadRequest(data=files(tmp_path / "clone")))
    other = load_pinned(
        pin_of(), LoadRequest(data=table(tmp_path / "sets" / "fastdetectgpt").parent)
    )
    assert one.ids[:4] == ("pubmed_gpt-4/0/human", "pubmed_gpt-4/0/ai", "xsum_davinci/0/human",
                           "xsum_davinci/0/ai")  # fmt: skip
    assert one.gold == (0.0, 1.0) * 4
    assert one.columns["domain"][:3] == ("pubmed", "pubmed", "xsum")
    assert one.columns["generator"] == (
        "human",
        "gpt-4",
        *("human", "davinci") * 2,
        "human",
        "gpt-4",
    )
    assert one.clusters[2] == one.clusters[3] == one.clusters[6] == one.clusters[7]
    assert len(set(one.clusters)) == 3
    for name in ("ids", "contents", "gold", "clusters", "columns"):
        assert getattr(one, name) == getattr(other, name)
    assert list(other.origin["files"]) == ["texts_exp_gpt3to4.jsonl"]


def test_what_is_not_all_of_it_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidError, match="1 pairs of xsum_gpt-4, 2 are pinned"):
        load_pinned(pin_of(**{"xsum_gpt-4": 2}), LoadRequest(data=files(tmp_path / "a")))
    more = table(tmp_path / "b", **{"exp_gpt3to4/xsum_davinci/x/human": "?"})
    with pytest.raises(InvalidError, match="'exp_gpt3to4/xsum_davinci/x/human' names no text"):
        load_pinned(pin_of(), LoadRequest(data=more))
    half = table(tmp_path / "c", **{"exp_gpt3to4/xsum_gpt-4/1/human": "alone"})
    with pytest.raises(InvalidError, match="2 pairs of xsum_gpt-4, 1 are pinned"):
        load_pinned(pin_of(), LoadRequest(data=half))
    with pytest.raises(UsageError, match="texts_exp_gpt3to4"):
        load_pinned(pin_of(), LoadRequest(data=tmp_path))


@pytest.mark.shared_data
def test_the_sets_as_pinned(shared_data: Path) -> None:
    """3 x 3 files of 150 pairs, and 15 files of 500 or 300, as the authors list them."""
    counts = {"fast-detectgpt-served": (2700, 3), "fast-detectgpt-open": (13_000, 5)}
    for name, (items, models) in counts.items():
        pin = next(pin for pin in pins() if pin.id == f"detection/{name}")
        data = load_pinned(pin, LoadRequest(data=shared_data / "detection"))
        assert (data.item_count, sum(data.gold)) == (items, items / 2)
        assert len(set(data.columns["generator"])) == models + 1
        # No text of a source is drawn apart from the others that were made from it.
        assert len(set(data.clusters)) <= items / 2 / models * 1.3
