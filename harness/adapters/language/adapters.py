"""The adapters of language models: their names, options and prompts, without what they need to run.

Whoever lists adapters imports this alone; what loads and checks is imported when it is called.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from harness.adapters.asking.listwise import STEP, WINDOW
from harness.adapters.asking.setwise import CHILDREN, TOP
from harness.adapters.base import Adapter, Option
from harness.adapters.language.adapter import Protocol, language_adapter
from harness.adapters.language.loading import EMBEDDED, OPTIONS
from harness.adapters.support.torch import DTYPES
from harness.registry import Lazy

HERE = "harness.adapters.language"
PAIR_PROMPTS = Path(__file__).parent / "prompts"
PROMPTS = Path(__file__).parents[1] / "asking" / "prompts"


def _adapter(
    name: str,
    summary: str,
    *,
    load: str,
    check: str,
    prompts: Sequence[str],
    options: Mapping[str, Option],
    capability: str = "asking",
    comparable: bool = False,
) -> tuple[Protocol, Adapter]:
    """A protocol and an adapter by its functions, ``MODULE:NAME`` in this folder, and its presets.

    The first of them is what it takes where none is named. See :func:`language_adapter`.
    """
    told = f"{', '.join(prompts)}, or a file of your own"
    protocol = Protocol(
        options={"prompt": Option(str, prompts[0], told), **options},
        check=Lazy(f"{HERE}.{check}"),
        presets=PROMPTS if capability == "asking" else PAIR_PROMPTS,
    )
    return protocol, language_adapter(
        name,
        summary,
        capability,
        load=Lazy(f"{HERE}.{load}"),
        protocol=protocol,
        comparable=comparable,
    )


INSTRUCTION = Option(str, "", "what makes a document relevant; empty: the prompt's own")

YES_NO_PROTOCOL, YES_NO = _adapter(
    "yes-no",
    "scores pairs by how much likelier yes is than no to be a language model's answer",
    capability="score_pairs",
    load="likelihood:yes_no",
    check="likelihood:checked_yes_no",
    prompts=("yes-no", "qwen3-reranker", "bge-gemma"),
    comparable=True,  # the likelihood of a query is not: some are likelier, whatever the document
    options={
        "yes": Option(str, "", "word that says relevant; empty: the prompt's own"),
        "no": Option(str, "", "word that says not relevant; empty: the prompt's own"),
        "instruction": INSTRUCTION,
    },
)

_, QUERY_LIKELIHOOD = _adapter(
    "query-likelihood",
    "scores pairs by how likely a language model finds the query behind the document",
    capability="score_pairs",
    load="likelihood:query_likelihood",
    check="likelihood:checked_query_likelihood",
    prompts=("query-likelihood",),
    options={
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
LISTWISE_PROTOCOL, LISTWISE = _adapter(
    "listwise",
    "ranks by orders that a language model writes, in a sliding window",
    load="listwise:permutation",
    check="listwise:checked",
    prompts=("rankzephyr", "rankgpt"),
    options=WINDOWS,
)

FIRST_PROTOCOL, FIRST = _adapter(
    "first",
    "ranks by the likelihood of each passage's letter as the first token, in a sliding window",
    load="listwise:first",
    check="listwise:checked_first",
    prompts=("first",),
    options=WINDOWS,
)


SET_WORDS = 100
"""Words of a passage that are shown: about the 128 tokens of the paper."""

SEED = 929

SHARED = {
    "read": Option(str, "likelihood", "likelihood (of each label), or answer (what it writes)"),
    "top": Option(int, TOP, "documents that are put in order; the others keep theirs"),
    "passage_words": Option(int, SET_WORDS, "words of a passage that are shown; 0: all"),
}

SETWISE_PROTOCOL, SETWISE = _adapter(
    "setwise",
    "ranks by which of a few passages a language model finds best, in a heap or bubble sort",
    load="setwise:ranker_by_setwise",
    check="setwise:checked_setwise",
    prompts=("setwise",),
    options={
        "sort": Option(str, "heap", "heap or bubble"),
        "children": Option(int, CHILDREN, "passages shown beside the first one"),
        **SHARED,
    },
)

PAIRWISE_PROTOCOL, PAIRWISE = _adapter(
    "pairwise",
    "ranks by which of two passages a language model finds better, asked in both orders",
    load="setwise:ranker_by_pairwise",
    check="setwise:checked_pairwise",
    prompts=("pairwise",),
    options={
        "sort": Option(str, "heap", "all (pairs), heap, or bubble (passes)"),
        **SHARED,
    },
)

RANK_R1_PROTOCOL, RANK_R1 = _adapter(
    "rank-r1",
    "thinks about which of twenty passages is best, in a heap sort, and says so in answer tags",
    load="setwise:ranker_by_thinking",
    check="setwise:checked",
    prompts=("rank-r1",),
    options={
        "children": Option(int, 19, "passages shown beside the first one"),
        "answer_tokens": Option(int, 2048, "tokens of thought and answer at most"),
        "seed": Option(int, SEED, "seed of the order in which passages are shown"),
        **{name: SHARED[name] for name in ("top", "passage_words")},
    },
)

PROTOCOLS: Mapping[str, Protocol] = {
    "listwise": LISTWISE_PROTOCOL,
    "first": FIRST_PROTOCOL,
    "setwise": SETWISE_PROTOCOL,
    "pairwise": PAIRWISE_PROTOCOL,
    "rank-r1": RANK_R1_PROTOCOL,
    "yes-no": YES_NO_PROTOCOL,
}
"""Ways of asking that need answers alone, and so may be asked of a server as well."""


ANSWER_LIKELIHOOD = Adapter(
    name="answer-likelihood",
    summary="scores answers by how likely a language model finds them behind their prompt",
    checkpoint=f"NAME_OR_PATH, FILE.gguf, {', '.join(EMBEDDED)}",
    capabilities=lambda checkpoint: frozenset({"score_pairs", "answer_likelihoods"}),
    identify=Lazy(f"{HERE}.answers:identify"),
    load=Lazy(f"{HERE}.answers:load"),
    options={
        "over": Option(
            str,
            "sum",
            "a single score: sum or mean over the answer's tokens, or "
            "reference (the sum less that of the reference)",
        ),
        "shown": Option(str, "prompt", "prompt, or nothing: a row that looks at no prompt"),
        "between": Option(str, " ", "what stands between prompt and answer"),
        "reference": Option(
            str, "", "another model, asked for the same answers in the same run", later=True
        ),
        **OPTIONS,
    },
    packages=("torch", "transformers"),
    extra="llm",
    dtypes=DTYPES,
    half=True,
)
"""No chat template and no instruction: the text alone, as policies are compared with each other."""
