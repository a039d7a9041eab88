"""What a language model replies: greedy texts, likelihoods of labels, and numbers that are none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.adapters.asking.asks import Choose, Prompt, Write
from harness.adapters.language.adapters import FIRST, LISTWISE, YES_NO
from harness.adapters.language.chat import Chat
from harness.adapters.language.speaker import Speaker
from harness.engine.asking import AskJob
from harness.engine.jobs import Bench, PairJob
from harness.errors import InvalidError, UsageError
from harness.runs.batches import BatchSettings
from harness.tasks.images import Decoder
from tests.adapters.language.conftest import KINDS

torch = pytest.importorskip("torch", reason="language models need marginbench[llm]")
transformers = pytest.importorskip("transformers", reason="needs marginbench[llm]")

Build = Callable[..., Path]
Load = Callable[..., Any]
LABELS = (" A", " B", " C")
LONG = 1024
"""Tokens that the prompts of RankLLM need of a tokenizer that knows few words."""


def speaker_at(folder: Path, **settings: Any) -> Speaker:
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModelForCausalLM.from_pretrained(folder)
    return Speaker(model, Chat(tokenizer, "auto"), device="cpu", **settings)


def prompt(text: str, start: str = "") -> Prompt:
    return Prompt((("user", text),), start)


@pytest.mark.parametrize("kind", KINDS)
def test_texts_are_those_that_the_model_generates_alone(
    kind: str, tiny_language_model: Build
) -> None:
    folder = tiny_language_model(kind)
    speaker = speaker_at(folder)
    model = transformers.AutoModelForCausalLM.from_pretrained(folder).eval()
    asks = [Write(prompt("what is a cat " * n), most) for n, most in ((1, 9), (4, 3), (2, 6))]
    replies = speaker.answer(asks)
    for ask, reply in zip(asks, replies, strict=True):
        text = f"<|im_start|>user\n{ask.prompt.messages[0][1]}<|im_end|>\n<|im_start|>assistant\n"
        ids = torch.tensor([speaker.tokenizer.encode(text, add_special_tokens=False)])
        made = model.generate(ids, do_sample=False, max_new_tokens=ask.most_tokens)[0]
        own = made[ids.shape[1] :].tolist()
        told = own[: own.index(0)] if 0 in own else own
        assert reply.text == speaker.tokenizer.decode(told, skip_special_tokens=True)
        assert (reply.prompt_tokens, reply.completion_tokens) == (ids.shape[1], len(told))
        assert not reply.likelihoods
    assert speaker.answer([]) == []


def test_what_a_checkpoint_brings_for_chatting_does_not_move_a_greedy_answer(
    tiny_language_model: Build, tmp_path: Path
) -> None:
    folder = tiny_language_model()
    asks = [Write(prompt("what is money " * 3), 24)]
    before = speaker_at(folder).answer(asks)
    model = transformers.AutoModelForCausalLM.from_pretrained(folder)
    model.generation_config.update(repetition_penalty=5.0, no_repeat_ngram_size=1, num_beams=3)
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    chatty = Speaker(model, Chat(tokenizer, "auto"), device="cpu")
    assert chatty.answer(asks) == before


def test_an_answer_ends_at_any_end_token_that_is_declared(tiny_language_model: Build) -> None:
    folder = tiny_language_model()
    ask = Write(prompt("what is money"), 12)
    (whole,) = speaker_at(folder).answer([ask])
    model = transformers.AutoModelForCausalLM.from_pretrained(folder)
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    ids = tokenizer.encode(whole.text, add_special_tokens=False)
    model.generation_config.eos_token_id = [0, ids[3]]
    (cut,) = Speaker(model, Chat(tokenizer, "auto"), device="cpu").answer([ask])
    assert cut.completion_tokens == ids.index(ids[3])
    assert whole.text.startswith(cut.text)


@pytest.mark.parametrize("kind", KINDS)
def test_likelihoods_are_log_probabilities_of_the_labels_alone_as_together(
    kind: str, tiny_language_model: Build
) -> None:
    folder = tiny_language_model(kind)
    speaker = speaker_at(folder)
    asks = [Choose(prompt("the cat " * n, " Passage:"), LABELS[: 1 + n % 3]) for n in range(1, 6)]
    together = speaker.answer([*asks, Write(prompt("x"), 1)])[:-1]
    model = transformers.AutoModelForCausalLM.from_pretrained(folder).eval()
    for ask, reply in zip(asks, together, strict=True):
        (alone,) = speaker.answer([ask])
        np.testing.assert_allclose(reply.likelihoods, alone.likelihoods, atol=1e-5)
        with torch.no_grad():
            ids = speaker.chat.tokens(ask.prompt)
            likely = torch.log_softmax(model(torch.tensor([ids])).logits[0, -1].float(), -1)
        expected = likely[speaker.tokenizer.convert_tokens_to_ids(["Ġ" + x[1] for x in ask.labels])]
        np.testing.assert_allclose(reply.likelihoods, expected, atol=1e-5)
        assert (reply.text, reply.completion_tokens) == ("", 0)


def test_first_reads_one_position_of_one_prompt_a_window_and_writes_nothing(
    tiny_language_model: Build, load_with: Load
) -> None:
    folder = tiny_language_model(max_position_embeddings=LONG)
    ranker = load_with(FIRST, str(folder), window=4, step=2, passage_words=2)
    asked: list[Choose] = []
    shapes: list[tuple[int, ...]] = []
    head = ranker._speaker.network.model.get_output_embeddings()
    head.register_forward_hook(lambda _, given, made: shapes.append(tuple(made.shape)))
    answer = ranker.answer
    ranker.answer = lambda asks: [*map(asked.append, asks)] and answer(asks)
    order = ranker.rank("what is money", ["cat", "dog", "bank", "loan", "mat", "river"])
    assert sorted(order) == list(range(6))
    assert [ask.labels for ask in asked] == [("A", "B", "C", "D")] * 2
    assert all(ask.prompt.start == "[" for ask in asked)
    assert [shape[:2] for shape in shapes] == [(1, 1), (1, 1)]


def test_what_is_longer_than_the_model_is_refused(tiny_language_model: Build) -> None:
    speaker = speaker_at(tiny_language_model(), max_length=40)
    with pytest.raises(UsageError, match="longer than the 40 of this model"):
        speaker.answer([Write(prompt("x"), 39)])
    with pytest.raises(UsageError, match="max_length 4000 is outside"):
        speaker_at(tiny_language_model(), max_length=4000)


def test_passages_lose_words_until_prompt_and_answer_fit(
    tiny_language_model: Build, load_with: Load
) -> None:
    folder = str(tiny_language_model(max_position_embeddings=LONG))
    ranker = load_with(LISTWISE, folder, window=3, step=2)
    texts = ["[7] the cat sat " * 90, "a loan", "money " * 300]
    asking = ranker.asking("what is [7]?", texts)
    (ask,) = next(asking)
    used = len(ranker._speaker.chat.tokens(ask.prompt)) + ask.most_tokens
    assert LONG - 60 < used <= LONG
    shown = ask.prompt.messages[1][1].split("\n")[1:4]
    words = len(shown[0].split()) - 1
    assert shown[0].split()[1:] == ("(7) the cat sat " * 90).split()[:words]
    assert shown[1] == "[2] a loan"
    assert len(shown[2].split()) - 1 == words
    assert "search query: what is (7)?." in ask.prompt.messages[1][1]
    with pytest.raises(
        InvalidError, match="2 passages of one word and a query of 9,000 characters"
    ):
        next(ranker.asking("what cat " * 1000, ["a", "b"]))


def test_passages_that_fit_are_shown_as_they_are(
    tiny_language_model: Build, load_with: Load
) -> None:
    folder = tiny_language_model(max_position_embeddings=LONG)
    ranker = load_with(LISTWISE, str(folder), passage_words=0)
    (ask,) = next(ranker.asking("q", ["a  cat\nsat", "b"]))
    assert "[1] a  cat\nsat\n[2] b\n" in ask.prompt.messages[1][1]


def broken(folder: Path) -> Any:
    """A model whose numbers overflow behind one word, as in half precision."""
    model = transformers.AutoModelForCausalLM.from_pretrained(folder)
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    (money,) = tokenizer.encode("🙂", add_special_tokens=False)[:1]
    with torch.no_grad():
        model.get_input_embeddings().weight[money] = float("nan")
    return Speaker(model, Chat(tokenizer, "auto"), device="cpu")


@pytest.mark.parametrize("adapter", [LISTWISE, FIRST], ids=lambda one: one.name)
def test_numbers_that_are_none_are_told_with_their_queries(
    adapter: Any, tiny_language_model: Build, load_with: Load
) -> None:
    folder = tiny_language_model(max_position_embeddings=LONG)
    ranker = load_with(adapter, str(folder))
    ranker._speaker = broken(folder)
    lists = tuple((f"q{n}", "🙂" if n in (1, 3) else "cat", ("a", "b")) for n in range(5))
    bench = Bench(BatchSettings(4096, 64), lambda done: None, Decoder(threads=True))
    with pytest.raises(InvalidError, match=r"2 of 5 queries are NaN: 'q1', 'q3'") as caught:
        AskJob(lists).run(ranker, bench)
    assert "float32" in str(caught.value.fix)


def test_pairs_whose_scores_are_none_are_told(tiny_language_model: Build, load_with: Load) -> None:
    folder = tiny_language_model()
    model = load_with(YES_NO, str(folder))
    object.__setattr__(model, "speaker", broken(folder))
    job = PairJob((("cat", "a"), ("cat", "🙂")), ("q1 d1", "q1 d2"))
    bench = Bench(BatchSettings(4096, 64), lambda done: None, Decoder(threads=True))
    with pytest.raises(InvalidError, match="1 of 2 scores are NaN or infinite: 'q1 d2'"):
        job.run(model, bench)


def test_worst_rank_leaves_a_query_without_an_answer_unranked(
    tiny_language_model: Build, load_with: Load
) -> None:
    folder = tiny_language_model(max_position_embeddings=LONG)
    ranker = load_with(FIRST, str(folder))
    ranker._speaker = broken(folder)
    queries = ("cat", "🙂", "what cat " * 1000, "dog")
    lists = tuple((f"q{n}", query, ("a", "b")) for n, query in enumerate(queries))
    bench = Bench(BatchSettings(4096, 64), lambda done: None, Decoder(threads=True))
    rows, _ = AskJob(lists, "worst-rank").run(ranker, bench)
    assert np.isnan(rows[:, 0]).tolist() == [False, False, True, True, True, True, False, False]
    with pytest.raises(InvalidError, match="query 'q2': a prompt with 2 passages of one word"):
        AskJob(lists).run(ranker, bench)
    with pytest.raises(InvalidError, match="query 'q1': the model's answer is NaN"):
        AskJob(lists[1:2], "worst-rank").run(ranker, bench)  # of all: the model's fault


def test_a_pair_that_fits_in_no_way_is_named(tiny_language_model: Build, load_with: Load) -> None:
    model = load_with(YES_NO, str(tiny_language_model()))
    job = PairJob((("cat", "a"), ("what cat " * 1000, "b")), ("q1 / d1", "q2 / d1"))
    bench = Bench(BatchSettings(4096, 64), lambda done: None, Decoder(threads=True))
    with pytest.raises(InvalidError, match="q2 / d1: a query of 9,000 characters leaves no room"):
        job.run(model, bench)


def test_logits_of_half_precision_are_made_in_float32(tiny_language_model: Build) -> None:
    folder = tiny_language_model()
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.bfloat16)
    speaker = Speaker(model, Chat(tokenizer, "auto"), device="cpu")
    ids = speaker.chat.tokens(prompt("what is money"))
    logits = speaker.network.last_logits([ids])[0]
    with torch.no_grad():
        hidden = model.base_model(torch.tensor([ids])).last_hidden_state[0, -1]
        expected = hidden.float() @ model.lm_head.weight.float().T
        rounded = model(torch.tensor([ids])).logits[0, -1].float()
    torch.testing.assert_close(logits, expected, atol=1e-5, rtol=1e-6)
    assert len(set(logits.tolist())) > len(set(rounded.tolist()))
