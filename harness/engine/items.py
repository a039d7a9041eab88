"""Jobs on single items: texts, images, and items whose answers were recorded elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from harness.capabilities import Floats, Model
from harness.engine.batching import estimate_tokens, run_batches
from harness.engine.jobs import Bench, finite, token_counts
from harness.errors import InvalidError
from harness.predictions.answers import Ask
from harness.tasks.images import Failure, ImageSource

if TYPE_CHECKING:
    from PIL.Image import Image

IMAGES_AT_ONCE = 64
"""Decoded images that wait for the model, at most."""


@dataclass(frozen=True, slots=True)
class TextJob:
    """Answer for single texts in length-sorted batches."""

    texts: tuple[str, ...]
    ids: tuple[str, ...]
    ask: Ask

    def run(self, model: Model, bench: Bench) -> tuple[Floats, int]:
        """See :class:`~harness.engine.jobs.Job`; one row per text."""
        lengths = token_counts(model, self.texts) or [estimate_tokens(t) for t in self.texts]

        def call(texts: list[str]) -> Floats:
            return self.ask.rows(model, texts)

        rows, halvings = run_batches(self.texts, lengths, bench.batch, call, bench.tick)
        return finite_answers(rows, self.ids, self.ask), halvings


@dataclass(frozen=True, slots=True)
class RecordedJob:
    """Look up what was recorded for some items."""

    ids: tuple[str, ...]
    ask: Ask

    def run(self, model: Model, bench: Bench) -> tuple[Floats, int]:
        """See :class:`~harness.engine.jobs.Job`; one row per item."""
        rows = self.ask.rows(model, self.ids)
        bench.tick(len(self.ids))
        return finite_answers(rows, self.ids, self.ask), 0


@dataclass(frozen=True, slots=True)
class ImageJob:
    """Answer for images, each decoded once while the model is at work on those before.

    ``on_error``: an image that cannot be answered for is an error with its id, or, with
    ``"worst-rank"``, a NaN that scoring counts as the worst of the task.
    """

    sources: tuple[ImageSource, ...]
    ids: tuple[str, ...]
    on_error: str
    ask: Ask

    def run(self, model: Model, bench: Bench) -> tuple[Floats, int]:
        """See :class:`~harness.engine.jobs.Job`; one row per image."""
        found: list[tuple[list[int], Floats]] = []
        halvings = 0
        held: list[tuple[int, Image]] = []
        most = min(bench.batch.items, IMAGES_AT_ONCE)
        for index, image in enumerate(bench.decoder.decode(self.sources)):
            if isinstance(image, Failure):
                self._failed(index, image.why)
                bench.tick(1)
                continue
            held.append((index, image))
            if len(held) == most:
                halvings += self._answer(model, held, found, bench)
                held = []
        if held:
            halvings += self._answer(model, held, found, bench)
        rows = self._joined(found)
        keep = self.on_error == "worst-rank"
        return rows if keep else finite_answers(rows, self.ids, self.ask), halvings

    def _failed(self, index: int, why: str) -> None:
        if self.on_error != "worst-rank":
            raise InvalidError(
                f"image {self.ids[index]}: {why}",
                fix="Repair the file, or count it as the worst with --on-error worst-rank",
            )

    def _answer(
        self,
        model: Model,
        held: list[tuple[int, Image]],
        found: list[tuple[list[int], Floats]],
        bench: Bench,
    ) -> int:
        def call(images: list[Image]) -> Floats:
            return self.ask.rows(model, images)

        images = [image for _, image in held]
        rows, halvings = run_batches(images, [1] * len(images), bench.batch, call, bench.tick)
        found.append(([index for index, _ in held], rows))
        return halvings

    def _joined(self, found: Sequence[tuple[list[int], Floats]]) -> Floats:
        shape = found[0][1].shape[1:] if found else ((2,) if self.ask.classes else ())
        rows = np.full((len(self.sources), *shape), np.nan, dtype=np.float32)
        for indices, part in found:
            rows[indices] = np.where(np.isfinite(part), part, np.nan)
        return rows


def finite_answers(rows: Floats, ids: Sequence[str], ask: Ask) -> Floats:
    """The rows, or InvalidError naming items whose answer is NaN or infinite."""
    if ask.classes:
        finite(rows[:, 0], ids)  # the confidence may be unknown
    elif rows.ndim == 2:
        finite(np.where(np.isfinite(rows).all(axis=1), 0, np.nan).astype(np.float32), ids)
    else:
        finite(rows, ids)
    return rows
