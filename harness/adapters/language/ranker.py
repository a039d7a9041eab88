"""A reranker that asks a language model: a protocol, a prompt, and passages cut to fit."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from harness.adapters.asking.asks import Ask, Asking, Prompt, Reply
from harness.adapters.asking.fitting import Shown, fitting
from harness.adapters.asking.in_step import in_step
from harness.adapters.asking.listwise import MakePrompt
from harness.adapters.asking.prompt_file import PromptFile
from harness.adapters.asking.rehearsal import questions
from harness.adapters.asking.voice import Voice
from harness.adapters.language.chat import Chat
from harness.adapters.language.speaker import Speaker
from harness.errors import InvalidError, UsageError
from harness.strict_json import Json

Protocol = Callable[[str, Sequence[str], MakePrompt], Asking]
"""From a query, its documents and a way to write prompts to one query being ranked."""


BRACKETS = re.compile(r"\[(\d+)\]")


class AskingRanker:
    """Ranks lists by asking. The engine runs many :meth:`asking` in step, or :meth:`rank` one.

    Passages are cut to ``words`` (0: as they are), and further where a prompt with an answer of
    ``answer_tokens`` (by the labels that are shown) would be longer than the model: by as many
    words as it is too long, spread over four times its passages, at least one, again and again (the
    rule of RankLLM). Where only the server can count, see :mod:`~harness.adapters.asking.fitting`.
    With ``bracketed``, numbers in brackets that stand in a query or a passage are put into
    parentheses, as RankLLM does: they would look like labels.
    """

    def __init__(
        self,
        speaker: Voice,
        prompt: PromptFile,
        protocol: Protocol,
        *,
        words: int,
        answer_tokens: Callable[[Sequence[str]], int],
        settings: Mapping[str, Json],
        bracketed: bool = False,
    ) -> None:
        self._speaker = speaker
        self._prompt = prompt
        self._protocol = protocol
        self._words = words
        self._bracketed = bracketed
        self._answer_tokens = answer_tokens
        self.resolved: Mapping[str, Json] = {
            **speaker.resolved,
            **settings,
            "passage_words": words,
            "scores": "ranks, counted from the end",
        }

    def asking(self, query: str, documents: Sequence[str]) -> Asking:
        """One query being ranked; nothing is asked before it is advanced."""
        if self._bracketed:
            query = BRACKETS.sub(r"(\1)", query)
            documents = [BRACKETS.sub(r"(\1)", text) for text in documents]
        shown: dict[Prompt, Shown] = {}
        return fitting(self._protocol(query, documents, partial(self._make, shown)), shown)

    def answer(self, asks: Sequence[Ask]) -> list[Reply]:
        """Reply to one batch of questions."""
        return self._speaker.answer(asks)

    def count_tokens(self, asks: Sequence[Ask]) -> list[int]:
        """Tokens of each question with the longest answer to it."""
        return self._speaker.count_tokens(asks)

    def questions(self, count: int) -> int:
        """How many questions a list of so many documents will take, roughly."""
        return questions(self._protocol("", [""] * count, lambda query, shown: Prompt(())))

    def rank(self, query: str, documents: Sequence[str]) -> Sequence[int]:
        """Rank one list."""
        ((ranked, _),) = in_step([self.asking(query, documents)], self.answer)
        return ranked.order

    def _make(
        self, shown: dict[Prompt, Shown], query: str, passages: Sequence[tuple[str, str]]
    ) -> Prompt:
        answer = self._answer_tokens([label for label, _ in passages])
        split = [(label, text.split()) for label, text in passages]
        words = self._words or max((len(text) for _, text in split), default=1)

        def fill(words: int) -> Prompt:
            return self._prompt.filled(query, _first(split, words))

        made = fill(words) if self._words else self._prompt.filled(query, passages)
        while (excess := self._speaker.excess(made, answer)) > 0:
            words -= max(1, excess // (4 * len(passages)))
            if words < 1:
                raise InvalidError(
                    f"a prompt with {len(passages)} passages of one word and a query of "
                    f"{len(query):,} characters is longer than the {self._speaker.limit:,} tokens "
                    "of this model",
                    fix="Show fewer at a time: --option window=10, or --option children=1",
                )
            made = fill(words)
        shown[made] = Shown(fill, words)
        return made


def _first(split: Sequence[tuple[str, Sequence[str]]], words: int) -> list[tuple[str, str]]:
    return [(label, " ".join(text[:words])) for label, text in split]


def labels_fit(prompt: PromptFile, count: int, option: str) -> None:
    """Raise :class:`UsageError` where a prompt has fewer labels than passages are shown."""
    if len(prompt.label(count)) < count:
        raise UsageError(
            f"{option} shows {count} passages at a time, and there are only "
            f"{len(prompt.label(count))} letters to name them",
            fix="Show fewer, or use a prompt with labels = 'numbers'",
        )


def speaker_of(
    checkpoint: str,
    *,
    device: str,
    dtype: str,
    options: Mapping[str, Any],
    labels: Sequence[str] = (),
    start: str = "",
    alone: bool = False,
) -> Speaker:
    """The language model of a checkpoint, ready to reply.

    What can be wrong with its template, and with ``labels`` whose likelihoods will be asked for
    behind ``start`` (or ``alone``: see :meth:`Chat.label_tokens`), is found before its weights are
    loaded.
    """
    from harness.adapters.language.loading import find, tokenizer_of, weights_of
    from harness.adapters.support.torch import check_device

    check_device(device)
    source = find(checkpoint, options)
    thinking = bool(options.get("thinking", False))
    chat = Chat(tokenizer_of(source, options), options["template"], thinking=thinking)
    if labels:
        chat.label_tokens(labels, start, alone=alone)
    model = weights_of(source, options, dtype=dtype)
    return Speaker(model, chat, device=device, max_length=options["max_length"])
