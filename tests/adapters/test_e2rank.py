from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.adapters.e2rank.adapter import ADAPTER
from harness.errors import UsageError

torch = pytest.importorskip("torch", reason="torch adapters need marginbench[torch]")
transformers = pytest.importorskip("transformers", reason="needs marginbench[torch]")

Build = Callable[..., Path]
Load = Callable[..., Any]

TEMPLATE = (
    "{% for m in messages %}[CLS] {{ m.role }} {{ m.content }} [SEP]{% endfor %}"
    "{% if add_generation_prompt %}[CLS] how{% if enable_thinking is false %} what{% endif %}"
    "{% endif %}"
)
QUERY = "what is money ?"
DOCUMENTS = [
    "the cat sat on the mat", "money is a loan", "a bank", "the dog sat", "river bank",
    "how does work work ?", "is the river a bank ?",
]  # fmt: skip


@pytest.fixture
def checkpoint(tmp_path: Path, tiny_llama: Build) -> Path:
    folder = tiny_llama(tmp_path / "ckpt", "LlamaForCausalLM")
    config = folder / "config.json"
    config.write_text(json.dumps({**json.loads(config.read_text()), "max_position_embeddings": 99}))
    path = folder / "tokenizer_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "model_max_length": 99}))
    (folder / "chat_template.jinja").write_text(TEMPLATE)
    return folder


def _embedded(folder: Path, ids: list[int]) -> Any:
    """The last state of one text alone, in double precision, scaled to length 1."""
    network = transformers.AutoModelForCausalLM.from_pretrained(folder).double().eval()
    with torch.no_grad():
        states = network(torch.tensor([ids]), output_hidden_states=True).hidden_states[-1]
    vector = states[0, -1].numpy()
    return vector / np.linalg.norm(vector)


def _by_hand(folder: Path, prompt: str) -> list[int]:
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    query = _embedded(folder, tokenizer(prompt)["input_ids"])
    ends = [tokenizer(text)["input_ids"] + [tokenizer.sep_token_id] for text in DOCUMENTS]
    scores = np.array([_embedded(folder, ids) @ query for ids in ends])
    assert np.diff(np.sort(scores)).min() > 1e-4
    return list(np.argsort(-scores))


def _lines(shown: list[str]) -> str:
    listed = "\n".join(f"[{n}] {text}" for n, text in enumerate(shown, 1))
    return (
        "Given a web search query and some relevant documents, rerank the documents that answer "
        f"the query:\nDocuments:\n{listed}\nSearch Query: {QUERY}"
    )


@pytest.mark.parametrize(("window", "limit"), [(2, 99), (20, 76)])
def test_order_is_the_cosine_with_the_listing_query(
    checkpoint: Path, load_with: Load, window: int, limit: int
) -> None:
    model = load_with(ADAPTER, str(checkpoint), window=window, end="[SEP]", max_length=limit)
    shown = DOCUMENTS[:window]
    text = f"[CLS] user {_lines(shown)} [SEP][CLS] how what"
    assert model.query.text(QUERY, shown) == text
    if window == 2:
        expected = _by_hand(checkpoint, text)
        assert model.rank(QUERY, DOCUMENTS) == expected
        assert expected != list(range(len(DOCUMENTS)))
        again = load_with(
            ADAPTER, str(checkpoint), window=window, end="[SEP]", max_length=99, batch=1
        )
        assert again.rank(QUERY, DOCUMENTS) == expected
    else:  # longer than the model: every passage loses words, the prompt around them stays
        ids = model.query.tokens(QUERY, shown)
        tokenizer = transformers.AutoTokenizer.from_pretrained(checkpoint)
        fits = [
            tokenizer(model.query.text(QUERY, [" ".join(t.split()[:words]) for t in shown]))[
                "input_ids"
            ]
            for words in range(7)
        ]
        assert len(tokenizer(text)["input_ids"]) > limit >= len(ids)
        assert ids == max((row for row in fits if len(row) <= limit), key=len)
        assert sorted(model.rank(QUERY, DOCUMENTS)) == list(range(len(DOCUMENTS)))
    assert model.rank(QUERY, []) == []


def test_what_it_cannot_do_without(
    checkpoint: Path, tmp_path: Path, tiny_bert: Build, load_with: Load
) -> None:
    with pytest.raises(UsageError, match=r"'<\|endoftext\|>' is no token.*--option end="):
        load_with(ADAPTER, str(checkpoint))
    with pytest.raises(UsageError, match="window must be positive"):
        ADAPTER.identify(str(checkpoint), {"window": 0})
    tight = load_with(ADAPTER, str(checkpoint), end="[SEP]", max_length=30)
    with pytest.raises(UsageError, match="empty passages is longer than the 30 tokens"):
        tight.rank(QUERY, DOCUMENTS)
    (checkpoint / "chat_template.jinja").unlink()
    with pytest.raises(UsageError, match="has no chat template"):
        load_with(ADAPTER, str(checkpoint), end="[SEP]")
    bert = tiny_bert(tmp_path / "bert", "BertForSequenceClassification")
    with pytest.raises(UsageError, match=r"BertForSequenceClassification.*cross-encoder"):
        ADAPTER.identify(str(bert), {})
