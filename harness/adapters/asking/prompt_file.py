"""Prompts as files: TOML with messages, the form of a document, and what labels it has.

Fields in braces are filled in one pass, so that what stands in a query or a document is never
taken for a field: ``{query}``, ``{count}``, ``{documents}``, and ``{label}`` and ``{text}`` of one
document, which messages with ``each = true`` have once for every document.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from harness.adapters.asking.asks import Prompt
from harness.adapters.asking.repair import letters, numerals
from harness.adapters.support.prompt_files import FIELD, gap_behind, read_file
from harness.errors import UsageError

PRESETS = Path(__file__).parent / "prompts"
WHOLE = frozenset({"query", "count", "documents"})
EACH = frozenset({"query", "count", "label", "text"})

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
        """What stands between the start of an answer and a label."""
        return gap_behind(self.start)

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
