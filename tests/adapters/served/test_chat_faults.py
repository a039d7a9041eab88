"""Servers of chat completions that fail, lie or say nothing: one line, and never a ranking."""

from __future__ import annotations

from typing import Any

import pytest

from harness.adapters.served import client
from harness.errors import IncompleteError, InvalidError, MarginBenchError, UsageError
from tests.adapters.served.chat_server import ChatServer
from tests.adapters.served.scripted import Said
from tests.adapters.served.test_chat_protocols import EACH, known, loaded, ranked, worths


@pytest.fixture(autouse=True)
def _no_long_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "FIRST_WAIT", 0.01)


def choice(answer: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = answer["choices"][0]
    return found


def after_the_first(change: Any) -> Any:
    """The question that tries the server out is answered as it should be."""
    return lambda answer, body, number: answer if number == 1 else change(answer, body, number)


SPOILED = {
    "no choices": (lambda a: {**a, "choices": []}, "no chat completion: it has no choices"),
    "choices that are none": (lambda a: {**a, "choices": "A"}, "it has no choices"),
    "null": (lambda a: None, "it is NoneType"),
    "a list": (lambda a: [a], "it is list"),
    "no message": (lambda a: {**a, "choices": [{"text": "[1]"}]}, "has no message"),
    "a number for content": (
        lambda a: {**a, "choices": [{"message": {"content": 7}}]}, "its content is int"),
}  # fmt: skip


@pytest.mark.parametrize("name", SPOILED)
@pytest.mark.parametrize("protocol", ["listwise", "setwise"])
def test_what_is_no_completion_is_one_line(name: str, protocol: str) -> None:
    spoil, said = SPOILED[name]
    server = ChatServer(change=after_the_first(lambda a, b, n: Said(spoil(a))))
    with pytest.raises(InvalidError, match=said) as error:
        ranked(server, worths(), *EACH[protocol])
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "likely",
    [[{"token": "A"}], [{"token": "A", "logprob": "high"}], [{"token": 1, "logprob": -1}],
     [{"token": "A", "logprob": -1, "top_logprobs": [None]}], [7],
     [{"token": "A", "logprob": None}], [{"token": "A", "logprob": True}],
     [{"token": "A", "logprob": 0.5}]],
)  # fmt: skip
def test_likelihoods_that_are_none_are_no_ranking(likely: list[Any]) -> None:
    def change(answer: dict[str, Any], *_: Any) -> dict[str, Any]:
        choice(answer)["logprobs"] = {"content": likely}
        return answer

    with pytest.raises(InvalidError, match="its log-probabilities are not as they should be"):
        ranked(ChatServer(change=after_the_first(change)), worths(), *EACH["first"])


def test_a_server_that_finds_the_first_question_too_long_is_told_so() -> None:
    server = ChatServer(change=lambda *_: {"error": "maximum context length is 5"})
    with pytest.raises(InvalidError, match="finds even one short question too long"):
        ranked(server, worths(), *EACH["listwise"])


@pytest.mark.parametrize("told", [None, {}, {"content": None}, {"refusal": "no"}])
def test_likelihoods_that_are_left_out_later_are_one_line(told: Any) -> None:
    def change(answer: dict[str, Any], *_: Any) -> dict[str, Any]:
        choice(answer)["logprobs"] = told
        return answer

    with pytest.raises(InvalidError, match="left out the log-probabilities of an answer"):
        ranked(ChatServer(change=after_the_first(change)), worths(), *EACH["setwise"])


def test_an_answer_without_a_token_is_repaired() -> None:
    def change(answer: dict[str, Any], *_: Any) -> dict[str, Any]:
        choice(answer)["logprobs"] = {"content": []}
        return answer

    server = ChatServer(change=after_the_first(change))
    end, effort = ranked(server, worths(6), *EACH["first"])
    assert (end.order, end.repairs) == (tuple(range(6)), effort.calls)


@pytest.mark.parametrize("kind", ["transformers", "somebody"])
@pytest.mark.parametrize(
    ("protocol", "fix"),
    [("first", "protocol=listwise"), ("yes-no", "protocol=listwise"),
     ("setwise", "read=answer"), ("pairwise", "read=answer")],
)  # fmt: skip
def test_a_server_without_likelihoods_is_told_at_once(protocol: str, fix: str, kind: str) -> None:
    server = ChatServer(kind, likelihoods=False)
    with (
        pytest.raises(UsageError, match="gives no log-probabilities") as error,
        loaded(server, f"protocol={protocol}"),
    ):
        pass
    assert fix in error.value.fix
    assert len(server.asked) == 1


def test_a_server_known_to_give_none_is_not_even_asked() -> None:
    server = ChatServer("somebody")
    with (
        pytest.raises(UsageError, match="gives no log-probabilities"),
        loaded(server, "protocol=first", "dialect=transformers"),
    ):
        pass
    assert not server.asked


