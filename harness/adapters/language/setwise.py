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
from harness.adapters.language.ranker import AskingRanker, labels_fit, speaker_of
from harness.errors import UsageError, did_you_mean

WRITTEN = r"\b([A-Z])\b"
THOUGHT = r"<answer>\s*\[?(\d+)\]?\s*</answer>"


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


def _settings(options: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: options[name] for name in ("prompt", "top", *names)}


def ranker_by_setwise(checkpoint: str, *, device: str, dtype: str, **options: Any) -> AskingRanker:
    """Load the ranker of ``setwise``."""
    prompt, sort = checked_setwise(options), options["sort"]
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


def ranker_by_pairwise(checkpoint: str, *, device: str, dtype: str, **options: Any) -> AskingRanker:
    """Load the ranker of ``pairwise``."""
    prompt, sort = checked_pairwise(options), options["sort"]
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


def ranker_by_thinking(checkpoint: str, *, device: str, dtype: str, **options: Any) -> AskingRanker:
    """Load the ranker of ``rank-r1``."""
    prompt, shown = checked(options), options["children"] + 1
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
