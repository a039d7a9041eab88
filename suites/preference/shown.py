"""Texts that show several things at once, and still have them apart."""

from __future__ import annotations


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
