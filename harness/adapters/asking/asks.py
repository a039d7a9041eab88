"""What is asked of a language model, and what it replies."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from math import inf
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Prompt:
    """Messages as (role, text), and what the answer begins with.

    ``start`` stands behind the tokens that open the model's turn, so that the model goes on from
    it: ``" Passage:"``, or ``"["``.
    """

    messages: tuple[tuple[str, str], ...]
    start: str = ""


@dataclass(frozen=True, slots=True)
class Write:
    """Ask for a text of at most ``most_tokens`` tokens, written greedily."""

    prompt: Prompt
    most_tokens: int


@dataclass(frozen=True, slots=True)
class Choose:
    """Ask how likely each label is as the next token; every label has to be one token."""

    prompt: Prompt
    labels: tuple[str, ...]


Ask: TypeAlias = Write | Choose


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: the text of a :class:`Write`, or one log-probability a label of a :class:`Choose`.

    Log-probabilities are natural, and need not add up over the labels. The tokens are those that
    the model read and wrote for it; reading a label's likelihood writes none. ``lost`` is an answer
    that came of numbers that are none, as half precision makes them where it overflows.
    ``too_long`` stands in place of an answer: with fewer words the question may be asked again.
    ``unfinished`` is a text that ended for want of tokens.

    A server tells the likeliest tokens alone. Labels that are not among them are ``unseen``: their
    log-probability is minus infinity here and at most ``least``, the lowest that was told.
    """

    text: str = ""
    likelihoods: tuple[float, ...] = ()
    prompt_tokens: int = 0
    completion_tokens: int = 0
    lost: bool = False
    too_long: bool = False
    unfinished: bool = False
    unseen: int = 0
    least: float = -inf

    @property
    def nothing_seen(self) -> bool:
        """Whether labels were asked for and none of them is among the likely tokens."""
        return bool(self.likelihoods) and self.unseen == len(self.likelihoods)


@dataclass(frozen=True, slots=True)
class Ranked:
    """An order of the documents, best first: every index exactly once.

    ``scores`` are the model's own, by document, higher being better, where there are any;
    ``repairs`` counts the answers that were not what was asked for.
    """

    order: tuple[int, ...]
    scores: tuple[float, ...] | None = None
    repairs: int = 0


Asking: TypeAlias = Generator[Sequence[Ask], Sequence[Reply], Ranked]
"""One query being ranked."""
