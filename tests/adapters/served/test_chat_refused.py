"""What cannot be asked is refused in one line, most of it before a server is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.adapters import adapters
from harness.adapters.asking.in_step import in_step
from harness.adapters.language.adapters import PROTOCOLS
from harness.adapters.options import parse_options
from harness.adapters.served.chat.dialects import DIALECTS, dialect_of
from harness.adapters.served.chat.identity import answerer
from harness.adapters.served.chat.options import settled
from harness.errors import IncompleteError, MarginBenchError, UsageError
from tests.adapters.served.chat_server import ChatServer
from tests.adapters.served.scripted import Said, scripted

ADAPTER = adapters().get("chat-api")
NOBODY = "http://127.0.0.1:9"


def told(url: str, *options: str) -> str:
    with pytest.raises(UsageError) as error:
        ADAPTER.identify(url, parse_options(ADAPTER, options))
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "chat-api needs a protocol. --option protocol=listwise. Known: "),
        (["protocol=listwyse"], "unknown protocol 'listwyse'. Did you mean 'listwise'?"),
        (["protocol=query-likelihood"], "unknown protocol 'query-likelihood'"),
        (["protocol=listwise", "sort=heap"], "the protocol listwise has no option sort. Its own"),
        (["protocol=yes-no", "window=5", "top=3"], "the protocol yes-no has no option top, window"),
        (["protocol=setwise", "seed=3"], "the protocol setwise has no option seed"),
        (["protocol=setwise", "sort=all"], "unknown sort 'all'"),
        (["protocol=pairwise", "read=mind"], "unknown read 'mind'"),
        (["protocol=listwise", "window=1"], "a window of 1 passages"),
        (["protocol=first", "window=27"], "only 26 letters"),
        (["protocol=first", "prompt=rankzephyr"], "only the numbers 1 to 9"),
        (["protocol=listwise", "prompt=setwyse"], "there is no prompt 'setwyse'"),
        (["protocol=yes-no", "prompt=qwen3-reranker"], "brings control tokens of its own"),
        (["protocol=yes-no", "prompt=bge-gemma"], "brings control tokens of its own"),
        (["protocol=listwise", "answer_tokens=0"], "answer_tokens=0. Give 1 or more"),
        (["protocol=rank-r1", "answer_tokens=-1"], "answer_tokens=-1. Give 1 or more"),
        (["protocol=listwise", "dialect=vlm"], "no such kind of server. Did you mean 'vllm'?"),
        (["protocol=listwise", "tokens_field=n"], "unknown tokens_field 'n'"),
        (["protocol=first", "top_logprobs=1"], "top_logprobs=1. Give 2 to 1000"),
        (["protocol=listwise", "extra={"], "--option extra is no JSON"),
        (["protocol=listwise", "extra=[1]"], "--option extra is list"),
        (["protocol=listwise", 'extra={"a": NaN}'], "--option extra is no JSON"),
        (["protocol=listwise", 'extra={"model": "x"}'], "extra names model, which is set by the"),
        (["protocol=listwise", 'extra={"messages": []}'], "extra names messages"),
        (["protocol=listwise", "timeout=0"], "timeout=0"),
        (["protocol=listwise", "colour=red"], "has no option 'colour'"),
    ],
)  # fmt: skip
def test_options_that_do_not_fit(options: list[str], said: str) -> None:
    assert said in told(NOBODY, *options)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("", "no address of a server"),
        ("localhost:8000", "no address of a server"),
        ("http://example.com/v1", "is another machine"),
        ("https://user:word@example.com", "holds a user or a password"),
        ("https://example.com/v1?key=abc", "holds a query"),
    ],
)
def test_addresses_that_are_none(url: str, said: str) -> None:
    assert said in told(url, "protocol=listwise")


def test_a_server_that_is_not_there() -> None:
    with pytest.raises(IncompleteError, match="could not be reached"):
        ADAPTER.identify(NOBODY, parse_options(ADAPTER, ["protocol=listwise", "retries=0"]))


def identified(server: ChatServer, *options: str, path: str = "") -> Any:
    with scripted(server) as at:
        given = parse_options(ADAPTER, ["protocol=listwise", "retries=0", *options])
        return answerer(at.url + path, given)


def test_which_model_is_meant() -> None:
    assert identified(ChatServer(models=("one",))).model == "one"
    assert identified(ChatServer(models=("one", "two")), "model=two").model == "two"
    # Servers may load what they do not list.
    assert identified(ChatServer(models=("one",)), "model=org/other").model == "org/other"
    with pytest.raises(UsageError, match=r"serves 2 models. .*--option model=NAME"):
        identified(ChatServer(models=("one", "two")))
    with pytest.raises(UsageError, match="has to be told which model"):
        identified(ChatServer(models=()))


def test_a_name_that_the_server_does_not_know_is_its_own_line() -> None:
    def change(answer: dict[str, Any], body: dict[str, Any], number: int) -> Any:
        return Said({"error": {"message": "The model `twoo` does not exist."}}, 404)

    with scripted(ChatServer(change=change)) as at:
        options = parse_options(ADAPTER, ["protocol=listwise", "model=twoo"])
        with pytest.raises(MarginBenchError, match=r"answered 404: .* does not exist"):
            ADAPTER.load(at.url, device="cpu", dtype="float32", **options)


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [("vllm", "vllm"), ("sglang", "sglang"), ("llamacpp", "llama-cpp"), ("openai", "openai"),
     ("library", "openai"), ("", "openai")],
)  # fmt: skip
def test_a_server_says_what_it_is(kind: str, wanted: str) -> None:
    assert identified(ChatServer(kind)).dialect.name == wanted
    assert identified(ChatServer(kind), "dialect=transformers").dialect.name == "transformers"


def test_who_answers_is_who_it_is() -> None:
    digests = [
        identified(server, *options).identity.digest
        for server, options in (
            (ChatServer("vllm"), ()),
            (ChatServer("sglang"), ()),
            (ChatServer("vllm", models=("other",)), ()),
            (ChatServer("vllm"), ("prompt=rankgpt",)),
        )
    ]
    assert len(set(digests)) == 4
    with scripted(ChatServer("vllm")) as at:
        options = parse_options(ADAPTER, ["protocol=listwise"])
        twice = [ADAPTER.identify(at.url, options).digest for _ in range(2)]
        assert twice[0] == twice[1]  # the list of models says another time of creation


def test_a_gateway_has_a_path_of_its_own() -> None:
    seen: list[str] = []

    def answer(path: str, body: Any) -> Said:
        seen.append(path)
        return Said({"data": [{"id": "one"}]})

    with scripted(answer) as at:
        options = parse_options(ADAPTER, ["protocol=listwise"])
        found = answerer(f"{at.url}/v1beta/openai", options)
    assert (found.completions, seen) == ("/chat/completions", ["/v1beta/openai/models"] * 2)


def test_options_of_a_protocol_are_its_own_with_its_own_defaults() -> None:
    for name, protocol in PROTOCOLS.items():
        own = settled(parse_options(ADAPTER, [f"protocol={name}"]))
        assert own == {key: option.default for key, option in protocol.options.items()}
    assert settled(parse_options(ADAPTER, ["protocol=rank-r1", "children=3"]))["children"] == 3


def test_a_prompt_belongs_to_who_a_model_is(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text('[[message]]\nrole = "user"\ntext = "{query} {documents}"\n')
    found = identified(ChatServer(), f"prompt={path}")
    assert len(str(found.identity.details["prompt_sha256"])) == 64


def test_every_kind_of_server_is_known_by_its_name() -> None:
    assert all(dialect_of(name, "").name == name for name in DIALECTS)


def test_nothing_is_asked_of_an_empty_list() -> None:
    server = ChatServer()
    with scripted(server) as at:
        for protocol in PROTOCOLS:
            options = parse_options(ADAPTER, [f"protocol={protocol}"])
            model = ADAPTER.load(at.url, device="cpu", dtype="float32", **options)
            ((ranked, effort),) = in_step([model.asking("q", [])], model.answer)
            assert (ranked.order, effort.calls) == ((), 0)
    assert not server.questions
