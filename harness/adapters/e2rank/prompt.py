"""The query of E2Rank: a prompt in the checkpoint's chat template that lists candidates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from harness.adapters.support.templates import written
from harness.errors import UsageError

INSTRUCTION = (
    "Given a web search query and some relevant documents, "
    "rerank the documents that answer the query:"
)
"""The prompt of Alibaba-NLP/E2Rank (Apache-2.0), src/eval.py at 478f298."""


class QueryPrompt:
    """Writes queries with candidates, in at most ``limit`` tokens.

    Where a prompt is longer, the passages in it lose words: as many as it is too long, spread over
    four times their number, at least one, again and again.
    """

    def __init__(self, tokenizer: Any, *, instruction: str, words: int, limit: int) -> None:
        if getattr(tokenizer, "chat_template", None) is None:
            raise UsageError("the checkpoint has no chat template, in which e2rank writes queries")
        self._tokenizer = tokenizer
        self._instruction = instruction
        self._words = words
        self._limit = limit

    def text(self, query: str, shown: Sequence[str]) -> str:
        """The whole text of a query with the candidates that it lists."""
        listed = [f"[{number}] {text}" for number, text in enumerate(shown, 1)]
        lines = [self._instruction, "Documents:", *listed, f"Search Query: {query}"]
        return self._written([{"role": "user", "content": "\n".join(lines)}])

    def _written(self, messages: list[dict[str, str]]) -> str:
        from jinja2 import TemplateError

        try:
            return written(
                lambda: self._tokenizer.apply_chat_template(
                    messages, tokenize=False, add_generation_prompt=True, enable_thinking=False
                ),
                self._tokenizer.chat_template,
            )
        except (TemplateError, ValueError, TypeError) as error:
            raise UsageError(
                f"the checkpoint's chat template does not take a query: {str(error)[:200]}",
                fix="Give the checkpoint with the template it was published with",
            ) from error

    def tokens(self, query: str, shown: Sequence[str]) -> list[int]:
        """The same as tokens, its passages cut where it has to be."""
        words = min(self._words, max(len(text.split()) for text in shown))
        while True:
            cut = [first_words(text, words) for text in shown]
            made = self._tokenizer(self.text(query, cut), add_special_tokens=False)
            row: list[int] = made["input_ids"]
            excess = len(row) - self._limit
            if excess <= 0:
                return row
            if words < 1:
                raise UsageError(
                    f"a prompt with {len(shown)} empty passages is longer than the "
                    f"{self._limit:,} tokens of this model",
                    fix="Show fewer: --option window=10",
                )
            words -= min(words, max(1, excess // (4 * len(shown))))


def first_words(text: str, words: int) -> str:
    """A text of more words than that cut behind them, any other as it is."""
    found = text.split()
    return text if len(found) <= words else " ".join(found[:words])
