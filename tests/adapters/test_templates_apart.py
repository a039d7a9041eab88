"""Every template of transformers is written apart, by whichever library it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.adapters import adapters
from harness.adapters.support import templates
from harness.adapters.support.scribe import watch
from harness.errors import UsageError

pytest.importorskip("torch", reason="torch adapters need marginbench[torch]")
transformers = pytest.importorskip("transformers", reason="needs marginbench[torch]")
sentence_transformers = pytest.importorskip("sentence_transformers")

TEMPLATE = (
    "{% for m in messages %}{% if m.role == 'query' %}what {{ m.content }} "
    "{% else %}is {{ m.content }} {% endif %}{% endfor %}"
)
ENDLESS = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"

Build = Callable[..., Path]
Load = Callable[..., Any]


@pytest.mark.parametrize(
    ("adapter", "kind", "library"),
    [
        ("cross-encoder", "BertForSequenceClassification", "CrossEncoder"),
        ("bi-encoder", "BertModel", "SentenceTransformer"),
    ],
)
def test_what_does_not_end_is_ended(
    adapter: str, kind: str, library: str, tmp_path: Path, tiny_bert: Build, load_with: Load,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    settings = {"num_labels": 1} if adapter == "cross-encoder" else {}
    plain = tiny_bert(tmp_path / "plain", kind, **settings)
    (plain / "chat_template.jinja").write_text(TEMPLATE)
    folder = tmp_path / "saved"
    getattr(sentence_transformers, library)(str(plain), device="cpu").save_pretrained(str(folder))

    def use() -> Any:
        model = load_with(adapters().get(adapter), str(folder))
        if adapter == "cross-encoder":
            return model.score_pairs([("the cat", "a dog")])
        return model.embed_texts(["the cat"], kind="query")

    assert use().shape[0] == 1
    (folder / "chat_template.jinja").write_text(ENDLESS + TEMPLATE)
    monkeypatch.setattr(templates, "SECONDS", 1.0)
    with pytest.raises(UsageError, match="chat template takes more than"):
        use()


def test_the_day_stands_still(tiny_bert: Build, tmp_path: Path) -> None:
    """A model that is told the day would answer otherwise tomorrow."""
    watch()
    tokenizer = transformers.AutoTokenizer.from_pretrained(tiny_bert(tmp_path))
    tokenizer.chat_template = (
        "{{ strftime_now('%d %b %Y %f') }} {{ messages[0].content }} {{ tools|length }}"
    )
    said = [{"role": "user", "content": "x"}]
    tools = [{"type": "function", "function": {"name": "f"}}]
    made = tokenizer.apply_chat_template(said, tools=tools, tokenize=False)
    assert made == "26 Jul 2024 000000 x 1"
    assert tokenizer.apply_chat_template([said, said], tools=tools, tokenize=False) == [made, made]
