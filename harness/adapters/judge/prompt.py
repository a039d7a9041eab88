"""Prompts of judges as files: TOML with messages in which a prompt and two answers are shown.

``{prompt}``, ``{first}`` and ``{second}`` are filled in one pass, so that what stands in an answer
is never taken for a field.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from harness.adapters.asking.asks import Prompt
from harness.adapters.support.prompt_files import FIELD, read_file
from harness.errors import UsageError

PRESETS = Path(__file__).parent / "prompts"
FIELDS = ("prompt", "first", "second")
ANSWERS = frozenset(FIELDS[1:])


class Message(BaseModel):
    """One message."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
    role: Literal["system", "user", "assistant"]
    text: str


class JudgeFile(BaseModel):
    """A prompt as its file has it.

    ``answer_tokens`` are those of an answer at most. ``mark`` stands before the verdict; empty: the
    verdict is in double brackets. Where likelihoods are read, the answer begins with ``start`` and
    goes on with one of ``labels``.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
    message: Annotated[tuple[Message, ...], Field(strict=False, min_length=1)]
    answer_tokens: Annotated[int, Field(ge=1)] = 1024
    mark: str = ""
    start: str = ""
    labels: Annotated[tuple[str, ...], Field(strict=False, min_length=2)] = ("A", "B")

    def filled(self, prompt: str, first: str, second: str, *, begun: bool = False) -> Prompt:
        """The messages for one prompt and two answers; ``begun``: the answer has its start."""
        values = dict(zip(FIELDS, (prompt, first, second), strict=True))
        messages = tuple(
            (message.role, FIELD.sub(lambda found: values[found[1]], message.text))
            for message in self.message
        )
        return Prompt(messages, self.start if begun else "")


@lru_cache(maxsize=64)
def judge_prompt(name: str) -> JudgeFile:
    """A prompt by the name of a preset, or by the path of a file.

    Raises :class:`UsageError` for a file that is not there or not a prompt, for a field that is not
    known, and for one that does not show both answers.
    """
    path, made = read_file(name, PRESETS, JudgeFile)
    used = {field for message in made.message for field in FIELD.findall(message.text)}
    if unknown := sorted(used - set(FIELDS)):
        raise UsageError(
            f"{path}: {{{unknown[0]}}} is no field there",
            fix="Known: " + ", ".join(f"{{{field}}}" for field in FIELDS),
        )
    if lost := sorted(ANSWERS - used):
        raise UsageError(
            f"{path} does not show the {lost[0]} answer", fix=f"A prompt has {{{lost[0]}}}"
        )
    return made
