"""What a vision-language model is asked about an image, and what its answers are worth."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from harness.adapters.support.prompt_files import FIELD, gap_behind, prompt_sha256, read_file
from harness.errors import UsageError

PRESETS = Path(__file__).parent / "prompts"
IMAGE = "image"


class ImageMessage(BaseModel):
    """One message; ``{image}`` in its text is where the image stands."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
    role: Literal["system", "user", "assistant"]
    text: str

    def content(self) -> list[dict[str, str]]:
        """The message as parts, as chat templates of such models take it."""
        parts: list[dict[str, str]] = []
        for place, text in enumerate(self.text.split(f"{{{IMAGE}}}")):
            parts += [{"type": "image"}] * (place > 0)
            parts += [{"type": "text", "text": text.strip("\n")}] * bool(text.strip("\n"))
        return parts


class LevelPrompt(BaseModel):
    """A prompt as its file has it: ``levels`` are words, each worth a number.

    Without ``worth``, the last of n levels is worth 1 and the first n. ``start`` is how the answer
    begins, before its word.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
    message: Annotated[tuple[ImageMessage, ...], Field(strict=False, min_length=1)]
    start: str = ""
    levels: Annotated[tuple[str, ...], Field(strict=False, min_length=2)]
    worth: Annotated[tuple[float, ...], Field(strict=False)] = ()

    @property
    def values(self) -> tuple[float, ...]:
        """What each level is worth."""
        return self.worth or tuple(float(n) for n in range(len(self.levels), 0, -1))

    @property
    def gap(self) -> str:
        """What stands between the start of the answer and its word."""
        return gap_behind(self.start)


def read_prompt(options: Mapping[str, Any]) -> LevelPrompt:
    """The prompt that the options name.

    Raises :class:`UsageError` for a file that is not there or no such prompt, one that does not
    show the image once, levels that are equal, and as many values as levels not being given.
    """
    path, made = read_file(options["prompt"], PRESETS, LevelPrompt)
    used = [field for message in made.message for field in FIELD.findall(message.text)]
    if unknown := [field for field in used if field != IMAGE]:
        raise UsageError(f"{path}: {{{unknown[0]}}} is no field there", fix="Known: {image}")
    if len(used) != 1:
        raise UsageError(
            f"{path} shows the image {len(used)} times", fix="Put {image} once into a message"
        )
    if len(set(made.levels)) < len(made.levels) or not all(made.levels):
        raise UsageError(f"{path}: levels have to be different words")
    if made.worth and len(made.worth) != len(made.levels):
        raise UsageError(
            f"{path}: {len(made.levels)} levels are worth {len(made.worth)} numbers",
            fix="Give worth as many numbers as there are levels",
        )
    return made


def prompt_digest(options: Mapping[str, Any]) -> str:
    """sha256 of the prompt's file."""
    return prompt_sha256(options["prompt"], PRESETS)
