"""``listwise`` and ``first``: a sliding window, put in order in words or by first tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from harness.adapters.asking.asks import Asking
from harness.adapters.asking.listwise import (
    MakePrompt,
    by_first_token,
    by_permutation,
)
from harness.adapters.asking.prompt_file import PromptFile, read_prompt
from harness.adapters.asking.voice import Voice
from harness.adapters.language.ranker import AskingRanker, labels_fit, speaker_of
from harness.errors import UsageError

WHOLE = 1_000_000


def _windows(options: Mapping[str, Any]) -> dict[str, int]:
    window, step = options["window"] or WHOLE, options["step"]
    if window < 2 or not 1 <= step <= window:
        raise UsageError(
            f"a window of {options['window']} passages that moves by {step} leaves some out",
            fix="Give a window of 2 or more, and a step of 1 up to the window",
        )
    return {"window": window, "step": step}


def checked(options: Mapping[str, Any]) -> tuple[PromptFile, dict[str, int]]:
    """The prompt and the windows of these options, or :class:`UsageError`."""
    prompt, windows = read_prompt(options["prompt"]), _windows(options)
    if options["window"]:
        labels_fit(prompt, options["window"], "window")
    elif prompt.labels == "letters":
        raise UsageError(
            "window=0 shows the whole list, and there may be fewer letters to name its passages",
            fix="Give a window of 2 to 26, or a prompt with labels = 'numbers'",
        )
    return prompt, windows


def checked_first(options: Mapping[str, Any]) -> tuple[PromptFile, dict[str, int]]:
    """The same, for labels that the first token of an answer tells."""
    prompt, windows = checked(options)
    if prompt.labels == "numbers" and not 2 <= options["window"] <= 9:
        raise UsageError(
            "only the numbers 1 to 9 begin in a way of their own, so that the first token tells",
            fix="Give a window of 2 to 9, or a prompt with labels = 'letters'",
        )
    return prompt, windows


def _settings(options: Mapping[str, Any]) -> dict[str, Any]:
    return {name: options[name] for name in ("prompt", "window", "step")}


def permutation(checkpoint: str, *, device: str, dtype: str, **options: Any) -> AskingRanker:
    """Load the ranker of ``listwise``."""
    checked(options)
    speaker = speaker_of(checkpoint, device=device, dtype=dtype, options=options)
    return permutation_by(speaker, options)


def permutation_by(speaker: Voice, options: Mapping[str, Any]) -> AskingRanker:
    """The ranker of ``listwise``, whoever answers."""
    prompt, windows = checked(options)

    def most_tokens(labels: Sequence[str]) -> int:
        text = " > ".join(f"[{label}]" for label in labels)
        return speaker.room(speaker.tokens_in(text) + 1, prompt.start)

    def protocol(query: str, documents: Sequence[str], make: MakePrompt) -> Asking:
        return by_permutation(query, documents, make, most_tokens, labels=prompt.label, **windows)

    return AskingRanker(
        speaker,
        prompt,
        protocol,
        words=options["passage_words"],
        answer_tokens=most_tokens,
        settings=_settings(options),
        bracketed=True,
    )


def first(checkpoint: str, *, device: str, dtype: str, **options: Any) -> AskingRanker:
    """Load the ranker of ``first``."""
    prompt, windows = checked_first(options)
    speaker = speaker_of(
        checkpoint,
        device=device,
        dtype=dtype,
        options=options,
        labels=prompt.label(windows["window"]),
        start=prompt.start,
    )
    return first_by(speaker, options)


def first_by(speaker: Voice, options: Mapping[str, Any]) -> AskingRanker:
    """The ranker of ``first``, whoever answers."""
    prompt, windows = checked_first(options)
    return AskingRanker(
        speaker,
        prompt,
        partial(_by_first_token, prompt, windows),
        words=options["passage_words"],
        answer_tokens=lambda labels: 0,
        settings=_settings(options),
        bracketed=True,
    )


def _by_first_token(
    prompt: PromptFile,
    windows: dict[str, int],
    query: str,
    documents: Sequence[str],
    make: MakePrompt,
) -> Asking:
    return by_first_token(query, documents, make, labels=prompt.label, **windows)
