"""The tokens that a model reads are those of the published formats, one by one.

Qwen3-Reranker: README of QwenLM/Qwen3-Embedding. BGE: FlagEmbedding, decoder-only rerankers.
llm-rankers: setwise, pairwise and pointwise prompts; RankLLM: single-turn templates.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.adapters.asking.prompt_file import read_prompt
from harness.adapters.language.adapters import YES_NO
from harness.adapters.language.chat import Chat
from harness.adapters.language.pairs import pair_prompt
from harness.adapters.language.speaker import Speaker

torch = pytest.importorskip("torch", reason="language models need marginbench[llm]")
transformers = pytest.importorskip("transformers", reason="needs marginbench[llm]")

Build = Callable[..., Path]
Load = Callable[..., Any]

QUERY, DOCUMENT = "what is money?", "a loan {query} of the bank"
QWEN_PREFIX = (
    "<|im_start|>system\nJudge whether the Document meets the requirements based on the Query and "
    'the Instruct provided. Note that the answer can only be "yes" or "no".<|im_end|>\n'
    "<|im_start|>user\n"
)
QWEN_SUFFIX = "<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n"
QWEN_INSTRUCT = "Given a web search query, retrieve relevant passages that answer the query"
BGE = (
    "Given a query A and a passage B, determine whether the passage contains an answer to the "
    "query by providing a prediction of either 'Yes' or 'No'."
)


def encode(tokenizer: Any, text: str) -> list[int]:
    found: list[int] = tokenizer.encode(text, add_special_tokens=False)
    return found


@pytest.fixture
def speaker(tiny_language_model: Build) -> Speaker:
    folder = tiny_language_model()
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModelForCausalLM.from_pretrained(folder)
    return Speaker(model, Chat(tokenizer, "plain"), device="cpu")


@pytest.mark.parametrize("instruction", ["", "Find the loan"])
def test_qwen3_reranker(speaker: Speaker, instruction: str) -> None:
    tokenizer = speaker.tokenizer
    told = instruction or QWEN_INSTRUCT
    body = f"<Instruct>: {told}\n<Query>: {QUERY}\n<Document>: {DOCUMENT}"
    expected = [token for part in (QWEN_PREFIX, body, QWEN_SUFFIX)
                for token in encode(tokenizer, part)]  # fmt: skip
    prompt = pair_prompt("qwen3-reranker", instruction)
    assert prompt.tokens(speaker, QUERY, DOCUMENT) == expected
    assert prompt.words == ("yes", "no")
    assert prompt.file.most == 8192


def test_qwen3_reranker_is_cut_in_its_document_alone(speaker: Speaker) -> None:
    document = "a loan of the bank 🙂 " * 200
    row = pair_prompt("qwen3-reranker").tokens(speaker, QUERY, document)
    suffix = encode(speaker.tokenizer, QWEN_SUFFIX)
    prefix = encode(speaker.tokenizer, QWEN_PREFIX)
    assert 500 < len(row) <= 512
    assert row[: len(prefix)] == prefix
    assert row[-len(suffix) :] == suffix
    shown = speaker.tokenizer.decode(row[len(prefix) : -len(suffix)]).partition("<Document>: ")[2]
    assert document.startswith(shown)
    assert len(shown) > 100


def test_bge_pieces_stand_behind_the_first_token(speaker: Speaker) -> None:
    tokenizer = speaker.tokenizer
    pieces = (f"A: {QUERY}", "\n", f"B: {DOCUMENT}", "\n", BGE)
    expected = [tokenizer.bos_token_id, *(t for piece in pieces for t in encode(tokenizer, piece))]
    prompt = pair_prompt("bge-gemma")
    assert prompt.tokens(speaker, QUERY, DOCUMENT) == expected
    assert prompt.words == ("Yes", "")
    tokenizer.bos_token = tokenizer.pad_token  # then it has none of its own
    assert prompt.tokens(speaker, QUERY, DOCUMENT) == expected[1:]


def test_bge_scores_are_logits_of_one_word(tiny_language_model: Build, load_with: Load) -> None:
    folder = tiny_language_model()
    scores = load_with(YES_NO, str(folder), prompt="bge-gemma").score_pairs([(QUERY, DOCUMENT)])
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModelForCausalLM.from_pretrained(folder).eval()
    pieces = (f"A: {QUERY}", "\n", f"B: {DOCUMENT}", "\n", BGE)
    ids = [tokenizer.bos_token_id, *(t for piece in pieces for t in encode(tokenizer, piece))]
    with torch.no_grad():
        last = model(input_ids=torch.tensor([ids])).logits[0, -1]
    (yes,) = encode(tokenizer, "Yes")
    assert scores[0] == pytest.approx(float(last[yes]), abs=1e-5)


SHOWN = [("A", "a loan"), ("B", "the {query} cat")]
MESSAGES = {
    "setwise": (
        f'Given a query "{QUERY}", which of the following passages is the most relevant one to the '
        'query?\n\nPassage A: "a loan"\n\nPassage B: "the {query} cat"\n\n'
        "Output only the passage label of the most relevant passage:",
        " Passage:",
    ),
    "pairwise": (
        f'Given a query "{QUERY}", which of the following two passages is more relevant to the '
        'query?\n\nPassage A: "a loan"\n\nPassage B: "the {query} cat"\n\n'
        "Output Passage A or Passage B:",
        " Passage:",
    ),
}


@pytest.mark.parametrize("name", MESSAGES)
def test_llm_rankers_prompts_in_a_chat(speaker: Speaker, name: str) -> None:
    text, start = MESSAGES[name]
    tokenizer = speaker.tokenizer
    chat = Chat(tokenizer, "auto")
    expected = f"<|im_start|>user\n{text}<|im_end|>\n<|im_start|>assistant\n{start}"
    prompt = read_prompt(name).filled(QUERY, SHOWN)
    assert chat.written(prompt) == expected
    assert chat.tokens(prompt) == encode(tokenizer, expected)


@pytest.mark.parametrize(
    ("name", "kind", "example", "labels"),
    [
        ("rankzephyr", "a numerical", "[2] > [1]", "12"),
        ("first", "an alphabetical", "[B] > [A]", "AB"),
    ],
)
def test_rank_llm_prompts_in_a_chat(
    speaker: Speaker, name: str, kind: str, example: str, labels: str
) -> None:
    rule = "You are RankLLM, an intelligent assistant that can rank passages based on their "
    first, second = labels
    asked = (
        f"I will provide you with 2 passages, each indicated by {kind} identifier []. Rank the "
        f"passages based on their relevance to the search query: {QUERY}.\n"
        f"[{first}] a loan\n[{second}] the {{query}} cat\n"
        f"Search Query: {QUERY}.\nRank the 2 passages above based on their relevance to the search "
        "query. All the passages should be included and listed using identifiers, in descending "
        f"order of relevance. The output format should be [] > [], e.g., {example}, Answer "
        "concisely and directly and only respond with the ranking results, do not say any word or "
        "explain."
    )
    expected = (
        f"<|im_start|>system\n{rule}relevancy to the query<|im_end|>\n<|im_start|>user\n{asked}"
        f"<|im_end|>\n<|im_start|>assistant\n{'[' if name == 'first' else ''}"
    )
    shown = [(label, text) for label, (_, text) in zip(labels, SHOWN, strict=True)]
    chat = Chat(speaker.tokenizer, "auto")
    assert chat.written(read_prompt(name).filled(QUERY, shown)) == expected
    assert chat.tokens(read_prompt(name).filled(QUERY, shown)) == encode(chat.tokenizer, expected)
