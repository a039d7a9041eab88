"""``yes-no`` and ``query-likelihood``: (query, document) pairs through a causal language model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from harness.adapters.language.chat import tokens_alone
from harness.adapters.language.pairs import PairPrompt, pair_prompt
from harness.adapters.language.ranker import speaker_of
from harness.adapters.language.speaker import Speaker
from harness.capabilities import Floats
from harness.errors import InvalidError, UsageError
from harness.strict_json import Json

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class YesNo:
    """A score is logit(yes) - logit(no) at the last position, in float32; of one word its logit."""

    speaker: Speaker
    prompt: PairPrompt
    words: tuple[int, ...]
    resolved: Mapping[str, Json]
    kept: dict[Pair, list[int]] = field(default_factory=dict, repr=False)

    def count_tokens(self, pairs: Sequence[Pair]) -> list[int]:
        """Tokens of each prompt, its document cut where it has to be."""
        self.kept.clear()
        return [_length(self.speaker, partial(self._tokens, pair)) for pair in pairs]

    def score_pairs(self, pairs: Sequence[Pair]) -> Floats:
        """Score one batch: float32 of shape (len(pairs),), higher is more relevant."""
        import numpy as np

        if not pairs:
            return np.empty(0, dtype=np.float32)
        logits = self.speaker.network.last_logits([self._tokens(pair) for pair in pairs])
        yes = logits[:, self.words[0]]
        scores = yes - logits[:, self.words[1]] if len(self.words) > 1 else yes
        return np.asarray(scores.numpy(), dtype=np.float32)

    def _tokens(self, pair: Pair) -> list[int]:
        if pair not in self.kept:
            self.kept[pair] = self.prompt.tokens(self.speaker, *pair)
        return self.kept[pair]


@dataclass(frozen=True, slots=True)
class QueryLikelihood:
    """A score is the mean log-probability of the query's tokens behind the document, or the sum."""

    speaker: Speaker
    prompt: PairPrompt
    mean: bool
    resolved: Mapping[str, Json]
    kept: dict[Pair, tuple[list[int], list[int]]] = field(default_factory=dict, repr=False)

    def count_tokens(self, pairs: Sequence[Pair]) -> list[int]:
        """Tokens of each prompt with its query."""
        self.kept.clear()
        return [_length(self.speaker, partial(self._row, pair)) for pair in pairs]

    def score_pairs(self, pairs: Sequence[Pair]) -> Floats:
        """Score one batch: float32 of shape (len(pairs),), higher is more relevant."""
        import numpy as np

        if not pairs:
            return np.empty(0, dtype=np.float32)
        parts = [self._tokens(pair) for pair in pairs]
        totals = self.speaker.network.log_likelihoods(
            [self._row(pair) for pair in pairs], [len(start) for start, _ in parts]
        )
        counts = [max(len(query), 1) if self.mean else 1 for _, query in parts]
        return np.asarray(totals / counts, dtype=np.float32)

    def _row(self, pair: Pair) -> list[int]:
        start, query = self._tokens(pair)
        return start + query

    def _tokens(self, pair: Pair) -> tuple[list[int], list[int]]:
        if pair not in self.kept:
            query = tokens_alone(self.speaker.tokenizer, pair[0])
            self.kept[pair] = self.prompt.tokens(self.speaker, *pair, room=len(query)), query
        return self.kept[pair]


def _length(speaker: Speaker, tokens: Callable[[], Sequence[int]]) -> int:
    """Tokens of a pair; of one that fits in no way, whose error is told when it is scored, all."""
    try:
        return len(tokens())
    except InvalidError:
        return speaker.limit or 1


def checked_yes_no(options: Mapping[str, Any]) -> tuple[PairPrompt, list[str]]:
    """The prompt and the words of these options, the one for no left out where there is none."""
    prompt = pair_prompt(options["prompt"], options["instruction"])
    yes, no = (
        options[name] or given for name, given in zip(("yes", "no"), prompt.words, strict=True)
    )
    if not yes:
        raise UsageError(
            f"the prompt {options['prompt']!r} does not say which word means relevant",
            fix="Name both: --option yes=Yes --option no=No",
        )
    return prompt, [yes, no] if no else [yes]


def checked_query_likelihood(options: Mapping[str, Any]) -> PairPrompt:
    """The prompt of these options, which does not show the query."""
    if options["over"] not in ("mean", "sum"):
        raise UsageError(f"unknown over {options['over']!r}", fix="Known: mean, sum")
    return pair_prompt(options["prompt"], options["instruction"], query=False)


def yes_no(checkpoint: str, *, device: str, dtype: str, **options: Any) -> YesNo:
    """Load the model of ``yes-no``."""
    prompt, wanted = checked_yes_no(options)
    start = prompt.file.start
    speaker = speaker_of(
        checkpoint,
        device=device,
        dtype=dtype,
        options=_plain(options, prompt),
        labels=wanted,
        start=start,
        alone=prompt.raw,
    )
    ids = speaker.chat.label_tokens(wanted, start, alone=prompt.raw)
    return YesNo(
        speaker,
        prompt,
        tuple(ids),
        {
            **speaker.resolved,
            "prompt": options["prompt"],
            "score": " - ".join(f"logit({word!r})" for word in wanted),
        },
    )


def query_likelihood(
    checkpoint: str, *, device: str, dtype: str, **options: Any
) -> QueryLikelihood:
    """Load the model of ``query-likelihood``."""
    prompt = checked_query_likelihood(options)
    speaker = speaker_of(checkpoint, device=device, dtype=dtype, options=_plain(options, prompt))
    return QueryLikelihood(
        speaker,
        prompt,
        options["over"] == "mean",
        {
            **speaker.resolved,
            "prompt": options["prompt"],
            "score": f"{options['over']} of the log-probabilities of the query's tokens",
        },
    )


def _plain(options: Mapping[str, Any], prompt: PairPrompt) -> dict[str, Any]:
    """A prompt that brings its own control tokens goes through no template."""
    return {**options, "template": "plain"} if prompt.raw else dict(options)
