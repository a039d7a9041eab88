"""``reward-model`` against transformers' own template and forward pass, one chat at a time."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from harness.adapters.reward_model.adapter import ADAPTER
from harness.adapters.support.torch import DTYPES
from harness.capabilities import capabilities_of
from harness.cli import run
from harness.data.shown import Dialogue
from harness.engine.effort import noticed, spent_by, totals
from harness.errors import InvalidError, UsageError
from harness.records.record import read_record

torch = pytest.importorskip("torch", reason="reward models need marginbench[llm]")
transformers = pytest.importorskip("transformers", reason="needs marginbench[llm]")
pytest.importorskip("jinja2", reason="needs marginbench[llm]")

Build = Callable[..., Path]
Load = Callable[..., Any]

CHAT = (
    "{{ '[CLS]' }}{% for message in messages %}{{ message.role }} : {{ message.content }} [SEP] "
    "{% endfor %}{% if add_generation_prompt %}assistant : {% endif %}"
)
TURNS = Dialogue([("user", "what is money"), ("assistant", "a loan"), ("user", "the bank ?")])
PAIRS: list[tuple[str, str]] = [
    ("what is the cat", "a dog on the mat"),
    ("how does money work ?", "loan"),
    ("", "the river"),
    (TURNS, "the dog sat on the bank river ."),
    ("a cat ?", "?"),
]


@pytest.fixture
def checkpoint(tmp_path: Path, tiny_llama: Build) -> Build:
    """A tiny reward model; returns its folder."""

    def build(
        *, template: str | None = CHAT, pad: int | None = 0, name: str = "rm", **settings: Any
    ) -> Path:
        kind = "LlamaForSequenceClassification"
        folder = tiny_llama(tmp_path / name, kind, pad=pad, **{"num_labels": 1, **settings})
        if template is not None:
            (folder / "chat_template.jinja").write_text(template)
        return folder

    return build


def change(folder: Path, **values: Any) -> None:
    path = folder / "tokenizer_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


def by_hand(folder: Path, pairs: list[tuple[str, str]], template: str | None = None) -> Any:
    """Logits of each chat alone: apply_chat_template, forward, and nothing else.

    Alone a chat has no padding, so the head is told of none and reads the last token.
    """
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModelForSequenceClassification.from_pretrained(folder).eval()
    model.config.pad_token_id = None
    rows = []
    for prompt, answer in pairs:
        turns = list(getattr(prompt, "messages", (("user", prompt),)))
        chat = [{"role": role, "content": text} for role, text in [*turns, ("assistant", answer)]]
        ids = tokenizer.apply_chat_template(
            chat, chat_template=template, return_tensors="pt", return_dict=True
        )["input_ids"]
        with torch.no_grad():
            rows.append(model(input_ids=ids).logits[0].float().numpy())
    return np.stack(rows)


@pytest.mark.parametrize("side", ["right", "left"])
@pytest.mark.parametrize("pad", [None, 0, 24])  # 24 is "?", with which an answer ends
def test_a_score_is_the_logit_of_the_chat_alone(
    checkpoint: Build, load_with: Load, pad: int | None, side: str
) -> None:
    folder = checkpoint(pad=pad, template=CHAT.replace("[SEP]", ""))
    change(folder, padding_side=side)
    expected = by_hand(folder, PAIRS)[:, 0]
    assert len(set(expected.round(3).tolist())) == len(PAIRS)
    model = load_with(ADAPTER, str(folder))
    assert capabilities_of(model) == ADAPTER.capabilities(str(folder))
    together = model.score_pairs(PAIRS)
    assert together.dtype == np.float32
    np.testing.assert_allclose(together, expected, atol=1e-5)
    counts = model.count_tokens(PAIRS)
    assert counts[3] == max(counts)
    alone = [float(model.score_pairs([pair])[0]) for pair in PAIRS]
    np.testing.assert_allclose(alone, expected, atol=1e-5)
    assert model.score_pairs([]).shape == (0,)


def test_a_tokenizer_without_padding_is_no_hindrance(checkpoint: Build, load_with: Load) -> None:
    folder = checkpoint(pad=None)
    change(folder, pad_token=None)
    assert transformers.AutoTokenizer.from_pretrained(folder).pad_token_id is None
    np.testing.assert_allclose(
        load_with(ADAPTER, str(folder)).score_pairs(PAIRS), by_hand(folder, PAIRS)[:, 0], atol=1e-5
    )


def test_special_tokens_are_the_templates_alone(
    tmp_path: Path, tiny_bert: Build, load_with: Load
) -> None:
    """This tokenizer puts [CLS] before each text by itself, and the template does, too."""
    folder = tiny_bert(tmp_path / "bert", "BertForSequenceClassification", num_labels=1)
    (folder / "chat_template.jinja").write_text(CHAT)
    model = load_with(ADAPTER, str(folder))
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    (row,) = [read.tokens for read in model._read([("the cat", "a dog")])]
    assert tokenizer("the cat")["input_ids"][0] == row[0] == tokenizer.cls_token_id
    assert row.count(tokenizer.cls_token_id) == 1
    np.testing.assert_allclose(
        model.score_pairs(PAIRS[:2]), by_hand(folder, PAIRS[:2])[:, 0], atol=1e-5
    )


def test_of_several_outputs_one_is_named(checkpoint: Build, load_with: Load) -> None:
    two = checkpoint(num_labels=2, name="two")
    with pytest.raises(UsageError, match=r"does not say which means preferred.*output=0 or"):
        load_with(ADAPTER, str(two))
    logits = by_hand(two, PAIRS)
    model = load_with(ADAPTER, str(two), output="LABEL_0")
    np.testing.assert_allclose(model.score_pairs(PAIRS), logits[:, 0] - logits[:, 1], atol=1e-5)
    assert model.resolved["score"] == "logit LABEL_0 - logit LABEL_1"
    five = checkpoint(num_labels=5, name="five")
    with pytest.raises(UsageError, match=r"5 outputs .*none of them is said to be the score"):
        load_with(ADAPTER, str(five))
    with pytest.raises(UsageError, match="none of them is '7'"):
        load_with(ADAPTER, str(five), output="7")
    model = load_with(ADAPTER, str(five), output="3")
    np.testing.assert_allclose(model.score_pairs(PAIRS), by_hand(five, PAIRS)[:, 3], atol=1e-5)


def test_a_template_of_ones_own_is_part_of_who_it_is(
    checkpoint: Build, load_with: Load, tmp_path: Path
) -> None:
    folder = checkpoint(template=None)
    with pytest.raises(UsageError, match=r"no chat template.*template=FILE"):
        load_with(ADAPTER, str(folder))
    own = tmp_path / "own.jinja"
    own.write_text(CHAT.replace(" : ", " . "))
    model = load_with(ADAPTER, str(folder), template=str(own))
    expected = by_hand(folder, PAIRS, own.read_text())[:, 0]
    np.testing.assert_allclose(model.score_pairs(PAIRS), expected, atol=1e-5)
    plain, named = ({"template": name} for name in ("auto", str(own)))
    assert ADAPTER.identify(str(folder), plain) != ADAPTER.identify(str(folder), named)
    with pytest.raises(UsageError, match="there is no template 'none'"):
        ADAPTER.identify(str(folder), {"template": "none"})


def test_a_message_of_the_system(checkpoint: Build, load_with: Load) -> None:
    folder = checkpoint()
    said = Dialogue([("system", "a mat"), ("user", "what is the cat")])
    model = load_with(ADAPTER, str(folder), system="a mat")
    expected = by_hand(folder, [(said, "a dog")])[:, 0]
    np.testing.assert_allclose(
        model.score_pairs([("what is the cat", "a dog")]), expected, atol=1e-5
    )
    both = Dialogue([("system", "a mat\n\na mat"), ("user", "what is the cat")])
    np.testing.assert_allclose(
        model.score_pairs([(said, "a dog")]), by_hand(folder, [(both, "a dog")])[:, 0], atol=1e-5
    )


ALWAYS = "{% for m in messages %}{{ m.role }} {{ m.content }} [SEP] {% endfor %}assistant "
REFUSED = {
    "always a turn": (ALWAYS, "begins another turn behind the answer"),
    "a turn although told not to": (
        CHAT.replace("{% if add_generation_prompt %}", "{% if true %}"), "begins another turn"),
    "no answer": ("{{ messages[0].content }}", "does not show the answer"),
    "no prompt": ("{{ messages[-1].content }}", "does not show the prompt"),
    "an error": ("{{ raise_exception('not so') }}", "fails on user and assistant: not so"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_templates_that_do_not_end_with_the_answer(
    checkpoint: Build, load_with: Load, case: str
) -> None:
    template, message = REFUSED[case]
    with pytest.raises(UsageError, match=message):
        load_with(ADAPTER, str(checkpoint(template=template)))


@pytest.mark.parametrize(
    "template",
    [
        "{% for m in messages %}{{ m.content }} [SEP] {% endfor %}",
        "{% for m in messages %}{{ m.role }} {{ m.content }} [SEP] {% endfor %}"
        "{% if add_generation_prompt %}assistant {% endif %}",
        "{% for m in messages %}{{ m.role }} : {{ m.content }} {% endfor %}",
    ],
)
def test_templates_that_close_each_message_alike(
    checkpoint: Build, load_with: Load, template: str
) -> None:
    folder = checkpoint(template=template)
    np.testing.assert_allclose(
        load_with(ADAPTER, str(folder)).score_pairs(PAIRS), by_hand(folder, PAIRS)[:, 0], atol=1e-5
    )


def test_what_is_too_long_is_refused_or_cut_and_counted(checkpoint: Build, load_with: Load) -> None:
    folder = checkpoint()  # reads 32 tokens, by its tokenizer; 9 are the template's
    long = ("river " * 14 + "what is the cat on the bank", "a dog sat on the mat")
    with pytest.raises(InvalidError, match=r"chat of 36 tokens .*than the 32 .*long=cut"):
        load_with(ADAPTER, str(folder)).score_pairs([PAIRS[0], long])
    model = load_with(ADAPTER, str(folder), long="cut")
    spare = ("mat " * 12 + "the cat", "river " * 14)
    endless = ("cat", "dog " * 40)
    found = model.score_pairs([PAIRS[0], long, endless])
    assert max(model.count_tokens([PAIRS[0], long, spare, endless])) == 32
    kept = [PAIRS[0], ("river " * 10 + "what is the cat on the bank", long[1]),
            ("", ("dog " * 23).strip())]  # fmt: skip
    np.testing.assert_allclose(found, by_hand(folder, kept)[:, 0], atol=1e-5)
    spent = [spent_by(model), spent_by(model)]
    assert spent[1] is None
    assert noticed(spent) == {"shortened_texts": 2}
    assert totals(None, spent) is None
    with pytest.raises(UsageError, match="unknown long 'drop'"):
        load_with(ADAPTER, str(folder), long="drop")
    with pytest.raises(InvalidError, match="without any text is longer than 5"):
        load_with(ADAPTER, str(folder), long="cut", max_length=5).score_pairs([long])


def test_another_kind_of_checkpoint_and_a_missing_head(
    tmp_path: Path, tiny_llama: Build, load_with: Load
) -> None:
    folder = tiny_llama(tmp_path / "lm", "LlamaForCausalLM")
    with pytest.raises(UsageError, match="holds a LlamaForCausalLM, which is no reward model"):
        ADAPTER.identify(str(folder), {"template": "auto"})
    path = folder / "config.json"
    said = {"architectures": ["LlamaForSequenceClassification"], "num_labels": 1}
    path.write_text(json.dumps({**json.loads(path.read_text()), **said}))
    with pytest.raises(InvalidError, match=r"lacks the weights 'score\.weight'"):
        load_with(ADAPTER, str(folder))


def test_half_precision_answers_in_float32(checkpoint: Build, load_with: Load) -> None:
    folder = checkpoint()
    assert ADAPTER.dtypes == DTYPES
    model = load_with(ADAPTER, str(folder), dtype="bfloat16")
    found = model.score_pairs(PAIRS)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, by_hand(folder, PAIRS)[:, 0], atol=0.5)


def test_a_run_tells_how_many_chats_were_cut(
    checkpoint: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Through the command line, with chats of several turns, one of which is too long."""
    folder = checkpoint()
    turns = [{"role": role, "content": text} for role, text in TURNS.messages]
    rows = [
        {"id": "1", "prompt": turns, "chosen": "the river", "rejected": "a mat"},
        {"id": "2", "prompt": "what is a dog", "chosen": "river " * 30, "rejected": "a cat"},
    ]
    data = tmp_path / "pairs.jsonl"
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    monkeypatch.chdir(tmp_path)
    line = ["evaluate", "--model", f"reward-model:{folder}", "--task", "preference/folder",
            "--data", str(data), "--device", "cpu"]  # fmt: skip
    assert run(line) == 1
    assert run([*line, "--option", "long=cut"]) == 0
    (path,) = (tmp_path / "runs").rglob("record.json")
    record = read_record(path)
    assert record.model.details["shortened_texts"] == 1
    assert record.run is not None
    assert record.run.effort is None
    scores = pq.read_table(path.parent / "predictions.parquet").to_pydict()
    found = dict(zip(scores["item"], scores["score"], strict=True))
    expected = by_hand(folder, [(TURNS, "the river"), (TURNS, "a mat")])[:, 0]
    np.testing.assert_allclose([found["1/chosen"], found["1/rejected"]], expected, atol=1e-5)


LAST = "{% for m in messages[-2:] %}{{ m.role }} : {{ m.content }} [SEP] {% endfor %}"
NO_SYSTEM = (
    "{% for m in messages if m.role != 'system' %}{{ m.role }} : {{ m.content }} [SEP] {% endfor %}"
)


def test_a_template_that_leaves_a_turn_out(checkpoint: Build, load_with: Load) -> None:
    model = load_with(ADAPTER, str(checkpoint(template=LAST)))
    assert len(model.score_pairs([("a cat ?", "?")])) == 1
    with pytest.raises(InvalidError, match="leaves out message 1 of 4, that of the user"):
        model.score_pairs([(TURNS, "the dog")])


def test_a_template_that_leaves_the_system_out(checkpoint: Build, load_with: Load) -> None:
    folder = str(checkpoint(template=NO_SYSTEM))
    model = load_with(ADAPTER, folder, system="the bank")
    with pytest.raises(InvalidError, match="leaves out message 1 of 3, that of the system"):
        model.score_pairs([("a cat ?", "?")])
