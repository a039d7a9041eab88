"""Every line of the table of servers is run, against a server that speaks its dialect."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from harness.adapters import adapters
from harness.adapters.served.dialects import DIALECTS
from harness.records.record import read_record
from tests.adapters.served.conftest import Evaluate
from tests.adapters.served.running import running

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "serve.md").read_text(encoding="utf-8")
TABLE = PAGE.partition("<!-- served:start -->")[2].partition("<!-- served:end -->")[0]
LINES = [
    [cell.strip() for cell in line.strip("|").split("|")] for line in TABLE.strip().splitlines()[2:]
]
KINDS = {
    "text-embeddings-inference": "tei", "Infinity": "infinity", "vLLM, `/rerank`": "vllm",
    "vLLM, `/score`": "vllm", "llama.cpp": "llama-cpp", "Cohere": "cohere", "Jina": "jina",
    "Voyage": "voyage", "OpenAI’s embeddings": "openai",
    "TEI, vLLM, llama.cpp, embeddings": "vllm", "Infinity, embeddings": "infinity",
}  # fmt: skip
SCORES = {"raw": "raw", "0 to 1": "0 to 1", "its own": "as the server gives them", "the cosine": ""}


@pytest.mark.parametrize("line", LINES, ids=[line[0] for line in LINES])
def test_a_line_runs(line: list[str], evaluate: Evaluate, tmp_path: Path) -> None:
    server, example, scores = line
    _, model, *further = shlex.split(example.strip("`"))
    name, _, url = model.partition(":")
    kind = KINDS[server]
    named = [word for word in further if word.startswith("model=")]
    switches = ["--model", named[0].partition("=")[2]] if named else []
    if url.startswith("https://"):  # the host tells the dialect, and this one is another
        hosts = {host: dialect.name for dialect in DIALECTS.values() for host in dialect.hosts}
        dialect = hosts.get(url.removeprefix("https://"))
        further += ["--option", f"dialect={dialect}"] if dialect else []
    with running("--kind", kind, *switches) as at:
        assert evaluate(f"{name}:{at.url}", *further, "--limit", "2") == 0
    (path,) = (tmp_path / "runs").rglob("record.json")
    record = read_record(path)
    assert record.model.adapter == name
    assert str(record.model.details.get("scores", "")).startswith(SCORES[scores])
    assert bool(SCORES[scores]) == (name == "rerank-api")


def test_every_dialect_and_every_option_is_on_the_page() -> None:
    options = set(re.findall(r"`([a-z_]+)`", PAGE))
    for name in ("rerank-api", "embeddings-api"):
        assert set(adapters().get(name).options) <= options
    assert set(DIALECTS) <= set(re.findall(r"`([a-z-]+)`", PAGE))


def test_hosted_servers_are_known_by_their_address() -> None:
    shown = set(re.findall(r"https://([a-z.]+)", TABLE)) - {"api.openai.com"}
    assert shown <= {host for dialect in DIALECTS.values() for host in dialect.hosts}