GARBAGE = {
    "": [0, 1, 2, 3, 4, 5],
    "I cannot rank these.": [0, 1, 2, 3, 4, 5],
    "[3] > [3] > [9] > [1]": [2, 0, 1, 3, 4, 5],
    "<think>[4] is best, or [5]": [0, 1, 2, 3, 4, 5],
    "<think>[4] is best</think>[6] > [2]": [5, 1, 0, 2, 3, 4],
    "Error 500: [2] [1]": [1, 0, 2, 3, 4, 5],
}


@pytest.mark.parametrize("text", GARBAGE)
def test_rubbish_is_repaired_by_the_rule(text: str) -> None:
    def change(answer: dict[str, Any], *_: Any) -> dict[str, Any]:
        choice(answer)["message"]["content"] = text
        return answer

    end, effort = ranked(ChatServer(change=change), worths(6), *EACH["listwise"])
    assert end.order == tuple(GARBAGE[text])
    assert end.repairs == effort.repairs == effort.calls == 1


def test_parts_of_a_message_are_read_and_thoughts_left_out() -> None:
    def change(answer: dict[str, Any], *_: Any) -> dict[str, Any]:
        text = choice(answer)["message"]["content"]
        parts = [{"type": "thinking", "thinking": "[2]"}, {"type": "text", "text": text}]
        choice(answer)["message"]["content"] = parts
        choice(answer)["message"]["reasoning_content"] = "[6] first"
        return answer

    end, _ = ranked(ChatServer(change=change), worths(), *EACH["listwise"])
    assert end.order == known("listwise", worths())[0].order
    assert end.repairs == 0


def empty(answer: dict[str, Any], *_: Any) -> dict[str, Any]:
    choice(answer)["message"]["content"] = None
    choice(answer)["finish_reason"] = "length"
    return answer


def thinking(answer: dict[str, Any], *_: Any) -> dict[str, Any]:
    empty(answer)
    choice(answer)["message"]["reasoning_content"] = "Let me see, [4] may be"
    return answer


def test_no_content_is_an_answer_that_names_nothing() -> None:
    end, effort = ranked(ChatServer(change=after_the_first(empty)), worths(6), *EACH["listwise"])
    assert (end.order, end.repairs, effort.calls) == (tuple(range(6)), 1, 1)


def thinking_aloud(answer: dict[str, Any], *_: Any) -> dict[str, Any]:
    empty(answer)
    choice(answer)["message"]["content"] = "<think>\nLet me see, [4] may be"
    return answer


def test_likelihoods_of_a_model_that_thinks_first_are_none() -> None:
    def change(answer: dict[str, Any], *_: Any) -> dict[str, Any]:
        choice(answer)["logprobs"] = {"content": [{"token": "<think>", "logprob": -1e-4}]}
        return answer

    server = ChatServer(change=after_the_first(change))
    with pytest.raises(InvalidError, match="thinks before it answers"):
        ranked(server, worths(6), *EACH["first"])


@pytest.mark.parametrize("change", [thinking, thinking_aloud])
def test_a_thought_that_leaves_no_room_says_so(change: Any) -> None:
    server = ChatServer(change=after_the_first(change))
    with pytest.raises(InvalidError, match="its thought leaves no room for an answer") as error:
        ranked(server, worths(6), *EACH["listwise"])
    assert "answer_tokens=" in error.value.fix


@pytest.mark.parametrize(
    "options", [("protocol=rank-r1",), (*EACH["listwise"], "answer_tokens=500")]
)
def test_a_thought_that_was_given_room_is_repaired(options: tuple[str, ...]) -> None:
    server = ChatServer(change=after_the_first(thinking))
    end, effort = ranked(server, worths(6), *options)
    assert end.repairs == effort.calls > 0
    assert {body["max_tokens"] for body in server.questions} <= {500, 2048}


def test_usage_that_is_missing_is_said() -> None:
    def change(answer: dict[str, Any], *_: Any) -> dict[str, Any]:
        return {name: value for name, value in answer.items() if name != "usage"}

    server = ChatServer(change=change)
    with loaded(server, *EACH["listwise"]) as model:
        assert model.resolved["usage"] == "not told"
    _, effort = ranked(server, worths(6), *EACH["listwise"])
    assert (effort.prompt_tokens, effort.completion_tokens) == (0, 0)


@pytest.mark.parametrize(
    "body",
    [{"error": {"message": "provider is overloaded", "code": 502}}, {"error": "overloaded"},
     {"object": "error", "message": "overloaded"}, {"error": {"code": 3}, "choices": []}],
)  # fmt: skip
def test_an_error_with_status_200_is_an_error(body: dict[str, Any]) -> None:
    server = ChatServer(change=after_the_first(lambda *_: body))
    with pytest.raises(IncompleteError, match="answered with an error: ") as error:
        ranked(server, worths(), *EACH["listwise"])
    assert "Finished parts are kept" in error.value.fix


@pytest.mark.parametrize("status", [401, 404, 500, 400, 422])
def test_refusals_are_one_line(status: int) -> None:
    server = ChatServer(change=after_the_first(lambda *_: Said(b"no [1] > [2]", status)))
    with pytest.raises(MarginBenchError, match=f"answered {status}: 'no"):
        ranked(server, worths(), *EACH["listwise"])


