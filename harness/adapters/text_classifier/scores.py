"""``text-classifier``: single texts through a transformers sequence classifier.

A score is a float32 log-odds of the positive (machine) label: its logit minus the logsumexp of
all other logits, which orders texts as the softmax does without its saturation. With one output
it is that logit. Which label is positive is given or declared by the checkpoint, never guessed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.adapters.base import ModelIdentity, Option
from harness.adapters.support.attention import ATTENTION, attention_of
from harness.adapters.support.checkpoints import resolve
from harness.adapters.support.kept import Kept
from harness.adapters.support.padding import Padding
from harness.adapters.support.positive_output import output_names
from harness.adapters.support.torch import (
    HUB_OPTIONS,
    hub_adapter,
    identify,
    max_length,
    reads_ahead,
)
from harness.adapters.support.whole import sequence_classifier
from harness.adapters.text_classifier.labels import declared_labels, positive_label
from harness.capabilities import Floats
from harness.errors import UsageError, did_you_mean
from harness.strict_json import Json

LONG = ("truncate", "windows")
AGGREGATES = ("mean", "max")

OPTIONS = {
    "label": Option(str, "", "name or number of the label that means machine-made"),
    "max_length": Option(int, 0, "tokens per text or window; 0: the model's own limit"),
    "long": Option(str, "truncate", "longer texts: truncate (keep the beginning) or windows"),
    "stride": Option(int, 0, "tokens from one window to the next; 0: windows side by side"),
    "aggregate": Option(str, "mean", "score of several windows: mean or max"),
    **ATTENTION,
    **HUB_OPTIONS,
}


class TextClassifier:
    """Scores texts. ``resolved`` holds the settings in force.

    Tokens of the last :meth:`count_tokens` calls are kept for the batches made from their answers.
    """

    def __init__(
        self, model: Any, tokenizer: Any, *, device: str, options: Mapping[str, Any]
    ) -> None:
        self._model = model.to(device).eval()
        self._tokenizer = tokenizer
        self._device = device
        self._max_length = max_length(model, tokenizer, options["max_length"])
        self._room = self._max_length - tokenizer.num_special_tokens_to_add(pair=False)
        if self._room < 1:
            raise UsageError(f"max_length {self._max_length} leaves no room for a token of text")
        self._windows = options["long"] == "windows"
        self._stride = options["stride"] or self._room
        if not 1 <= self._stride <= self._room:
            raise UsageError(f"stride {self._stride} is outside 1..{self._room}")
        if self._windows and not tokenizer.is_fast:
            raise UsageError("windows need a fast tokenizer", fix="Use --option long=truncate")
        self._aggregate = options["aggregate"]
        labels = output_names(model.config.id2label)
        self._positive = positive_label(labels, options["label"])
        self._padding = Padding(model, tokenizer)
        self._kept: Kept[str, list[list[int]]] = Kept(self._tokenize)
        self.reads_ahead = reads_ahead(device)
        one = len(labels) == 1
        self.resolved: Mapping[str, Json] = {
            "max_length": self._max_length,
            "long": options["long"],
            "stride": self._stride if self._windows else None,
            "aggregate": self._aggregate if self._windows else None,
            "attention": attention_of(model),
            "label": labels[self._positive],
            "label_number": self._positive,
            "score": "logit" if one else "positive logit - logsumexp of the others",
        }

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens that the model reads of each text, special tokens of each window included."""
        return [sum(map(len, row)) for row in self._kept.counted(texts)]

    def score_texts(self, texts: Sequence[str]) -> Floats:
        """Score one batch: float32 of shape (len(texts),), higher is more likely machine-made."""
        import numpy as np

        if not texts:
            return np.empty(0, dtype=np.float32)
        windows = self._kept.of(texts)
        flat = [window for row in windows for window in row]
        # No batch is larger than the one asked for, however many windows its texts have.
        scores = np.concatenate(
            [self._forward(flat[i : i + len(texts)]) for i in range(0, len(flat), len(texts))]
        )
        starts = np.cumsum([0, *(len(row) for row in windows[:-1])])
        if self._aggregate == "max":
            highest: Floats = np.maximum.reduceat(scores, starts)
            return highest
        counts = np.array([len(row) for row in windows])
        means = np.add.reduceat(scores.astype(np.float64), starts) / counts
        result: Floats = means.astype(np.float32)
        return result

    def _tokenize(self, texts: Sequence[str]) -> list[list[list[int]]]:
        """Rows of token ids per text: one, or with windows as many as cover it."""
        windows = {"return_overflowing_tokens": True, "stride": self._room - self._stride}
        encoded = self._tokenizer(
            list(texts),
            truncation=True,
            max_length=self._max_length,
            return_attention_mask=False,
            return_token_type_ids=False,
            **(windows if self._windows else {}),
        )
        if not self._windows:
            return [[ids] for ids in encoded["input_ids"]]
        rows: list[list[list[int]]] = [[] for _ in texts]
        owners = encoded["overflow_to_sample_mapping"]
        for owner, ids in zip(owners, encoded["input_ids"], strict=True):
            rows[owner].append(ids)
        return rows

    def _forward(self, rows: Sequence[Sequence[int]]) -> Floats:
        import torch

        feeds = self._padding.tensors([{"input_ids": ids} for ids in rows], self._device)
        with torch.inference_mode():
            logits = self._model(**feeds).logits.float()
            scores = logits[:, self._positive]
            if logits.shape[1] > 1:
                others = [n for n in range(logits.shape[1]) if n != self._positive]
                scores = scores - torch.logsumexp(logits[:, others], dim=1)
            result: Floats = scores.cpu().numpy()
        return result


def _identify(checkpoint: str, options: Mapping[str, Any]) -> ModelIdentity:
    identity = identify(checkpoint, options)
    for name, known in (("long", LONG), ("aggregate", AGGREGATES)):
        value = options.get(name, known[0])
        if value not in known:
            raise UsageError(f"unknown {name} {value!r}", fix=did_you_mean(value, known))
    if options.get("long", LONG[0]) != "windows" and options.get("stride"):
        raise UsageError("stride is for windows", fix="Add --option long=windows")
    found = resolve(checkpoint, revision=options.get("revision", ""))
    labels = declared_labels(found)  # only the configuration is read: no weights yet
    if labels is not None:
        positive_label(labels, options.get("label", ""))
    return identity


def _load(checkpoint: str, *, device: str, dtype: str, **options: Any) -> TextClassifier:
    family = sequence_classifier("text classifier")
    model, tokenizer = family.load(checkpoint, options, device=device, dtype=dtype)
    return TextClassifier(model, tokenizer, device=device, options=options)


ADAPTER = hub_adapter(
    "text-classifier",
    "scores texts with a transformers sequence classifier; float32 log-odds",
    "score_texts",
    identify=_identify,
    load=_load,
    options=OPTIONS,
)
