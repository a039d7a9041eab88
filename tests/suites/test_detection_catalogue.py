"""Pinned detection sets, each through tiny files of its own form."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from harness.data import ItemData
from harness.data.asked import LoadRequest
from harness.errors import InvalidError, UsageError
from suites.detection.loading import load_pinned
from suites.detection.pins import Pin, pins

PINS = {pin.id.removeprefix("detection/"): pin for pin in pins()}


def _write(path: Path, rows: list[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def _load(name: str, data: Path) -> ItemData:
    return load_pinned(PINS[name], LoadRequest(data=data))


def test_every_task_is_listed_with_a_card() -> None:
    assert list(PINS) == [
        *("raid", "raid-test", "mage", "hc3", "m4", "coling", "beemo", "meld-eval"),
        *("turingbench", "ghostbuster", "outfox", "binoculars"),
        *("fast-detectgpt-served", "fast-detectgpt-open"),
    ]
    for pin in PINS.values():
        card = pin.card
        assert all((card.title, card.description, card.source, card.licence, card.citation))
        assert card.url.startswith("https://")
        assert re.fullmatch(r"[0-9a-f]{40}|commit [0-9a-f]{8}|not pinned: .*", card.revision)


@pytest.mark.parametrize("pin", [pin for pin in pins() if pin.hub is None], ids=lambda pin: pin.id)
def test_sets_without_a_hub_ask_for_their_folder(pin: Pin) -> None:
    with pytest.raises(UsageError, match=f"DIR/{pin.folder} is that copy"):
        load_pinned(pin, LoadRequest())


def test_raid(tmp_path: Path) -> None:
    head = "id,adv_source_id,source_id,model,decoding,repetition_penalty,attack,domain,title,"
    rows = [
        "h1,h1,s1,human,,,none,news,T,P,written",
        "h2,h1,s1,human,nan,nan,homoglyph,news,T,P,wrítten",
        "m1,m1,s1,gpt4,greedy,no,none,news,T,P,made",
    ]
    (tmp_path / "raid").mkdir()
    text = "\n".join([head + "prompt,generation", *rows, ""])
    (tmp_path / "raid" / "train.csv").write_text(text, encoding="utf-8")
    data = _load("raid", tmp_path)
    assert data.ids == ("h1", "h2", "m1")
    assert data.gold == (0.0, 0.0, 1.0)
    assert data.clusters == ("s1",) * 3
    assert data.columns == {
        "domain": ("news",) * 3,
        "generator": ("human", "human", "gpt4"),
        "attack": ("none", "homoglyph", "none"),
        "decoding": ("", "", "greedy"),
        "repetition_penalty": ("", "", "no"),
    }
    assert list(data.origin["files"]) == ["train.csv"]
    _write(tmp_path / "raid" / "extra.jsonl", [{"id": "m1", "generation": "x"}])
    with pytest.raises(UsageError, match=r"extra.jsonl has no column 'source_id'.*'generation'"):
        _load("raid", tmp_path)


def test_raid_test_has_no_labels(tmp_path: Path) -> None:
    _write(tmp_path / "raid-test" / "test.jsonl", [{"id": "x", "generation": "a text"}])
    data = _load("raid-test", tmp_path)
    assert (data.ids, data.gold, data.contents) == (("x",), (), ("a text",))


def test_mage_labels_are_turned_round(tmp_path: Path) -> None:
    rows = [
        {"text": "by a person", "label": 1, "src": "cmv_human"},
        {"text": "by a model", "label": 0, "src": "cmv_machine_continuation_flan_t5_large"},
    ]
    _write(tmp_path / "mage" / "test.jsonl", rows)
    _write(tmp_path / "mage" / "valid.jsonl", rows)
    _write(tmp_path / "mage" / "train.jsonl", [{"text": "unused", "label": 1, "src": ""}])
    data = _load("mage", tmp_path)
    assert data.ids == ("valid/1", "valid/2", "test/1", "test/2")
    assert data.gold == (0.0, 1.0, 0.0, 1.0)
    assert data.columns["domain"] == ("cmv",) * 4
    assert data.columns["generator"] == ("human", "flan_t5_large") * 2
    assert data.columns["split"] == ("calibration",) * 2 + ("test",) * 2
    _write(tmp_path / "mage" / "test.jsonl", [{**rows[0], "label": 2}])
    with pytest.raises(InvalidError, match="column 'label' holds '2', not a known label"):
        _load("mage", tmp_path)


def test_hc3_answers_of_one_question_are_one_cluster(tmp_path: Path) -> None:
    row = {"question": "?", "source": "finance", "human_answers": ["a", "b", ""]}
    _write(tmp_path / "hc3" / "all.jsonl", [{**row, "chatgpt_answers": ["c"]}] * 2)
    data = _load("hc3", tmp_path)
    assert data.ids[:3] == ("all/1/human/0", "all/1/human/1", "all/1/chatgpt/0")
    assert data.gold == (0.0, 0.0, 1.0) * 2
    assert data.clusters == ("all/1",) * 3 + ("all/2",) * 3
    assert data.columns["generator"][2] == "chatgpt"


@pytest.mark.parametrize("name", ["m4", "coling"])
def test_m4_and_coling(tmp_path: Path, name: str) -> None:
    rows = [
        {"text": "x", "label": 0, "model": "human", "source": "arxiv", "sub_source": "arxiv"},
        {"text": "y", "label": 1, "model": "bloomz", "source": "arxiv", "sub_source": "arxiv"},
    ]
    rows = [{**row, "id": number} for number, row in enumerate(rows)]
    for part in ("dev", "test"):
        _write(tmp_path / name / f"{part}.jsonl", rows)
    data = _load(name, tmp_path)
    assert set(data.columns["generator"]) == {"human", "bloomz"}
    assert data.gold == (0.0, 1.0) * (2 if name == "m4" else 1)
    assert ("split" in data.columns) == (name == "m4")


def test_beemo_edits_are_attacks(tmp_path: Path) -> None:
    row = {
        "id": 7,
        "category": "QA",
        "model": "zephyr",
        "prompt_id": "p",
        "human_output": "by hand",
        "model_output": "made",
        "human_edits": "made better",
        "llama-3.1-70b_edits": "[{'P1': 'one'}, {'P2': \"two's\"}]",
        "gpt-4o_edits": None,
    }
    _write(tmp_path / "beemo" / "train.jsonl", [row])
    data = _load("beemo", tmp_path)
    assert data.contents == ("by hand", "made", "made better", "one", "two's")
    assert data.gold == (0.0, 1.0, 1.0, 1.0, 1.0)
    assert set(data.clusters) == {"p"}
    assert data.columns["attack"][1:4] == ("none", "expert edit", "llama-3.1-70b edit")
    bad = {**row, "gpt-4o_edits": "[{'P1': open('x')}]"}
    _write(tmp_path / "beemo" / "train.jsonl", [bad])
    with pytest.raises(InvalidError, match="'gpt-4o_edits' is not a list"):
        _load("beemo", tmp_path)


def test_meld_eval(tmp_path: Path) -> None:
    rows = [
        {"id": str(n), "text": f"t{n}", "label": n, "generator": g, "domain": "d"}
        | {"attack": "none", "prompt_id": "p"}
        for n, g in enumerate((None, "haiku"))
    ]
    _write(tmp_path / "meld-eval" / "meld_eval.jsonl", rows)
    data = _load("meld-eval", tmp_path)
    assert data.columns["generator"] == ("human", "haiku")
    assert data.clusters == ("p", "p")


def test_turingbench_shares_human_texts(tmp_path: Path) -> None:
    for name in ("gpt1", "xlm"):
        rows = [{"Generation": "same", "label": "human"}, {"Generation": name, "label": name}]
        for part in ("valid", "test"):
            texts = [{**row, "Generation": row["Generation"] + part} for row in rows]
            _write(tmp_path / "turingbench" / f"TT_{name}" / f"{part}.jsonl", texts)
    data = _load("turingbench", tmp_path)
    humans = {c for c, gold in zip(data.clusters, data.gold, strict=True) if gold == 0}
    assert len(data.ids) == 8
    assert humans == {"TT_gpt1/valid/1", "TT_gpt1/test/1"}


def test_ghostbuster(tmp_path: Path) -> None:
    names = ("wp/human/2.txt", "wp/human/10.txt", "wp/gpt/2.txt", "wp/gpt/logprobs/2-ada.txt")
    for name in (*names, "reuter/claude/Ann/1.txt", "wp/prompts/2.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    data = _load("ghostbuster", tmp_path)
    assert data.ids == ("reuter/claude/Ann/1.txt", *[names[i] for i in (2, 0, 1)])
    assert data.gold == (1.0, 1.0, 0.0, 0.0)
    assert data.clusters == ("reuter/Ann/1.txt", "wp/2.txt", "wp/2.txt", "wp/10.txt")
    assert data.columns["generator"] == ("claude", "gpt", "human", "human")
    (tmp_path / "wp/gpt/2.txt").write_bytes(b"\xff")
    with pytest.raises(InvalidError, match="not UTF-8"):
        _load("ghostbuster", tmp_path)


def test_binoculars(tmp_path: Path) -> None:
    for domain, column in (("cc_news", "text"), ("pubmed", "article")):
        for model in ("falcon7", "llama2_13"):
            machine = f"-fs-models-{model}_generated_text_wo_prompt"
            row = {column: f"{domain} human", machine: f"{domain} {model}"}
            _write(tmp_path / "binoculars" / domain / f"{domain}-{model}.jsonl", [row])
    data = _load("binoculars", tmp_path)
    assert data.gold == (0.0, 1.0) * 4
    assert data.columns["domain"] == ("cc_news",) * 4 + ("pubmed",) * 4
    assert data.columns["generator"][:4] == ("human", "falcon7", "human", "llama2_13")
    assert len(set(data.clusters)) == 2


def test_pickles_are_refused(tmp_path: Path) -> None:
    (tmp_path / "outfox").mkdir()
    (tmp_path / "outfox" / "test_humans.pkl").write_bytes(b"never read")
    with pytest.raises(UsageError, match=r"pickles, which can run code .* texts\.jsonl"):
        _load("outfox", tmp_path)


def test_a_set_that_is_not_there_says_what_is(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(UsageError, match=r"holds 'notes.txt'\. Put a file train or train_none"):
        _load("raid", tmp_path)


def test_the_suite_lists_and_finds_its_tasks() -> None:
    from suites.detection import suite

    ids = [task.id for task in suite().tasks]
    assert ids == ["detection/embedded", *[pin.id for pin in pins()], "detection/folder"]
    assert suite().embedded == ("detection/embedded",)
    for task_id in (*ids, "detection/folder/my-set"):
        found = suite().find(task_id)
        assert found is not None
        assert (found.id, found.input_kind) == (task_id, "texts")
        assert found.primary_metric == "TPR@FPR=5%[oracle_per_domain]"
    for task_id in ("detection/nothing", "detection/folder/", "detection/folder/../up"):
        assert suite().find(task_id) is None


def test_own_texts_are_called_by_their_file(tmp_path: Path) -> None:
    from suites.detection import suite

    task = suite().find("detection/folder")
    assert task is not None
    assert task.resolve is not None
    resolved = task.resolve(LoadRequest(data=tmp_path / "My Texts"))
    assert resolved.id == "detection/folder/my-texts"


def test_listing_imports_nothing_heavy() -> None:
    code = (
        "import sys; from suites.detection import suite; suite(); "
        "print([m for m in ('numpy', 'pyarrow', 'pandas', 'datasets') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
