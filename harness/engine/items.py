"""Jobs on single items: texts, images, and items whose answers were recorded elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from harness.capabilities import Floats, Model
from harness.data import ItemData
from harness.engine.batching import estimate_tokens, run_batches
from harness.engine.jobs import Bench, Job, token_counts
from harness.engine.parts import cut
from harness.errors import InvalidError, UsageError
from harness.predictions.answers import Ask, finite
from harness.tasks.images import Decoder, Failure, ImageSource

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


class ItemWork:
    """What all kinds of single items share."""

    smallest = 256
    """Fewest items of a part: enough for full batches sorted by length."""

    def __init__(self, data: ItemData, capability: str) -> None:
        self.data = data
        self.ask = Ask.of(capability, data)
        self.bounds = cut([1] * data.item_count, smallest=self.smallest, largest=8192)
        self.sizes = tuple(stop - start for start, stop in self.bounds)

    def accepts(self, index: int, rows: Floats) -> bool:
        """Whether ``rows`` is one row per item of the part."""
        dimensions = {"score": 1, "class": 2, "embedding": 2}[self.data.output]
        return rows.ndim == dimensions and len(rows) == self.sizes[index]

    def assemble(self, parts: Sequence[Floats]) -> Floats:
        """The parts one after another."""
        return np.concatenate(parts) if parts else np.empty(0, dtype=np.float32)


class TextWork(ItemWork):
    """Texts, in length-sorted batches."""

    def job(self, index: int) -> Job:
        """Texts of the part."""
        own = slice(*self.bounds[index])
        return TextJob(tuple(self.data.contents[own]), self.data.ids[own], self.ask)

    def probe(self, model: Model, index: int) -> Callable[[], object]:
        """Answer for one text alone."""
        text = self.data.contents[index]
        return lambda: self.ask.rows(model, [text])


class ImageWork(ItemWork):
    """Images, decoded by other processes while the model is at work on those before."""

    smallest = 64

    def job(self, index: int) -> Job:
        """Image sources of the part."""
        own = slice(*self.bounds[index])
        sources = tuple(self.data.contents[own])
        return ImageJob(sources, self.data.ids[own], self.data.on_error, self.ask)

    def probe(self, model: Model, index: int) -> Callable[[], object]:
        """Answer for one image alone, decoded before.

        Raises :class:`UsageError` when it cannot be decoded: there is nothing to time.
        """
        with Decoder() as decoder:
            (image,) = decoder.decode([self.data.contents[index]])
        if isinstance(image, Failure):
            raise UsageError(f"image {image.name} cannot be decoded")
        return lambda: self.ask.rows(model, [image])


class RecordedWork(ItemWork):
    """Answers that were made elsewhere: one part, since looking up takes no time."""

    def __init__(self, data: ItemData, capability: str) -> None:
        super().__init__(data, capability)
        self.bounds = [(0, data.item_count)] if data.item_count else []
        self.sizes = tuple(stop - start for start, stop in self.bounds)

    def job(self, index: int) -> Job:
        """Ids of the part."""
        return RecordedJob(self.data.ids[slice(*self.bounds[index])], self.ask)

    def probe(self, model: Model, index: int) -> Callable[[], object]:
        """Nothing: looking up is not a latency."""
        return lambda: None
