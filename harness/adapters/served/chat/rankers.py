"""Protocols whose questions go to a server."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from harness.adapters.asking.asks import Ask, Asking, Prompt, Reply
from harness.adapters.asking.fitting import Shown, fitting
from harness.adapters.asking.pointwise import by_yes_or_no
from harness.adapters.asking.voice import Voice
from harness.adapters.base import ModelIdentity
from harness.adapters.language.listwise import first_by, permutation_by
from harness.adapters.language.pairs import PairPrompt
from harness.adapters.language.ranker import AskingRanker
from harness.adapters.language.setwise import pairwise_by, setwise_by, thinking_by
from harness.adapters.served.chat.identity import Answerer, answerer
from harness.adapters.served.chat.options import checked_extra, yes_no_words
from harness.adapters.served.chat.speaker import Manner, ServedSpeaker
from harness.adapters.served.identity import check_unchanged
from harness.strict_json import Json

RANKERS = {
    "listwise": permutation_by,
    "first": first_by,
    "setwise": setwise_by,
    "pairwise": pairwise_by,
    "rank-r1": thinking_by,
}

IN_WORDS = {
    "setwise": "Let it write its answers: --option read=answer",
    "pairwise": "Let it write its answers: --option read=answer",
    "first": "Let it write the order: --option protocol=listwise",
    "yes-no": "Take a protocol of written answers, such as --option protocol=listwise",
}
"""What to do without log-probabilities, by protocol; the others do not need them."""


class YesNoRanker:
    """Scores each document by log p(yes) - log p(no), one question a document."""

    def __init__(
        self, speaker: Voice, prompt: PairPrompt, words: tuple[str, str], name: str
    ) -> None:
        self._speaker = speaker
        self._prompt = prompt
        self._words = words
        self.resolved: Mapping[str, Json] = {
            **speaker.resolved,
            "prompt": name,
            "score": " - ".join(f"log p({word!r})" for word in words),
        }

    def asking(self, query: str, documents: Sequence[str]) -> Asking:
        """One query being ranked."""
        shown: dict[Prompt, Shown] = {}

        def make(document: str) -> Prompt:
            made = self._prompt.filled(query, document)
            split = document.split()

            def fill(words: int) -> Prompt:
                return self._prompt.filled(query, " ".join(split[:words]))

            shown[made] = Shown(fill, len(split))
            return made

        return fitting(by_yes_or_no(documents, make, self._words), shown)

    def questions(self, count: int) -> int:
        """One for each document."""
        return count


class ServedRanker:
    """A protocol whose questions go to a server; ``digest`` is who that was when it was loaded.

    ``identified`` asks it again.
    """

    def __init__(
        self,
        protocol: AskingRanker | YesNoRanker,
        speaker: ServedSpeaker,
        at: Answerer,
        identified: Callable[[], ModelIdentity],
    ) -> None:
        self._protocol = protocol
        self._speaker = speaker
        self._at = at
        self._identified = identified
        self.digest = at.identity.digest
        self.ledger = speaker.ledger
        self.resolved = protocol.resolved

    def asking(self, query: str, documents: Sequence[str]) -> Asking:
        """One query being ranked; nothing is asked before it is advanced."""
        return self._protocol.asking(query, documents)

    def answer(self, asks: Sequence[Ask]) -> list[Reply]:
        """Reply to one batch of questions."""
        return self._speaker.answer(asks)

    def count_tokens(self, asks: Sequence[Ask]) -> list[int]:
        """How much of a batch each question takes."""
        return self._speaker.count_tokens(asks)

    def questions(self, count: int) -> int:
        """How many questions a list of so many documents will take, roughly."""
        return self._protocol.questions(count)

    def confirm(self) -> None:
        """Raise :class:`InvalidError` where the server has meanwhile become another."""
        check_unchanged(self._at.identity, self._identified(), self._at.server.url)


def load(checkpoint: str, *, device: str, dtype: str, **options: Any) -> ServedRanker:
    """Load the model of ``chat-api``: ask the server who it is, and try what it can do."""
    at, chosen = answerer(checkpoint, options), options["protocol"]
    manner = Manner(
        model=at.model,
        dialect=at.dialect,
        path=at.completions,
        top=options["top_logprobs"],
        answer_tokens=at.own.get("answer_tokens") or options["answer_tokens"] or 0,
        tokens_field=options["tokens_field"],
        thinking=chosen == "rank-r1",
        extra=checked_extra(options["extra"]),
    )
    speaker = ServedSpeaker(at.server, manner)
    likely = chosen in IN_WORDS and at.own.get("read", "likelihood") == "likelihood"
    speaker.try_out(likelihoods=likely, otherwise=IN_WORDS.get(chosen, ""))
    protocol: AskingRanker | YesNoRanker
    if chosen == "yes-no":
        protocol = YesNoRanker(speaker, *yes_no_words(at.own), at.own["prompt"])
    else:
        protocol = RANKERS[chosen](speaker, at.own)
    return ServedRanker(protocol, speaker, at, lambda: answerer(checkpoint, options).identity)
