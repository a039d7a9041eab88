"""Texts that show several things at once, and still have them apart."""

from __future__ import annotations

from collections.abc import Sequence


class Dialogue(str):
    """Messages of several turns as one text; they are ``messages``, pairs of a role and a text."""

    messages: tuple[tuple[str, str], ...]

    def __new__(cls, messages: Sequence[tuple[str, str]]) -> Dialogue:
        """The messages one below the other, each behind its role."""
        made = super().__new__(cls, "\n\n".join(f"{role}: {text}" for role, text in messages))
        made.messages = tuple(messages)
        return made

    def __reduce__(self) -> tuple[type[Dialogue], tuple[tuple[tuple[str, str], ...]]]:
        """By its messages: workers get it whole."""
        return Dialogue, (self.messages,)


class Matchup(str):
    """A prompt with two answers as one text; its parts are ``prompt``, ``first``, ``second``."""

    prompt: str
    first: str
    second: str

    def __new__(cls, prompt: str, first: str, second: str) -> Matchup:
        """The parts under plain headings."""
        made = super().__new__(cls, f"{prompt}\n\nAnswer A:\n{first}\n\nAnswer B:\n{second}")
        made.prompt, made.first, made.second = prompt, first, second
        return made

    def __reduce__(self) -> tuple[type[Matchup], tuple[str, str, str]]:
        """By its parts: workers get it whole."""
        return Matchup, (self.prompt, self.first, self.second)


class Answered(str):
    """An answer; what it follows is its ``prompt``."""

    prompt: str

    def __new__(cls, prompt: str, answer: str) -> Answered:
        """The answer with its prompt."""
        made = super().__new__(cls, answer)
        made.prompt = prompt
        return made

    def __reduce__(self) -> tuple[type[Answered], tuple[str, str]]:
        """By its parts: workers get it whole."""
        return Answered, (self.prompt, str(self))
