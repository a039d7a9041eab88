"""``answer-likelihood``: how likely a causal language model finds an answer behind its prompt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.adapters.language.loading import find, tokenizer_of, weights_of
from harness.adapters.language.network import Network
from harness.adapters.language.speaker import token_limit
from harness.adapters.support.torch import check_device
from harness.capabilities import Floats
from harness.errors import InvalidError, UsageError, did_you_mean
from harness.strict_json import Json

OVER = ("sum", "mean")
SHOWN = ("prompt", "nothing")


@dataclass(frozen=True, slots=True)
class AnswerLikelihood:
    """A score is the sum (or mean) of the log-probabilities of an answer's tokens.

    What stands before it is the token that begins texts, if there is one, and the prompt with
    what stands ``between``; prompt and answer are put into tokens apart. Where nothing stands
    before an answer, its first token is not scored. ``limit`` is the length of the model.
    """

    network: Network
    tokenizer: Any
    front: tuple[int, ...]
    between: str
    blind: bool
    mean: bool
    limit: int | None
    resolved: Mapping[str, Json]
    kept: dict[tuple[str, str], tuple[list[int], int]] = field(default_factory=dict, repr=False)

    def count_tokens(self, items: Sequence[Any]) -> list[int]:
        """Tokens of each prompt with its answer."""
        self.kept.clear()
        pairs = [_pair(item) for item in items]
        for pair in pairs:
            self.kept.setdefault(pair, self._row(*pair))
        return [len(self.kept[pair][0]) for pair in pairs]

    def answer_likelihoods(self, texts: Sequence[str]) -> Floats:
        """Float64 of shape (len(texts), 2): sums and numbers of tokens."""
        import numpy as np

        if not texts:
            return np.empty((0, 2), dtype=np.float64)
        rows = [self._known(*_pair(text)) for text in texts]
        sums = self.network.log_likelihoods([row for row, _ in rows], [start for _, start in rows])
        return np.column_stack([sums, [len(row) - start for row, start in rows]])

    def score_pairs(self, pairs: Sequence[tuple[str, str]]) -> Floats:
        """Score one batch of prompts and answers: float32 of shape (len(pairs),)."""
        import numpy as np

        if not pairs:
            return np.empty(0, dtype=np.float32)
        rows = [self._known(*pair) for pair in pairs]
        sums = self.network.log_likelihoods([row for row, _ in rows], [start for _, start in rows])
        counts = [len(row) - start if self.mean else 1 for row, start in rows]
        return np.asarray(sums / counts, dtype=np.float32)

    def _known(self, prompt: str, answer: str) -> tuple[list[int], int]:
        row, start = self.kept.get((prompt, answer)) or self._row(prompt, answer)
        if len(row) <= start:
            raise InvalidError(f"the answer {answer[:40]!r} has no token that is scored")
        if self.limit is not None and len(row) > self.limit:
            raise InvalidError(
                f"the answer {answer[:40]!r} has {len(row)} tokens with its prompt, and the model "
                f"reads {self.limit}",
                fix="Take a model that reads more, or count it as the worst with --on-error "
                "worst-rank",
            )
        return row, start

    def _row(self, prompt: str, answer: str) -> tuple[list[int], int]:
        shown = "" if self.blind or not prompt else prompt + self.between
        head = [*self.front, *(self._tokens(shown) if shown else [])]
        return [*head, *self._tokens(answer)], max(len(head), 1)

    def _tokens(self, text: str) -> list[int]:
        found = self.tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"]
        return [int(token) for token in found]


def _pair(item: Any) -> tuple[str, str]:
    """A prompt and an answer: a pair, or a text that has its prompt."""
    if isinstance(item, str):
        return str(getattr(item, "prompt", "")), str(item)
    prompt, answer = item
    return str(prompt), str(answer)


def checked(options: Mapping[str, Any]) -> None:
    """Raise :class:`UsageError` for options that there are not."""
    for name, known in (("over", OVER), ("shown", SHOWN)):
        if options[name] not in known:
            raise UsageError(
                f"unknown {name} {options[name]!r}", fix=did_you_mean(options[name], known)
            )


def load(checkpoint: str, *, device: str, dtype: str, **options: Any) -> AnswerLikelihood:
    """Load the model of ``answer-likelihood``."""
    checked(options)
    check_device(device)
    source = find(checkpoint, options)
    tokenizer = tokenizer_of(source, options)
    model = weights_of(source, options, dtype=dtype)
    front = () if tokenizer.bos_token_id is None else (int(tokenizer.bos_token_id),)
    limit = token_limit(model, tokenizer, 0)
    pad = tokenizer.pad_token_id or 0
    return AnswerLikelihood(
        Network(model, device=device, pad=int(pad), ends=frozenset()),
        tokenizer,
        front,
        options["between"],
        options["shown"] == "nothing",
        options["over"] == "mean",
        limit,
        {
            "score": f"{options['over']} of the log-probabilities of the answer's tokens",
            "shown": options["shown"],
            "between": options["between"],
            "in_front": tokenizer.convert_ids_to_tokens(list(front)),
        },
    )
