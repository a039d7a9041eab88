"""From a prompt and an answer to the tokens that a reward model reads: its own chat template."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from harness.adapters.reward_model.template import OWN, text_of
from harness.adapters.support.templates import written
from harness.errors import InvalidError, UsageError

Messages = list[tuple[str, str]]


def turns_of(prompt: str) -> Messages:
    """The messages of a prompt: its own, where it has any, or one of the user."""
    return list(getattr(prompt, "messages", None) or [("user", str(prompt))])


ASKED, ANSWERED = "What is asked here", "What is answered here"
"""Texts by which a template is tried."""


@dataclass(frozen=True, slots=True)
class Read:
    """Tokens of one chat, and whether something was cut to make them so few."""

    tokens: list[int]
    cut: bool = False


class Chat:
    """Writes chats as one checkpoint wants them, and cuts those that are too long, if told to.

    A template brings its special tokens itself, so that none is put before what it writes, as
    ``apply_chat_template`` does. A chat ends where its answer ends and no new turn is begun.

    Raises :class:`UsageError` where there is no template, where it does not show prompt and answer
    in this order, and where another turn of the model stands behind the answer.
    """

    def __init__(self, tokenizer: Any, template: str, *, system: str = "") -> None:
        self._tokenizer = tokenizer
        self._system = system
        self._template = _template(tokenizer, template)
        self._whole: set[tuple[str, ...]] = set()
        self._check(self._tried([("user", ASKED), ("assistant", ANSWERED)]))

    def messages(self, prompt: str, answer: str) -> Messages:
        """The system's message, if any, the prompt's own and the answer."""
        turns = turns_of(prompt)
        first = [("system", self._system)] if self._system else []
        if first and turns and turns[0][0] == "system":
            first, turns[0] = [], ("system", f"{self._system}\n\n{turns[0][1]}")
        return [*first, *turns, ("assistant", answer)]

    def tokens(self, messages: Messages) -> list[int]:
        """The tokens of a whole chat.

        Raises :class:`InvalidError` for messages that the template does not take.
        """
        try:
            self._check_shows(tuple(role for role, _ in messages))
            text = self._written(messages)
        except _fails() as error:
            raise InvalidError(
                f"the chat template does not take these messages: {str(error)[:200]}",
                fix="See what roles and turns it wants (chat_template.jinja)",
            ) from error
        return _tokens(self._tokenizer, text)

    def read(self, prompt: str, answer: str, most: int, *, cut: bool) -> Read:
        """The tokens of a prompt with its answer; with ``cut``, ``most`` of them at the most.

        Of one that is longer the messages of the prompt lose their beginning, the first one first,
        then the answer its end; what the template writes around them stays.

        Raises :class:`InvalidError` where that does not do.
        """
        messages = self.messages(prompt, answer)
        row = self.tokens(messages)
        if len(row) <= most or not cut:
            return Read(row)
        while len(row) > most:
            at = next((n for n, (role, text) in enumerate(messages) if text and role != "system"),
                      None)  # fmt: skip
            if at is None:
                raise InvalidError(f"a chat without any text is longer than {most:,} tokens")
            role, text = messages[at]
            shorter = _without_end if at == len(messages) - 1 else _without_beginning
            messages[at] = (role, shorter(self._tokenizer, text, len(row) - most))
            row = self.tokens(messages)
        return Read(row, cut=True)

    def _written(self, messages: Sequence[tuple[str, str]], *, generate: bool = False) -> str:
        chat = [{"role": role, "content": text} for role, text in messages]
        return written(
            lambda: self._tokenizer.apply_chat_template(
                chat,
                chat_template=self._template,
                tokenize=False,
                add_generation_prompt=generate,
            ),
            self._template,
        )

    def _tried(self, messages: Messages, *, generate: bool = False) -> str:
        first = [("system", self._system)] if self._system else []
        try:
            return self._written([*first, *messages], generate=generate)
        except _fails() as error:
            raise UsageError(
                f"the chat template fails on {' and '.join(role for role, _ in messages)}: "
                f"{str(error)[:200]}",
                fix="Leave out --option system, or give another by --option template=FILE"
                if self._system
                else "Give another by --option template=FILE",
            ) from error

    def _check(self, chat: str) -> None:
        _, asked, rest = chat.partition(ASKED)
        turn, answered, end = rest.partition(ANSWERED)
        if not asked or not answered:
            raise UsageError(
                "the chat template does not show " + ("the answer" if asked else "the prompt"),
                fix="A reward model reads both: give another by --option template=FILE",
            )
        if self._opens(chat, turn.strip(), end.strip()):
            raise UsageError(
                f"the chat template begins another turn behind the answer ({end.strip()[-40:]!r}), "
                "and the score is read at its end",
                fix="Let add_generation_prompt decide about that turn, or give another by --option "
                "template=FILE",
            )

    def _check_shows(self, roles: tuple[str, ...]) -> None:
        """Raise :class:`InvalidError` for a template that leaves out a message of such a chat."""
        if roles in self._whole or roles == ("user", "assistant"):  # tried at load
            return
        texts = [f"What message {place} says" for place in range(1, len(roles) + 1)]
        shown = self._written(list(zip(roles, texts, strict=True)))
        for place, text in enumerate(texts):
            if text not in shown:
                raise InvalidError(
                    f"the chat template leaves out message {place + 1} of {len(roles)}, that of "
                    f"the {roles[place]}",
                    fix="Give another by --option template=FILE"
                    + (", or leave out --option system" if self._system else ""),
                )
        self._whole.add(roles)

    def _opens(self, chat: str, turn: str, end: str) -> bool:
        """Whether a turn stands open at the end, by what stands between prompt and answer.

        What a template adds for ``add_generation_prompt`` is such a turn. One that does not look at
        that may write it always: then the chat is not how a longer one begins.
        """
        user = [("user", ASKED)]
        closed, opened = self._tried(user), self._tried(user, generate=True)
        if opened.startswith(closed) and opened != closed:
            return end.endswith(opened[len(closed) :].strip())
        if not turn or not end.endswith(turn):
            return False
        longer = self._tried([*user, ("assistant", ANSWERED), *user])
        return not longer.startswith(chat.rstrip())


def _template(tokenizer: Any, template: str) -> str:
    if template != OWN:
        return text_of(template)
    try:
        found = tokenizer.get_chat_template() if getattr(tokenizer, "chat_template", None) else ""
    except ValueError as error:  # several, of which none is the default
        raise UsageError(
            f"the checkpoint's chat template is not one: {str(error)[:200]}",
            fix="Give one by --option template=FILE",
        ) from error
    if not found:
        raise UsageError(
            "the checkpoint has no chat template",
            fix="Give one by --option template=FILE; a model that reads two texts as a pair is a "
            "cross-encoder",
        )
    return str(found)


def _fails() -> tuple[type[Exception], ...]:
    from jinja2 import TemplateError

    return TemplateError, ValueError, TypeError


def _tokens(tokenizer: Any, text: str) -> list[int]:
    found = tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"]
    return [int(token) for token in found]


def _without_beginning(tokenizer: Any, text: str, tokens: int) -> str:
    return _part(tokenizer, text, tokens, lambda places, many: text[places[many][0] :])


def _without_end(tokenizer: Any, text: str, tokens: int) -> str:
    return _part(tokenizer, text, tokens, lambda places, many: text[: places[-many - 1][1]])


def _part(
    tokenizer: Any, text: str, tokens: int, kept: Callable[[list[tuple[int, int]], int], str]
) -> str:
    """A text without so many tokens, and at least without one character."""
    if not tokenizer.is_fast:
        return kept([(place, place + 1) for place in range(len(text))], min(tokens, len(text) - 1))
    told = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
    places = told["offset_mapping"]
    if tokens >= len(places):
        return ""
    found = kept(places, tokens)
    return found if len(found) < len(text) else kept([(n, n + 1) for n in range(len(text))], 1)
