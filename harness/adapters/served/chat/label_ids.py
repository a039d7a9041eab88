"""Which tokens the labels of a question are: vLLM's ``/tokenize`` says."""

from __future__ import annotations

from harness.adapters.asking.asks import Choose
from harness.adapters.served.client import Server
from harness.errors import InvalidError
from harness.strict_json import Json


class LabelIds:
    """Ids of labels as one model has them, asked for once for every set of labels."""

    def __init__(self, server: Server, model: str) -> None:
        self._server = server
        self._model = model
        self._known: dict[tuple[str, ...], list[int]] = {}

    def __bool__(self) -> bool:
        """Whether there were any."""
        return any(self._known.values())

    def learn(self, ask: Choose) -> None:
        """Ask, unless it is known."""
        key = (ask.prompt.start, *ask.labels)
        if key not in self._known:
            self._known[key] = self._asked(ask)

    def of(self, ask: Choose) -> list[int]:
        """The one token that each label is behind the start; none where a label is not one, and
        where nobody asked."""
        return self._known.get((ask.prompt.start, *ask.labels), [])

    def _asked(self, ask: Choose) -> list[int]:
        start = ask.prompt.start
        before = self._tokens(start) if start else []
        found = []
        for label in ask.labels:
            row = self._tokens(start + label)
            row = row[len(before) :] if row[: len(before)] == before else self._tokens(label)
            if len(row) != 1:
                return []
            found += row
        return found if len(set(found)) == len(found) else []

    def _tokens(self, text: str) -> list[int]:
        body: Json = {"model": self._model, "prompt": text, "add_special_tokens": False}
        try:
            answer = self._server.post("/tokenize", body).json
        except InvalidError:  # a gateway before it may not let that through
            return []
        tokens = answer.get("tokens") if isinstance(answer, dict) else None
        return [one for one in tokens if isinstance(one, int)] if isinstance(tokens, list) else []
