"""A server of chat completions that knows what every passage is worth, and one that does not.

Each passage says its worth, ``worth 17``. Questions are read as any model would have to read them,
from the messages alone, and answered in the wire form of the server that it pretends to be.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from zlib import crc32

from tests.adapters.served.scripted import Said

LISTED = re.compile(r"^\[(\w+)\][^\n]*?worth (\d+)", re.MULTILINE)
PASSAGE = re.compile(r'Passage ([A-Z]): "[^"]*?worth (\d+)')
ALONE = re.compile(r"worth (\d+)")
FILLERS = ("The", "Here", " is", "1", "I", "-", "*", "##", "Sure", " the", "of", "an")


def tokens(text: str) -> list[int]:
    """A tokenizer of words with the space before them, and of single other signs."""
    return [crc32(piece.encode()) for piece in re.findall(r" ?\w+|\W", text)]


@dataclass
class ChatServer:
    """``kind`` is what the list of models calls the owner; ``change`` spoils an answer.

    ``likelihoods``: whether log-probabilities are told; ``top``: how many at most; ``spoken``: what
    the model says before a label when its answer was not begun for it.
    """

    kind: str = "vllm"
    likelihoods: bool = True
    top: int = 20
    spoken: tuple[str, ...] = ()
    context: int = 0
    models: tuple[str, ...] = ("tiny",)
    change: Callable[[dict[str, Any], dict[str, Any], int], Said | dict[str, Any]] | None = None
    asked: list[dict[str, Any]] = field(default_factory=list)

    @property
    def questions(self) -> list[dict[str, Any]]:
        """What was asked about passages."""
        return [body for body in self.asked if "worth" in str(body["messages"])]

    def __call__(self, path: str, body: Any) -> Said:
        if path == "/v1/models":
            about = {"object": "model", "created": len(self.asked), "owned_by": self.kind}
            rows = [{"id": name, "root": f"org/{name}", **about} for name in self.models]
            return Said({"object": "list", "data": rows})
        if path == "/version" and self.kind == "vllm":
            return Said({"version": "0.19.2"})
        if path == "/tokenize" and self.kind == "vllm":
            return Said({"tokens": tokens(body["prompt"])})
        if path != "/v1/chat/completions":
            return Said({"detail": "Not Found"}, 404)
        self.asked.append(body)
        refused = self._refused(body)
        if refused is not None:
            return refused
        answer = self._completion(body)
        if self.change is None:
            return Said(answer)
        changed = self.change(answer, body, len(self.asked))
        return changed if isinstance(changed, Said) else Said(changed)

    def _refused(self, body: dict[str, Any]) -> Said | None:
        words = sum(len(message["content"].split()) for message in body["messages"])
        if self.context and words > self.context:
            said = (f"This model's maximum context length is {self.context} tokens. However, you "
                    f"requested {words} tokens in the messages.")  # fmt: skip
            return Said({"error": {"message": said, "type": "BadRequestError", "code": 400}}, 400)
        if body.get("logprobs") and not self.likelihoods and self.kind == "transformers":
            return Said({"detail": "Unsupported fields in the request: {'logprobs'}"}, 422)
        return None

    def _completion(self, body: dict[str, Any]) -> dict[str, Any]:
        last = body["messages"][-1]
        begun = last["content"] if last["role"] == "assistant" else ""
        text = "\n".join(m["content"] for m in body["messages"] if m["role"] == "user")
        choice: dict[str, Any] = {"index": 0, "finish_reason": "stop", "logprobs": None}
        if body.get("logprobs"):
            worth = self._worth(text) or {"nothing": -0.5}
            said = [] if begun else list(self.spoken)
            best = max(worth, key=lambda label: worth[label])
            written = [*said, best][: body.get("max_tokens", 99)]
            choice["message"] = {"role": "assistant", "content": "".join(written)}
            if self.likelihoods:
                at = {len(said): worth}
                choice["logprobs"] = {
                    "content": [
                        self._told(token, at.get(n), body) for n, token in enumerate(written)
                    ]
                }
            used = len(written)
        else:
            content = "".join(self.spoken if not begun else ()) + self._written(text)
            content = begun + content if self.kind == "llamacpp" else content  # which repeats it
            choice["message"] = {"role": "assistant", "content": content}
            used = len(content.split())
        return {"id": "chatcmpl-1", "object": "chat.completion", "model": body["model"],
                "choices": [choice], "usage": {"prompt_tokens": len(text.split()),
                                               "completion_tokens": used}}  # fmt: skip

    def _worth(self, text: str) -> dict[str, float]:
        """Log-probabilities of labels, each with a space before it, as it stands behind a word."""
        if "'Yes' or 'No'" in text or "Yes or No" in text:
            found = ALONE.search(text)
            worth = float(found[1]) if found else 1.0
            return {
                "Yes": -math.log1p(math.exp(-worth / 8)),
                "No": -math.log1p(math.exp(worth / 8)),
            }
        if shown := PASSAGE.findall(text):
            return {f" {label}": float(worth) - 1000 for label, worth in shown}
        return {label: float(worth) - 1000 for label, worth in LISTED.findall(text)}

    def _told(
        self, token: str, worth: dict[str, float] | None, body: dict[str, Any]
    ) -> dict[str, Any]:
        likely = worth or {token: -0.1}
        ranked = sorted(likely.items(), key=lambda one: -one[1])[
            : min(self.top, body["top_logprobs"])
        ]
        low = min(value for _, value in ranked)
        filled = [*ranked, *((word, low - 1 - n) for n, word in enumerate(FILLERS))]
        if named := body.get("logprob_token_ids"):  # these, and the one that was written
            filled = [(text, value) for text, value in likely.items() if tokens(text)[0] in named]
        told = filled[: len(named or ()) or min(self.top, body["top_logprobs"])]
        top = [{"token": text, "logprob": value} for text, value in told]
        return {"token": token, "logprob": likely.get(token, -0.1), "top_logprobs": top}

    def _written(self, text: str) -> str:
        pairs = PASSAGE.findall(text) or LISTED.findall(text)
        best = [label for label, _ in sorted(pairs, key=lambda pair: -int(pair[1]))]
        if not best:
            return "nothing"
        if "<answer>" in text:
            return f"<think>\nperhaps [{best[-1]}]\n</think>\n<answer>[{best[0]}]</answer>"
        if "Passage A" in text:
            return f" Passage {best[0]}"
        return " > ".join(f"[{label}]" for label in best)
