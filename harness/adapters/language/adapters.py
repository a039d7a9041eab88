"""The adapters of language models: their names, options and prompts, without what they need to run.

Whoever lists adapters imports this alone; what loads and checks is imported when it is called.
"""

from __future__ import annotations

from pathlib import Path

from harness.adapters.asking.listwise import STEP, WINDOW
from harness.adapters.asking.setwise import CHILDREN, TOP
from harness.adapters.base import Option
from harness.adapters.language.adapter import language_adapter
from harness.registry import Lazy

HERE = "harness.adapters.language"
PAIR_PROMPTS = Path(__file__).parent / "prompts"
PROMPTS = Path(__file__).parents[1] / "asking" / "prompts"

INSTRUCTION = Option(str, "", "what makes a document relevant; empty: the prompt's own")

YES_NO = language_adapter(
    "yes-no",
    "scores pairs by how much likelier yes is than no to be a language model's answer",
    "score_pairs",
    load=Lazy(f"{HERE}.likelihood:yes_no"),
    comparable=True,  # the likelihood of a query is not: some are likelier, whatever the document
    check=Lazy(f"{HERE}.likelihood:checked_yes_no"),
    presets=PAIR_PROMPTS,
    options={
        "prompt": Option(str, "yes-no", "yes-no, qwen3-reranker, bge-gemma, or a file of your own"),
        "yes": Option(str, "", "word that says relevant; empty: the prompt's own"),
        "no": Option(str, "", "word that says not relevant; empty: the prompt's own"),
        "instruction": INSTRUCTION,
    },
)

QUERY_LIKELIHOOD = language_adapter(
    "query-likelihood",
    "scores pairs by how likely a language model finds the query behind the document",
    "score_pairs",
    load=Lazy(f"{HERE}.likelihood:query_likelihood"),
    check=Lazy(f"{HERE}.likelihood:checked_query_likelihood"),
    presets=PAIR_PROMPTS,
    options={
        "prompt": Option(str, "query-likelihood", "query-likelihood, or a file of your own"),
        "over": Option(str, "mean", "mean or sum over the query's tokens"),
        "instruction": INSTRUCTION,
    },
)


WINDOW_WORDS = 300
"""Words of a passage that RankLLM shows."""

WINDOWS = {
    "window": Option(int, WINDOW, "passages shown at a time; 0: the whole list"),
    "step": Option(int, STEP, "passages that the window moves up"),
    "passage_words": Option(int, WINDOW_WORDS, "words of a passage that are shown; 0: all"),
}
LISTWISE = language_adapter(
    "listwise",
    "ranks by orders that a language model writes, in a sliding window",
    "asking",
    load=Lazy(f"{HERE}.listwise:permutation"),
    check=Lazy(f"{HERE}.listwise:checked"),
    presets=PROMPTS,
    options={
        "prompt": Option(str, "rankzephyr", "rankzephyr, rankgpt, or a file of your own"),
        **WINDOWS,
    },
)

FIRST = language_adapter(
    "first",
    "ranks by the likelihood of each passage's letter as the first token, in a sliding window",
    "asking",
    load=Lazy(f"{HERE}.listwise:first"),
    check=Lazy(f"{HERE}.listwise:checked_first"),
    presets=PROMPTS,
    options={"prompt": Option(str, "first", "first, or a file of your own"), **WINDOWS},
)


SET_WORDS = 100
"""Words of a passage that are shown: about the 128 tokens of the paper."""

SEED = 929

SHARED = {
    "read": Option(str, "likelihood", "likelihood (of each label), or answer (what it writes)"),
    "top": Option(int, TOP, "documents that are put in order; the others keep theirs"),
    "passage_words": Option(int, SET_WORDS, "words of a passage that are shown; 0: all"),
}


SETWISE = language_adapter(
    "setwise",
    "ranks by which of a few passages a language model finds best, in a heap or bubble sort",
    "asking",
    load=Lazy(f"{HERE}.setwise:ranker_by_setwise"),
    check=Lazy(f"{HERE}.setwise:checked_setwise"),
    presets=PROMPTS,
    options={
        "prompt": Option(str, "setwise", "setwise, or a file of your own"),
        "sort": Option(str, "heap", "heap or bubble"),
        "children": Option(int, CHILDREN, "passages shown beside the first one"),
        **SHARED,
    },
)

PAIRWISE = language_adapter(
    "pairwise",
    "ranks by which of two passages a language model finds better, asked in both orders",
    "asking",
    load=Lazy(f"{HERE}.setwise:ranker_by_pairwise"),
    check=Lazy(f"{HERE}.setwise:checked_pairwise"),
    presets=PROMPTS,
    options={
        "prompt": Option(str, "pairwise", "pairwise, or a file of your own"),
        "sort": Option(str, "heap", "all (pairs), heap, or bubble (passes)"),
        **SHARED,
    },
)

RANK_R1 = language_adapter(
    "rank-r1",
    "thinks about which of twenty passages is best, in a heap sort, and says so in answer tags",
    "asking",
    load=Lazy(f"{HERE}.setwise:ranker_by_thinking"),
    check=Lazy(f"{HERE}.setwise:checked"),
    presets=PROMPTS,
    options={
        "prompt": Option(str, "rank-r1", "rank-r1, or a file of your own"),
        "children": Option(int, 19, "passages shown beside the first one"),
        "answer_tokens": Option(int, 2048, "tokens of thought and answer at most"),
        "seed": Option(int, SEED, "seed of the order in which passages are shown"),
        **{name: SHARED[name] for name in ("top", "passage_words")},
    },
)
