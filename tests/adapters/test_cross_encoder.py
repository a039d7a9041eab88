from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.adapters.cross_encoder import ADAPTER
from harness.adapters.support.torch import positions
from harness.capabilities import capabilities_of
from harness.errors import InvalidError, UsageError

torch = pytest.importorskip("torch", reason="torch adapters need marginbench[torch]")
transformers = pytest.importorskip("transformers", reason="needs marginbench[torch]")

KIND = "BertForSequenceClassification"
PAIRS = [
    ("the cat sat", "the dog on the bank"),
    ("what is money ?", "loan " * 60),  # cut to the limit
    ("river " * 40, "mat " * 40),  # both are cut
    ("how does it work", ""),
    ("", "a bank"),
]

Build = Callable[..., Path]
Load = Callable[..., Any]


def _by_hand(folder: Path, pairs: list[tuple[str, str]], *, limit: int = 32) -> Any:
    """Logits of each pair alone, without padding, through transformers' own calls."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModelForSequenceClassification.from_pretrained(folder).eval()
    rows = []
    for query, document in pairs:
        features = tokenizer(  # lists, because an empty document given alone counts as none
            [query], [document], truncation=True, max_length=limit, return_tensors="pt"
        )
        with torch.no_grad():
            rows.append(model(**features).logits[0].float().numpy())
    return np.stack(rows)


def test_scores_are_the_logits(tmp_path: Path, tiny_bert: Build, load_with: Load) -> None:
    folder = tiny_bert(tmp_path / "ckpt", KIND, num_labels=1)
    model = load_with(ADAPTER, str(folder))
    scores = model.score_pairs(PAIRS)
    assert scores.dtype == np.float32
    assert scores.shape == (len(PAIRS),)
    np.testing.assert_allclose(scores, _by_hand(folder, PAIRS)[:, 0], atol=1e-5)
    assert len(set(scores.tolist())) == len(PAIRS)
    assert capabilities_of(model) == ADAPTER.capabilities(str(folder))
    assert model.resolved == {
        "max_length": 32,
        "truncation": "longest_first",
        "query_prompt": "",
        "document_prompt": "",
        "suffix": "",
        "template": "none",
        "attention": "sdpa",
        "activation": "identity",
        "positive_label": None,
        "score": "logit",
    }


def test_counting_first_changes_nothing_and_counts_what_is_fed(
    tmp_path: Path, tiny_bert: Build, load_with: Load
) -> None:
    model = load_with(ADAPTER, str(tiny_bert(tmp_path / "ckpt", KIND, num_labels=1)))
    before = model.score_pairs(PAIRS)
    assert model.count_tokens(PAIRS) == [11, 32, 32, 7, 5]  # with [CLS] and two [SEP]
    np.testing.assert_array_equal(model.score_pairs(PAIRS), before)
    assert model.score_pairs([]).shape == (0,)
    assert model.count_tokens([]) == []


def test_the_document_is_cut_before_the_query(
    tmp_path: Path, tiny_bert: Build, load_with: Load
) -> None:
    model = load_with(ADAPTER, str(tiny_bert(tmp_path / "ckpt", KIND, num_labels=1)))
    long, longer = ("the cat sat", "dog " * 26), ("the cat sat", "dog " * 26 + "river bank")
    other_query = ("the cat on", "dog " * 26)
    scores = model.score_pairs([long, longer, other_query])
    assert scores[0] == scores[1]
    assert scores[0] != scores[2]


def test_options_act_and_are_resolved(tmp_path: Path, tiny_bert: Build, load_with: Load) -> None:
    folder = tiny_bert(tmp_path / "ckpt", KIND, num_labels=1)
    model = load_with(
        ADAPTER, str(folder), max_length=12, query_prompt="what is ", document_prompt="a ",
        activation="sigmoid",
    )  # fmt: skip
    prompted = [("what is " + query, "a " + document) for query, document in PAIRS]
    logits = _by_hand(folder, prompted, limit=12)[:, 0]
    np.testing.assert_allclose(model.score_pairs(PAIRS), 1 / (1 + np.exp(-logits)), atol=1e-5)
    assert model.resolved["max_length"] == 12
    assert model.resolved["query_prompt"] == "what is "
    assert model.resolved["activation"] == "sigmoid"


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_low_precision_weights_still_give_float32_scores(
    tmp_path: Path, tiny_bert: Build, load_with: Load, dtype: str
) -> None:
    folder = tiny_bert(tmp_path / "ckpt", KIND, num_labels=1)
    scores = load_with(ADAPTER, str(folder), dtype=dtype).score_pairs(PAIRS)
    assert scores.dtype == np.float32
    exact = _by_hand(folder, PAIRS)[:, 0]
    assert 0 < np.abs(scores - exact).max() < 0.5  # coarser, so the weights were cast


def test_two_labels_need_a_declared_positive_one(
    tmp_path: Path, tiny_bert: Build, load_with: Load
) -> None:
    folder = tiny_bert(tmp_path / "ckpt", KIND, num_labels=2)
    with pytest.raises(UsageError, match=r"0=LABEL_0, 1=LABEL_1.*does not say which"):
        load_with(ADAPTER, str(folder))
    logits = _by_hand(folder, PAIRS)
    for wanted, sign in (("1", 1), ("LABEL_1", 1), ("0", -1)):
        model = load_with(ADAPTER, str(folder), positive_label=wanted)
        expected = sign * (logits[:, 1] - logits[:, 0])
        np.testing.assert_allclose(model.score_pairs(PAIRS), expected, atol=1e-5)
    assert model.resolved["positive_label"] == "LABEL_0"
    with pytest.raises(UsageError, match="has no label '2'"):
        load_with(ADAPTER, str(folder), positive_label="2")


def test_two_labels_declared_by_the_checkpoint(
    tmp_path: Path, tiny_bert: Build, load_with: Load
) -> None:
    folder = tiny_bert(tmp_path / "ckpt", KIND, id2label={0: "Relevant", 1: "Irrelevant"},
                       label2id={"Relevant": 0, "Irrelevant": 1})  # fmt: skip
    model = load_with(ADAPTER, str(folder))
    logits = _by_hand(folder, PAIRS)
    np.testing.assert_allclose(model.score_pairs(PAIRS), logits[:, 0] - logits[:, 1], atol=1e-5)
    assert model.resolved["positive_label"] == "Relevant"


def test_labels_that_make_no_pair_scorer(tmp_path: Path, tiny_bert: Build, load_with: Load) -> None:
    three = tiny_bert(tmp_path / "three", KIND, num_labels=3)
    with pytest.raises(UsageError, match="one or two outputs"):
        load_with(ADAPTER, str(three), positive_label="1")
    one = tiny_bert(tmp_path / "one", KIND, num_labels=1)
    with pytest.raises(UsageError, match="this one has one"):
        load_with(ADAPTER, str(one), positive_label="0")


@pytest.mark.parametrize(
    ("kind", "fit"),
    [("BertModel", "bi-encoder"), ("BertForMaskedLM", "sparse"), ("BertLMHeadModel", "yes-no")],
)
def test_another_family_is_refused_before_its_weights_are_read(
    tmp_path: Path, tiny_bert: Build, load_with: Load, kind: str, fit: str
) -> None:
    folder = tiny_bert(tmp_path / "ckpt", kind)
    (folder / "model.safetensors").unlink()
    with pytest.raises(UsageError, match=rf"holds a {kind}, which is no cross-encoder.*{fit}"):
        load_with(ADAPTER, str(folder))


def test_checkpoint_without_a_head_is_refused(
    tmp_path: Path, tiny_bert: Build, load_with: Load
) -> None:
    folder = tiny_bert(tmp_path / "ckpt", "BertModel")
    _in_config(folder, architectures=[KIND])
    with pytest.raises(InvalidError, match=r"not a cross-encoder.*classifier\.bias"):
        load_with(ADAPTER, str(folder))


def test_folders_that_hold_no_whole_model(
    tmp_path: Path, tiny_bert: Build, load_with: Load
) -> None:
    folder = tiny_bert(tmp_path / "ckpt", KIND, num_labels=1)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (folder / name).unlink()
    with pytest.raises(UsageError, match="holds no tokenizer"):
        load_with(ADAPTER, str(folder))
    (folder / "config.json").unlink()
    with pytest.raises(UsageError, match=r"holds no config\.json"):
        load_with(ADAPTER, str(folder))
    (folder / "adapter_config.json").write_text('{"base_model_name_or_path": "org/base"}')
    with pytest.raises(UsageError, match=r"a LoRA alone, made for the model 'org/base'.*merge"):
        load_with(ADAPTER, str(folder))


def _in_config(folder: Path, **settings: Any) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | settings))


def test_limits_of_length(tmp_path: Path, tiny_bert: Build, load_with: Load) -> None:
    folder = tiny_bert(tmp_path / "ckpt", KIND, num_labels=1)
    for wanted in (33, -1):
        with pytest.raises(UsageError, match=rf"max_length {wanted} is outside 1\.\.32"):
            load_with(ADAPTER, str(folder), max_length=wanted)
    path = folder / "tokenizer_config.json"
    settings = json.loads(path.read_text())
    del settings["model_max_length"]
    path.write_text(json.dumps(settings))
    assert load_with(ADAPTER, str(folder)).resolved["max_length"] == 40  # position embeddings


def test_roberta_counts_positions_from_its_padding_index() -> None:
    settings = {"vocab_size": 40, "hidden_size": 8, "num_hidden_layers": 1,
                "num_attention_heads": 1, "intermediate_size": 8}  # fmt: skip
    config = transformers.RobertaConfig(
        max_position_embeddings=34, pad_token_id=1, num_labels=1, **settings
    )
    model = transformers.RobertaForSequenceClassification(config).eval()
    limit = positions(model)
    assert limit == 32
    with torch.no_grad():
        assert model(torch.full((1, limit), 5)).logits.shape == (1, 1)
        with pytest.raises((IndexError, RuntimeError)):
            model(torch.full((1, limit + 1), 5))


def test_missing_or_broken_checkpoints(tmp_path: Path, tiny_bert: Build, load_with: Load) -> None:
    with pytest.raises(UsageError, match=r"no folder '\./missing'"):
        ADAPTER.identify("./missing", {})
    folder = tiny_bert(tmp_path / "ckpt", KIND, num_labels=1)
    (folder / "model.safetensors").unlink()
    with pytest.raises(UsageError, match="cannot be loaded: OSError") as caught:
        load_with(ADAPTER, str(folder))
    assert "\n" not in str(caught.value)


def test_weights_are_part_of_the_identity(tmp_path: Path, tiny_bert: Build) -> None:
    folder = tiny_bert(tmp_path / "ckpt", KIND, num_labels=1)
    before = ADAPTER.identify(str(folder), {})
    assert (before.name, before.revision) == ("ckpt", None)
    weights = bytearray((folder / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (folder / "model.safetensors").write_bytes(weights)
    assert ADAPTER.identify(str(folder), {}).digest != before.digest


def test_code_of_the_checkpoint_runs_only_when_asked_for(
    tmp_path: Path, tiny_bert: Build, load_with: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "transformers.dynamic_module_utils.HF_MODULES_CACHE", str(tmp_path / "modules")
    )
    mark = tmp_path / "ran"
    folder = tiny_bert(tmp_path / "ckpt", KIND, num_labels=1)
    (folder / "own_code.py").write_text(
        "from transformers import BertConfig\n"
        f"open({str(mark)!r}, 'w').close()\n"
        "class OwnConfig(BertConfig):\n    model_type = 'own-code'\n"
    )
    path = folder / "config.json"
    settings = json.loads(path.read_text())
    settings |= {"model_type": "own-code", "auto_map": {"AutoConfig": "own_code.OwnConfig"}}
    path.write_text(json.dumps(settings))
    with pytest.raises(UsageError, match="--option trust_remote_code=true"):
        load_with(ADAPTER, str(folder))
    assert not mark.exists()
    with pytest.raises(UsageError, match="cannot be loaded"):  # a configuration without a model
        load_with(ADAPTER, str(folder), trust_remote_code=True)
    assert mark.exists()


def test_a_checkpoint_without_its_words_is_refused(
    tmp_path: Path, tiny_bert: Callable[..., Path], load_with: Callable[..., Any]
) -> None:
    folder = tiny_bert(tmp_path, "BertForSequenceClassification", num_labels=1)
    load_with(ADAPTER, folder)
    for name in ("tokenizer.json", "vocab.txt"):
        (folder / name).unlink(missing_ok=True)
    settings = folder / "tokenizer_config.json"
    told = {**json.loads(settings.read_text()), "tokenizer_class": "BertTokenizer"}
    settings.write_text(json.dumps(told))
    with pytest.raises(InvalidError, match="special tokens alone"):
        load_with(ADAPTER, folder)
