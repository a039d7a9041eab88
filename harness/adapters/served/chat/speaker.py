"""A language model behind a server of chat completions, as one who is asked."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from harness.adapters.asking.asks import Ask, Choose, Prompt, Reply, Write
from harness.adapters.language.chat import SYSTEM_FOLDED, SYSTEM_OWN, folded
from harness.adapters.served.chat.dialects import Dialect
from harness.adapters.served.chat.identity import shown_name
from harness.adapters.served.chat.label_ids import LabelIds
from harness.adapters.served.chat.reading import (
    THINKS,
    Said,
    error_in,
    likelihoods,
    read,
    says_too_long,
)
from harness.adapters.served.client import Server
from harness.adapters.served.room import Room
from harness.adapters.served.unfit import RefusedError
from harness.adapters.support.spent import Ledger, Spent
from harness.errors import IncompleteError, InvalidError, UsageError
from harness.strict_json import Json

PIECE = re.compile(r"\d|[^\W\d_]+|[^\w\s]+|_+")

LIKELIHOODS = "logprob"
"""Stands in what a server says that does not take the fields which ask for them."""

BEFORE_LABEL = 16
"""Tokens that an answer may have before its label, where it cannot be begun for the model."""

BEGUN = "gone on from by the server"

UNTOLD = 4096
"""Tokens that are reckoned with where a field of the user's own says that none are told."""

HIGHEST_TOP = 20
"""Likeliest tokens that OpenAI's interface tells at most; others may tell more."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How a server is asked. ``extra`` are further fields; one that is ``None`` is left out.

    ``ends``: answers that ended for want of tokens are counted, and none of them is an error.
    """

    model: str
    dialect: Dialect
    path: str
    top: int = HIGHEST_TOP
    answer_tokens: int = 0
    tokens_field: str = "max_tokens"
    thinking: bool = False
    ends: bool = False
    extra: Mapping[str, Json] = field(default_factory=dict)


