"""From messages to tokens: a model's own chat template, and what it does not take."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from harness.adapters.asking.asks import Prompt
from harness.adapters.support.templates import written
from harness.errors import UsageError, did_you_mean

TEMPLATES = ("auto", "plain")
SYSTEM_OWN, SYSTEM_FOLDED = "a message of its own", "put before the first message of the user"
MOST_KEPT = 1_000_000
"""Tokens of prompts that are kept: they are counted before they are read."""


class Chat:
    """Writes prompts as one model wants them.

    ``template`` is ``auto`` (the checkpoint's own, which has to be there) or ``plain`` (texts with
    a blank line between them). Templates that take no system message get its text before the first
    message of the user. Thinking is off where a template can turn it off, unless ``thinking``.

    Raises :class:`UsageError` where the tokenizer has no chat template, or one without the text.
    """

    def __init__(self, tokenizer: Any, template: str, *, thinking: bool = False) -> None:
        if template not in TEMPLATES:
            raise UsageError(
                f"unknown template {template!r}", fix=did_you_mean(template, TEMPLATES)
            )
        if template == "auto" and not getattr(tokenizer, "chat_template", None):
            raise UsageError(
                "the checkpoint has no chat template, so the model is not asked in messages",
                fix="For a base model: --option template=plain",
            )
        self.tokenizer = tokenizer
        self._thinking = thinking
        self._kept: dict[Prompt, list[int]] = {}
        self._count = 0
        self._labels: dict[tuple[str, ...], list[int]] = {}
        self.used = "plain" if template == "plain" else "chat"
        self.system = SYSTEM_OWN if self.used == "plain" or self._takes_system() else SYSTEM_FOLDED
        if self.used == "chat" and not self._shows("question"):
            raise UsageError(
                "the checkpoint's chat template does not show what the user says, so that every "
                "question would be the same",
                fix="Give the template that it was published with, or --option template=plain",
            )

    def written(self, prompt: Prompt) -> str:
        """The whole text that the model reads, up to where its answer goes on."""
        messages = folded(prompt.messages) if self.system == SYSTEM_FOLDED else prompt.messages
        if self.used == "plain":
            return "\n\n".join(text for _, text in messages) + prompt.start
        from jinja2 import TemplateError

        try:
            return self._applied(messages) + prompt.start
        except (TemplateError, ValueError, TypeError) as error:
            raise UsageError(
                f"the checkpoint's chat template does not take this prompt: {str(error)[:200]}",
                fix="Give a prompt with other messages, or --option template=plain",
            ) from error

    def tokens(self, prompt: Prompt) -> list[int]:
        """The same as tokens; the template has brought the special ones."""
        found = self._kept.get(prompt)
        if found is None:
            found = self._tokens_of(self.written(prompt))
            if self._count + len(found) > MOST_KEPT:
                self._kept.clear()
                self._count = 0
            self._kept[prompt] = found
            self._count += len(found)
        return found

    def label_tokens(self, labels: Sequence[str], start: str, *, alone: bool = False) -> list[int]:
        """The one token that each label is where it goes on from ``start`` in an answer.

        What a tokenizer makes of a word depends on what stands before it: in many, a word at the
        beginning of a text is another token than the same word behind a bracket. ``alone``: as it
        is by itself, for prompts whose pieces become tokens one by one.

        Raises :class:`UsageError` for labels that are not exactly one token each, or share one:
        their likelihoods would not be those of the labels.
        """
        key = (str(alone), start, *labels)
        if key not in self._labels and alone:
            rows = [tokens_alone(self.tokenizer, label) for label in labels]
            self._labels[key] = one_token_each(labels, rows)
        elif key not in self._labels:
            head = self.written(Prompt((("user", "x"),), start))
            before = self._tokens_of(head)
            rows = [self._behind(head, before, label) for label in labels]
            self._labels[key] = one_token_each(labels, rows)
        return self._labels[key]

    def _behind(self, head: str, before: Sequence[int], label: str) -> list[int]:
        after = self._tokens_of(head + label)
        if after[: len(before)] == before:
            return after[len(before) :]
        return tokens_alone(self.tokenizer, label)  # it fell together with the end of the prompt

    def _tokens_of(self, text: str) -> list[int]:
        return tokens_alone(self.tokenizer, text, special=self.used == "plain")

    def _applied(self, messages: Sequence[tuple[str, str]]) -> str:
        return written(
            lambda: self.tokenizer.apply_chat_template(
                [{"role": role, "content": text} for role, text in messages],
                tokenize=False,
                add_generation_prompt=True,
                enable_thinking=self._thinking,
            ),
            self.tokenizer.chat_template,
        )

    def _shows(self, word: str) -> bool:
        """Whether a word of the user's is written; what takes no such message tells by itself."""
        from jinja2 import TemplateError

        try:
            return word in self._applied(folded([("system", "rule"), ("user", word)]))
        except (TemplateError, ValueError, TypeError):
            return True

    def _takes_system(self) -> bool:
        from jinja2 import TemplateError

        try:
            return "rule" in self._applied([("system", "rule"), ("user", "x")])
        except (TemplateError, ValueError, TypeError):
            return False


def folded(messages: Sequence[tuple[str, str]]) -> Sequence[tuple[str, str]]:
    """The same without a message of the system: its text stands before the user's first one."""
    if not messages or messages[0][0] != "system":
        return messages
    (_, rule), *rest = messages
    if not rest:
        return [("user", rule)]
    (role, text), *others = rest
    return [(role, f"{rule}\n\n{text}"), *others]


def tokens_alone(tokenizer: Any, text: str, *, special: bool = False) -> list[int]:
    """A text as tokens, nothing before it but what ``special`` puts there."""
    return list(tokenizer(text, add_special_tokens=special, verbose=False)["input_ids"])


def one_token_each(labels: Sequence[str], rows: Sequence[Sequence[int]]) -> list[int]:
    """The token of each label, or :class:`UsageError` where it has none of its own."""
    long = [label for label, row in zip(labels, rows, strict=True) if len(row) != 1]
    if long:
        raise UsageError(
            f"{', '.join(map(repr, long[:4]))} is not one token of this model",
            fix="Give other words, or a protocol in which the model writes its answers",
        )
    ids = [int(row[0]) for row in rows]
    if len(set(ids)) < len(ids):
        raise UsageError(
            f"two of {', '.join(map(repr, labels[:4]))} are the same token of this model",
            fix="Give other words, or a protocol in which the model writes its answers",
        )
    return ids
