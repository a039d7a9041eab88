"""A judge whose questions go to a server."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from harness.adapters.base import ModelIdentity
from harness.adapters.judge.judge import Judge
from harness.adapters.served.chat.identity import Answerer
from harness.adapters.served.chat.judges import answerer
from harness.adapters.served.chat.options import checked_extra
from harness.adapters.served.chat.speaker import Manner, ServedSpeaker
from harness.adapters.served.identity import check_unchanged
from harness.strict_json import Json

OTHERWISE = "Let it write its verdicts: --option read=answer"


class ServedJudge(Judge):
    """A judge behind a server; ``digest`` is who that was when it was loaded.

    ``identified`` asks it again.
    """

    def __init__(
        self,
        speaker: ServedSpeaker,
        at: Answerer,
        extra: Mapping[str, Json],
        identified: Callable[[], ModelIdentity],
    ) -> None:
        super().__init__(speaker, at.own, None)
        self.ledger = speaker.ledger
        self.digest = at.identity.digest
        self._at = at
        self._identified = identified
        sent: dict[str, Json] = {"temperature": 0, "seed": 0}
        told = {name: extra.get(name, value) for name, value in sent.items()}
        self.resolved = {
            **{name: value for name, value in self.resolved.items() if name != "too_long"},
            **{name: "left to the server" if one is None else one for name, one in told.items()},
        }

    def confirm(self) -> None:
        """Raise :class:`InvalidError` where the server has meanwhile become another."""
        check_unchanged(self._at.identity, self._identified(), self._at.server.url)


def load(checkpoint: str, *, device: str, dtype: str, **options: Any) -> ServedJudge:
    """Load the model of ``judge-api``: ask the server who it is, and try what it can do."""
    at, extra = answerer(checkpoint, options), checked_extra(options["extra"])
    manner = Manner(
        model=at.model,
        dialect=at.dialect,
        path=at.completions,
        top=options["top_logprobs"],
        answer_tokens=options["answer_tokens"],
        tokens_field=options["tokens_field"],
        thinking=options["thinking"],
        ends=True,
        extra=extra,
    )
    speaker = ServedSpeaker(at.server, manner)
    speaker.try_out(likelihoods=options["read"] == "likelihood", otherwise=OTHERWISE)
    return ServedJudge(speaker, at, extra, lambda: answerer(checkpoint, options).identity)
