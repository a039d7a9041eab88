"""``cross-encoder`` against sentence-transformers' own class, on checkpoints which that saved.

The reference scores every pair alone, with its activation switched off.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.adapters.cross_encoder import ADAPTER
from harness.errors import InvalidError, UsageError

torch = pytest.importorskip("torch", reason="torch adapters need marginbench[torch]")
transformers = pytest.importorskip("transformers", reason="needs marginbench[torch]")
sentence_transformers = pytest.importorskip("sentence_transformers")
if not hasattr(sentence_transformers.CrossEncoder, "preprocess"):
    pytest.skip("modules of pair scorers: sentence-transformers 5.4", allow_module_level=True)

KIND = "BertForSequenceClassification"
PAIRS = [
    ("the cat sat", "the dog on the bank"),
    ("what is money ?", "loan " * 60),
    ("river " * 40, "mat " * 40),
    ("how does it work", ""),
    ("", "a bank"),
]
TEMPLATE = (
    "{% for m in messages %}{% if m.role == 'system' %}{{ m.content }} ? "
    "{% elif m.role == 'query' %}what {{ m.content }} {% else %}is {{ m.content }} "
    "{% endif %}{% endfor %}[SEP] how ?"
)

Build = Callable[..., Path]
Load = Callable[..., Any]
Saved = Callable[..., Path]


def _reference(folder: Path, **settings: Any) -> Any:
    model = sentence_transformers.CrossEncoder(str(folder), device="cpu", **settings)
    found = [model.predict([pair], activation_fn=torch.nn.Identity())[0] for pair in PAIRS]
    return np.array(found)


def _same_as_reference(model: Any, folder: Path, **settings: Any) -> None:
    expected = _reference(folder, **settings)
    assert len(set(expected.tolist())) == len(PAIRS)
    np.testing.assert_allclose(model.score_pairs(PAIRS), expected, atol=1e-5)
    for pair, score in zip(PAIRS, expected, strict=True):
        np.testing.assert_allclose(model.score_pairs([pair]), [score], atol=1e-5)
    counts = model.count_tokens(PAIRS)
    assert max(counts) == model.resolved["max_length"]
    np.testing.assert_allclose(model.score_pairs(PAIRS), expected, atol=1e-5)


@pytest.fixture
def saved(tmp_path: Path, tiny_bert: Build, tiny_llama: Build) -> Saved:
    """A checkpoint as sentence-transformers saves it, made of a tiny model."""

    def save(build: str = "bert", *, template: str = "", **settings: Any) -> Path:
        made = tmp_path / f"made-{len(list(tmp_path.iterdir()))}"
        kinds = {"bert": (tiny_bert, KIND), "llama": (tiny_llama, "LlamaForSequenceClassification"),
                 "causal": (tiny_llama, "LlamaForCausalLM")}  # fmt: skip
        make, kind = kinds[build]
        make(made, kind, num_labels=1)
        if template:
            (made / "chat_template.jinja").write_text(template)
        model = sentence_transformers.CrossEncoder(str(made), device="cpu", **settings)
        folder = made.with_name(made.name + "-saved")
        model.save_pretrained(str(folder))
        return folder

    return save


@pytest.mark.parametrize(
    ("build", "settings"),
    [
        ("bert", {}),
        ("llama", {}),
        ("bert", {"max_length": 9}),
        ("bert", {"prompts": {"web": "what is "}, "default_prompt_name": "web"}),
        ("llama", {"prompts": {"web": "what is "}, "default_prompt_name": "web"}),
        ("bert", {"prompts": {"web": "what is "}}),
        ("llama", {"template": TEMPLATE}),
        ("llama", {"template": TEMPLATE, "prompts": {"web": "dog"}, "default_prompt_name": "web"}),
        ("causal", {"template": TEMPLATE}),
        ("causal", {}),
    ],
)
def test_scores_equal_sentence_transformers(
    saved: Saved, load_with: Load, build: str, settings: dict[str, Any]
) -> None:
    folder = saved(build, **settings)
    model = load_with(ADAPTER, str(folder))
    _same_as_reference(model, folder)
    assert model.resolved["template"] == ("chat" if "template" in settings else "none")
    default = settings.get("default_prompt_name")
    assert model.resolved["query_prompt"] == (settings["prompts"][default] if default else "")


def test_settings_of_the_reading_module_are_kept(saved: Saved, load_with: Load) -> None:
    folder = saved("llama", template=TEMPLATE)
    path = folder / "sentence_bert_config.json"
    said = json.loads(path.read_text())
    before = _reference(folder)
    path.write_text(json.dumps({**said, "processing_kwargs": {"text": {"max_length": 12}}}))
    assert np.abs(_reference(folder) - before).max() > 1e-3
    found = load_with(ADAPTER, str(folder)).score_pairs(PAIRS)
    np.testing.assert_allclose(found, _reference(folder), atol=1e-5)


def test_layers_behind_the_transformer_are_run(
    tmp_path: Path, tiny_bert: Build, load_with: Load
) -> None:
    from sentence_transformers.base.modules import Dense, Transformer
    from sentence_transformers.sentence_transformer.modules import Pooling

    torch.manual_seed(3)
    transformer = Transformer(str(tiny_bert(tmp_path / "base")))
    model = sentence_transformers.CrossEncoder(
        modules=[
            transformer,
            Pooling(16, "mean"),
            Dense(16, 1, activation_function=torch.nn.Identity(), module_output_name="scores"),
        ],
        device="cpu",
    )
    folder = tmp_path / "saved"
    model.save_pretrained(str(folder))
    _same_as_reference(load_with(ADAPTER, str(folder)), folder)


def test_a_prompt_is_picked_by_name_given_or_switched_off(saved: Saved, load_with: Load) -> None:
    prompts = {"web": "what is ", "code": "how does "}
    folder = saved("bert", prompts=prompts, default_prompt_name="web")
    for wanted, text in (("code", "how does "), ("a cat ", "a cat "), ("none", "")):
        model = load_with(ADAPTER, str(folder), query_prompt=wanted)
        assert model.resolved["query_prompt"] == text
        reference = sentence_transformers.CrossEncoder(str(folder), device="cpu")
        expected = reference.predict(PAIRS, prompt=text, activation_fn=torch.nn.Identity())
        np.testing.assert_allclose(model.score_pairs(PAIRS), expected, atol=1e-5)


def test_a_template_can_be_switched_off(saved: Saved, load_with: Load) -> None:
    folder = saved("llama", template=TEMPLATE)
    model = load_with(ADAPTER, str(folder), template="none")
    (folder / "chat_template.jinja").unlink()
    (folder / "modules.json").unlink()
    (folder / "sentence_bert_config.json").unlink()
    np.testing.assert_allclose(model.score_pairs(PAIRS), _reference(folder), atol=1e-5)


def test_a_suffix_is_never_cut(tmp_path: Path, tiny_llama: Build, load_with: Load) -> None:
    folder = tiny_llama(tmp_path / "ckpt", "LlamaForSequenceClassification", num_labels=1)
    model = load_with(
        ADAPTER, str(folder), query_prompt="what ", document_prompt="is ", suffix="how does ?"
    )
    network = transformers.AutoModelForSequenceClassification.from_pretrained(folder).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    end = tokenizer("how does ?", add_special_tokens=False)["input_ids"]
    for pair, score in zip(PAIRS, model.score_pairs(PAIRS), strict=True):
        ids = tokenizer([f"what {pair[0]}"], [f"is {pair[1]}"], truncation="longest_first",
                        max_length=32 - len(end))["input_ids"][0]  # fmt: skip
        with torch.no_grad():
            expected = network(torch.tensor([ids + end])).logits[0, 0]
        assert score == pytest.approx(float(expected), abs=1e-5)
    with pytest.raises(UsageError, match="no room in 3 tokens"):
        load_with(ADAPTER, str(folder), suffix="how does ?", max_length=3)


def test_a_suffix_comes_before_the_tokens_that_end_a_pair(
    tmp_path: Path, tiny_bert: Build, load_with: Load
) -> None:
    folder = tiny_bert(tmp_path / "ckpt", KIND, num_labels=1)
    plain = load_with(ADAPTER, str(folder)).score_pairs([("the cat", "a dog how does ?")])
    ended = load_with(ADAPTER, str(folder), suffix="how does ?").score_pairs([("the cat", "a dog")])
    np.testing.assert_allclose(ended, plain, atol=1e-6)


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{% for m in messages %}{% if m.role == 'user' %}{{ m.content }}{% endif %}{% endfor %}",
         "does not show both query and document"),
        ("{{ raise_exception('only user and assistant') }}", "does not show both"),
    ],
)  # fmt: skip
def test_a_template_without_pairs_is_refused(
    tmp_path: Path, tiny_llama: Build, load_with: Load, template: str, message: str
) -> None:
    folder = tiny_llama(tmp_path / "ckpt", "LlamaForSequenceClassification", num_labels=1)
    (folder / "chat_template.jinja").write_text(template)
    with pytest.raises(UsageError, match=rf"{message}.*--option template=none"):
        load_with(ADAPTER, str(folder))
    load_with(ADAPTER, str(folder), template="none").score_pairs(PAIRS)
    with pytest.raises(UsageError, match="unknown template 'chat'"):
        load_with(ADAPTER, str(folder), template="chat")


def test_a_head_that_is_missing_behind_a_template_is_refused(saved: Saved, load_with: Load) -> None:
    from safetensors.torch import load_file, save_file

    folder = saved("llama", template=TEMPLATE)
    weights = load_file(folder / "model.safetensors")
    del weights["score.weight"]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(InvalidError, match=r"lacks the weights 'score\.weight'"):
        load_with(ADAPTER, str(folder))


def test_a_default_prompt_that_is_not_there_is_refused(saved: Saved, load_with: Load) -> None:
    folder = saved("bert", prompts={"web": "what is "}, default_prompt_name="web")
    path = folder / "config_sentence_transformers.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "prompts": {}}))
    with pytest.raises(UsageError, match="default prompt 'web' and no such text"):
        load_with(ADAPTER, str(folder))
