"""``judge`` with weights at hand, against transformers' own generation and logits."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.adapters.asking.asks import Reply
from harness.adapters.judge.adapter import ADAPTER
from harness.adapters.judge.prompt import judge_prompt
from harness.adapters.judge.reading import verdict_in
from harness.capabilities import capabilities_of
from harness.cli import run
from harness.data.shown import Dialogue, Matchup
from harness.engine.effort import noticed, spent_by, totals
from harness.errors import InvalidError, UsageError
from harness.records.record import read_record
from harness.tasks.reading.verdicts import UNPARSED, verdict_of

torch = pytest.importorskip("torch", reason="language models need marginbench[llm]")
transformers = pytest.importorskip("transformers", reason="needs marginbench[llm]")

Build = Callable[..., Path]
Load = Callable[..., Any]

TEXTS = [
    Matchup("what is money", "the bank", "a loan"),
    Matchup("", "the cat sat on the mat", "the mat sat on the cat"),
    Matchup(Dialogue([("user", "a dog"), ("assistant", "yes"), ("user", "what?")]), "no", "yes"),
    Matchup("what is money", "a loan", "the bank"),
]


@pytest.fixture
def folder(tiny_language_model: Build) -> Path:
    return tiny_language_model(max_position_embeddings=2048)


def asked(folder: Path, text: Matchup, start: str = "") -> tuple[Any, list[int]]:
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    filled = judge_prompt("verdict").filled(text.prompt, text.first, text.second)
    chat = [{"role": role, "content": said} for role, said in filled.messages]
    shown = tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=True)
    return tokenizer, tokenizer(shown + start, add_special_tokens=False)["input_ids"]


def written(folder: Path, text: Matchup, most: int) -> Reply:
    """Greedy, alone: what transformers writes, and whether it came to an end."""
    tokenizer, row = asked(folder, text)
    model = transformers.AutoModelForCausalLM.from_pretrained(folder).eval()
    made = model.generate(
        torch.tensor([row]), attention_mask=torch.ones(1, len(row), dtype=torch.long),
        max_new_tokens=most, do_sample=False, pad_token_id=3,
    )[0, len(row) :].tolist()  # fmt: skip
    ended = 0 in made
    made = made[: made.index(0)] if ended else made
    return Reply(text=tokenizer.decode(made, skip_special_tokens=True), unfinished=not ended)


def test_verdicts_are_those_of_what_transformers_writes(folder: Path, load_with: Load) -> None:
    model = load_with(ADAPTER, str(folder), answer_tokens=24)
    assert capabilities_of(model) == ADAPTER.capabilities(str(folder)) == {"judge_texts"}
    found = model.judge_texts(TEXTS)
    replies = [written(folder, text, 24) for text in TEXTS]
    assert found == [verdict_in(reply) for reply in replies]
    assert model.count_tokens(TEXTS)[1] == len(asked(folder, TEXTS[1])[1]) + 24
    spent = [spent_by(model)]
    unfinished = sum(reply.unfinished for reply in replies)
    assert noticed(spent) == ({"unfinished_answers": unfinished} if unfinished else {})
    effort = totals(None, spent)
    assert effort is not None
    assert (effort["calls"], effort["requests"]) == (len(TEXTS), None)
    assert effort["prompt_tokens"] == sum(len(asked(folder, text)[1]) for text in TEXTS)
    assert (model.resolved["decoding"], model.resolved["temperature"]) == ("greedy", 0)


def test_what_it_writes_is_read(folder: Path, load_with: Load) -> None:
    """The words come of the model's own writing: the head is bent so that it says them."""
    model = load_with(ADAPTER, str(folder), answer_tokens=8)
    for said, ended, expected in (("[[B]]", True, "[[B]]"), ("[[B]]", False, None)):
        tokens = model._voice.tokenizer(said)["input_ids"] + [0] * ended
        model._voice.network.write = lambda rows, most, made=tokens: [
            (made[: made.index(0)] if 0 in made else [*made, *[5] * most][:most]) for _ in rows
        ]
        assert model.judge_texts(TEXTS) == [expected] * len(TEXTS)
    assert noticed([spent_by(model)]) == {"unfinished_answers": len(TEXTS)}
    model._voice.network.write = lambda rows, most: [None for _ in rows]
    with pytest.raises(InvalidError, match="NaN"):
        model.judge_texts(TEXTS)


def test_likelihoods_of_labels(folder: Path, load_with: Load) -> None:
    model = load_with(ADAPTER, str(folder), read="likelihood")
    network = transformers.AutoModelForCausalLM.from_pretrained(folder).eval()
    expected = []
    for text in TEXTS:
        tokenizer, row = asked(folder, text, "[[")
        with torch.no_grad():
            logits = network(input_ids=torch.tensor([row])).logits[0, -1]
        labels = {label: float(logits[tokenizer(label)["input_ids"][0]]) for label in "ABC"}
        expected.append(f"[[{max(labels, key=lambda label: labels[label])}]]")
    assert model.judge_texts(TEXTS) == expected
    assert model.judge_texts(TEXTS[:1]) == expected[:1]
    assert all(verdict_of(one) != UNPARSED for one in expected)


def test_what_does_not_fit_is_refused(folder: Path, load_with: Load) -> None:
    long = Matchup("what", "the cat sat on the mat " * 400, "no")
    model = load_with(ADAPTER, str(folder))
    with pytest.raises(InvalidError, match="longer than the 2,048 tokens of this model"):
        model.judge_texts([TEXTS[0], long])
    with pytest.raises(UsageError, match="leaves no room in the 64 of this model"):
        load_with(ADAPTER, str(folder), max_length=64, answer_tokens=64)


def test_through_the_command_line_in_both_orders(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [{"id": str(n), "prompt": text.prompt, "chosen": text.first, "rejected": text.second}
            for n, text in enumerate(TEXTS[:3])]  # fmt: skip
    (tmp_path / "pairs.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    monkeypatch.chdir(tmp_path)
    line = ["evaluate", "--model", f"judge:{folder}", "--data", "pairs.jsonl", "--device", "cpu"]
    assert run([*line, "--task", "preference/both-orders", "--option", "answer_tokens=4"]) == 0
    (path,) = (tmp_path / "runs").rglob("record.json")
    record = read_record(path)
    values = {metric.name: metric.value for metric in record.metrics}
    assert record.run is not None
    assert record.run.effort is not None
    assert record.run.effort.calls == 6
    # Four tokens are no verdict of this model: all are unparsed, wrong, and counted with the cause.
    assert (values["unparsed"], values["right in both orders"]) == (1.0, 0.0)
    assert record.model.details["unfinished_answers"] == 6
    assert run([*line, "--task", "preference/folder"]) == 2
