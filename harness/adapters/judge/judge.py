"""A judge: shows a language model two answers, and reads its verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.adapters.asking.asks import Ask, Choose, Reply, Write
from harness.adapters.asking.in_step import LostAnswersError
from harness.adapters.asking.voice import Voice
from harness.adapters.judge.adapter import check
from harness.adapters.judge.prompt import judge_prompt
from harness.adapters.judge.reading import verdict_in
from harness.adapters.language.ranker import speaker_of
from harness.adapters.support.spent import Ledger, Spent
from harness.errors import InvalidError, UsageError
from harness.strict_json import Json


class Judge:
    """Verdicts of one who is asked. ``resolved`` holds the settings in force.

    An answer without a verdict, or one that ended for want of tokens, is ``None``: unparsed. With a
    ``ledger`` questions and their tokens are counted here; else whoever answers counts them.
    """

    def __init__(self, voice: Voice, options: Mapping[str, Any], ledger: Ledger | None) -> None:
        self._voice = voice
        self._prompt = judge_prompt(options["prompt"])
        self._likely = options["read"] == "likelihood"
        self._most = options["answer_tokens"] or self._prompt.answer_tokens
        self._ledger = ledger
        read: dict[str, Json] = (
            {"read": "likelihood", "labels": list(self._prompt.labels)}
            if self._likely
            else {
                "read": "answer",
                "answer_tokens": self._most,
                "verdict": f"behind the last {self._prompt.mark!r}"
                if self._prompt.mark
                else "in the last double brackets, or the whole answer",
                "unfinished": "unparsed",
            }
        )
        self.resolved: Mapping[str, Json] = {
            "temperature": 0,
            "thinking": "on" if options["thinking"] else "off",
            **voice.resolved,
            "prompt": options["prompt"],
            **read,
        }

    def count_tokens(self, texts: Sequence[Any]) -> list[int]:
        """Tokens of each question with the longest answer to it."""
        return self._voice.count_tokens([self._ask(text) for text in texts])

    def judge_texts(self, texts: Sequence[Any]) -> list[str | None]:
        """The verdict on each text, which has its ``prompt``, ``first`` and ``second``.

        Raises :class:`InvalidError` for one that is too long with its answer, and where answers
        come of numbers that are none.
        """
        asks = [self._ask(text) for text in texts]
        for ask in asks:
            if self._voice.excess(ask.prompt, 0 if self._likely else self._most) > 0:
                raise _too_long(f"the {self._voice.limit:,} tokens of this model")
        replies = self._voice.answer(asks)
        lost = [place for place, reply in enumerate(replies) if reply.lost]
        if lost:
            raise LostAnswersError(lost)
        if any(reply.too_long for reply in replies):
            raise _too_long("what the server's model takes")
        if self._ledger is not None:
            for reply in replies:
                self._ledger.add(Spent(-1, 0.0, 0, reply.prompt_tokens, reply.completion_tokens,
                                       unfinished=reply.unfinished))  # fmt: skip
        return [self._verdict(reply) for reply in replies]

    def _ask(self, text: Any) -> Ask:
        prompt = self._prompt.filled(text.prompt, text.first, text.second, begun=self._likely)
        if self._likely:
            return Choose(prompt, self._prompt.labels)
        return Write(prompt, self._most)

    def _verdict(self, reply: Reply) -> str | None:
        if not self._likely:
            return verdict_in(reply, self._prompt.mark)
        if reply.nothing_seen:
            return None
        best = max(reply.likelihoods)
        labels = zip(self._prompt.labels, reply.likelihoods, strict=True)
        first, *others = (label for label, likely in labels if likely == best)
        return "tie" if others else f"[[{first}]]"


def _too_long(limit: str) -> InvalidError:
    return InvalidError(
        f"two answers with their prompt and a verdict are longer than {limit}",
        fix="Take a model that reads more, or count it as the worst with --on-error worst-rank",
    )


class LocalJudge(Judge):
    """A judge whose weights are at hand: it counts what it is asked itself."""

    def __init__(self, voice: Voice, options: Mapping[str, Any]) -> None:
        self.ledger = Ledger(served=False)
        super().__init__(voice, options, self.ledger)


def load(checkpoint: str, *, device: str, dtype: str, **options: Any) -> LocalJudge:
    """Load the model of ``judge``."""
    check(options)
    prompt = judge_prompt(options["prompt"])
    likely = options["read"] == "likelihood"
    speaker = speaker_of(
        checkpoint,
        device=device,
        dtype=dtype,
        options=options,
        labels=prompt.labels if likely else (),
        start=prompt.start if likely else "",
    )
    most = options["answer_tokens"] or prompt.answer_tokens
    if not likely and speaker.limit is not None and most >= speaker.limit:
        raise UsageError(
            f"an answer of {most:,} tokens leaves no room in the {speaker.limit:,} of this model",
            fix="Give fewer by --option answer_tokens=N",
        )
    return LocalJudge(speaker, options)
