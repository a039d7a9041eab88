"""Single items as work: parts are runs of items in canonical order, one row for each item."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from harness.capabilities import Floats, Model
from harness.engine.items import ImageJob, RecordedJob, TextJob
from harness.engine.jobs import Job
from harness.engine.parts import cut
from harness.errors import UsageError
from harness.nouns import ItemData
from harness.predictions.answers import Ask
from harness.tasks.images import Decoder, Failure


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
