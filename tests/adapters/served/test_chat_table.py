"""Every line of the table of servers of chat completions is run, against one of its kind."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from harness.adapters import adapters
from harness.adapters.language.adapters import PROTOCOLS
from harness.adapters.served.chat.dialects import DIALECTS
from harness.records.record import read_record
from tests.adapters.served.chat_server import ChatServer
from tests.adapters.served.conftest import Evaluate
from tests.adapters.served.scripted import scripted

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "chat.md").read_text(encoding="utf-8")
TABLE = PAGE.partition("<!-- chat:start -->")[2].partition("<!-- chat:end -->")[0]
LINES = [
    [cell.strip() for cell in line.strip("|").split("|")] for line in TABLE.strip().splitlines()[2:]
]
RERANKERS = (ROOT / "docs" / "add-a-model.md").read_text(encoding="utf-8")
OWNERS = {"vLLM": "vllm", "SGLang": "sglang", "llama.cpp": "llamacpp", "OpenAI": "openai",
          "transformers serve": "local", "any other": "somebody"}  # fmt: skip
TOLD = {"of the labels themselves": "of named tokens", "of the 20 likeliest": "of the 20 likeliest"}
BEGUN = {"yes": "gone on from by the server", "no": "left out"}


@pytest.mark.parametrize("line", LINES, ids=[f"{n} {line[0]}" for n, line in enumerate(LINES)])
def test_a_line_runs(line: list[str], ask: Evaluate, tmp_path: Path) -> None:
    name, example, likelihoods, begun = line
    _, model, *further = shlex.split(example.strip("`"))
    adapter = model.partition(":")[0]
    named = [word.partition("=")[2] for word in further if word.startswith("model=")]
    server = ChatServer(OWNERS[name.partition(",")[0]], likelihoods=likelihoods != "none",
                        models=(*named, "tiny")[:1])  # fmt: skip
    few = ["--limit", "1", "--first-stage", str(tmp_path / "few.trec")]
    rows = [f"q{q} Q0 d{n} {n + 1} {9 - n} few" for q in range(70) for n in range(6)]
    (tmp_path / "few.trec").write_text("\n".join(rows) + "\n")
    with scripted(server) as at:
        assert ask(at.url, *further, *few) == 0
    (path,) = (tmp_path / "runs").rglob("record.json")
    assert read_record(path).model.adapter == adapter
    details = read_record(path).model.details
    assert details["beginning_of_answers"] == BEGUN[begun]
    if "likelihoods" in details:
        assert str(details["likelihoods"]).startswith(TOLD[likelihoods])
    thinks = "thinks" in name
    assert all(("temperature" in body) != thinks for body in server.asked)
    assert all(("max_completion_tokens" in body) == thinks for body in server.asked)
    used = any("logprobs" in body for body in server.asked)
    assert used <= (likelihoods != "none")


def test_the_line_among_the_rerankers_runs(ask: Evaluate, tmp_path: Path) -> None:
    (line,) = [line for line in RERANKERS.splitlines() if line.endswith("| `[served]` |")]
    _, model, *further = shlex.split(line.split("|")[2].strip().strip("`"))
    with scripted(ChatServer()) as at:
        assert ask(at.url, *further, "--limit", "1") == 0
    (path,) = (tmp_path / "runs").rglob("record.json")
    assert read_record(path).model.adapter == model.partition(":")[0] == "chat-api"


def test_every_kind_of_server_protocol_and_option_is_on_the_page() -> None:
    words = set(re.findall(r"`([a-z0-9_.-]+)`", PAGE))
    assert set(DIALECTS) | set(PROTOCOLS) <= words
    elsewhere = {"price_units"}
    assert set(adapters().get("chat-api").options) - elsewhere <= words
