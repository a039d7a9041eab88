"""``transformers serve`` as a process: a language model answers there as it does here.

``MARGINBENCH_TRANSFORMERS_SERVE`` names the Python of an environment with transformers[serving].
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.adapters import adapters
from harness.adapters.asking.in_step import in_step
from harness.adapters.options import parse_options
from tests.adapters.language.conftest import tiny_language_model, tiny_tokenizer
from tests.adapters.served.processes import Peer, executable, up

pytest.importorskip("torch", reason="language models need marginbench[llm]")
pytest.importorskip("transformers", reason="needs marginbench[llm]")
pytest.importorskip("httpx2", reason="servers need marginbench[served]")

pytestmark = pytest.mark.xdist_group("transformers_serve")  # one worker, so one server

__all__ = ["tiny_language_model", "tiny_tokenizer"]

DOCUMENTS = ("the river bank", "a loan is money", "the cat sat on the mat", "the dog", "no")


@pytest.fixture(scope="module")
def checkpoint(tiny_language_model: Callable[..., Path]) -> Path:
    return tiny_language_model(max_position_embeddings=2048)


@pytest.fixture(scope="module")
def transformers_serve(
    tmp_path_factory: pytest.TempPathFactory, checkpoint: Path
) -> Iterator[Peer]:
    python = executable("MARGINBENCH_TRANSFORMERS_SERVE", "transformers serve")
    words = [python, "-m", "transformers.cli.transformers", "serve", str(checkpoint)]
    with up(words, "/v1/models", tmp_path_factory.mktemp("transformers")) as peer:
        yield peer


def asked(model: Any, query: str) -> tuple[Any, Any, list[str]]:
    told: list[str] = []

    def answer(asks: Any) -> Any:
        replies = model.answer(asks)
        told.extend(reply.text for reply in replies)
        return replies

    ((ranked, effort),) = in_step([model.asking(query, DOCUMENTS)], answer)
    return ranked, effort, told


def test_listwise_answers_are_those_at_hand(
    transformers_serve: Peer, checkpoint: Path, tiny_tokenizer: Any
) -> None:
    here, there = adapters().get("listwise"), adapters().get("chat-api")
    local = here.load(str(checkpoint), device="cpu", dtype="float32",
                      **parse_options(here, []))  # fmt: skip
    labels = " > ".join(f"[{n}]" for n in range(1, len(DOCUMENTS) + 1))
    most = len(tiny_tokenizer.encode(labels, add_special_tokens=False)) + 1  # as it is at hand
    given = ["protocol=listwise", "dialect=transformers", f"answer_tokens={most}"]
    served = there.load(transformers_serve.url, device="cpu", dtype="float32",
                        **parse_options(there, given))  # fmt: skip
    for query in ("what is money?", "where does the cat sit?"):
        ours, theirs = asked(served, query), asked(local, query)
        assert any(theirs[2])
        assert ours[2] == theirs[2]
        assert ours[0].order == theirs[0].order
        assert ours[1].calls == theirs[1].calls
