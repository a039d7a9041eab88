"""``judge-api`` through the command line, against servers of several kinds."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.cli import run
from harness.records.record import Record, read_record
from tests.adapters.served.chat_server import ChatServer
from tests.adapters.served.conftest import options
from tests.adapters.served.scripted import Said, scripted

PAIRS = 6
Change = Callable[[dict[str, Any], dict[str, Any], int], Said | dict[str, Any]]


def said(answer: dict[str, Any], text: str | None, **more: Any) -> dict[str, Any]:
    """The answer with another text."""
    choice = answer["choices"][0]
    message = {"role": "assistant", "content": text, **more.pop("message", {})}
    return {**answer, "choices": [{**choice, "message": message, **more}]}


def better(body: dict[str, Any]) -> str:
    """Which of the two answers says that it is good."""
    (shown,) = [one["content"] for one in body["messages"] if one["role"] == "user"]
    return "A" if shown.find("good") < shown.find("bad") else "B"


def knows(answer: dict[str, Any], body: dict[str, Any], number: int) -> dict[str, Any]:
    return said(answer, f"Well: [[{better(body)}]]") if "good" in str(body) else answer


Judge = Callable[..., int]


@pytest.fixture
def judge(tmp_path: Path) -> Judge:
    rows = [{"id": str(n), "prompt": f"p{n}", "chosen": "good", "rejected": "bad"}
            for n in range(PAIRS)]  # fmt: skip
    data = tmp_path / "pairs.jsonl"
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))

    def go(url: str, *further: str, task: str = "preference/both-orders") -> int:
        return run(["evaluate", "--model", f"judge-api:{url}", "--task", task, "--data", str(data),
                    "--out", str(tmp_path / "runs"), *further])  # fmt: skip

    return go


def record_in(out: Path) -> Record:
    (path,) = out.rglob("record.json")
    return read_record(path)


def values_of(record: Record) -> dict[str, float | None]:
    return {metric.name: metric.value for metric in record.metrics}


@pytest.mark.parametrize("kind", ["vllm", "llamacpp", "openai"])
def test_both_orders_are_asked_and_read(kind: str, judge: Judge, tmp_path: Path) -> None:
    server = ChatServer(kind, change=knows)
    with scripted(server) as at:
        assert judge(at.url, *options("price=2")) == 0
    record = record_in(tmp_path / "runs")
    values = values_of(record)
    assert (values["right in both orders"], values["unparsed"], values["first"]) == (1.0, 0.0, 0.5)
    asked = [body for body in server.asked if "good" in str(body)]
    shown = {body["messages"][-1]["content"] for body in asked}
    assert len(shown) == 2 * PAIRS
    assert {(body["temperature"], body["seed"], body["max_tokens"]) for body in asked} == {
        (0, 0, 32)
    }
    details = record.model.details
    assert (details["temperature"], details["seed"], details["prompt"]) == (0, 0, "verdict")
    assert "unfinished_answers" not in details
    assert record.run is not None
    assert record.run.effort is not None
    assert record.run.effort.requests is not None
    assert record.run.effort.calls == record.run.effort.requests.answered == 2 * PAIRS
    assert record.run.effort.requests.cost is not None


UNPARSED: dict[str, tuple[Change, int]] = {
    "says nothing": (lambda answer, body, number: said(answer, ""), 0),
    "says null": (lambda answer, body, number: said(answer, None), 0),
    "says A among other words": (lambda answer, body, number: said(answer, "A, I think"), 0),
    "runs out of tokens": (
        lambda answer, body, number: said(answer, "[[A]] as", finish_reason="length"), 2 * PAIRS),
    "thinks to the end": (
        lambda answer, body, number: said(
            answer, None, finish_reason="length", message={"reasoning_content": "[[A]]"}),
        2 * PAIRS),
    "thinks without an end": (lambda answer, body, number: said(answer, "<think>[[A]]"), 0),
}  # fmt: skip


@pytest.mark.parametrize("case", UNPARSED)
def test_no_verdict_is_counted_and_wrong(case: str, judge: Judge, tmp_path: Path) -> None:
    change, unfinished = UNPARSED[case]
    with scripted(ChatServer("vllm", change=change)) as at:
        assert judge(at.url) == 0
    record = record_in(tmp_path / "runs")
    values = values_of(record)
    assert (values["unparsed"], values["agreement"], values["right in both orders"]) == (1, 0, 0)
    assert record.model.details.get("unfinished_answers", 0) == unfinished


def test_a_model_that_thinks_apart_is_read_by_what_it_says(judge: Judge, tmp_path: Path) -> None:
    def thinks(answer: dict[str, Any], body: dict[str, Any], number: int) -> dict[str, Any]:
        assert body["chat_template_kwargs"] == {"enable_thinking": True}
        told = {"reasoning_content": "[[A]] [[B]] [[C]]"}
        return said(answer, f"[[{better(body)}]]", message=told)

    with scripted(ChatServer("vllm", change=thinks)) as at:
        given = options("thinking=true", "prompt=reasons", 'extra={"temperature": null}')
        assert judge(at.url, *given) == 0
    record = record_in(tmp_path / "runs")
    assert values_of(record)["right in both orders"] == 1.0
    assert record.model.details["temperature"] == "left to the server"
    assert record.model.details["thinking"] == "on"
    assert record.model.details["answer_tokens"] == 1024


def test_likelihoods_of_labels(judge: Judge, tmp_path: Path) -> None:
    def likely(answer: dict[str, Any], body: dict[str, Any], number: int) -> dict[str, Any]:
        if "good" not in str(body):
            return answer
        assert body["messages"][-1] == {"role": "assistant", "content": "[["}
        worth = {better(body): -0.1, "C": -4.0}
        top = [{"token": token, "logprob": value} for token, value in worth.items()]
        told = {"content": [{**top[0], "top_logprobs": top}]}
        return said(answer, better(body), logprobs=told)

    with scripted(ChatServer("vllm", change=likely)) as at:
        assert judge(at.url, *options("read=likelihood")) == 0
    assert values_of(record_in(tmp_path / "runs"))["right in both orders"] == 1.0


def test_without_likelihoods_one_line_says_so(
    judge: Judge, capfd: pytest.CaptureFixture[str]
) -> None:
    with scripted(ChatServer("openai", likelihoods=False)) as at:
        assert judge(at.url, *options("read=likelihood")) == 2
    assert "read=answer" in capfd.readouterr().err


def test_a_prompt_that_is_too_long_is_named(
    judge: Judge, capfd: pytest.CaptureFixture[str]
) -> None:
    with scripted(ChatServer("vllm", context=40)) as at:
        assert judge(at.url) == 1
    assert "longer than what the server's model takes" in capfd.readouterr().err


def test_a_judge_scores_nothing_and_a_ranker_judges_nothing(
    judge: Judge, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with scripted(ChatServer("vllm", change=knows)) as at:
        assert judge(at.url, task="preference/folder") == 2
    assert "this one has judge_texts" in capfd.readouterr().err


PAGE = Path(__file__).resolve().parents[3] / "docs" / "preference-models.md"


def test_the_line_of_the_page_runs(judge: Judge, tmp_path: Path) -> None:
    (line,) = [one for one in PAGE.read_text().splitlines() if one.endswith("| `[served]` |")]
    _, model, _, task = shlex.split(line.split("|")[2].strip().strip("`"))
    assert model.startswith("judge-api:http://127.0.0.1")
    with scripted(ChatServer("vllm", change=knows)) as at:
        assert judge(at.url, task=task) == 0
