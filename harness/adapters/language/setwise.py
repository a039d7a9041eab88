"""``setwise``, ``pairwise`` and ``rank-r1``: the best of a few, and a sort that asks for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

from harness.adapters.asking.asks import Asking
from harness.adapters.asking.listwise import MakePrompt
from harness.adapters.asking.pairwise import LABELS, Pairs, pairwise
from harness.adapters.asking.prompt_file import PRESETS, PromptFile, read_prompt
from harness.adapters.asking.setwise import CHILDREN, TOP, Question, setwise
from harness.adapters.base import Option
from harness.adapters.language.adapter import language_adapter
from harness.adapters.language.ranker import AskingRanker, labels_fit, speaker_of
from harness.errors import UsageError, did_you_mean

WORDS = 100
"""Words of a passage that are shown: about the 128 tokens of the paper."""

WRITTEN = r"\b([A-Z])\b"
THOUGHT = r"<answer>\s*\[?(\d+)\]?\s*</answer>"
SEED = 929

SHARED = {
    "read": Option(str, "likelihood", "likelihood (of each label), or answer (what it writes)"),
    "top": Option(int, TOP, "documents that are put in order; the others keep theirs"),
    "passage_words": Option(int, WORDS, "words of a passage that are shown; 0: all"),
}


def _one_of(options: Mapping[str, Any], name: str, *known: str) -> str:
    value = str(options[name])
    if value not in known:
        raise UsageError(f"unknown {name} {value!r}", fix=did_you_mean(value, known))
    return value


def _checked(options: Mapping[str, Any]) -> PromptFile:
    """The prompt of these options, or :class:`UsageError` for such as fit nothing."""
    if options["top"] < 1 or options.get("children", 2) < 1:
        raise UsageError("top and children are 1 or more")
    if "read" in options:
        _one_of(options, "read", "likelihood", "answer")
    prompt = read_prompt(options["prompt"])
    if "children" in options:
        labels_fit(prompt, options["children"] + 1, "children")
    return prompt


def _checked_setwise(options: Mapping[str, Any]) -> PromptFile:
    _one_of(options, "sort", "heap", "bubble")
    return _checked(options)


def _checked_pairwise(options: Mapping[str, Any]) -> PromptFile:
    _one_of(options, "sort", "all", "heap", "bubble")
    return _checked(options)


def _settings(options: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: options[name] for name in ("prompt", "top", *names)}


def _setwise(checkpoint: str, *, device: str, dtype: str, **options: Any) -> AskingRanker:
    prompt, sort = _checked_setwise(options), options["sort"]
    written = WRITTEN if options["read"] == "answer" else ""
    labels = prompt.label(options["children"] + 1)
    speaker = speaker_of(
        checkpoint,
        device=device,
        dtype=dtype,
        options=options,
        labels=() if written else [prompt.gap + label for label in labels],
        start=prompt.start,
    )

    def protocol(query: str, documents: Sequence[str], make: MakePrompt) -> Asking:
        question = Question(query, documents, make, labels, written=written, before=prompt.gap)
        return setwise(question, sort=sort, top=options["top"], children=options["children"])

    return AskingRanker(
        speaker,
        prompt,
        protocol,
        words=options["passage_words"],
        answer_tokens=lambda labels: 2,
        settings=_settings(options, "sort", "children", "read"),
    )


def _pairwise(checkpoint: str, *, device: str, dtype: str, **options: Any) -> AskingRanker:
    prompt, sort = _checked_pairwise(options), options["sort"]
    written = WRITTEN if options["read"] == "answer" else ""
    speaker = speaker_of(
        checkpoint,
        device=device,
        dtype=dtype,
        options=options,
        labels=() if written else [prompt.gap + label for label in LABELS],
        start=prompt.start,
    )

    def protocol(query: str, documents: Sequence[str], make: MakePrompt) -> Asking:
        pairs = Pairs(query, documents, make, written=written, before=prompt.gap)
        return pairwise(pairs, sort=sort, top=options["top"])

    return AskingRanker(
        speaker,
        prompt,
        protocol,
        words=options["passage_words"],
        answer_tokens=lambda labels: 2,
        settings=_settings(options, "sort", "read"),
    )


def _rank_r1(checkpoint: str, *, device: str, dtype: str, **options: Any) -> AskingRanker:
    prompt, shown = _checked(options), options["children"] + 1
    speaker = speaker_of(
        checkpoint, device=device, dtype=dtype, options={**options, "thinking": True}
    )

    def protocol(query: str, documents: Sequence[str], make: MakePrompt) -> Asking:
        question = Question(
            query,
            documents,
            make,
            prompt.label(shown),
            written=THOUGHT,
            most_tokens=options["answer_tokens"],
            shuffle=Random(f"{options['seed']} {query}"),
        )
        return setwise(question, top=options["top"], children=options["children"])

    return AskingRanker(
        speaker,
        prompt,
        protocol,
        words=options["passage_words"],
        answer_tokens=lambda labels: options["answer_tokens"],
        settings=_settings(options, "children", "seed", "answer_tokens"),
    )


SETWISE = language_adapter(
    "setwise",
    "ranks by which of a few passages a language model finds best, in a heap or bubble sort",
    "asking",
    load=_setwise,
    check=_checked_setwise,
    presets=PRESETS,
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
    load=_pairwise,
    check=_checked_pairwise,
    presets=PRESETS,
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
    load=_rank_r1,
    check=_checked,
    presets=PRESETS,
    options={
        "prompt": Option(str, "rank-r1", "rank-r1, or a file of your own"),
        "children": Option(int, 19, "passages shown beside the first one"),
        "answer_tokens": Option(int, 2048, "tokens of thought and answer at most"),
        "seed": Option(int, SEED, "seed of the order in which passages are shown"),
        **{name: SHARED[name] for name in ("top", "passage_words")},
    },
)
