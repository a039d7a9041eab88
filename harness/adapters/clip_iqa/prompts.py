"""Pairs of sentences that an image is held between: presets, a file, or two options."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from harness.adapters.support.prompt_files import prompt_sha256, read_file
from harness.errors import UsageError

PRESETS = Path(__file__).parent / "prompts"
Pair = tuple[str, str]


class PromptPair(BaseModel):
    """What is said of a good image and of a bad one."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
    good: Annotated[str, Field(min_length=1)]
    bad: Annotated[str, Field(min_length=1)]


class PairFile(BaseModel):
    """A file of pairs, whose probabilities are averaged."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
    pair: Annotated[tuple[PromptPair, ...], Field(strict=False, min_length=1)]


def read_pairs(options: Mapping[str, Any]) -> tuple[Pair, ...]:
    """The pairs that the options ask for: ``good`` and ``bad``, or else those of ``prompts``.

    Raises :class:`UsageError` for one text without the other, two equal ones, and a file that is
    not there or none of pairs.
    """
    good, bad = options.get("good", ""), options.get("bad", "")
    if bool(good) != bool(bad):
        raise UsageError(
            "clip-iqa: good and bad go together",
            fix='Give both: --option good="Good photo." --option bad="Bad photo."',
        )
    if good:
        pairs: tuple[Pair, ...] = ((good, bad),)
    else:
        _, made = read_file(options["prompts"], PRESETS, PairFile)
        pairs = tuple((pair.good, pair.bad) for pair in made.pair)
    for one, other in pairs:
        if one == other:
            raise UsageError(f"clip-iqa: {one[:60]!r} is both the good and the bad text")
    return pairs


def pairs_digest(options: Mapping[str, Any]) -> str:
    """sha256 of the file of pairs; empty where the options hold the texts themselves."""
    return "" if options.get("good") else prompt_sha256(options["prompts"], PRESETS)
