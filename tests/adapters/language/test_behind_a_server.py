"""The same weights at hand and behind a server: the same answers, likelihoods and orders."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.adapters import adapters
from harness.adapters.asking.asks import Ask, Prompt, Reply, Write
from harness.adapters.asking.in_step import in_step
from harness.adapters.language.chat import tokens_alone
from harness.adapters.language.ranker import speaker_of
from harness.adapters.language.speaker import Speaker
from harness.adapters.options import parse_options
from harness.adapters.support.spent import COLUMNS
from harness.data.shown import Matchup
from tests.adapters.served.scripted import Said, scripted

pytest.importorskip("torch", reason="language models need marginbench[llm]")
pytest.importorskip("transformers", reason="needs marginbench[llm]")
pytest.importorskip("httpx2", reason="servers need marginbench[served]")

QUERIES = ("what is money?", "where does the cat sit?")
DOCUMENTS = ("the river bank", "a loan is money", "the cat sat on the mat", "the dog", "no")


class SpeakingServer:
    """Chat completions of one model, as vLLM or llama.cpp would give them."""

    def __init__(self, speaker: Speaker, owner: str) -> None:
        self._speaker = speaker
        self._owner = owner

    def __call__(self, path: str, body: Any) -> Said:
        if path == "/v1/models":
            return Said({"data": [{"id": "tiny", "owned_by": self._owner}]})
        if path == "/tokenize":
            return Said({"tokens": tokens_alone(self._speaker.tokenizer, body["prompt"])})
        if path != "/v1/chat/completions":
            return Said({"detail": "Not Found"}, 404)
        messages = [(one["role"], one["content"]) for one in body["messages"]]
        start = ""
        if body.get("continue_final_message"):
            _, start = messages.pop()
        assert body["chat_template_kwargs"] == {"enable_thinking": False}
        prompt = Prompt(tuple(messages), start)
        read = len(self._speaker.chat.tokens(prompt))
        choice, written = self._answered(prompt, body)
        usage = {"prompt_tokens": read, "completion_tokens": written}
        return Said({"model": "tiny", "choices": [choice], "usage": usage})

    def _answered(self, prompt: Prompt, body: Any) -> tuple[dict[str, Any], int]:
        if not body.get("logprobs"):
            (reply,) = self._speaker.answer([Write(prompt, body["max_tokens"])])
            why = "length" if reply.unfinished else "stop"
            choice = {"message": {"content": reply.text}, "finish_reason": why}
            return choice, reply.completion_tokens
        import torch

        row = self._speaker.chat.tokens(prompt)
        likely = torch.log_softmax(self._speaker.network.last_logits([row])[0], dim=-1)
        top = likely.topk(min(body["top_logprobs"], len(likely))).indices.tolist()
        chosen, shown = top[0], body.get("logprob_token_ids") or top
        told = [
            {"token": self._speaker.tokenizer.decode([at]), "logprob": float(likely[at])}
            for at in [chosen, *shown]
        ]
        content = [{**told[0], "top_logprobs": told[1:]}]
        return {"message": {"content": told[0]["token"]}, "logprobs": {"content": content}}, 1


def ends(model: Any) -> tuple[list[Any], list[Reply]]:
    told: list[Reply] = []

    def answer(asks: Sequence[Ask]) -> list[Reply]:
        told.extend(replies := model.answer(asks))
        return replies

    ranked = in_step([model.asking(query, DOCUMENTS) for query in QUERIES], answer)
    return [end for end, _ in ranked], told


EACH = {
    "listwise": (),
    "first": ("window=3", "step=2"),
    "setwise": ("top=2",),
    "pairwise": ("sort=all",),
    "setwise read=answer": ("top=2",),
}


@pytest.fixture(scope="module")
def tiny(tiny_language_model: Callable[..., Path]) -> Path:
    return tiny_language_model(max_position_embeddings=4096)


@pytest.fixture(scope="module")
def speaker(tiny: Path) -> Speaker:
    options = {"trust_remote_code": False, "template": "auto", "max_length": 0}
    return speaker_of(str(tiny), device="cpu", dtype="float32", options=options)


@pytest.mark.parametrize("owner", ["vllm", "llamacpp"])
@pytest.mark.parametrize("name", EACH)
def test_a_protocol_ends_as_it_does_at_hand(
    name: str, owner: str, tiny: Path, speaker: Speaker
) -> None:
    protocol, *read = name.split()
    options = [*EACH[name], *read]
    at_hand = adapters().get(protocol)
    local = at_hand.load(
        str(tiny), device="cpu", dtype="float32", **parse_options(at_hand, options)
    )
    labels = speaker.tokens_in(" > ".join(f"[{n}]" for n in range(1, len(DOCUMENTS) + 1)))
    further = [f"answer_tokens={labels + 1}"] if name == "listwise" else []
    further += ["top_logprobs=400"] if owner == "llamacpp" else []
    served = adapters().get("chat-api")
    with scripted(SpeakingServer(speaker, owner)) as at:
        given = parse_options(served, ["retries=0", f"protocol={protocol}", *options, *further])
        model = served.load(at.url, device="cpu", dtype="float32", **given)
        ours, answers = ends(model)
    theirs, wanted = ends(local)
    assert ours == theirs
    if answers[0].likelihoods:
        assert any(end.order != tuple(range(len(DOCUMENTS))) for end in ours)
    else:
        assert any(reply.text for reply in answers)
    assert [reply.text for reply in answers] == [reply.text for reply in wanted]
    assert [reply.prompt_tokens for reply in answers] == [reply.prompt_tokens for reply in wanted]
    for reply, other in zip(answers, wanted, strict=True):
        assert reply.likelihoods == pytest.approx(other.likelihoods, abs=1e-5)
        assert reply.unseen == 0


def test_yes_or_no_has_the_scores_that_it_has_at_hand(tiny: Path, speaker: Speaker) -> None:
    at_hand, served = adapters().get("yes-no"), adapters().get("chat-api")
    options = parse_options(at_hand, [])
    local = at_hand.load(str(tiny), device="cpu", dtype="float32", **options)
    with scripted(SpeakingServer(speaker, "vllm")) as at:
        given = parse_options(served, ["retries=0", "protocol=yes-no"])
        model = served.load(at.url, device="cpu", dtype="float32", **given)
        found, _ = ends(model)
    for query, end in zip(QUERIES, found, strict=True):
        wanted = local.score_pairs([(query, document) for document in DOCUMENTS])
        assert end.scores == pytest.approx(wanted.tolist(), abs=1e-4)
        assert len(set(end.scores)) == len(DOCUMENTS)


@pytest.mark.parametrize("owner", ["vllm", "llamacpp"])
@pytest.mark.parametrize("read", ["answer", "likelihood"])
def test_a_judge_says_what_it_says_at_hand(
    read: str, owner: str, tiny: Path, speaker: Speaker
) -> None:
    pairs = [Matchup("what is money?", *two) for two in permutations(DOCUMENTS, 2)]
    options = [f"read={read}", "answer_tokens=12"]
    at_hand, served = adapters().get("judge"), adapters().get("judge-api")
    local = at_hand.load(
        str(tiny), device="cpu", dtype="float32", **parse_options(at_hand, options)
    )
    expected = local.judge_texts(pairs)
    with scripted(SpeakingServer(speaker, owner)) as at:
        given = parse_options(served, ["retries=0", "top_logprobs=400", *options])
        model = served.load(at.url, device="cpu", dtype="float32", **given)
        model.ledger.fetch()  # the question that was tried
        assert model.judge_texts(pairs) == expected
    ours, theirs = (np.array(one.ledger.fetch(), dtype=float) for one in (model, local))
    counted = [COLUMNS.index(name) for name in ("prompt_tokens", "unfinished")]
    np.testing.assert_array_equal(*(np.sort(one[:, counted], axis=0) for one in (ours, theirs)))
    if read == "likelihood":
        assert len(set(expected)) > 1