class ServedSpeaker:
    """A model on a server that replies; batches, tokenizer and chat template are the server's.

    Where the server can be told to go on from the beginning of an answer, it is; elsewhere that
    beginning is left out, and a label counts where it first stands.
    """

    limit: int | None = None

    def __init__(self, server: Server, manner: Manner) -> None:
        self.ledger = Ledger()
        self._server = server
        self._manner = manner
        self._model: str | None = None
        self._where = server.url + manner.path
        self._label_ids = LabelIds(server, manner.model)
        self._usage = False
        self._likely = False
        self._folds = False

    def answer(self, asks: Sequence[Ask]) -> list[Reply]:
        """Reply to a batch: so many at once as the settings allow.

        Raises what :meth:`Server.post` raises but for prompts that are too long, and
        :class:`InvalidError` for answers that are no chat completions or hold no likelihoods, and
        where answers come of another model than the first one did.
        """
        for ask in asks:
            if isinstance(ask, Choose):
                self._learn(ask)
        return self._server.each(self._reply, asks)

    def count_tokens(self, asks: Sequence[Ask]) -> list[int]:
        """1 each: a server makes its own batches."""
        return [1] * len(asks)

    def excess(self, prompt: Prompt, answer: int) -> int:
        """0: only the server can count."""
        return 0

    def tokens_in(self, text: str) -> int:
        """One for every digit, every word and every run of other signs.

        Of an order such as ``[12] > [3]`` that is what tokenizers make which split numbers into
        digits, and a little more than the others make.
        """
        return len(PIECE.findall(text))

    def room(self, usual: int, start: str) -> int:
        """The option ``answer_tokens``; without it as usual, with room for a word before."""
        if self._manner.answer_tokens:
            return self._manner.answer_tokens
        return usual + (BEFORE_LABEL if start and not self._manner.dialect.continues else 0)

    @property
    def resolved(self) -> Mapping[str, Any]:
        """What was settled at load."""
        manner, dialect = self._manner, self._manner.dialect
        told: dict[str, Any] = {
            "answers_as": shown_name(self._model or ""),
            "decoding": "greedy as far as the server follows temperature 0; whether the same "
            "question has the same answer is up to it",
            "beginning_of_answers": "gone on from by the server"
            if dialect.continues
            else "left out",
            "system_message": SYSTEM_FOLDED if self._folds else SYSTEM_OWN,
            "thinking": ("on" if manner.thinking else "off") if dialect.thinks else "as served",
            "usage": "told by the server" if self._usage else "not told",
            "too_long": "three quarters of the words of each passage, until it fits",
        }
        if self._likely:
            likely = f"of the {manner.top} likeliest tokens"
            told["likelihoods"] = "of named tokens" if self._label_ids else likely
        return told

    def try_out(self, *, likelihoods: bool, otherwise: str) -> None:
        """Ask one short question, so that what a server cannot do is known before the first part.

        Raises :class:`UsageError`, with ``otherwise`` as what to do, where ``likelihoods`` are
        needed and the server gives none.
        """
        none = UsageError(f"{self._where} gives no log-probabilities of tokens", fix=otherwise)
        if likelihoods and not self._manner.dialect.likelihoods:
            raise none
        self._likely = likelihoods
        rule = "Answer with one word."
        asked = Prompt((("system", rule), ("user", "Yes or No?")))
        ask: Ask = Write(asked, self._manner.answer_tokens or BEFORE_LABEL)
        if likelihoods:
            ask = Choose(asked, ("Yes", "No"))
            self._learn(ask)
        try:
            said = self._tried(ask)
        except RefusedError as error:
            if likelihoods and LIKELIHOODS in error.message:
                raise UsageError(f"{none.message} ({error.message})", fix=otherwise) from None
            raise
        if isinstance(said, Reply):
            raise InvalidError(
                f"{self._where} finds even one short question too long",
                fix="See that the model and its context are those that are meant",
            )
        if likelihoods and not said.tokens:
            raise none
        self._usage = said.usage is not None

    def _tried(self, ask: Ask) -> Said | Reply:
        """The answer to a question; the system's message goes before the user's where its own is
        refused, as some chat templates do."""
        try:
            return self._said(self._body(ask))
        except RefusedError as error:
            if LIKELIHOODS in error.message:  # which is another refusal
                raise
            self._folds = True
            try:
                return self._said(self._body(ask))
            except RefusedError:
                self._folds = False
                raise error from None

    def _reply(self, ask: Ask) -> Reply:
        try:
            said = self._said(self._body(ask))
        except RefusedError as error:
            if says_too_long(error.message):
                return Reply(too_long=True)
            raise
        if isinstance(said, Reply):
            return said
        read, written = said.usage or (0, 0)
        made = self._chosen(ask, said) if isinstance(ask, Choose) else self._written(ask, said)
        return replace(made, prompt_tokens=read, completion_tokens=written)

    def _said(self, body: Json) -> Said | Reply:
        reply = self._server.post(self._manner.path, body, room_of(body, self._manner))
        error = error_in(reply.json)
        if error is None:
            said = read(reply.json, where=self._where)
            read_tokens, written = said.usage or (None, None)
            self._check_model(str(self._server.without_key(said.model)))
            unfinished = said.full and self._manner.ends and not body.get("logprobs")
            self.ledger.add(Spent(-1, reply.seconds, reply.attempts, read_tokens, written,
                                  unfinished=unfinished))  # fmt: skip
            return said
        if says_too_long(error):
            return Reply(too_long=True)
        raise IncompleteError(
            f"{self._where} answered with an error: {self._server.shown(error)}",
            fix="Finished parts are kept: run the same command again",
        )

    def _check_model(self, model: str) -> None:
        """Raise where an answer says that it comes of another model than the first one."""
        if self._model is None:
            self._model = model
        if model != self._model:
            shown = self._server.shown
            raise InvalidError(
                f"{self._where} answered first as {shown(self._model)}, and now as {shown(model)}",
                fix="Name one model that stays: --option model=NAME. Finished parts are kept",
            )

    def _chosen(self, ask: Choose, said: Said) -> Reply:
        if said.tokens is None:
            raise InvalidError(
                f"{self._where} left out the log-probabilities of an answer",
                fix="Ask for answers in words: --option protocol=listwise, or --option read=answer",
            )
        made = likelihoods(said.tokens, ask.labels, begun=self._begun(ask))
        if made.nothing_seen and said.tokens and said.tokens[0].text.strip() == THINKS:
            raise InvalidError(
                f"{self._where} thinks before it answers, so that its first token is no label",
                fix="Serve it without thinking, or let it write: --option protocol=listwise "
                "--option answer_tokens=4096",
            )
        return made

    def _written(self, ask: Write, said: Said) -> Reply:
        ends = self._manner.answer_tokens or self._manner.ends
        if not said.text and said.thought and said.full and not ends:
            raise InvalidError(
                f"{self._where} thinks, and its thought leaves no room for an answer",
                fix="Serve it without thinking, or give room: --option answer_tokens=4096",
            )
        begun = ask.prompt.start if self._manner.dialect.echoes else ""
        return Reply(text=said.text.removeprefix(begun), unfinished=said.full)

    def _learn(self, ask: Choose) -> None:
        """Ask which tokens the labels are, where likelihoods of these alone can be asked for."""
        if self._manner.dialect.exact:
            self._label_ids.learn(ask)

    def _begun(self, ask: Ask) -> bool:
        return not ask.prompt.start or self._manner.dialect.continues

    def _body(self, ask: Ask) -> dict[str, Json]:
        manner, dialect = self._manner, self._manner.dialect
        messages: list[Json] = [
            {"role": role, "content": text} for role, text in self._messages(ask.prompt)
        ]
        body: dict[str, Json] = {
            "model": manner.model,
            "messages": messages,
            "temperature": 0,
            "seed": 0,
            manner.tokens_field: self._tokens(ask),
            **dialect.plain,
        }
        if dialect.thinks:
            body["chat_template_kwargs"] = {"enable_thinking": manner.thinking}
        if ask.prompt.start and dialect.continues:
            messages.append({"role": "assistant", "content": ask.prompt.start})
            body |= {"continue_final_message": True, "add_generation_prompt": False}
        if isinstance(ask, Choose):
            body |= {"logprobs": True, "top_logprobs": manner.top}
            if ids := self._label_ids.of(ask):
                body["logprob_token_ids"] = list(ids)
        body |= manner.extra
        return {name: value for name, value in body.items() if value is not None}

    def _messages(self, prompt: Prompt) -> Sequence[tuple[str, str]]:
        return folded(prompt.messages) if self._folds else prompt.messages

    def _tokens(self, ask: Ask) -> int:
        if isinstance(ask, Write):
            return ask.most_tokens
        return 1 if self._begun(ask) else BEFORE_LABEL


def room_of(body: Json, manner: Manner) -> Room:
    """What an answer may hold, by its tokens, each told with its likeliest where these are asked
    for; what a thinking server writes beside them has the room that is there for any answer."""
    tokens = body.get(manner.tokens_field)
    count = tokens if type(tokens) is int and tokens > 0 else UNTOLD
    each = 1 + (manner.top if body.get("logprobs") else 0)
    return Room().further(count * each, size=1 << 10, values=64, holders=4)
