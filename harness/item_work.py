"""Single items as work: parts are runs of items in canonical order, rows are one score each."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from harness.capabilities import Floats, Model
from harness.errors import UsageError
from harness.images import Decoder, Failure
from harness.jobs import ImageJob, Job, TextJob
from harness.nouns import ItemData
from harness.parts import cut


class ItemWork:
    """What texts and images share."""

    smallest = 256
    """Fewest items of a part: enough for full batches sorted by length."""

    def __init__(self, data: ItemData) -> None:
        self.data = data
        self.bounds = cut([1] * data.item_count, smallest=self.smallest, largest=8192)
        self.sizes = tuple(stop - start for start, stop in self.bounds)

    def accepts(self, index: int, rows: Floats) -> bool:
        """Whether ``rows`` is one score per item of the part."""
        return rows.shape == (self.sizes[index],)

    def assemble(self, parts: Sequence[Floats]) -> Floats:
        """The parts one after another."""
        return np.concatenate([np.empty(0, dtype=np.float32), *parts])


class TextWork(ItemWork):
    """Texts, scored in length-sorted batches."""

    def job(self, index: int) -> Job:
        """Texts of the part."""
        own = slice(*self.bounds[index])
        return TextJob(tuple(self.data.contents[own]), self.data.ids[own])

    def probe(self, model: Model, index: int) -> Callable[[], object]:
        """Score one text alone."""
        text = self.data.contents[index]
        return lambda: model.score_texts([text])


class ImageWork(ItemWork):
    """Images, decoded by other processes while the model scores those before."""

    smallest = 64

    def job(self, index: int) -> Job:
        """Image sources of the part."""
        own = slice(*self.bounds[index])
        return ImageJob(tuple(self.data.contents[own]), self.data.ids[own], self.data.on_error)

    def probe(self, model: Model, index: int) -> Callable[[], object]:
        """Score one image alone, decoded before.

        Raises :class:`UsageError` when it cannot be decoded: there is nothing to time.
        """
        with Decoder() as decoder:
            (image,) = decoder.decode([self.data.contents[index]])
        if isinstance(image, Failure):
            raise UsageError(f"image {image.name} cannot be decoded")
        return lambda: model.score_images([image])
