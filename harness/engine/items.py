"""Jobs on single items: texts, images, and items whose answers were recorded elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from harness.capabilities import Model
from harness.data import ItemData
from harness.engine.batching import estimate_tokens, run_batches, stacked
from harness.engine.blame import WORST, Blame
from harness.engine.effort import Columns
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

    def blaming(self, model: Model, ids: Sequence[str], what: str, on_error: str) -> Blame:
        """Its answers to numbered batches, an exception being that of an item where it is one."""
        return Blame(partial(self.of, model), ids, what, on_error == WORST, self.answer.shape)

    def whole(self, rows: Rows, ids: Sequence[str], on_error: str) -> Rows:
        """The rows, or InvalidError with the ids of those that are no answer.

        With ``"worst-rank"`` these become NaN, which scoring counts as the worst of the task.
        """
        refused = self.answer.refused(rows)
        if on_error != WORST:
            none_refused(refused, ids)
        elif refused.any():
            rows = rows.copy()
            rows[refused] = np.nan
        return rows


@dataclass(frozen=True, slots=True)
class TextJob:
    """Answer for single texts in length-sorted batches; ``on_error`` as in :class:`ImageJob`."""

    texts: tuple[str, ...]
    ids: tuple[str, ...]
    on_error: str
    ask: Ask

    @property
    def counted(self) -> Sequence[object]:
        """What the model counts the tokens of."""
        return self.texts

    def run(self, model: Model, bench: Bench) -> tuple[Rows, int]:
        """See :class:`~harness.engine.jobs.Job`; one row per text."""
        lengths = token_counts(model, self.texts) or [estimate_tokens(t) for t in self.texts]

        call = self.ask.blaming(model, self.ids, "text", self.on_error)
        numbered = list(enumerate(self.texts))
        rows, halvings = run_batches(numbered, lengths, bench.batch, call, bench.tick)
        call.check()
        return self.ask.whole(rows, self.ids, self.on_error), halvings


@dataclass(frozen=True, slots=True)
class RecordedJob:
    """Look up what was recorded for some items; ``on_error`` as in :class:`ImageJob`."""

    ids: tuple[str, ...]
    on_error: str
    ask: Ask

    def run(self, model: Model, bench: Bench) -> tuple[Rows, int]:
        """See :class:`~harness.engine.jobs.Job`; one row per item."""
        rows = self.ask.of(model, self.ids)
        bench.tick(len(self.ids))
        return self.ask.whole(rows, self.ids, self.on_error), 0


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
        held: list[tuple[int, Image]] = []
        call = self.ask.blaming(model, self.ids, "image", self.on_error)
        most = min(bench.batch.items, IMAGES_AT_ONCE)
        for index, image in enumerate(bench.decoder.decode(self.sources)):
            if isinstance(image, Failure):
                self._failed(index, image.why)
                bench.tick(1)
                continue
            places.append(index)
            held.append((index, image))
            if len(held) == most:
                halvings += self._answer(call, held, found, bench)
                held = []
        if held:
            halvings += self._answer(call, held, found, bench)
        call.check()
        rows = self.ask.answer.placed(found, places, len(self.sources))
        return self.ask.whole(rows, self.ids, self.on_error), halvings

    def _failed(self, index: int, why: str) -> None:
        if self.on_error != WORST:
            raise InvalidError(
                f"image {self.ids[index]}: {why}",
                fix="Repair the file, or count it as the worst with --on-error worst-rank",
            )

    @staticmethod
    def _answer(call: Blame, held: list[tuple[int, Image]], found: list[Rows], bench: Bench) -> int:
        rows, halvings = run_batches(held, [1] * len(held), bench.batch, call, bench.tick)
        found.append(rows)
        return halvings


class ItemWork:
    """What all kinds of single items share."""

    protocol: ClassVar[str]
    listwise: ClassVar[bool] = False
    batched: ClassVar[bool] = True
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

    def effort(self, parts: Sequence[Rows], spent: Sequence[Rows | None]) -> Columns | None:
        """Nothing that was counted."""
        return None

    def noticed(self, rows: Rows) -> dict[str, Json]:
        """Nothing."""
        return {}

    def told(self, model: Model) -> dict[str, Json]:
        """See :meth:`~harness.predictions.answers.base.Answer.told`."""
        return self.ask.answer.told(model, self.ask.capability)

    def assemble(self, parts: Sequence[Rows]) -> Rows:
        """The parts one after another."""
        return stacked(parts) if parts else np.empty(0, dtype=np.float32)


class TextWork(ItemWork):
    """Texts, in length-sorted batches."""

    protocol = "one text per call"

    def job(self, index: int) -> Job:
        """Texts of the part."""
        own = slice(*self.bounds[index])
        texts = tuple(self.data.contents[own])
        return TextJob(texts, self.data.ids[own], self.data.on_error, self.ask)

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
        ids = self.data.ids[slice(*self.bounds[index])]
        return RecordedJob(ids, self.data.on_error, self.ask)

    def probe(self, model: Model, index: int) -> Callable[[], object]:
        """Nothing: looking up is not a latency."""
        return lambda: None
