"""Prompts for one query and one document, and where a document that is too long is cut."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from harness.adapters.asking.asks import Prompt
from harness.adapters.asking.prompt_file import Message
from harness.adapters.language.speaker import Speaker
from harness.adapters.support.prompt_files import FIELD, read_file
from harness.errors import InvalidError, UsageError

PRESETS = Path(__file__).parent / "prompts"
FIELDS = frozenset({"query", "document", "instruction"})


class PairFile(BaseModel):
    """A prompt as its file has it.

    ``message`` go through the chat template. ``raw`` are pieces that bring their own control
    tokens: each becomes tokens by itself, behind the tokenizer's first token where ``bos`` says so
    and it has one. ``yes`` and ``no`` are the words whose logits count, ``most`` is how many tokens
    a prompt may have.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
    message: Annotated[tuple[Message, ...], Field(strict=False)] = ()
    raw: Annotated[tuple[str, ...], Field(strict=False)] = ()
    bos: bool = False
    start: str = ""
    instruction: str = ""
    yes: str = ""
    no: str = ""
    most: Annotated[int, Field(ge=0)] = 0


@dataclass(frozen=True, slots=True)
class PairPrompt:
    """A prompt with its instruction settled."""

    file: PairFile
    instruction: str

    @property
    def raw(self) -> bool:
        """Whether it brings its own control tokens."""
        return bool(self.file.raw)

    @property
    def words(self) -> tuple[str, str]:
        """The words that say relevant and not relevant, the second empty where there is none."""
        return self.file.yes, self.file.no

    def tokens(self, speaker: Speaker, query: str, document: str, *, room: int = 0) -> list[int]:
        """The prompt as tokens, its document cut so that ``room`` more fit behind it.

        The document loses what is too much at its end; what stands around it stays whole.
        """
        limits = [limit for limit in (speaker.limit, self.file.most) if limit]
        row = self._tokens(speaker, query, document)
        while limits and (excess := len(row) + room - min(limits)) > 0:
            if not document:
                raise InvalidError(
                    f"a query of {len(query):,} characters leaves no room for a document in "
                    f"{min(limits):,} tokens",
                    fix="Give a larger --option max_length, or shorter queries",
                )
            document = shortened(speaker.tokenizer, document, excess)
            row = self._tokens(speaker, query, document)
        return row

    def filled(self, query: str, document: str) -> Prompt:
        """The messages for one query and one document; of a raw prompt there are none."""
        messages = ((m.role, self._fill(m.text, query, document)) for m in self.file.message)
        return Prompt(tuple(messages), self.file.start)

    def _fill(self, text: str, query: str, document: str) -> str:
        values = {"query": query, "document": document, "instruction": self.instruction}
        return FIELD.sub(lambda found: values[found[1]], text)

    def _tokens(self, speaker: Speaker, query: str, document: str) -> list[int]:
        if self.file.raw:
            pieces = [self._fill(piece, query, document) for piece in self.file.raw]
            return self._pieces(speaker, pieces)
        return speaker.chat.tokens(self.filled(query, document))

    def _pieces(self, speaker: Speaker, pieces: list[str]) -> list[int]:
        first = speaker.tokenizer.bos_token_id
        has = self.file.bos and first is not None and first != speaker.tokenizer.pad_token_id
        rows = speaker.tokenizer(pieces, add_special_tokens=False)["input_ids"]
        return [*([first] if has else []), *(token for row in rows for token in row)]


def shortened(tokenizer: Any, text: str, tokens: int) -> str:
    """A text without its last ``tokens`` tokens: its beginning, as it was written.

    It is cut between characters, never inside one, and by one character at least.
    """
    told = tokenizer(
        text, add_special_tokens=False, return_offsets_mapping=tokenizer.is_fast, verbose=False
    )
    keep = max(0, len(told["input_ids"]) - tokens)
    if not keep:
        return ""
    if not tokenizer.is_fast:  # it does not say where its tokens stand in the text
        cut = str(tokenizer.decode(told["input_ids"][:keep])).rstrip("\ufffd")
        return cut if len(cut) < len(text) else text[:-1]
    places = told["offset_mapping"]
    # Tokens that are parts of one character all have its place.
    return text[: min(places[keep][0], places[keep - 1][1], len(text) - 1)]


@lru_cache(maxsize=64)
def pair_prompt(name: str, instruction: str = "", *, query: bool = True) -> PairPrompt:
    """A prompt by the name of a preset, or by the path of a file; with ``query`` it shows that.

    Raises :class:`UsageError` for a file that is not there or not a prompt, for a field that is not
    known, and for one that does not show what it has to, or shows the query where it has not to.
    """
    path, made = read_file(name, PRESETS, PairFile)
    if bool(made.raw) == bool(made.message):
        raise UsageError(f"{path} is not a prompt: it has messages or raw pieces, one of the two")
    texts = [*made.raw, *(message.text for message in made.message)]
    used = {field for text in texts for field in FIELD.findall(text)}
    if unknown := sorted(used - FIELDS):
        raise UsageError(
            f"{path}: {{{unknown[0]}}} is no field there",
            fix="Known: " + ", ".join(f"{{{field}}}" for field in sorted(FIELDS)),
        )
    for field in ("document", *(["query"] if query else [])):
        if field not in used:
            raise UsageError(
                f"{path} does not show the {field}", fix=f"A prompt has {{{field}}} here"
            )
    if not query and "query" in used:
        raise UsageError(
            f"{path} shows the query whose likelihood is asked for", fix="Leave {query} out"
        )
    return PairPrompt(made, instruction or made.instruction)
