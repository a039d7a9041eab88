"""From messages to tokens: a model's own chat template, and what it does not take."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from harness.adapters.asking.asks import Prompt
from harness.errors import UsageError

TEMPLATES = ("auto", "chat", "plain")
SYSTEM_OWN, SYSTEM_FOLDED = "a message of its own", "put before the first message of the user"


class Chat:
    """Writes prompts as one model wants them.

    ``template`` is ``chat`` (the checkpoint's own), ``plain`` (texts with a blank line between
    them), or ``auto``: the checkpoint's own, which has to be there. Templates that take no system
    message get its text before the first message of the user. Thinking is off where a template can
    turn it off, unless ``thinking``.

    Raises :class:`UsageError` where the tokenizer has no chat template.
    """

    def __init__(self, tokenizer: Any, template: str, *, thinking: bool = False) -> None:
        if template not in TEMPLATES:
            raise UsageError(f"unknown template {template!r}", fix=f"Known: {', '.join(TEMPLATES)}")
        has_one = getattr(tokenizer, "chat_template", None) is not None
        if template != "plain" and not has_one:
            raise UsageError(
                "the checkpoint has no chat template, so the model is not asked in messages",
                fix="For a base model: --option template=plain",
            )
        self._tokenizer = tokenizer
        self._thinking = thinking
        self.used = "plain" if template == "plain" else "chat"
        self.system = SYSTEM_OWN if self.used == "plain" or self._takes_system() else SYSTEM_FOLDED

    def written(self, prompt: Prompt) -> str:
        """The whole text that the model reads, up to where its answer goes on."""
        messages = _folded(prompt.messages) if self.system == SYSTEM_FOLDED else prompt.messages
        if self.used == "plain":
            return "\n\n".join(text for _, text in messages) + prompt.start
        return self._applied(messages) + prompt.start

    def tokens(self, prompt: Prompt) -> list[int]:
        """The same as tokens; the template has brought the special ones."""
        found: list[int] = self._tokenizer(
            self.written(prompt), add_special_tokens=self.used == "plain"
        )["input_ids"]
        return found

    def _applied(self, messages: Sequence[tuple[str, str]]) -> str:
        made: str = self._tokenizer.apply_chat_template(
            [{"role": role, "content": text} for role, text in messages],
            tokenize=False,
            add_generation_prompt=True,
            enable_thinking=self._thinking,
        )
        return made

    def _takes_system(self) -> bool:
        from jinja2 import TemplateError

        try:
            return "rule" in self._applied([("system", "rule"), ("user", "x")])
        except TemplateError:
            return False


def _folded(messages: Sequence[tuple[str, str]]) -> Sequence[tuple[str, str]]:
    if not messages or messages[0][0] != "system":
        return messages
    (_, rule), *rest = messages
    if not rest:
        return [("user", rule)]
    (role, text), *others = rest
    return [(role, f"{rule}\n\n{text}"), *others]


def single_tokens(tokenizer: Any, labels: Sequence[str]) -> list[int]:
    """The token of each label.

    Raises :class:`UsageError` for labels that are not exactly one token each, or share one: their
    likelihoods would not be those of the labels.
    """
    rows = [tokenizer(label, add_special_tokens=False)["input_ids"] for label in labels]
    long = [label for label, row in zip(labels, rows, strict=True) if len(row) != 1]
    if long:
        raise UsageError(
            f"{', '.join(map(repr, long[:4]))} is not one token of this model",
            fix="Let it write its answers instead, or give other words",
        )
    ids = [int(row[0]) for row in rows]
    if len(set(ids)) < len(ids):
        raise UsageError(f"two of {', '.join(map(repr, labels[:4]))} are the same token")
    return ids
