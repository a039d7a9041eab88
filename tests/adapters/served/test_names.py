"""Names that a server gives its model: any text, in a record and a terminal only what is plain."""

from __future__ import annotations

import json
from typing import Any

import pytest

from harness.adapters.base import ModelIdentity
from harness.adapters.served.client import Server
from harness.adapters.served.dialects import TEI_INFO
from harness.adapters.served.identity import Listing, asked_identity, identity_of
from tests.adapters.served.conftest import Evaluate, options
from tests.adapters.served.scripted import Said, scripted


def identified(pages: dict[str, Any]) -> ModelIdentity:
    with scripted(lambda path, body: Said(pages[path]) if path in pages else Said(b"", 404)) as at:
        server = Server(at.url)
        served = asked_identity(server, [TEI_INFO], Listing("/v1/models"), "")
        return identity_of(served, server, dialect="tei", told={})


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("org/\x1b[31mred\u202e\x07", "[31mred"), ("C:\\Users\\me\\model", "model"),
        ("\\\\server\\share\\model", "model"), ("../runs/model/", "model"),
        ("file:///home/me/model", "model"), ("org/model", "model"), ("a" * 5000, "a" * 200),
    ],
)  # fmt: skip
def test_a_name_is_shown_short_printable_and_without_folders(name: str, shown: str) -> None:
    found = identified({"/v1/models": {"data": [{"id": name}]}})
    assert found.name == shown
    assert str(found.details["served_model"]).removeprefix("org/") == shown


@pytest.mark.parametrize("name", ["", "   ", "///", "\x01\x02", "\u202e"])
def test_a_name_of_nothing_is_the_address(name: str) -> None:
    assert identified({"/info": {"model_id": name}}).name.startswith("127.0.0.1:")


@pytest.mark.parametrize("commit", ["", "main", "<b>", "v1.0", "a" * 65, 5, None, "A" * 40])
def test_what_is_no_commit_does_not_stand_for_the_weights(commit: object) -> None:
    """Else two servers of one name would be one model."""
    pages = {"/info": {"model_id": "m", "model_sha": commit}}
    one, other = identified(pages), identified(pages)
    assert one.revision is None
    assert one.digest != other.digest  # their ports are others
    pages["/info"]["model_sha"] = "a" * 40
    one, other = identified(pages), identified(pages)
    assert one.revision == "a" * 40
    assert one.digest == other.digest


def test_no_control_character_of_a_server_reaches_the_terminal(
    evaluate: Evaluate, capfd: pytest.CaptureFixture[str]
) -> None:
    def answer(path: str, body: Any) -> Said:
        if path == "/v1/models":
            return Said({"data": [{"id": "ex/\x1b[31mred\u202e"}]})
        if body is None:
            return Said(b"", 404)
        rows = [{"index": n, "embedding": [len(text), 1.0]} for n, text in enumerate(body["input"])]
        return Said({"data": rows})

    with scripted(answer) as at:
        assert evaluate(f"embeddings-api:{at.url}", *options("encoding=float")) == 0
    said = "".join(capfd.readouterr())
    assert "[31mred" in said
    assert not [sign for sign in said if not sign.isprintable() and sign != "\n"]


def test_vectors_that_change_their_length_are_told_in_one_line(
    evaluate: Evaluate, capfd: pytest.CaptureFixture[str]
) -> None:
    def answer(path: str, body: Any) -> Said:
        if body is None:
            return Said({"data": [{"id": "e"}]} if path == "/v1/models" else b"", 200)
        size = 3 if any(text.endswith(" 7") for text in body["input"]) else 2
        rows = [{"index": n, "embedding": [1.0] * size} for n in range(len(body["input"]))]
        return Said(json.dumps({"data": rows}).encode())

    with scripted(answer) as at:
        assert evaluate(f"embeddings-api:{at.url}", *options("batch=1"), "--batch-items", "1") == 1
    said = capfd.readouterr().err.strip().splitlines()
    assert "the model's answers are not of one length: 2 and 3 numbers" in said[-1]
