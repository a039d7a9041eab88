"""``setwise``, ``pairwise`` and ``rank-r1``: the best of a few, and a sort that asks for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

from harness.adapters.asking.asks import Asking
from harness.adapters.asking.listwise import MakePrompt
from harness.adapters.asking.pairwise import LABELS, Pairs, pairwise
from harness.adapters.asking.prompt_file import PromptFile, read_prompt
from harness.adapters.asking.setwise import Question, setwise
from harness.adapters.asking.voice import Voice
from harness.adapters.language.ranker import AskingRanker, labels_fit, speaker_of
from harness.adapters.language.speaker import Speaker
from harness.errors import UsageError, did_you_mean

WRITTEN = r"\b([A-Z])\b"
"""A label that stands alone, of a short answer the last one."""
THOUGHT = r"<answer>\s*\[?(\d+)\]?\s*</answer>"
LABEL_TOKENS = 2
"""Tokens of an answer that is a label."""


def _one_of(options: Mapping[str, Any], name: str, *known: str) -> str:
    value = str(options[name])
    if value not in known:
        raise UsageError(f"unknown {name} {value!r}", fix=did_you_mean(value, known))
    return value


def checked(options: Mapping[str, Any]) -> PromptFile:
    """The prompt of these options, or :class:`UsageError` for such as fit nothing."""
    if options["top"] < 1 or options.get("children", 2) < 1:
        raise UsageError("top and children are 1 or more")
    if "read" in options:
        _one_of(options, "read", "likelihood", "answer")
    prompt = read_prompt(options["prompt"])
    if "children" in options:
        labels_fit(prompt, options["children"] + 1, "children")
    return prompt


def checked_setwise(options: Mapping[str, Any]) -> PromptFile:
    """The same, with a sort for the best of a few."""
    _one_of(options, "sort", "heap", "bubble")
    return checked(options)


def checked_pairwise(options: Mapping[str, Any]) -> PromptFile:
    """The same, with a sort for pairs."""
    _one_of(options, "sort", "all", "heap", "bubble")
    return checked(options)


def _settings(options: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: options[name] for name in ("prompt", "top", *names)}


def ranker_by_setwise(checkpoint: str, *, device: str, dtype: str, **options: Any) -> AskingRanker:
    """Load the ranker of ``setwise``."""
    prompt = checked_setwise(options)
    labels = prompt.label(options["children"] + 1)
    speaker = _speaker(checkpoint, prompt, labels, options, device=device, dtype=dtype)
    return setwise_by(speaker, options)


def setwise_by(speaker: Voice, options: Mapping[str, Any]) -> AskingRanker:
    """The ranker of ``setwise``, whoever answers."""
    prompt, sort = checked_setwise(options), options["sort"]
    labels = prompt.label(options["children"] + 1)

    def protocol(query: str, documents: Sequence[str], make: MakePrompt) -> Asking:
        question = Question(
            query,
            documents,
            make,
            labels,
            written=_pattern(options),
            most_tokens=speaker.room(LABEL_TOKENS, prompt.start),
            before=prompt.gap,
        )
        return setwise(question, sort=sort, top=options["top"], children=options["children"])

    return AskingRanker(
        speaker,
        prompt,
        protocol,
        words=options["passage_words"],
        answer_tokens=lambda labels: LABEL_TOKENS,
        settings=_settings(options, "sort", "children", "read"),
    )


def ranker_by_pairwise(checkpoint: str, *, device: str, dtype: str, **options: Any) -> AskingRanker:
    """Load the ranker of ``pairwise``."""
    prompt = checked_pairwise(options)
    speaker = _speaker(checkpoint, prompt, LABELS, options, device=device, dtype=dtype)
    return pairwise_by(speaker, options)


def pairwise_by(speaker: Voice, options: Mapping[str, Any]) -> AskingRanker:
    """The ranker of ``pairwise``, whoever answers."""
    prompt, sort = checked_pairwise(options), options["sort"]

    def protocol(query: str, documents: Sequence[str], make: MakePrompt) -> Asking:
        pairs = Pairs(
            query,
            documents,
            make,
            written=_pattern(options),
            most_tokens=speaker.room(LABEL_TOKENS, prompt.start),
            before=prompt.gap,
        )
        return pairwise(pairs, sort=sort, top=options["top"])

    return AskingRanker(
        speaker,
        prompt,
        protocol,
        words=options["passage_words"],
        answer_tokens=lambda labels: LABEL_TOKENS,
        settings=_settings(options, "sort", "read"),
    )


def ranker_by_thinking(checkpoint: str, *, device: str, dtype: str, **options: Any) -> AskingRanker:
    """Load the ranker of ``rank-r1``."""
    checked(options)
    speaker = speaker_of(
        checkpoint, device=device, dtype=dtype, options={**options, "thinking": True}
    )
    return thinking_by(speaker, options)


def thinking_by(speaker: Voice, options: Mapping[str, Any]) -> AskingRanker:
    """The ranker of ``rank-r1``, whoever answers."""
    prompt, shown = checked(options), options["children"] + 1

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


def _pattern(options: Mapping[str, Any]) -> str:
    return WRITTEN if options["read"] == "answer" else ""


def _speaker(
    checkpoint: str,
    prompt: PromptFile,
    labels: Sequence[str],
    options: Mapping[str, Any],
    *,
    device: str,
    dtype: str,
) -> Speaker:
    """The model of a checkpoint, whose labels are tokens where their likelihoods are read."""
    return speaker_of(
        checkpoint,
        device=device,
        dtype=dtype,
        options=options,
        labels=() if _pattern(options) else [prompt.gap + label for label in labels],
        start=prompt.start,
    )
