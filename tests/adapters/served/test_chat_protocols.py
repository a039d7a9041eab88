"""Every protocol over a server that knows the right order: the same order and the same questions
as where the right order is known here, whichever kind of server it is."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from harness.adapters import adapters
from harness.adapters.asking.asks import Asking, Ranked
from harness.adapters.asking.in_step import Effort, in_step
from harness.adapters.asking.listwise import by_first_token, by_permutation
from harness.adapters.asking.pairwise import Pairs, pairwise
from harness.adapters.asking.repair import letters, numerals
from harness.adapters.asking.setwise import Question, setwise
from harness.adapters.options import parse_options
from tests.adapters.asking.scripted import Perfect, permutation, show
from tests.adapters.served.chat_server import ChatServer
from tests.adapters.served.scripted import Said, scripted

ADAPTER = adapters().get("chat-api")
KINDS = ("vllm", "sglang", "llamacpp", "somebody")


def worths(count: int = 11, seed: int = 1) -> list[str]:
    worth = list(range(count))
    random.Random(seed).shuffle(worth)
    return [f"a text of worth {one} and more" for one in worth]


@contextmanager
def loaded(server: ChatServer, *options: str) -> Iterator[Any]:
    with scripted(server) as at:
        given = parse_options(ADAPTER, ["retries=0", *options])
        yield ADAPTER.load(at.url, device="cpu", dtype="float32", **given)


def ranked(server: ChatServer, texts: Sequence[str], *options: str) -> tuple[Ranked, Effort]:
    with loaded(server, *options) as model:
        (end,) = in_step([model.asking("what is best?", texts)], model.answer)
    return end


def known(name: str, texts: Sequence[str]) -> tuple[Ranked, int]:
    """The end of the same protocol where whoever answers knows the worths, and its questions."""
    plain = [text.split()[4] for text in texts]

    def ask(written: str, **options: Any) -> Pairs:
        return Pairs("q", plain, show, written=written, **options)

    answers: dict[str, tuple[Asking, Any]] = {
        "listwise": (by_permutation("q", plain, show, len, window=6, step=3), permutation),
        "first": (by_first_token("q", plain, show, window=6, step=3), permutation),
        "setwise": (setwise(Question("q", plain, show, letters(4))), permutation),
        "setwise bubble": (setwise(Question("q", plain, show, letters(4)), sort="bubble"), None),
        "pairwise": (pairwise(ask(""), sort="heap"), permutation),
        "pairwise all": (pairwise(ask("")), permutation),
        "rank-r1": (setwise(Question("q", plain, show, numerals(20)), children=19), permutation),
    }
    asking, form = answers[name]
    answer = Perfect(form or permutation)
    ((end, effort),) = in_step([asking], answer)
    return end, effort.calls


EACH = {
    "listwise": ("protocol=listwise", "window=6", "step=3"),
    "first": ("protocol=first", "window=6", "step=3"),
    "setwise": ("protocol=setwise",),
    "setwise bubble": ("protocol=setwise", "sort=bubble"),
    "pairwise": ("protocol=pairwise",),
    "pairwise all": ("protocol=pairwise", "sort=all"),
}


@pytest.mark.parametrize("kind", ["vllm", "somebody"])
@pytest.mark.parametrize("name", EACH)
def test_orders_and_questions_are_those_of_the_protocol(name: str, kind: str) -> None:
    texts, server = worths(), ChatServer(kind)
    end, effort = ranked(server, texts, *EACH[name])
    right, calls = known(name, texts)
    assert end.order == right.order
    assert end.scores == right.scores
    assert (effort.calls, len(server.questions)) == (calls, calls)
    assert end.repairs == 0
    assert effort.prompt_tokens > 0
    assert effort.completion_tokens >= calls


@pytest.mark.parametrize("name", ["setwise", "pairwise", "pairwise all"])
@pytest.mark.parametrize("kind", ["llamacpp", "somebody"])
def test_written_answers_give_the_same(name: str, kind: str) -> None:
    texts, server = worths(), ChatServer(kind, likelihoods=False)
    end, _ = ranked(server, texts, *EACH[name], "read=answer")
    right, calls = known(name, texts)
    assert end.order == right.order
    assert len(server.questions) == calls
    assert not any("logprobs" in body for body in server.asked)


def test_rank_r1_puts_the_best_ten_in_order() -> None:
    texts, server = worths(60), ChatServer()
    end, effort = ranked(server, texts, "protocol=rank-r1")
    right, calls = known("rank-r1", texts)
    assert end.order[:10] == right.order[:10]
    assert effort.calls == calls
    assert {body["max_tokens"] for body in server.questions} == {2048}
    assert all(body["chat_template_kwargs"] == {"enable_thinking": True} for body in server.asked)


@pytest.mark.parametrize("kind", KINDS)
def test_yes_no_scores_each_document_once(kind: str) -> None:
    texts, server = worths(), ChatServer(kind)
    end, effort = ranked(server, texts, "protocol=yes-no")
    assert effort.calls == len(texts) == len(server.questions)
    assert end.scores is not None
    # log p(yes) - log p(no) of a logistic function is its argument.
    wanted = [int(text.split()[4]) / 8 for text in texts]
    assert end.scores == pytest.approx(wanted, abs=1e-9)
    assert all(body["max_tokens"] == 1 for body in server.asked)


@pytest.mark.parametrize("kind", ["vllm", "sglang", "llamacpp"])
def test_an_answer_is_begun_where_the_server_goes_on_from_it(kind: str) -> None:
    server = ChatServer(kind)
    ranked(server, worths(), *EACH["setwise"])
    for body in server.questions:
        assert body["messages"][-1] == {"role": "assistant", "content": " Passage:"}
        assert body["continue_final_message"] is True
        assert body["add_generation_prompt"] is False
        assert body["max_tokens"] == 1
        assert (body["temperature"], body["chat_template_kwargs"]) == (
            0,
            {"enable_thinking": False},
        )


def test_elsewhere_it_is_left_out_and_a_label_counts_where_it_first_stands() -> None:
    for spoken in ((), ("Passage",), ("The", " best", " one", " is", ":")):
        server = ChatServer("somebody", spoken=spoken)
        end, _ = ranked(server, worths(), *EACH["setwise"])
        assert end.order == known("setwise", worths())[0].order
        assert end.repairs == 0
        for body in server.questions:
            assert [message["role"] for message in body["messages"]] == ["user"]
            assert not {"continue_final_message", "chat_template_kwargs"} & body.keys()
    with loaded(ChatServer("somebody"), "protocol=setwise") as model:
        assert model.resolved["beginning_of_answers"] == "left out"
        assert model.resolved["thinking"] == "as served"


def test_a_label_that_never_comes_is_a_repair_and_keeps_the_order() -> None:
    server = ChatServer("somebody", spoken=("I", " am", " not", " able") * 5)
    end, effort = ranked(server, worths(8), "protocol=first", "window=8", "step=4")
    assert end.order == tuple(range(8))
    assert end.repairs == effort.calls == 1


def test_named_tokens_are_asked_for_where_they_can_be() -> None:
    server = ChatServer("vllm", top=3)
    end, _ = ranked(server, worths(), *EACH["first"])
    assert end.order == known("first", worths())[0].order
    asked = {tuple(body["logprob_token_ids"]) for body in server.questions}
    assert {len(set(ids)) for ids in asked} == {5, 6}  # the last window is a smaller one
    with loaded(server, "protocol=first") as model:
        assert model.resolved["likelihoods"] == "of named tokens"


def test_labels_that_are_not_told_fall_to_the_end_as_they_were_and_are_counted() -> None:
    texts, server = worths(10), ChatServer("llamacpp", top=4)
    end, effort = ranked(server, texts, "protocol=first", "window=10")
    right = sorted(range(10), key=lambda place: -int(texts[place].split()[4]))
    assert end.order == (*right[:4], *sorted(right[4:]))
    assert (effort.unseen, effort.repairs) == (6, 0)


def test_a_word_that_is_not_told_counts_as_the_least_likely_that_was() -> None:
    server = ChatServer("llamacpp", top=4)

    def change(answer: dict[str, Any], body: dict[str, Any], _: int) -> dict[str, Any]:
        (token,) = answer["choices"][0]["logprobs"]["content"]
        if "worth 10" in str(body["messages"]):
            token["top_logprobs"] = [
                one for one in token["top_logprobs"] if one["token"] != "No"
            ] + [{"token": "Maybe", "logprob": -5.5}]
        return answer

    server.change = change
    end, _ = ranked(server, worths(), "protocol=yes-no")
    assert end.scores is not None
    at = next(place for place, text in enumerate(worths()) if "worth 10" in text)
    assert end.scores[at] == pytest.approx(5.5 - math.log1p(math.exp(-10 / 8)))


def test_a_server_that_answers_in_other_orders_and_at_once_gives_the_same() -> None:
    def change(answer: dict[str, Any], body: dict[str, Any], number: int) -> Any:
        return Said(answer, wait=0.03 * (number % 3))

    one, many = ChatServer(change=change), ChatServer(change=change)
    ends = [
        ranked(server, worths(6), *EACH["pairwise all"], f"concurrency={at_once}")
        for server, at_once in ((one, 1), (many, 16))
    ]
    assert ends[0] == ends[1]


def test_answers_get_the_tokens_that_an_order_takes() -> None:
    server = ChatServer()
    ranked(server, worths(12), "protocol=listwise", "window=12", "step=6")
    (body,) = server.questions
    # "[", each digit, "]", and " >" between them; one more for the end.
    assert body["max_tokens"] == 9 * 3 + 3 * 4 + 11 + 1
    with loaded(server, "protocol=setwise", "read=answer") as model:
        tokens_in = model._speaker.tokens_in
    assert tokens_in("[A] > [B] > [C]") == 3 * 3 + 2
    assert tokens_in("Passage A") == 2
