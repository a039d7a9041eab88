"""``chat-api`` through the command line: what a run tells, and that a server may die under it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from harness.cli import run
from harness.records.record import Record, read_record
from tests.adapters.served.chat_server import ChatServer
from tests.adapters.served.conftest import WORTHY, Evaluate, options
from tests.adapters.served.scripted import Said, scripted

LISTWISE = options("protocol=listwise", "retries=0")


def record_in(out: Path) -> Record:
    (path,) = out.rglob("record.json")
    return read_record(path)


def ndcg(record: Record) -> float | None:
    return next(metric.value for metric in record.metrics if metric.name == "nDCG@10")


CALLS = {
    "listwise": 3, "first": 3, "setwise": 3 * 12, "pairwise": None, "rank-r1": None, "yes-no": 36,
}  # fmt: skip


@pytest.mark.parametrize("protocol", CALLS)
def test_every_protocol_makes_a_record(
    protocol: str, ask: Evaluate, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    server = ChatServer("vllm")
    with scripted(server) as at:
        assert ask(at.url, *options(f"protocol={protocol}", "price=2"), "--limit", "3") == 0
    record = record_in(tmp_path / "runs")
    assert ndcg(record) == 1.0
    model = record.model
    assert (model.adapter, model.name, model.capability) == ("chat-api", "tiny", "asking")
    assert model.options["protocol"] == protocol
    assert model.details["server"] == {"root": "org/tiny", "owned_by": "vllm", "version": "0.19.2"}
    assert "up to it" in str(model.details["decoding"])
    assert not model.scores_compare_across_queries
    assert record.run is not None
    effort = record.run.effort
    assert effort is not None
    assert effort.requests is not None
    assert effort.requests.answered == effort.calls
    assert CALLS[protocol] in (None, effort.calls) or protocol == "setwise"
    assert effort.requests.cost == pytest.approx(
        2e-6 * ((effort.prompt_tokens or 0) + (effort.completion_tokens or 0))
    )
    table = pq.read_table(next((tmp_path / "runs").rglob("effort.parquet"))).to_pydict()
    assert sum(table["prompt_tokens"]) == effort.prompt_tokens
    assert table["unseen"] == table["shortened"] == [0, 0, 0]
    assert run(["show", str(tmp_path / "runs")]) == 0
    shown = " ".join(capfd.readouterr().out.split())
    assert f"asked: {effort.calls / 3:,.1f} questions" in shown
    assert f"requests: {effort.calls:,} answered, 0 times asked again" in shown


BYTES = ("predictions.parquet", "groups.parquet", "effort.parquet")


def bytes_of(out: Path) -> dict[str, bytes]:
    return {name: path.read_bytes() for name in BYTES for path in out.rglob(name)}


def test_a_server_that_dies_is_gone_on_with_and_gives_the_same_bytes(
    ask: Evaluate, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    dead: list[int] = [1]

    def dies(answer: dict[str, Any], body: dict[str, Any], number: int) -> Any:
        return Said(answer, cut=0) if dead and number > 50 else answer

    server = ChatServer(change=dies)
    with scripted(server) as at:
        assert ask(at.url, *LISTWISE, out="died") == 3
        said = capfd.readouterr().err.strip().splitlines()[-1]
        assert "could not be reached or broke off" in said
        parts = [path for path in (tmp_path / "died").rglob("*.npy") if "spent" not in path.name]
        assert len(parts) == 1
        dead.clear()
        server.asked.clear()
        assert ask(at.url, *LISTWISE, out="died") == 0
        again = len(server.questions)
        assert ask(at.url, *LISTWISE, out="whole") == 0
    assert bytes_of(tmp_path / "died") == bytes_of(tmp_path / "whole")
    assert set(bytes_of(tmp_path / "whole")) == set(BYTES)
    ours, theirs = record_in(tmp_path / "died").run, record_in(tmp_path / "whole").run
    assert ours is not None
    assert theirs is not None
    assert ours.attempts == 2
    assert ours.effort is not None
    assert theirs.effort is not None
    assert ours.effort.calls == theirs.effort.calls == WORTHY
    assert again < WORTHY + 17  # those of the part that was there are not asked, 16 are timed


def test_another_model_is_not_gone_on_with(
    ask: Evaluate, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    def changes(answer: dict[str, Any], body: dict[str, Any], number: int) -> Any:
        return {**answer, "model": "tiny-2"} if number > 20 else answer

    with scripted(ChatServer(change=changes)) as at:
        assert ask(at.url, *LISTWISE) == 1
    said = capfd.readouterr().err.strip().splitlines()[-1]
    assert "answered first as 'tiny', and now as 'tiny-2'" in said
    assert not list(tmp_path.rglob("record.json"))


def test_what_is_asked_is_who_it_is_and_how_it_is_asked_is_not(
    ask: Evaluate, tmp_path: Path
) -> None:
    few = ("--limit", "2")
    server = ChatServer()
    with scripted(server) as at:
        assert ask(at.url, *LISTWISE, *few) == 0
        first = len(server.questions)
        same = options("protocol=listwise", "timeout=9", "concurrency=2", "model=tiny", "price=1")
        assert ask(f"{at.url}/v1", *same, *few) == 0
        assert ask(f"{at.url}/v1/chat/completions", *same, *few) == 0
        assert len(server.questions) == first
        for further in ("window=15", "prompt=rankgpt", 'extra={"top_p": 0.5}', "answer_tokens=99"):
            before = len(list((tmp_path / "runs").rglob("record.json")))
            assert ask(at.url, *LISTWISE, *options(further), *few) == 0
            assert len(list((tmp_path / "runs").rglob("record.json"))) == before + 1


def test_what_is_unlike_the_asked_is_counted_and_told(
    ask: Evaluate, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    def change(answer: dict[str, Any], *_: Any) -> dict[str, Any]:
        return {name: value for name, value in answer.items() if name != "usage"}

    server = ChatServer("llamacpp", top=5, change=change)
    few = ("--limit", "2")
    first = options("protocol=first", "window=12", "step=6", "passage_words=6")
    with scripted(server) as at:
        assert ask(at.url, *first, *few) == 0
    record = record_in(tmp_path / "runs")
    assert record.run is not None
    effort = record.run.effort
    assert effort is not None
    assert effort.requests is not None
    assert (effort.prompt_tokens, effort.completion_tokens) == (None, None)
    assert (effort.requests.unseen, effort.requests.shortened) == (14, 0)
    table = pq.read_table(next((tmp_path / "runs").rglob("effort.parquet"))).to_pydict()
    assert table["prompt_tokens"] == [None, None]
    assert table["unseen"] == [7, 7]
    assert record.model.details["usage"] == "not told"
    assert run(["show", str(tmp_path / "runs")]) == 0
    assert "14 labels not among the likeliest tokens" in " ".join(capfd.readouterr().out.split())


KEY = "sk-chat/very+secret=7"


def test_a_key_stands_nowhere(
    ask: Evaluate,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("CHAT_KEY", KEY)

    def repeats(answer: dict[str, Any], body: dict[str, Any], number: int) -> Any:
        if number > 30:
            return Said({"error": {"message": f"the key {KEY} has no money left"}})
        return {**answer, "model": f"tiny of {KEY}"}

    with scripted(ChatServer(change=repeats, models=("tiny",))) as at:
        assert ask(at.url, *LISTWISE, *options("key=CHAT_KEY"), "--limit", "2") == 0
        assert ask(at.url, *LISTWISE, *options("key=CHAT_KEY"), out="fails") == 3
        assert all(headers["authorization"] == f"Bearer {KEY}" for _, _, headers in at.seen)
    told = capfd.readouterr()
    assert KEY not in told.out + told.err
    assert "the key (key) has no money left" in told.err
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or KEY.encode() not in path.read_bytes()
    assert record_in(tmp_path / "runs").model.details["answers_as"] == "tiny of (key)"
