"""``causal-lm`` at work: one or two causal language models that read texts, and a score of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Any

from harness.adapters.causal.methods import Method, Sums
from harness.adapters.causal.statistics import token_statistics
from harness.adapters.causal.windows import Cutting, Window
from harness.adapters.language.network import Network
from harness.capabilities import Floats
from harness.errors import InvalidError
from harness.strict_json import Json

MOST_LOGITS = 1 << 24
"""Logits that are held at once, about 64 MiB in float32: of so many places times the vocabulary."""


class CausalDetector:
    """Scores texts by how they read to a model. ``resolved`` holds the settings in force.

    ``second`` is the network of a reference or an observer; ``None`` where the first is that, too.
    ``widths`` are how many tokens each of them knows. The tokens of the last :meth:`count_tokens`
    are kept for the batches made from its answer.
    """

    def __init__(
        self,
        network: Network,
        tokenizer: Any,
        method: Method,
        cutting: Cutting,
        *,
        widths: Sequence[int],
        second: Network | None = None,
        resolved: Mapping[str, Json] | None = None,
    ) -> None:
        self._network = network
        self._tokenizer = tokenizer
        self._method = method
        self._cutting = cutting
        self._second = second
        self._known = min(widths)
        self._places = max(1, MOST_LOGITS // max(widths))
        self._kept: dict[str, list[Window]] = {}
        self.resolved: Mapping[str, Json] = resolved or {}

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens that the model reads of each text, those of all its windows."""
        self._kept = dict(zip(texts, self._windows(texts), strict=True))
        return [sum(len(w.tokens) for w in self._kept[text]) for text in texts]

    def score_texts(self, texts: Sequence[str]) -> Floats:
        """Score one batch: float32 of shape (len(texts),); the method says which end is machine's.

        NaN where a method is undefined. Raises :class:`InvalidError` for a text that has no token
        to be scored (less than two, or one where something stands in front), and for one with a
        token that a model does not know.
        """
        import numpy as np

        missing = [text for text in dict.fromkeys(texts) if text not in self._kept]
        known = self._kept | dict(zip(missing, self._windows(missing), strict=True))
        for text in texts:
            self._check(text, known[text])
        owners = [(at, window) for at, text in enumerate(texts) for window in known[text]]
        totals: list[dict[str, float]] = [dict.fromkeys(self._method.needs, 0.0) for _ in texts]
        counts = [0] * len(texts)
        # No batch is larger than the one asked for, however many windows its texts have.
        for begin in range(0, len(owners), max(len(texts), 1)):
            some = owners[begin : begin + len(texts)]
            for (at, window), sums in zip(some, self._sums([w for _, w in some]), strict=True):
                counts[at] += len(window.tokens) - window.start
                for name, value in sums.items():
                    totals[at][name] += value
        scores = map(self._method.score, totals, counts)
        return np.array(list(scores), dtype=np.float32)

    def _check(self, text: str, windows: Sequence[Window]) -> None:
        if not windows:
            raise InvalidError(
                f"the text {text[:40]!r} has no token behind another one, so none is scored"
            )
        if max(max(window.tokens) for window in windows) >= self._known:
            raise InvalidError(
                f"the text {text[:40]!r} holds a token of the tokenizer that a model does not know"
            )

    def _windows(self, texts: Sequence[str]) -> list[list[Window]]:
        if not texts:
            return []
        told = self._tokenizer(list(texts), add_special_tokens=False, verbose=False)
        return [self._cutting.windows(tokens) for tokens in told["input_ids"]]

    def _sums(self, windows: Sequence[Window]) -> list[Sums]:
        """What is known of the scored tokens of each window, summed over them in float64."""
        import torch

        rows = [window.tokens for window in windows]
        places = [
            (row, place)
            for row, window in enumerate(windows)
            for place in range(window.start, len(window.tokens))
        ]
        sums = {name: torch.zeros(len(rows), dtype=torch.float64) for name in self._method.needs}
        with ExitStack() as both:
            first = both.enter_context(self._network.reading(rows))
            other = None if self._second is None else both.enter_context(self._second.reading(rows))
            for begin in range(0, len(places), self._places):
                some = places[begin : begin + self._places]
                # The logits before a token stand one place ahead of it.
                ahead = [(row, place - 1) for row, place in some]
                logits = first(ahead)
                targets = torch.tensor([rows[row][place] for row, place in some])
                found = token_statistics(
                    logits,
                    targets.to(logits.device),
                    self._method.needs,
                    None if other is None else other(ahead).to(logits.device),
                )
                owner = torch.tensor([row for row, _ in some])
                for name, values in found.items():
                    sums[name].index_add_(0, owner, values.double().cpu())
        return [
            {name: float(values[row]) for name, values in sums.items()} for row in range(len(rows))
        ]
