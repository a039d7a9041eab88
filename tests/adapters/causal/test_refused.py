"""Options and checkpoints that do not fit: one line each, before weights are loaded."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.adapters.causal.adapter import ADAPTER
from harness.adapters.causal.methods import METHODS
from harness.adapters.options import parse_options
from harness.errors import InvalidError, UsageError
from tests.adapters.causal.conftest import plain

torch = pytest.importorskip("torch", reason="language models need marginbench[llm]")
transformers = pytest.importorskip("transformers", reason="needs marginbench[llm]")

Build = Callable[..., Path]


def told(checkpoint: Path | str, *options: str) -> str:
    """What is said of a checkpoint with these options by its files alone."""
    with pytest.raises(UsageError) as caught:
        ADAPTER.identify(str(checkpoint), parse_options(ADAPTER, options))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def load(folder: Path, *options: str, dtype: str = "float32") -> Any:
    return ADAPTER.load(str(folder), device="cpu", dtype=dtype, **parse_options(ADAPTER, options))


class NoWeightsError(BaseException):
    """Weights were asked for."""


@pytest.fixture
def no_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise NoWeightsError

    monkeypatch.setattr(transformers.AutoModelForCausalLM, "from_pretrained", refuse)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["method="], "unknown method ''. Known: binoculars, entropy, fast-detectgpt, "),
        (["method=liklihood"], "unknown method 'liklihood'. Did you mean 'likelihood'?"),
        (["method=binocular"], "unknown method 'binocular'. Did you mean 'binoculars'?"),
        (["method=rank", "long=window"], "unknown long 'window'. Did you mean 'windows'?"),
        (["method=rank", "bos=true"], "unknown bos 'true'"),
        (["method=rank", "stride=-1"], "stride -1 is no number of tokens"),
        (["method=rank", "long=truncate", "stride=9"], "stride is for windows. Leave out --opt"),
        (["method=rank", "observer=x"], "observer is read by method=binoculars alone, not by rank"),
        (["method=binoculars", "observer=x", "reference=x"], "reference is read by method=fast-de"),
        (["method=fast-detectgpt", "observer=x"], "observer is read by method=binoculars alone"),
        (["method=binoculars"], "two models of one vocabulary, and one is named. Name the other "
                                "one: --option observer=NAME_OR_PATH"),
        (["method=binoculars", "observer=./nowhere"], "no folder './nowhere'"),
    ],
)  # fmt: skip
def test_options_that_do_not_fit(options: list[str], said: str, spoilt: Path) -> None:
    assert said in told(spoilt, *options)


@pytest.mark.parametrize(
    ("kind", "fix"),
    [
        ("BertForSequenceClassification", "text-classifier or cross-encoder or reward-model"),
        ("RobertaForMaskedLM", "sparse or bi-encoder"),
        ("T5ForConditionalGeneration", "monot5"),
    ],
)
def test_another_family_is_named_with_its_adapters(kind: str, fix: str, spoilt: Path) -> None:
    path = spoilt / "config.json"
    config = {**json.loads(path.read_text()), "architectures": [kind]}
    path.write_text(json.dumps({**config, "is_encoder_decoder": kind.startswith("T5")}))
    for checkpoint, options in ((spoilt, []), (spoilt.parent / "whole", [f"reference={spoilt}"])):
        if not checkpoint.exists():
            checkpoint.symlink_to(_whole(spoilt))
        said = told(checkpoint, "method=fast-detectgpt", *options)
        assert f"holds a {kind}" in said
        assert said.endswith(f"which is no causal language model. Use the adapter {fix}")


def _whole(spoilt: Path) -> Path:
    """A checkpoint beside the spoilt one that nobody spoilt."""
    import shutil

    whole = Path(shutil.copytree(spoilt, spoilt.parent / "mended"))
    config = json.loads((whole / "config.json").read_text())
    config |= {"architectures": ["LlamaForCausalLM"], "is_encoder_decoder": False}
    (whole / "config.json").write_text(json.dumps(config))
    return whole


def test_of_a_name_on_the_hub_the_configuration_is_looked_at(
    spoilt: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """transformers would load it as a decoder that looks ahead, and only warn."""
    path = spoilt / "config.json"
    path.write_text(
        json.dumps({**json.loads(path.read_text()), "architectures": ["BertForMaskedLM"]})
    )
    monkeypatch.setattr(
        "harness.adapters.support.checkpoints._commit", lambda name, revision: "0" * 40
    )
    monkeypatch.setattr(
        "harness.adapters.support.declared._find", lambda checkpoint, name: spoilt / name
    )
    with pytest.raises(UsageError, match="a BertForMaskedLM, which is no causal language model"):
        load(Path("org/name"), "method=rank")


def test_no_tokenizer(spoilt: Path) -> None:
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (spoilt / name).unlink()
    assert "holds no tokenizer" in told(spoilt, "method=likelihood")


@pytest.mark.usefixtures("no_weights")
def test_models_of_two_vocabularies(spoilt: Path, tiny_language_model: Build) -> None:
    whole = tiny_language_model()
    with pytest.raises(NoWeightsError):
        load(whole, "method=binoculars", f"observer={spoilt}")
    path = spoilt / "tokenizer.json"
    fast = json.loads(path.read_text())
    vocabulary = fast["model"]["vocab"]
    first, second = [token for token in vocabulary if token.isalpha()][:2]
    vocabulary[first], vocabulary[second] = vocabulary[second], vocabulary[first]
    path.write_text(json.dumps(fast))
    for option in ("method=binoculars", "observer"), ("method=fast-detectgpt", "reference"):
        with pytest.raises(UsageError, match="have different vocabularies: 2 tokens") as caught:
            load(whole, option[0], f"{option[1]}={spoilt}")
        assert repr(first) in str(caught.value)
        assert "its instruct version" in str(caught.value)


def test_further_tokens_behind_the_same_ones(spoilt: Path, tiny_language_model: Build) -> None:
    """As GPT-J, the paper's sampling model, has behind those of GPT-Neo, its scoring model."""
    whole = tiny_language_model()
    model, tokenizer = plain(spoilt)
    tokenizer.add_tokens(["<|extra_1|>", "<|extra_2|>"])
    model.resize_token_embeddings(len(tokenizer))
    model.save_pretrained(spoilt)
    tokenizer.save_pretrained(spoilt)
    text = "how does a loan work?"
    narrow = load(whole, "method=fast-detectgpt", f"reference={spoilt}").score_texts([text])
    wide = load(spoilt, "method=fast-detectgpt", f"reference={whole}")
    alone = load(whole, "method=fast-detectgpt").score_texts([text])
    # Its further columns are left out, so what is left is the other model again.
    assert narrow == pytest.approx(alone, rel=1e-5)
    assert wide.score_texts([text]) == pytest.approx(alone, rel=1e-5)
    with pytest.raises(InvalidError, match="holds a token of the tokenizer that a model does not"):
        wide.score_texts([text, "how does a <|extra_1|> work?"])
    assert load(spoilt, "method=rank").score_texts(["how does a <|extra_1|> work?"]).shape == (1,)