def test_busy_and_breaking_servers_are_asked_again() -> None:
    def change(answer: dict[str, Any], body: dict[str, Any], number: int) -> Any:
        if number % 3 == 1:
            return Said(b"wait", 429, {"Retry-After": "0"})
        return Said(answer, cut=20) if number % 3 == 2 else answer

    server = ChatServer(change=change)
    end, effort = ranked(server, worths(), *EACH["listwise"], "retries=3", "concurrency=1")
    assert end.order == known("listwise", worths())[0].order
    assert effort.calls == 3
    assert len(server.questions) == 9


def test_a_hanging_server_runs_out_of_time() -> None:
    server = ChatServer(change=after_the_first(lambda answer, *_: Said(answer, wait=3)))
    with pytest.raises(IncompleteError, match="gave no whole answer within"):
        ranked(server, worths(6), *EACH["listwise"], "timeout=0.3")


def test_a_system_message_that_is_refused_goes_before_the_users() -> None:
    def change(answer: dict[str, Any], body: dict[str, Any], number: int) -> Any:
        if body["messages"][0]["role"] == "system":
            return Said({"error": {"message": "System role not supported"}}, 400)
        return answer

    server = ChatServer(change=change)
    end, _ = ranked(server, worths(), *EACH["listwise"])
    assert end.order == known("listwise", worths())[0].order
    assert [len(body["messages"]) for body in server.asked] == [2, 1, 1, 1, 1]
    for body in server.questions:
        assert body["messages"][0]["content"].startswith("You are RankLLM")
    with loaded(server, *EACH["listwise"]) as model:
        assert model.resolved["system_message"] == "put before the first message of the user"


TOO_LONG = {
    "vllm": "This model's maximum context length is 4096 tokens. However, you requested 5000",
    "openai": "Your input exceeds the context window of this model.",
    "llama.cpp": "request (9412 tokens) exceeds the available context size (8192 tokens), try",
    "sglang": "The input (6000 tokens) is longer than the model's context length (4096 tokens).",
    "code": {"message": "no", "code": "context_length_exceeded"},
    "type": {"message": "no", "type": "exceed_context_size_error"},
    "anthropic": "prompt is too long: 210000 tokens > 200000 maximum",
}


@pytest.mark.parametrize("status", [400, 413, 422, 200])
@pytest.mark.parametrize("name", TOO_LONG)
def test_prompts_that_are_too_long_lose_words_by_the_rule(name: str, status: int) -> None:
    said = TOO_LONG[name]
    texts = [f"text of worth {n} " + "word " * 96 for n in range(5)]
    lengths: list[int] = []

    def change(answer: dict[str, Any], body: dict[str, Any], number: int) -> Any:
        if "worth" not in str(body["messages"]):
            return answer
        lengths.append(str(body["messages"]).count("word"))
        error = said if isinstance(said, dict) else {"message": said}
        return Said({"error": error}, status) if lengths[-1] > 300 else answer

    server = ChatServer(change=change)
    end, effort = ranked(server, texts, *EACH["listwise"], "passage_words=0")
    assert end.order == (4, 3, 2, 1, 0)
    # 100 words, 75, 56: of each passage four are others.
    assert [round(length / 5) for length in lengths] == [96, 71, 52]
    assert (effort.calls, effort.shortened) == (1, 2)


def test_only_the_prompts_that_are_too_long_are_cut() -> None:
    texts = ["worth 1 " + "word " * 200, *(f"worth {n} short" for n in range(2, 6))]
    server = ChatServer(context=150)
    ranked(server, texts, "protocol=pairwise", "sort=all", "passage_words=0")
    asked = [str(body["messages"]) for body in server.questions]
    for text in asked:
        assert ("word" in text) == ("worth 1 " in text)
    # 202 words of the long one; the other ones have three.
    assert {text.count("word") for text in asked if "worth 1 " in text} == {200, 149, 111}


def test_a_query_that_never_fits_is_one_line() -> None:
    with pytest.raises(InvalidError, match="one word of each passage is longer"):
        ranked(ChatServer(context=30), worths(6), *EACH["listwise"])


def test_documents_of_yes_no_are_cut_too() -> None:
    texts = [f"text of worth {n} " + "word " * 96 for n in (20, 30)]
    server = ChatServer(context=100)
    end, _ = ranked(server, texts, "protocol=yes-no")
    assert end.scores == pytest.approx([20 / 8, 30 / 8], abs=1e-9)
    sizes = [str(body["messages"]).count("word") for body in server.questions]
    assert sorted(sizes) == [71, 71, 96, 96]  # of 100 words, and of 75


def test_yes_no_stops_where_neither_word_is_likely() -> None:
    def change(answer: dict[str, Any], *_: Any) -> dict[str, Any]:
        told = {"token": "Well", "logprob": -0.001, "top_logprobs": []}
        choice(answer)["logprobs"] = {"content": [told]}
        return answer

    with pytest.raises(InvalidError, match="neither 'Yes' nor 'No' is among the likely answers"):
        ranked(ChatServer(change=after_the_first(change)), worths(3), "protocol=yes-no")
