"""``answer-likelihood``: how likely a causal language model finds an answer behind its prompt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from harness.adapters.base import ModelIdentity
from harness.adapters.language.loading import find, tokenizer_of, weights_of
from harness.adapters.language.loading import identify as identify_one
from harness.adapters.language.network import Network
from harness.adapters.language.speaker import token_limit
from harness.adapters.support.torch import check_device
from harness.capabilities import Floats
from harness.errors import InvalidError, UsageError, did_you_mean
from harness.fingerprint import digest
from harness.strict_json import Json

OVER = ("sum", "mean", "reference")
SHOWN = ("prompt", "nothing")
SCORES = {
    "sum": "sum of the log-probabilities of the answer's tokens",
    "mean": "mean of the log-probabilities of the answer's tokens",
    "reference": "sum of the log-probabilities of the answer's tokens less the reference's",
}


@dataclass(frozen=True, slots=True)
class AnswerLikelihood:
    """A score is the sum (or mean) of the log-probabilities of an answer's tokens.

    What stands before it is the token that begins texts, if there is one, and the prompt with
    what stands ``between``; prompt and answer are put into tokens apart. Where nothing stands
    before an answer, its first token is not scored. ``limit`` is the length of the model.

    ``reference`` is another model that is asked for the same answers. Each puts them into tokens
    by its own tokenizer, which need not be one: a sum over all tokens of an answer is the
    logarithm of the probability of its text, whatever it was cut into. ``called`` is what an error
    calls the model.
    """

    network: Network
    tokenizer: Any
    front: tuple[int, ...]
    between: str
    blind: bool
    over: str
    limit: int | None
    resolved: Mapping[str, Json]
    reference: AnswerLikelihood | None = None
    called: str = "the model"
    kept: dict[tuple[str, str], tuple[list[int], int]] = field(default_factory=dict, repr=False)

    def count_tokens(self, items: Sequence[Any]) -> list[int]:
        """Tokens of each prompt with its answer."""
        self.kept.clear()
        pairs = [_pair(item) for item in items]
        for pair in pairs:
            self.kept.setdefault(pair, self._row(*pair))
        return [len(self.kept[pair][0]) for pair in pairs]

    def answer_likelihoods(self, texts: Sequence[str]) -> Floats:
        """Float64 of shape (len(texts), 2): sums and numbers of tokens; with a ``reference`` a
        third column, the sums under it."""
        import numpy as np

        if not texts:
            return np.empty((0, 2 if self.reference is None else 3), dtype=np.float64)
        sums, counts = self._sums([_pair(text) for text in texts])
        if self.reference is None:
            return np.column_stack([sums, counts])
        others, _ = self.reference._sums([_pair(text) for text in texts])
        return np.column_stack([sums, counts, others])

    def score_pairs(self, pairs: Sequence[tuple[str, str]]) -> Floats:
        """Score one batch of prompts and answers: float32 of shape (len(pairs),)."""
        import numpy as np

        if not pairs:
            return np.empty(0, dtype=np.float32)
        sums, counts = self._sums(pairs)
        if self.over == "mean":
            sums = sums / counts
        if self.over == "reference" and self.reference is not None:
            sums = sums - self.reference._sums(pairs)[0]
        return np.asarray(sums, dtype=np.float32)

    def _sums(self, pairs: Sequence[tuple[str, str]]) -> tuple[Any, Any]:
        """The sum and the number of tokens of each answer: float64 and whole numbers."""
        import numpy as np

        rows = [self._known(*pair) for pair in pairs]
        sums = self.network.log_likelihoods([row for row, _ in rows], [start for _, start in rows])
        return sums, np.array([len(row) - start for row, start in rows])

    def _known(self, prompt: str, answer: str) -> tuple[list[int], int]:
        row, start = self.kept.get((prompt, answer)) or self._row(prompt, answer)
        if len(row) <= start:
            raise InvalidError(f"the answer {answer[:40]!r} has no token that {self.called} scores")
        if self.limit is not None and len(row) > self.limit:
            raise InvalidError(
                f"the answer {answer[:40]!r} has {len(row)} tokens with its prompt, and "
                f"{self.called} reads {self.limit}",
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
    if options["over"] == "reference" and not options.get("reference"):
        raise UsageError(
            "over=reference is the sum less that of another model, and none is named",
            fix="Name it: --option reference=NAME_OR_PATH",
        )


def _of_reference(options: Mapping[str, Any]) -> dict[str, Any]:
    return {**options, "revision": ""}  # which is the first one's


def identify(checkpoint: str, options: Mapping[str, Any]) -> ModelIdentity:
    """Who it is: its weights, and those of the reference where there is one.

    Shown no prompt it is a control row: its figures are those of whoever does not see the question.
    """
    checked(options)
    own = identify_one(checkpoint, options)
    if options["shown"] == "nothing":
        own = replace(own, details={**own.details, "control": "blind"})
    named = options.get("reference", "")
    if not named:
        return own
    other = identify_one(named, _of_reference(options))
    told: dict[str, Json] = {"name": other.name, "revision": other.revision, "digest": other.digest}
    return replace(
        own,
        digest=digest([own.digest, "reference", other.digest]),
        details={**own.details, "reference": told},
    )


def load(checkpoint: str, *, device: str, dtype: str, **options: Any) -> AnswerLikelihood:
    """Load the model of ``answer-likelihood``, and its reference where one is named."""
    checked(options)
    check_device(device)
    own = _load(checkpoint, options, device=device, dtype=dtype)
    named = options.get("reference", "")
    if not named:
        return own
    other = _load(named, _of_reference(options), device=device, dtype=dtype)
    alike = own.tokenizer.get_vocab() == other.tokenizer.get_vocab()
    told: dict[str, Json] = {
        "reference_tokenizer": "of the same vocabulary" if alike else "its own",
        "reference_in_front": other.resolved["in_front"],
    }
    return replace(
        own,
        reference=replace(other, called="the reference"),
        resolved={**own.resolved, **told},
    )


def _load(
    checkpoint: str, options: Mapping[str, Any], *, device: str, dtype: str
) -> AnswerLikelihood:
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
        options["over"],
        limit,
        {
            "score": SCORES[options["over"]],
            "shown": options["shown"],
            "between": options["between"],
            "in_front": tokenizer.convert_ids_to_tokens(list(front)),
        },
    )
