"""Jobs on single items: texts, images, and items whose answers were recorded elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from harness.capabilities import Model
from harness.data import ItemData
from harness.engine.batching import estimate_tokens, run_batches
from harness.engine.jobs import Bench, Job, token_counts
from harness.engine.parts import cut
from harness.errors import InvalidError, UsageError
from harness.predictions.answers.base import Answer, Rows
from harness.predictions.answers.checks import none_refused
from harness.strict_json import Json
from harness.tasks.images import Decoder, Failure, ImageSource

if TYPE_CHECKING:
    from PIL.Image import Image

IMAGES_AT_ONCE = 64
"""Decoded images that wait for the model, at most."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What is asked of a model for each item, and the capability that it answers with."""

    answer: Answer
    capability: str

    def of(self, model: Model, batch: Sequence[Any]) -> Rows:
        """Its answers to one batch, which may not be finite."""
        return self.answer.rows(model, self.capability, batch)

    def whole(self, rows: Rows, ids: Sequence[str]) -> Rows:
        """The rows, or InvalidError with the ids of those that are no answer."""
        none_refused(self.answer.refused(rows), ids)
        return rows


@dataclass(frozen=True, slots=True)
class TextJob:
    """Answer for single texts in length-sorted batches."""

    texts: tuple[str, ...]
    ids: tuple[str, ...]
    ask: Ask

    def run(self, model: Model, bench: Bench) -> tuple[Rows, int]:
        """See :class:`~harness.engine.jobs.Job`; one row per text."""
        lengths = token_counts(model, self.texts) or [estimate_tokens(t) for t in self.texts]

        def call(texts: list[str]) -> Rows:
            return self.ask.of(model, texts)

        rows, halvings = run_batches(self.texts, lengths, bench.batch, call, bench.tick)
        return self.ask.whole(rows, self.ids), halvings


@dataclass(frozen=True, slots=True)
class RecordedJob:
    """Look up what was recorded for some items."""

    ids: tuple[str, ...]
    ask: Ask

    def run(self, model: Model, bench: Bench) -> tuple[Rows, int]:
        """See :class:`~harness.engine.jobs.Job`; one row per item."""
        rows = self.ask.of(model, self.ids)
        bench.tick(len(self.ids))
        return self.ask.whole(rows, self.ids), 0


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

    def run(self, model: Model, bench: Bench) -> tuple[Rows, int]:
        """See :class:`~harness.engine.jobs.Job`; one row per image."""
        found: list[Rows] = []
        places: list[int] = []
        halvings = 0
        held: list[Image] = []
        most = min(bench.batch.items, IMAGES_AT_ONCE)
        for index, image in enumerate(bench.decoder.decode(self.sources)):
            if isinstance(image, Failure):
                self._failed(index, image.why)
                bench.tick(1)
                continue
            places.append(index)
            held.append(image)
            if len(held) == most:
                halvings += self._answer(model, held, found, bench)
                held = []
        if held:
            halvings += self._answer(model, held, found, bench)
        rows = self.ask.answer.placed(found, places, len(self.sources))
        keep = self.on_error == "worst-rank"
        return rows if keep else self.ask.whole(rows, self.ids), halvings

    def _failed(self, index: int, why: str) -> None:
        if self.on_error != "worst-rank":
            raise InvalidError(
                f"image {self.ids[index]}: {why}",
                fix="Repair the file, or count it as the worst with --on-error worst-rank",
            )

    def _answer(self, model: Model, held: list[Image], found: list[Rows], bench: Bench) -> int:
        def call(images: list[Image]) -> Rows:
            return self.ask.of(model, images)

        rows, halvings = run_batches(held, [1] * len(held), bench.batch, call, bench.tick)
        found.append(rows)
        return halvings


class ItemWork:
    """What all kinds of single items share."""

    protocol: ClassVar[str]
    smallest: ClassVar[int] = 256
    """Fewest items of a part: enough for full batches sorted by length."""

    def __init__(self, data: ItemData, answer: Answer, capability: str) -> None:
        self.data = data
        self.ask = Ask(answer, capability)
        self.bounds = cut([1] * data.item_count, smallest=self.smallest, largest=8192)
        self.sizes = tuple(stop - start for start, stop in self.bounds)

    def accepts(self, index: int, rows: Rows) -> bool:
        """Whether ``rows`` is one row per item of the part."""
        return self.ask.answer.fits(rows, self.sizes[index])

    def effort(self, parts: Sequence[Rows]) -> Rows | None:
        """Nothing that was counted."""
        return None

    def told(self, model: Model) -> dict[str, Json]:
        """See :meth:`~harness.predictions.answers.base.Answer.told`."""
        return self.ask.answer.told(model, self.ask.capability)

    def assemble(self, parts: Sequence[Rows]) -> Rows:
        """The parts one after another."""
        return np.concatenate(parts) if parts else np.empty(0, dtype=np.float32)


class TextWork(ItemWork):
    """Texts, in length-sorted batches."""

    protocol = "one text per call"

    def job(self, index: int) -> Job:
        """Texts of the part."""
        own = slice(*self.bounds[index])
        return TextJob(tuple(self.data.contents[own]), self.data.ids[own], self.ask)

    def probe(self, model: Model, index: int) -> Callable[[], object]:
        """Answer for one text alone."""
        text = self.data.contents[index]
        return lambda: self.ask.of(model, [text])


class ImageWork(ItemWork):
    """Images, decoded by other processes while the model is at work on those before."""

    protocol = "one decoded image per call"
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
        return lambda: self.ask.of(model, [image])


class RecordedWork(ItemWork):
    """Answers that were made elsewhere: one part, since looking up takes no time."""

    protocol = ""

    def __init__(self, data: ItemData, answer: Answer, capability: str) -> None:
        super().__init__(data, answer, capability)
        self.bounds = [(0, data.item_count)] if data.item_count else []
        self.sizes = tuple(stop - start for start, stop in self.bounds)

    def job(self, index: int) -> Job:
        """Ids of the part."""
        return RecordedJob(self.data.ids[slice(*self.bounds[index])], self.ask)

    def probe(self, model: Model, index: int) -> Callable[[], object]:
        """Nothing: looking up is not a latency."""
        return lambda: None
