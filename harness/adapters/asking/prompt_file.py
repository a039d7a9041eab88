"""Prompts as files: TOML with messages, the form of a document, and what labels it has.

Fields in braces are filled in one pass, so that what stands in a query or a document is never
taken for a field: ``{query}``, ``{count}``, ``{documents}``, and ``{label}`` and ``{text}`` of one
document, which messages with ``each = true`` have once for every document.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from harness.adapters.asking.asks import Prompt
from harness.adapters.asking.repair import letters, numerals
from harness.errors import UsageError

PRESETS = Path(__file__).parent / "prompts"
FIELD = re.compile(r"\{(\w+)\}")
WHOLE = frozenset({"query", "count", "documents"})
EACH = frozenset({"query", "count", "label", "text"})
MOST_BYTES = 1_000_000

M = TypeVar("M", bound=BaseModel)
Label = Callable[[int], tuple[str, ...]]


class Message(BaseModel):
    """One message. With ``each`` it stands once for every document."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
    role: Literal["system", "user", "assistant"]
    text: str
    each: bool = False


class PromptFile(BaseModel):
    """A prompt as its file has it; :meth:`filled` makes one for a query and its documents."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
    message: Annotated[tuple[Message, ...], Field(strict=False, min_length=1)]
    labels: Literal["numbers", "letters"] = "numbers"
    document: str = "{text}"
    between: str = ""
    start: str = ""

    @property
    def label(self) -> Label:
        """From a number of documents to their labels."""
        return letters if self.labels == "letters" else numerals

    @property
    def gap(self) -> str:
        """What stands between the start of an answer and a label: a space behind a word."""
        return " " if self.start and not self.start.endswith((" ", "[", "(", '"', "\n")) else ""

    def filled(self, query: str, shown: Sequence[tuple[str, str]]) -> Prompt:
        """The prompt for (label, document) pairs."""
        whole = {"query": query, "count": str(len(shown))}
        each = [{**whole, "label": label, "text": text} for label, text in shown]
        whole["documents"] = self.between.join(_fill(self.document, one) for one in each)
        messages: list[tuple[str, str]] = []
        for repeated, run in groupby(self.message, key=lambda message: message.each):
            run_of = list(run)
            for values in each if repeated else [whole]:
                messages += [(message.role, _fill(message.text, values)) for message in run_of]
        return Prompt(tuple(messages), self.start)


def _fill(text: str, values: Mapping[str, str]) -> str:
    return FIELD.sub(lambda found: values[found[1]], text)


@lru_cache(maxsize=64)
def read_prompt(name: str) -> PromptFile:
    """A prompt by the name of a preset, or by the path of a file.

    Raises :class:`UsageError` for a file that is not there or not a prompt, for a field that is
    not known where it stands, and where the query or the documents have none.
    """
    path, made = read_file(name, PRESETS, PromptFile)
    _check(made, path)
    return made


def prompt_path(name: str, presets: Path) -> Path:
    """Where the preset or the file of that name lies; :class:`UsageError` where there is none."""
    preset = presets / f"{name}.toml"
    path = preset if re.fullmatch(r"[\w-]+", name) and preset.is_file() else Path(name).expanduser()
    if not path.is_file():
        known = ", ".join(sorted(preset.stem for preset in presets.glob("*.toml")))
        raise UsageError(f"there is no prompt {name!r}", fix=f"Give a file, or one of {known}")
    return path


def read_file(name: str, presets: Path, kind: type[M]) -> tuple[Path, M]:
    """A prompt file and what it says; :class:`UsageError` for one that is not there or no such."""
    path = prompt_path(name, presets)
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ValueError(f"it is larger than {MOST_BYTES:,} bytes")
        return path, kind.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise UsageError(f"{path} is not a prompt: {where}: {first['msg']}") from error
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(f"{path} is not a prompt: {error}") from error


def _check(made: PromptFile, path: Path) -> None:
    used: set[str] = set()
    parts = [(message.text, EACH if message.each else WHOLE) for message in made.message]
    for text, known in [*parts, (made.document, EACH)]:
        fields = set(FIELD.findall(text))
        if unknown := sorted(fields - known):
            raise UsageError(
                f"{path}: {{{unknown[0]}}} is no field there",
                fix="Known: " + ", ".join(f"{{{field}}}" for field in sorted(known)),
            )
        used |= fields
    shows = any("documents" in FIELD.findall(text) for text, _ in parts)
    lists = any(m.each and "text" in FIELD.findall(m.text) for m in made.message)
    if "query" not in used or not (lists or (shows and "text" in FIELD.findall(made.document))):
        raise UsageError(
            f"{path} does not show {'the documents' if 'query' in used else 'the query'}",
            fix="A prompt has {query}, and {documents} or a message with each = true and {text}",
        )
