"""``text-classifier`` with all its capabilities: one score per text, or a logit for every label.

The labels are those of the checkpoint's configuration, or of a file (option ``labels``), in the
order of the outputs. Which of them means machine-made matters to scores alone: a checkpoint that
does not say so still classifies, and is refused only where scores are asked for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from harness.adapters.base import ModelIdentity, Option
from harness.adapters.support.checkpoints import resolve
from harness.adapters.support.label_file import (
    HELP,
    check_count,
    digest_label_file,
    read_label_file,
)
from harness.adapters.support.positive_output import output_names
from harness.adapters.text_classifier import scores as text_classifier
from harness.adapters.text_classifier.labels import declared_labels, positive_label
from harness.adapters.text_classifier.scores import TextClassifier
from harness.capabilities import Floats
from harness.errors import UsageError
from harness.fingerprint import digest

_PLACEHOLDER = re.compile(r"LABEL_\d+")


class LabelledClassifier(TextClassifier):
    """Scores texts or classifies them; ``labels`` are the names of the outputs.

    ``given`` are names that come before the checkpoint's own.
    """

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        *,
        device: str,
        options: Mapping[str, Any],
        given: Sequence[str] = (),
    ) -> None:
        names = output_names(model.config.id2label)
        if given:
            check_count(tuple(given), len(names), "the file")
        self.labels: Sequence[str] = tuple(given or (names[number] for number in sorted(names)))
        self._unknown = _unknown(names, options["label"])
        stand_in = {"label": str(min(names))} if self._unknown else {}
        super().__init__(model, tokenizer, device=device, options={**options, **stand_in})
        hidden = dict.fromkeys(("label", "label_number", "score") if self._unknown else ())
        self.resolved = {**self.resolved, **hidden}

    def score_texts(self, texts: Sequence[str]) -> Floats:
        """Log-odds of machine-made; :class:`UsageError` when no label is known to mean it."""
        if self._unknown is not None:
            raise UsageError(self._unknown.message, fix=self._unknown.fix)
        return super().score_texts(texts)

    def classify_texts(self, texts: Sequence[str]) -> Floats:
        """float32 logits of shape (len(texts), len(labels)); of windows the mean or the highest."""
        import numpy as np

        if not texts:
            return np.empty((0, len(self.labels)), dtype=np.float32)
        windows = self._kept.of(texts)
        flat = [window for row in windows for window in row]
        # No batch is larger than the one asked for, however many windows its texts have.
        step = len(texts)
        found = np.concatenate(
            [self._logits(flat[i : i + step]) for i in range(0, len(flat), step)]
        )
        starts = np.cumsum([0, *(len(row) for row in windows[:-1])])
        if self._aggregate == "max":
            highest: Floats = np.maximum.reduceat(found, starts, axis=0)
            return highest
        counts = np.array([len(row) for row in windows])
        sums = np.add.reduceat(found.astype(np.float64), starts, axis=0)
        means: Floats = (sums / counts[:, None]).astype(np.float32)
        return means

    def _logits(self, rows: Sequence[Sequence[int]]) -> Floats:
        import torch

        feeds = self._padding.tensors([{"input_ids": ids} for ids in rows], self._device)
        with torch.inference_mode():
            found: Floats = self._model(**feeds).logits.float().cpu().numpy()
        return found


def _unknown(labels: Mapping[int, str], wanted: str) -> UsageError | None:
    """Why no label is known to mean machine-made, if so; raised when one is ``wanted`` in vain."""
    try:
        positive_label(labels, wanted)
    except UsageError as error:
        if wanted:
            raise
        return error
    return None


def _stand_in(labels: Mapping[int, str] | None, options: Mapping[str, Any]) -> dict[str, Any]:
    """The options with a label in any case, so that a checkpoint loads whatever its labels are."""
    label = options.get("label", "") or str(min(labels) if labels else 0)
    return {**{name: options[name] for name in options if name != "labels"}, "label": label}


def _identify(checkpoint: str, options: Mapping[str, Any]) -> ModelIdentity:
    declared = declared_labels(resolve(checkpoint, revision=options.get("revision", "")))
    identity = text_classifier.ADAPTER.identify(checkpoint, _stand_in(declared, options))
    names = digest_label_file(options.get("labels", ""))
    if names:
        return replace(
            identity,
            digest=digest([["text classes", identity.digest, names]]),
            details={**identity.details, "labels_sha256": names},
        )
    if declared and all(_PLACEHOLDER.fullmatch(name) for name in declared.values()):
        positive_label(declared, options.get("label", ""))  # such names are no classes either
    return identity


def _load(checkpoint: str, *, device: str, dtype: str, **options: Any) -> LabelledClassifier:
    given = read_label_file(options["labels"]) if options["labels"] else ()
    declared = declared_labels(resolve(checkpoint, revision=options["revision"]))
    loaded = text_classifier.ADAPTER.load(
        checkpoint, device=device, dtype=dtype, **_stand_in(declared, options)
    )
    return LabelledClassifier(
        loaded._model, loaded._tokenizer, device=device, options=options, given=given
    )


ADAPTER = replace(
    text_classifier.ADAPTER,
    summary="scores or classifies texts with a transformers sequence classifier; float32",
    capabilities=lambda checkpoint: frozenset({"score_texts", "classify_texts"}),
    identify=_identify,
    load=_load,
    options={
        **text_classifier.OPTIONS,
        "labels": Option(str, "", f"for classes: {HELP}"),
    },
)