@pytest.mark.usefixtures("no_weights")
def test_a_first_token_that_no_tokenizer_has(spoilt: Path) -> None:
    path = spoilt / "tokenizer_config.json"
    about = json.loads(path.read_text())
    del about["bos_token"]
    path.write_text(json.dumps(about))
    with pytest.raises(UsageError, match="has no token that begins a text"):
        load(spoilt, "method=rank", "bos=yes")
    with pytest.raises(NoWeightsError):
        load(spoilt, "method=rank")


def test_code_of_its_own_is_refused(spoilt: Path, tiny_language_model: Build) -> None:
    (spoilt / "modeling_own.py").write_text("raise SystemExit('it ran')\n")
    auto = {"AutoConfig": "modeling_own.Config", "AutoModelForCausalLM": "modeling_own.Model"}
    path = spoilt / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "model_type": "own",
                                "auto_map": auto}))  # fmt: skip
    whole = tiny_language_model()
    calls = ((spoilt, "method=rank"), (whole, "method=binoculars", f"observer={spoilt}"))
    for folder, *options in calls:
        with pytest.raises(UsageError, match="needs code of its own") as caught:
            load(folder, *options)
        assert "trust_remote_code=true" in str(caught.value)


def test_texts_that_hold_no_token_to_be_scored(tiny_language_model: Build) -> None:
    model = load(tiny_language_model(), "method=rank")
    for text in ("", "no"):
        with pytest.raises(InvalidError, match=f"the text '{text}' has no token behind another"):
            model.score_texts(["how does a loan work?", text])
    behind = load(tiny_language_model(), "method=rank", "bos=yes")
    assert behind.score_texts(["no"])[0] >= 1
    with pytest.raises(InvalidError, match="the text '' has no token"):
        behind.score_texts([""])


def test_where_all_ranks_are_the_first_lrr_is_undefined(
    spoilt: Path,
) -> None:
    """A model that is sure of the very next tokens: nothing to divide by."""
    import math

    model = load(spoilt, "method=lrr")
    text = _greedy(spoilt)
    assert math.isnan(model.score_texts([text])[0])
    assert load(spoilt, "method=log-rank").score_texts([text])[0] == 0


def _greedy(folder: Path) -> str:
    """A text of two tokens, the second being the likeliest behind the first."""
    model, tokenizer = plain(folder)
    with torch.no_grad():
        best = model(input_ids=torch.arange(len(tokenizer))[:, None]).logits[:, 0].argmax(-1)
    for first, second in enumerate(best.tolist()):
        text: str = tokenizer.decode([first, second])
        if tokenizer.encode(text, add_special_tokens=False) == [first, second]:
            return text
    raise AssertionError("the tiny model writes no text that reads back as its tokens")


def test_who_it_is_and_which_way_its_scores_run(tiny_language_model: Build) -> None:
    folder, other = str(tiny_language_model("Llama")), str(tiny_language_model("Qwen3"))
    runs = {"likelihood": "higher", "rank": "lower", "log-rank": "lower", "entropy": "lower",
            "lrr": "higher", "fast-detectgpt": "higher", "binoculars": "lower"}  # fmt: skip
    assert list(runs) == list(METHODS)
    for method, direction in runs.items():
        second = [f"observer={other}"] if method == "binoculars" else []
        options = parse_options(ADAPTER, [f"method={method}", *second])
        found = ADAPTER.identify(folder, options)
        assert (found.direction, found.name.endswith(f"-{method}")) == (direction, True)
        assert len(found.details["language_models"]) == 1 + len(second)  # type: ignore[arg-type]
    reference = parse_options(ADAPTER, ["method=fast-detectgpt", f"reference={other}"])
    alone = parse_options(ADAPTER, ["method=fast-detectgpt"])
    same = parse_options(ADAPTER, ["method=fast-detectgpt", f"reference={folder}"])
    digests = [ADAPTER.identify(folder, one).digest for one in (reference, alone, same)]
    assert digests[0] != digests[1] == digests[2]
